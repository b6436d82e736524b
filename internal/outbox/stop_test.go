package outbox_test

import (
	"context"
	"testing"
	"time"

	"regulars/internal/shop"
)

// What has begun at a stop is finished, and nothing begins any more.
func TestStopFinishesWhatHasBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, begun, free := newReceiver(), make(chan struct{}, 100), make(chan struct{})
	r.before = func(context.Context, shop.Job) error { begun <- struct{}{}; <-free; return nil }
	w.happen(t, w.store, 1, 50)
	o := w.run(t, w.Store(t), time.Minute, r.kind())
	for range 3 { // as many as the store may have
		<-begun
	}
	stopped := make(chan struct{})
	go func() { o.stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("it did not wait for them")
	case free <- struct{}{}:
	}
	close(free)
	<-stopped
	deliveries, _ := r.times()
	if deliveries < 3 || deliveries == 50 {
		t.Errorf("%d deliveries", deliveries)
	}
	w.wantCount(t, deliveries, `jobs WHERE done_at IS NOT NULL`)
	w.wantCount(t, 0, `jobs WHERE lease_token IS NOT NULL`)
}

// What has not come to its end by then is handed back, for another server to
// take at once.
func TestStopHandsBackWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, begun := newReceiver(), make(chan struct{}, 100)
	r.before = func(ctx context.Context, _ shop.Job) error { begun <- struct{}{}; <-ctx.Done(); return ctx.Err() }
	w.happen(t, w.store, 1, 10)
	o := w.run(t, w.Store(t), time.Millisecond, r.kind())
	for range 3 {
		<-begun
	}
	o.stop()
	w.wantCount(t, 10, `jobs WHERE done_at IS NULL AND lease_token IS NULL AND attempts = 0 AND last_error = ''`)
	r.before = nil
	next := w.run(t, w.Store(t), 0, r.kind())
	next.until(t, "another one delivers them", func() bool { _, n := r.times(); return n == 10 })
}

// One that holds the right to the last step gives it up with its try.
func TestStopWhileWaitingForTheLastStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, first, free := newReceiver(), make(chan struct{}, 100), make(chan struct{})
	r.last = func(shop.Job) error { first <- struct{}{}; <-free; return nil }
	k := r.kind()
	k.OneByOne = true
	w.happen(t, w.store, 1, 3)
	o := w.run(t, w.Store(t), time.Millisecond, k)
	<-first
	o.until(t, "the others wait", func() bool { return w.count(t, `jobs WHERE lease_token IS NOT NULL`) == 3 })
	stopped := make(chan struct{})
	go func() { o.stop(); close(stopped) }()
	o2 := newReceiver()
	other := w.run(t, w.Store(t), 0, o2.kind())
	other.until(t, "the two that waited are delivered elsewhere", func() bool { _, n := o2.times(); return n == 2 })
	close(free)
	<-stopped
	other.until(t, "all are marked", func() bool { return w.count(t, `jobs WHERE done_at IS NOT NULL AND attempts = 1`) == 3 })
	if _, n := r.times(); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}
