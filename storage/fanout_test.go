package storage_test

import (
	"errors"
	"slices"
	"testing"

	"regulars/internal/shop"
)

// The unique key: however often an event is fanned out, its jobs are made once,
// and one that is done stays done.
func TestFanOutIsRepeatable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := func(e shop.Event) []shop.NewJob {
		return append(oneJob(e), shop.NewJob{EventID: e.ID, Kind: shop.JobMail, TargetID: 2}, shop.NewJob{EventID: e.ID, Kind: "webhook", TargetID: 1})
	}
	for i := range 20 {
		w.tell(t, w.owner, w.store, "x", i+1)
	}
	number(t, w.s, w.store, two)
	w.wantCount(t, 60, `jobs`)
	w.owner.MustExec(`UPDATE jobs SET done_at = now() WHERE target_id = 1`)
	for range 3 {
		w.owner.MustExec(`UPDATE events SET position = NULL`)
		allFine(t, together(4, func(int) error { _, err := w.s.NumberEvents(t.Context(), w.store, two); return err }))
	}
	w.wantCount(t, 60, `jobs`)
	w.wantCount(t, 40, `jobs WHERE done_at IS NOT NULL AND attempts = 0`)
}

func TestStoresWithWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two, three := w.addStore(t, "two"), w.addStore(t, "three")
	for _, store := range []int64{w.store, two} {
		w.tell(t, w.owner, store, "x", 1)
		w.tell(t, w.owner, store, "x", 2)
	}
	events := func() []int64 {
		ids, err := w.s.StoresWithEvents(t.Context())
		must(t, err)
		return slices.Sorted(slices.Values(ids))
	}
	jobs := func(kind string) []int64 {
		ids, err := w.s.StoresWithJobs(t.Context(), kind)
		must(t, err)
		return slices.Sorted(slices.Values(ids))
	}
	want := func(what string, got []int64, want ...int64) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: stores %v, want %v", what, got, want)
		}
	}
	want("with events", events(), w.store, two)
	want("with jobs, before numbering", jobs(shop.JobMail))
	number(t, w.s, w.store, oneJob)
	want("with events, one numbered", events(), two)
	want("with jobs", jobs(shop.JobMail), w.store)
	want("with webhooks", jobs("webhook"))
	number(t, w.s, two, oneJob)
	number(t, w.s, three, oneJob)
	want("with jobs, both numbered", jobs(shop.JobMail), w.store, two)
	w.owner.MustExec(`UPDATE jobs SET next_at = now() + interval '1 minute' WHERE store_id = $1`, two)
	w.owner.MustExec(`UPDATE jobs SET lease_until = now() + interval '1 minute', lease_token = 'x' WHERE store_id = $1`, w.store)
	want("that are later, or somebody's", jobs(shop.JobMail))
	w.owner.MustExec(`UPDATE jobs SET lease_until = now() - interval '1 second' WHERE store_id = $1`, w.store)
	want("whose lease is over", jobs(shop.JobMail), w.store)
	w.owner.MustExec(`UPDATE jobs SET done_at = now()`)
	want("that are done", jobs(shop.JobMail))
}

// A plan that panics rolls everything back.
func TestPlanThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tell(t, w.owner, w.store, "x", 1)
	err := func() (err error) {
		defer func() {
			if recover() != nil {
				err = errors.New("panicked")
			}
		}()
		_, err = w.s.NumberEvents(t.Context(), w.store, func(shop.Event) []shop.NewJob { panic("no") })
		return err
	}()
	if err == nil {
		t.Error("no panic came through")
	}
	w.wantCount(t, 1, `events WHERE position IS NULL`)
	if n := number(t, w.s, w.store, oneJob); n != 1 {
		t.Errorf("numbered %d", n)
	}
	checkFeed(t, w, w.store, w.feed(t, w.store, 0), 1)
}
