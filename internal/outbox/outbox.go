// Package outbox tells the world what happened: it numbers events after their
// commit, makes jobs of them and has those delivered, at least once each. What
// is delivered, and how, is plugged in as kinds.
package outbox

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

// Kind is one way of telling, such as mail.
type Kind struct {
	Name string // of shop's, as jobs have it
	// Plan lists what an event causes. It must not use the database.
	Plan func(shop.Event) []shop.NewJob
	// Send brings a job to its last step, after which the receiver has it, and
	// gives that step; nil when there is nothing to deliver any more. An error
	// that is no *shop.Undelivered is taken for passing trouble of ours.
	Send func(context.Context, shop.Job) (last func() error, err error)
	// OneByOne: last steps, each with the mark that it was taken, do not overlap
	// in this process, so that its sudden death repeats one delivery at most.
	OneByOne bool
	// Timeout bounds one try.
	Timeout time.Duration
	// Pause before the next try, by the number of tries so far; a job that would
	// be older than GiveUp by then is given up.
	Pause  func(tries int) time.Duration
	GiveUp time.Duration
	// Workers try at the same time, PerStore of them for one store at most, and
	// PerTarget for one target where that is not 0: so a receiver that does not
	// answer leaves room for the others.
	Workers, PerStore, PerTarget int
}

// Settings pace an Outbox.
type Settings struct {
	// Poll says when to look for work that nobody hinted at, such as another
	// server's; each second when nil.
	Poll <-chan time.Time
	// Pace is how long after one numbering of a store's events the next one begins
	// at the earliest, 50 ms when 0: of many events at a time, many get their number
	// together.
	Pace time.Duration
	// Grace is how long deliveries that have begun may go on at a stop, 10 s when
	// 0.
	Grace time.Duration
}

// Outbox does the work of one process. All processes may run one: they share
// the work.
type Outbox struct {
	db    *storage.Store
	log   *slog.Logger
	set   Settings
	kinds []*line
	heads *queue // stores with events to be numbered
}

// line is a kind and the stores that wait for it.
type line struct {
	Kind
	stores *queue
	last   chan struct{} // the right to take a last step; nil where steps may overlap
}

const defaultPace = 50 * time.Millisecond

// numberers number events of so many stores at a time: short work.
const numberers = 2

// New makes an Outbox, and has db hint at new events.
func New(db *storage.Store, log *slog.Logger, set Settings, kinds ...Kind) *Outbox {
	if set.Grace == 0 {
		set.Grace = 10 * time.Second
	}
	if set.Pace == 0 {
		set.Pace = defaultPace
	}
	o := &Outbox{db: db, log: log, set: set, heads: newQueue(1, 0)}
	for _, k := range kinds {
		l := &line{Kind: k, stores: newQueue(k.PerStore, k.PerTarget)}
		if k.OneByOne {
			l.last = make(chan struct{}, 1)
		}
		o.kinds = append(o.kinds, l)
	}
	db.OnEvent(func(store int64) { o.heads.push(store) })
	return o
}

// Run works until ctx ends, then lets what has begun come to its end for
// Settings.Grace, and hands back the leases of what did not.
func (o *Outbox) Run(ctx context.Context) {
	// What has begun goes on past the end of ctx.
	sending, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	var workers sync.WaitGroup
	for range numberers {
		workers.Go(func() { o.number(ctx) })
	}
	for _, l := range o.kinds {
		for range l.Workers {
			workers.Go(func() { o.work(ctx, sending, l) })
		}
	}
	o.poll(ctx)
	late := time.AfterFunc(o.set.Grace, abort)
	defer late.Stop()
	workers.Wait()
}

// poll finds the stores that have something to do, until ctx ends.
func (o *Outbox) poll(ctx context.Context) {
	tick := o.set.Poll
	if tick == nil {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		tick = t.C
	}
	for {
		ids, err := o.db.StoresWithEvents(ctx)
		o.heads.push(ids...)
		for _, l := range o.kinds {
			if err != nil {
				break
			}
			ids, err = o.db.StoresWithJobs(ctx, l.Name)
			l.stores.push(ids...)
		}
		if err != nil && ctx.Err() == nil {
			o.log.Error("looking for work failed", "error", cause(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

// number numbers events, store by store, a batch at a time.
func (o *Outbox) number(ctx context.Context) {
	for {
		store, ok := o.heads.take(ctx)
		if !ok {
			return
		}
		done, err := o.db.NumberEvents(ctx, store, o.plan)
		if done.More {
			o.heads.release(store)
		} else {
			time.AfterFunc(o.set.Pace, func() { o.heads.release(store) })
		}
		if err != nil {
			if ctx.Err() == nil { // the next poll finds the store again
				o.log.Error("numbering events failed", "store", store, "error", cause(err))
			}
			continue
		}
		if done.More {
			o.heads.push(store)
		}
		if done.Jobs > 0 {
			for _, l := range o.kinds {
				l.stores.push(store)
			}
		}
	}
}

func (o *Outbox) plan(e shop.Event) (jobs []shop.NewJob) {
	for _, l := range o.kinds {
		jobs = append(jobs, l.Plan(e)...)
	}
	return jobs
}

// jitter spreads pauses by a quarter to both sides, so that what failed together
// is not tried again together.
func jitter(d time.Duration) time.Duration {
	return d - d/4 + rand.N(d/2+1)
}

// backoff begins with first, triples with each try and ends at most.
func backoff(first, most time.Duration) func(tries int) time.Duration {
	return func(tries int) time.Duration {
		d := first
		for i := 1; i < tries && d < most; i++ {
			d *= 3
		}
		return min(d, most)
	}
}

// Mail is the kind of mails. What a relay refuses for the moment is tried again
// for two days.
func Mail(send func(context.Context, shop.Job) (last func() error, err error)) Kind {
	return Kind{
		Name: shop.JobMail, Plan: shop.MailsFor, Send: send, OneByOne: true, Timeout: 30 * time.Second,
		Pause: backoff(10*time.Second, 4*time.Hour), GiveUp: 48 * time.Hour, Workers: 6, PerStore: 4,
	}
}
