package batch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"regulars/internal/batch"
)

// refused is an error that remembers whose batch it ended.
type refused struct{ keys []int }

func (r *refused) Error() string { return fmt.Sprint("refused ", r.keys) }

type answer struct{ key int }

// TestEveryAskerGetsTheAnswerOfItsOwnKey lets random loads, missing keys, failing and panicking queries and cancelled
// askers meet, and checks each answer against what its key may get.
func TestEveryAskerGetsTheAnswerOfItsOwnKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 30), 1, 200).Draw(t, "keys")
		cancelled := rapid.SliceOfN(rapid.Bool(), len(keys), len(keys)).Draw(t, "cancelled")
		missing := rapid.IntRange(0, 30).Draw(t, "missing")
		refuse := rapid.IntRange(0, 60).Draw(t, "refuse")
		explode := rapid.IntRange(0, 60).Draw(t, "explode")
		b := batch.New(batch.Options[int, *answer]{
			InFlight: rapid.IntRange(1, 3).Draw(t, "in flight"),
			MaxKeys:  rapid.IntRange(1, 16).Draw(t, "max keys"),
			Copy:     func(a *answer) *answer { c := *a; return &c },
			Fetch: func(_ context.Context, keys []int) (map[int]*answer, error) {
				if slices.Contains(keys, explode) {
					panic(&refused{slices.Clone(keys)})
				}
				if slices.Contains(keys, refuse) {
					return nil, &refused{slices.Clone(keys)}
				}
				found := map[int]*answer{}
				for _, k := range keys {
					if k != missing {
						found[k] = &answer{k}
					}
				}
				return found, nil
			},
		})
		var wg sync.WaitGroup
		for i, key := range keys {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if cancelled[i] {
					go cancel()
				}
				got, ok, err := b.Load(ctx, key)
				r := (*refused)(nil)
				switch {
				case errors.As(err, &r):
					if ok || !slices.Contains(r.keys, key) {
						t.Errorf("key %d got the error of %v", key, r.keys)
					}
				case errors.Is(err, context.Canceled):
					if ok || !cancelled[i] {
						t.Errorf("key %d was cancelled by somebody else", key)
					}
				case err != nil:
					t.Errorf("key %d got %v", key, err)
				case ok && (key == missing || got.key != key):
					t.Errorf("key %d got %v", key, got)
				case !ok && key != missing:
					t.Errorf("key %d is missing", key)
				case key == refuse || key == explode:
					t.Errorf("key %d got an answer from a query that failed", key)
				}
				if ok {
					got.key = -1
				}
			})
		}
		wg.Wait()
	})
}
