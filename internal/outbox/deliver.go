package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

const (
	// markFor is how long it is tried to write down what became of a job.
	markFor = 20 * time.Second
	// leaseMargin is what a lease lasts beyond a try and its mark.
	leaseMargin = 10 * time.Second
)

// work serves the stores that wait for a kind, a job at a time, until ctx ends.
// A job that was taken by then is carried on with while sending lasts.
func (o *Outbox) work(ctx, sending context.Context, l *line) {
	for {
		store, ok := l.stores.take(ctx)
		if !ok {
			return
		}
		o.serve(ctx, sending, l, store)
		l.stores.release(store)
	}
}

func (o *Outbox) serve(ctx, sending context.Context, l *line, store int64) {
	job, ok, err := o.db.ClaimJob(sending, store, storage.Claim{
		Kind: l.Name, Lease: rand.Text(), For: l.Timeout + markFor + leaseMargin, Not: l.stores.full(store),
	})
	if err != nil {
		// The next poll finds the store again; the lease ends by itself, if there is one.
		o.log.Error("claiming a job failed", "store", store, "kind", l.Name, "error", cause(err))
		return
	}
	if !ok {
		return
	}
	l.stores.push(store) // for the next job
	if ctx.Err() != nil || !l.stores.enter(store, job.TargetID) {
		o.release(store, job)
		return
	}
	defer l.stores.leave(store, job.TargetID)
	o.deliver(sending, l, store, job)
}

// deliver makes one try at a job and writes down what became of it.
func (o *Outbox) deliver(sending context.Context, l *line, store int64, job shop.Job) {
	// Ends with the try, whatever happens, so that Send can tie what it holds to it.
	ctx, cancel := context.WithTimeout(sending, l.Timeout)
	defer cancel()
	var last func() error
	err := o.guard(job, func() (err error) { last, err = l.Send(ctx, job); return err })
	if err == nil && last != nil {
		done, waited := l.alone(ctx)
		defer done() // after the mark
		if err = waited; err == nil {
			err = o.guard(job, last)
		}
	}
	switch {
	case err == nil:
		o.mark(job, func(ctx context.Context) error { return o.finish(ctx, store, job) })
	case sending.Err() != nil:
		o.release(store, job)
	default:
		why := o.failed(job, err)
		o.mark(job, func(ctx context.Context) error { return o.fail(ctx, l, store, job, why) })
	}
}

// alone waits until no other last step is being taken, where that matters.
func (l *line) alone(ctx context.Context) (done func(), err error) {
	if l.last == nil {
		return func() {}, nil
	}
	select {
	case l.last <- struct{}{}:
		return func() { <-l.last }, nil
	case <-ctx.Done():
		return func() {}, ctx.Err()
	}
}

// guard keeps a panic of a kind from ending the process.
func (o *Outbox) guard(job shop.Job, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			o.log.Error("panic in a delivery", append(about(job), "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))...)
			err = &shop.Undelivered{Reason: "panic"}
		}
	}()
	return do()
}

// mark writes down what became of a job. A database that is away for a moment
// must not lead to a second delivery.
func (o *Outbox) mark(job shop.Job, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), markFor)
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause *= 2 {
		err := write(ctx)
		if err == nil {
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			o.log.Error("a job's outcome could not be written down", append(about(job), "error", cause(err))...)
			return
		}
	}
}

func (o *Outbox) release(store int64, job shop.Job) {
	o.mark(job, func(ctx context.Context) error { return o.db.ReleaseJob(ctx, store, job) })
}

func (o *Outbox) finish(ctx context.Context, store int64, job shop.Job) error {
	ours, err := o.db.FinishJob(ctx, store, job)
	if err == nil && !ours {
		o.log.Warn("a delivery took longer than its lease", about(job)...)
	}
	return err
}

// failed is why a try failed, in words that may be kept.
func (o *Outbox) failed(job shop.Job, err error) shop.Undelivered {
	if why, ok := errors.AsType[*shop.Undelivered](err); ok {
		return *why
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return shop.Undelivered{Reason: "timeout"}
	}
	o.log.Error("a delivery failed on our side", append(about(job), "error", cause(err))...)
	return shop.Undelivered{Reason: "trouble on our side"}
}

func (o *Outbox) fail(ctx context.Context, l *line, store int64, job shop.Job, why shop.Undelivered) error {
	gaveUp, err := o.db.FailJob(ctx, store, job, why, storage.Retry{In: jitter(l.Pause(job.Attempts)), Within: l.GiveUp})
	if err != nil {
		return err
	}
	if gaveUp {
		o.log.Error("gave up on a delivery", append(about(job), "tries", job.Attempts, "reason", why.Reason)...)
		return nil
	}
	o.log.Warn("a delivery failed", append(about(job), "tries", job.Attempts, "reason", why.Reason)...)
	return nil
}

// about names a job in the log: ids, and nothing of people.
func about(job shop.Job) []any {
	out := []any{slog.Int64("store", job.Event.StoreID), slog.Int64("job", job.ID), slog.String("kind", job.Kind), slog.Int64("event", job.Event.ID)}
	if job.Template != "" {
		out = append(out, slog.String("template", job.Template))
	}
	return out
}

// cause is what a text for shoppers leaves out.
func cause(err error) error {
	if e, ok := errors.AsType[*shop.Error](err); ok && e.Unwrap() != nil {
		return e.Unwrap()
	}
	return err
}
