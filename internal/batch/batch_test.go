package batch_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"regulars/internal/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate is a source whose queries wait until they are let through, so that a test decides what is in flight.
type gate struct {
	mu      sync.Mutex
	batches [][]int
	open    chan error
}

func newGate() *gate { return &gate{open: make(chan error)} }

func (g *gate) fetch(_ context.Context, keys []int) (map[int]int, error) {
	g.mu.Lock()
	g.batches = append(g.batches, slices.Clone(keys))
	g.mu.Unlock()
	if err := <-g.open; err != nil {
		return nil, err
	}
	return tenfold(keys), nil
}

// queries is how many have begun.
func (g *gate) queries() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.batches)
}

func tenfold(keys []int) map[int]int {
	found := make(map[int]int, len(keys))
	for _, k := range keys {
		found[k] = k * 10
	}
	return found
}

// asker is one Load in its own goroutine; its answer is read after done is closed.
type asker struct {
	value int
	ok    bool
	err   error
	done  chan struct{}
}

func ask(ctx context.Context, b *batch.Batcher[int, int], key int) *asker {
	a := &asker{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.value, a.ok, a.err = b.Load(ctx, key)
	}()
	return a
}

func (a *asker) want(t *testing.T, value int, err error) {
	t.Helper()
	<-a.done
	if a.value != value || a.ok != (err == nil) || !errors.Is(a.err, err) {
		t.Errorf("got %d, %v, %v; want %d, %v", a.value, a.ok, a.err, value, err)
	}
}

func (a *asker) waits(t *testing.T) {
	t.Helper()
	select {
	case <-a.done:
		t.Error("answered too early")
	default:
	}
}

func TestMissingKey(t *testing.T) {
	b := batch.New(batch.Options[int, int]{Fetch: func(context.Context, []int) (map[int]int, error) { return nil, nil }})
	if v, ok, err := b.Load(t.Context(), 1); v != 0 || ok || err != nil {
		t.Errorf("got %d, %v, %v", v, ok, err)
	}
}

func TestNeverJoinsAQueryInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1})
		first := ask(t.Context(), b, 1)
		synctest.Wait()
		second := ask(t.Context(), b, 1)
		synctest.Wait()
		g.open <- nil
		first.want(t, 10, nil)
		synctest.Wait()
		second.waits(t)
		g.open <- nil
		second.want(t, 10, nil)
		if len(g.batches) != 2 {
			t.Errorf("batches %v, want the key asked for twice", g.batches)
		}
	})
}

func TestGathersAndDeduplicatesWhileQueriesRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1})
		first := ask(t.Context(), b, 0)
		synctest.Wait()
		var more []*asker
		for _, k := range []int{3, 4, 3, 5, 4, 3} {
			more = append(more, ask(t.Context(), b, k))
		}
		synctest.Wait()
		g.open <- nil
		first.want(t, 0, nil)
		g.open <- nil
		for i, k := range []int{3, 4, 3, 5, 4, 3} {
			more[i].want(t, k*10, nil)
		}
		slices.Sort(g.batches[1])
		if len(g.batches) != 2 || !slices.Equal(g.batches[1], []int{3, 4, 5}) {
			t.Errorf("batches %v, want [0] and [3 4 5]", g.batches)
		}
	})
}

func TestInFlightBoundsQueriesAndLeavesNoneWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 2, MaxKeys: 1})
		var all []*asker
		for k := range 6 {
			all = append(all, ask(t.Context(), b, k))
		}
		synctest.Wait()
		if len(g.batches) != 2 {
			t.Fatalf("%d queries in flight, want 2", len(g.batches))
		}
		for range 6 {
			g.open <- nil
		}
		for k, a := range all {
			a.want(t, k*10, nil)
		}
	})
}

func TestAQueryThatTakesLongIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 2, Patience: time.Second})
		hanging := ask(t.Context(), b, 1)
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		gone := ask(ctx, b, 2)
		synctest.Wait()
		cancel()
		gone.want(t, 0, context.Canceled)
		time.Sleep(900 * time.Millisecond)
		waiting := []*asker{ask(t.Context(), b, 3), ask(t.Context(), b, 4)}
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		if n := g.queries(); n != 1 {
			t.Fatalf("%d queries, want only the first: nobody has waited long", n)
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if n := g.queries(); n != 2 {
			t.Fatalf("%d queries, want one more for both that wait", n)
		}
		third := ask(t.Context(), b, 5)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := g.queries(); n != 2 {
			t.Fatalf("%d queries in flight, want no more than two", n)
		}
		for range 3 {
			g.open <- nil
		}
		hanging.want(t, 10, nil)
		waiting[0].want(t, 30, nil)
		waiting[1].want(t, 40, nil)
		third.want(t, 50, nil)
	})
}

func TestSiblingsCostFewQueries(t *testing.T) {
	for _, n := range []int{1, 2, 63, 64, 65, 128, 500, 1000} {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			b := batch.New(batch.Options[int, int]{Fetch: g.fetch})
			var all []*asker
			for k := range n {
				all = append(all, ask(t.Context(), b, k))
			}
			synctest.Wait()
			close(g.open)
			for k, a := range all {
				a.want(t, k*10, nil)
			}
			if most := 2 + (n+63)/64; len(g.batches) > most {
				t.Errorf("%d siblings took %d queries, want at most %d", n, len(g.batches), most)
			}
			for _, keys := range g.batches {
				if len(keys) > 64 {
					t.Errorf("a batch of %d keys", len(keys))
				}
			}
		})
	}
}

func TestCancelledAskerLeavesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1})
		ctx, cancel := context.WithCancel(t.Context())
		carries := ask(ctx, b, 1)
		synctest.Wait()
		leavesRunning, staysRunning := ask(ctx, b, 2), ask(t.Context(), b, 2)
		synctest.Wait()
		g.open <- nil
		carries.want(t, 10, nil)
		synctest.Wait()
		leavesWaiting, stays, gone := ask(ctx, b, 3), ask(t.Context(), b, 3), ask(ctx, b, 4)
		synctest.Wait()
		cancel()
		for _, a := range []*asker{leavesRunning, leavesWaiting, gone} {
			a.want(t, 0, context.Canceled)
		}
		staysRunning.waits(t)
		stays.waits(t)
		g.open <- nil
		g.open <- nil
		staysRunning.want(t, 20, nil)
		stays.want(t, 30, nil)
		if len(g.batches) != 3 || !slices.Equal(g.batches[2], []int{3}) {
			t.Errorf("batches %v, want the key that nobody waits for dropped", g.batches)
		}
		if _, _, err := b.Load(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context got %v", err)
		}
	})
}

func TestWhoCarriesTheQueryStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1})
		ctx, cancel := context.WithCancel(t.Context())
		carries := ask(ctx, b, 1)
		synctest.Wait()
		behind := ask(t.Context(), b, 2)
		synctest.Wait()
		cancel()
		synctest.Wait()
		carries.waits(t)
		g.open <- nil
		<-carries.done
		if err := carries.err; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		g.open <- nil
		behind.want(t, 20, nil)
	})
}

func TestAbandonedQueueRunsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1})
		ctx, cancel := context.WithCancel(t.Context())
		first := ask(t.Context(), b, 1)
		synctest.Wait()
		a, c := ask(ctx, b, 2), ask(ctx, b, 3)
		synctest.Wait()
		cancel()
		a.want(t, 0, context.Canceled)
		c.want(t, 0, context.Canceled)
		g.open <- nil
		first.want(t, 10, nil)
		synctest.Wait()
		if len(g.batches) != 1 {
			t.Errorf("batches %v, want only the first", g.batches)
		}
	})
}

func TestCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		b := batch.New(batch.Options[int, []int]{InFlight: 1, Copy: slices.Clone[[]int], Fetch: func(_ context.Context, keys []int) (map[int][]int, error) {
			<-open
			found := map[int][]int{}
			for _, k := range keys {
				found[k] = []int{k}
			}
			return found, nil
		}})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				v, ok, err := b.Load(t.Context(), 7)
				if err != nil || !ok || v[0] != 7 {
					t.Errorf("got %v, %v, %v", v, ok, err)
					return
				}
				v[0] = -1 // seen by another asker, or by the race detector, if it were shared
			})
		}
		synctest.Wait()
		close(open)
		wg.Wait()
	})
}

func TestPanickingCopyReleasesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := batch.New(batch.Options[int, int]{Fetch: g.fetch, InFlight: 1, Copy: func(int) int { panic("no copy") }})
		first := ask(t.Context(), b, 1)
		synctest.Wait()
		all := []*asker{ask(t.Context(), b, 2), ask(t.Context(), b, 2), ask(t.Context(), b, 3)}
		synctest.Wait()
		close(g.open)
		first.want(t, 10, nil)
		for _, a := range all {
			<-a.done
			if p := (*batch.PanicError)(nil); a.err != nil && !errors.As(a.err, &p) {
				t.Errorf("got %v", a.err)
			}
		}
		ask(t.Context(), b, 4).want(t, 40, nil)
	})
}
