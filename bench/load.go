package main

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// crew is a number of connections to one server that all send the same kind of
// request, each the next one as soon as it has its answer.
type crew struct {
	clients []*client
	x       exchange
	meter   meter
}

// meter reads what a server and Postgres have used so far.
type meter func() (usage, error)

type usage struct {
	server, postgres, client time.Duration
	others                   time.Duration // whatever else this machine does
	resident                 int64
}

func newCrew(address string, n int, x exchange, m meter) (*crew, error) {
	w := &crew{x: x, meter: m}
	for i := range n {
		c, err := dial(address, uint64(i))
		if err != nil {
			w.close()
			return nil, err
		}
		w.clients = append(w.clients, c)
	}
	return w, nil
}

func (w *crew) close() {
	for _, c := range w.clients {
		c.conn.Close()
	}
}

// window is one measurement.
type window struct {
	latencies                []time.Duration
	took                     time.Duration
	server, postgres, client time.Duration // CPU
	others                   float64       // share of the processors that others used
	resident                 int64         // of the server, at its end
}

func (w window) perSecond() float64 { return float64(len(w.latencies)) / w.took.Seconds() }

// warmUp is how long a crew works before it is measured: the other one was at
// work until a moment ago.
const warmUp = 100 * time.Millisecond

// run works for warmUp and d, and fails on the first wrong answer. Answers count
// that came within d.
func (w *crew) run(ctx context.Context, d time.Duration) (window, error) {
	begin := time.Now().Add(warmUp)
	end := begin.Add(d)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	latencies := make([][]time.Duration, len(w.clients))
	var all sync.WaitGroup
	for i, c := range w.clients {
		_ = c.conn.SetDeadline(end.Add(answerTimeout))
		all.Go(func() {
			var err error
			if latencies[i], err = c.loop(ctx, w.x, begin, end); err != nil {
				cancel(err)
			}
		})
	}
	over := context.AfterFunc(ctx, func() {
		for _, c := range w.clients {
			_ = c.conn.SetDeadline(time.Now())
		}
	})
	out, err := w.meterUntil(ctx, begin, end)
	if err != nil {
		cancel(err)
	}
	all.Wait()
	over()
	out.latencies = slices.Concat(latencies...)
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	return out, nil
}

func (w *crew) meterUntil(ctx context.Context, begin, end time.Time) (out window, err error) {
	sleep(ctx, begin)
	before, err := w.meter()
	if err != nil {
		return out, err
	}
	sleep(ctx, end)
	after, err := w.meter()
	return window{
		took:   end.Sub(begin),
		server: after.server - before.server, postgres: after.postgres - before.postgres, client: after.client - before.client,
		resident: after.resident,
		others:   max(0, (after.others-before.others).Seconds()/end.Sub(begin).Seconds()/float64(runtime.NumCPU())),
	}, err
}

func (c *client) loop(ctx context.Context, x exchange, begin, end time.Time) ([]time.Duration, error) {
	var out []time.Duration
	for sent := time.Now(); sent.Before(end) && ctx.Err() == nil; {
		if err := c.do(x); err != nil {
			return out, err
		}
		now := time.Now()
		if now.After(begin) && now.Before(end) {
			out = append(out, now.Sub(sent))
		}
		sent = now
	}
	return out, nil
}

func sleep(ctx context.Context, until time.Time) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Until(until)):
	}
}
