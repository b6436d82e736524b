package batch_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"regulars/internal/batch"
)

func TestErrorReachesItsBatchOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, broken := newGate(), errors.New("broken")
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1})
		first := ask(t.Context(), b, 1)
		synctest.Wait()
		second, third := ask(t.Context(), b, 2), ask(t.Context(), b, 2)
		synctest.Wait()
		g.open <- nil
		g.open <- broken
		synctest.Wait()
		fourth := ask(t.Context(), b, 2)
		g.open <- nil
		first.want(t, 10, nil)
		second.want(t, 0, broken)
		third.want(t, 0, broken)
		fourth.want(t, 20, nil)
	})
}

func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1, MaxWaiting: 2})
		ctx, cancel := context.WithCancel(t.Context())
		first := ask(t.Context(), b, 1)
		synctest.Wait()
		second, leaves := ask(t.Context(), b, 2), ask(ctx, b, 2)
		synctest.Wait()
		if _, _, err := b.Load(t.Context(), 3); !errors.Is(err, batch.ErrOverloaded) {
			t.Errorf("got %v, want ErrOverloaded", err)
		}
		cancel()
		leaves.want(t, 0, context.Canceled)
		third := ask(t.Context(), b, 3) // takes the place of the one that left
		synctest.Wait()
		close(g.open)
		first.want(t, 10, nil)
		second.want(t, 20, nil)
		third.want(t, 30, nil)
	})
}

func TestFetchThatNeverReturnsReleasesEverybody(t *testing.T) {
	broken := errors.New("broken")
	ways := map[string]func(){
		"panic":       func() { panic("boom") },
		"panic error": func() { panic(broken) },
		"goexit":      func() { runtime.Goexit() },
	}
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				var calls atomic.Int32
				b := batch.New(batch.Options[int, int]{InFlight: 1, Fetch: func(ctx context.Context, keys []int) (map[int]int, error) {
					found, err := g.fetch(ctx, keys)
					if calls.Add(1) <= 2 {
						end()
					}
					return found, err
				}})
				first := ask(t.Context(), b, 1)
				synctest.Wait()
				second := ask(t.Context(), b, 2)
				synctest.Wait()
				g.open <- nil
				<-first.done
				synctest.Wait()
				next := ask(t.Context(), b, 3)
				synctest.Wait()
				close(g.open)
				<-second.done
				for _, a := range []*asker{first, second} {
					var p *batch.PanicError
					if a == first && name == "goexit" {
						continue // it ran the query itself, and ended with it
					}
					if !errors.As(a.err, &p) || len(p.Stack) == 0 {
						t.Errorf("got %v, want a PanicError with a stack", a.err)
					}
					if name == "panic error" && !errors.Is(a.err, broken) {
						t.Errorf("%v does not unwrap to the panic's value", a.err)
					}
				}
				next.want(t, 30, nil)
			})
		})
	}
}
