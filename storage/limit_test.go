package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

func use(key string, burst int, window time.Duration) storage.Use {
	return storage.Use{Key: []byte(key), Limit: shop.Limit{Burst: burst, Window: window}}
}

// taken is how many of the answers are not a refusal.
func taken(t *testing.T, errs []error) (n int) {
	t.Helper()
	for _, err := range errs {
		if err == nil {
			n++
		} else {
			wantCode(t, err, shop.RateLimited)
		}
	}
	return n
}

func wait(t *testing.T, err error) time.Duration {
	t.Helper()
	var e *shop.Error
	if !errors.As(err, &e) || e.Code != shop.RateLimited {
		t.Fatalf("got %v, want a refusal", err)
	}
	return e.RetryAfter
}

func TestLimitHoldsUnderConcurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.s2(t)
	errs := together(160, func(i int) error {
		s := []*storage.Store{w.s, other}[i%2] // two replicas
		return s.Take(t.Context(), w.store, use("k", 5, time.Hour))
	})
	if n := taken(t, errs); n != 5 {
		t.Errorf("%d of 160 got through, want 5", n)
	}
}

// s2 is another server on the same database.
func (w *world) s2(t *testing.T) *storage.Store { return w.Store(t) }

func TestLimitSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	take := func(burst int, window time.Duration) error {
		return w.s.Take(t.Context(), w.store, use(fmt.Sprint(burst, window), burst, window))
	}
	for _, c := range []struct {
		burst       int
		window, max time.Duration
	}{
		{1, time.Hour, time.Hour}, {4, time.Hour, 15 * time.Minute}, {10, 15 * time.Minute, 90 * time.Second}, {3, time.Second, time.Second},
	} {
		for i := range c.burst {
			if err := take(c.burst, c.window); err != nil {
				t.Errorf("%d in %s: use %d: %v", c.burst, c.window, i+1, err)
			}
		}
		if c.window == time.Second {
			continue // may be free again by now
		}
		if d := wait(t, take(c.burst, c.window)); d > c.max || d < c.max-30*time.Second {
			t.Errorf("%d in %s: wait %s, want nearly %s", c.burst, c.window, d, c.max)
		}
	}
}

func TestLimitComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := use("k", 2, time.Hour)
	for range 2 {
		must(t, w.s.Take(t.Context(), w.store, k))
	}
	wait(t, w.s.Take(t.Context(), w.store, k))
	earlier := func(d time.Duration) {
		w.owner.MustExec(`UPDATE rate_limits SET tat = tat - $1`, d.Microseconds())
	}
	earlier(30 * time.Minute)
	must(t, w.s.Take(t.Context(), w.store, k))
	wait(t, w.s.Take(t.Context(), w.store, k))
	earlier(100 * time.Hour) // a long pause saves nothing up
	if n := taken(t, together(6, func(int) error { return w.s.Take(t.Context(), w.store, k) })); n != 2 {
		t.Errorf("%d after a pause, want 2", n)
	}
}

func TestSpentLimitTakesNothingFromOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	narrow, wide := use("z-narrow", 1, time.Hour), use("a-wide", 3, time.Hour)
	must(t, w.s.Take(t.Context(), w.store, wide, narrow))
	for range 10 {
		wait(t, w.s.Take(t.Context(), w.store, wide, narrow))
	}
	for range 2 {
		must(t, w.s.Take(t.Context(), w.store, wide))
	}
	wait(t, w.s.Take(t.Context(), w.store, wide))
	// Another store has counts of its own.
	must(t, w.s.Take(t.Context(), w.addStore(t, "two"), wide, narrow))
}

func TestLimitsInAnyOrderDoNotLockCrosswise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	errs := together(60, func(i int) error {
		uses := []storage.Use{use("a", 20, time.Hour), use("b", 100, time.Hour), use("c", 100, time.Hour)}
		slices.Reverse(uses[i%3:])
		return w.s.Take(t.Context(), w.store, uses...)
	})
	if n := taken(t, errs); n != 20 {
		t.Errorf("%d got through, want 20", n)
	}
}

func TestLoginForgivesALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	k := use("k", 1, time.Hour)
	must(t, w.s.Take(t.Context(), w.store, k))
	in := loginOf(ada.ID, "s")
	in.Forgive = k.Key
	_, ok, err := w.s.Login(t.Context(), w.store, in)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	must(t, w.s.Take(t.Context(), w.store, k))
}

func TestSignUpsAreCountedWhateverTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	limited := func(in storage.SignUp) error {
		in.Uses = []storage.Use{use("k", 4, time.Hour)}
		return w.s.Subscribe(t.Context(), w.store, in)
	}
	must(t, limited(by(ada, "account")))
	for range 3 {
		wantCode(t, limited(by(ada, "other")), shop.Conflict)
	}
	wantCode(t, limited(by(ada, "other")), shop.RateLimited)
	wantCode(t, limited(guest("bob@example.com")), shop.RateLimited)
	w.wantCount(t, 1, `subscribers`)
}
