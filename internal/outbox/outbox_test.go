package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/outbox"
	"regulars/internal/shop"
	"regulars/storage/storagetest"
)

// I6: what commits is told, what does not is not, and a hint is enough.
func TestWhatCommitsIsDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two, r, s := w.addStore(t, "two"), newReceiver(), w.Store(t)
	o := w.run(t, s, 0, r.kind())
	for i := range 20 {
		email := fmt.Sprintf("p%d@example.com", i)
		register(t, s, w.store, email)
		register(t, s, two, email)
		address, _ := shop.ParseEmail(email)
		if err := s.IssueToken(t.Context(), two, shop.Token{Hash: []byte("too short")}, "x", shop.EventData{}); err == nil {
			t.Fatal("the token was taken", address)
		}
	}
	o.until(t, "all are delivered", func() bool { return w.count(t, `jobs WHERE done_at IS NOT NULL`) == 40 })
	o.stop()
	if deliveries, jobs := r.times(); deliveries != 40 || jobs != 40 {
		t.Errorf("%d deliveries of %d jobs", deliveries, jobs)
	}
	w.wantCount(t, 40, `events WHERE position IS NOT NULL`)
}

// Without a poll: the hint of a commit leads all the way to the delivery.
func TestHintIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, s, told := newReceiver(), w.Store(t), make(chan struct{})
	r.last = func(shop.Job) error { close(told); return nil }
	w.run(t, s, 0, r.kind())
	register(t, s, w.store, "ada@example.com")
	select {
	case <-told:
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
	}
}

// Hints that come close together are one numbering.
func TestEventsOfAWhileAreNumberedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begin := time.Now()
	s := w.Store(t)
	o := w.run(t, s, 0, newReceiver().kind())
	const events = 60
	for n := range events {
		register(t, s, w.store, fmt.Sprintf("c%d@example.com", n))
	}
	o.until(t, "all are numbered", func() bool { return w.count(t, `events WHERE position IS NOT NULL`) == events })
	var numberings int
	must(t, w.owner.Get(&numberings, `SELECT count(DISTINCT xmin::text) FROM events`))
	if most := int(time.Since(begin)/outbox.DefaultPace) + 2; numberings > most {
		t.Errorf("%d numberings within %d paces", numberings, most)
	}
}

// What another server wrote, and what lay there before the start.
func TestPollFindsTheWorkOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.happen(t, w.store, 1, 500)
	r := newReceiver()
	o := w.run(t, w.Store(t), 0, r.kind())
	o.until(t, "the old ones are delivered", func() bool { _, n := r.times(); return n == 500 })
	w.happen(t, w.store, 501, 5)
	o.until(t, "the new ones are delivered", func() bool { _, n := r.times(); return n == 505 })
	if r.most > 6 || r.peak > 3 {
		t.Errorf("%d deliveries at once, %d of one store", r.most, r.peak)
	}
}

func TestReplicasShareTheWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two, r := w.addStore(t, "two"), newReceiver()
	for range 3 {
		w.run(t, w.Store(t), 0, r.kind())
	}
	o := w.run(t, w.Store(t), 0, r.kind())
	w.happen(t, w.store, 1, 150)
	w.happen(t, two, 1, 150)
	o.until(t, "all is done", func() bool { return w.count(t, `jobs WHERE done_at IS NOT NULL`) == 300 })
	if deliveries, jobs := r.times(); deliveries != 300 || jobs != 300 {
		t.Errorf("%d deliveries of %d jobs", deliveries, jobs)
	}
	w.wantCount(t, 300, `jobs WHERE attempts = 1`)
}

func TestFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := newReceiver()
	r.before = func(_ context.Context, job shop.Job) error {
		if job.Attempts < 3 {
			return &shop.Undelivered{Reason: "RCPT refused with 451"}
		}
		return nil
	}
	w.happen(t, w.store, 1, 3)
	o := w.run(t, w.Store(t), 0, r.kind())
	o.until(t, "all is done", func() bool { return w.count(t, `jobs WHERE done_at IS NOT NULL`) == 3 })
	w.wantCount(t, 3, `jobs WHERE attempts = 3 AND last_error = 'RCPT refused with 451' AND gave_up_at IS NULL`)
	if deliveries, _ := r.times(); deliveries != 3 {
		t.Errorf("%d deliveries", deliveries)
	}
}

// A job that is given up is one line in the log, and none of people's data.
func TestGivingUpIsSeen(t *testing.T) {
	t.Parallel()
	const canary = "canary@example.com"
	for name, tt := range map[string]struct {
		fail   func() error
		reason string
		row    string
	}{
		"for good":  {func() error { return &shop.Undelivered{Reason: "RCPT refused with 550", ForGood: true, Bounced: true} }, "RCPT refused with 550", `bounced AND attempts = 1`},
		"too late":  {func() error { return &shop.Undelivered{Reason: "no connection"} }, "no connection", `NOT bounced AND attempts = 1`},
		"our fault": {func() error { return errors.New("no template") }, "trouble on our side", `NOT bounced`},
		"slow":      {func() error { return context.DeadlineExceeded }, "timeout", `NOT bounced`},
		"panic":     {func() error { panic(canary) }, "panic", `NOT bounced`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := newReceiver()
			r.last = func(shop.Job) error { return tt.fail() }
			k := r.kind()
			k.Pause = func(int) time.Duration { return 2 * k.GiveUp }
			w.happen(t, w.store, 1, 1)
			o := w.run(t, w.Store(t), 0, k)
			o.until(t, "it is given up", func() bool {
				return w.count(t, `jobs WHERE gave_up_at IS NOT NULL AND last_error = $1 AND `+tt.row, tt.reason) == 1
			})
			o.stop()
			var line string
			for l := range strings.Lines(w.log.String()) {
				if strings.Contains(l, "gave up") {
					line += l
				}
			}
			want := fmt.Sprintf(`"level":"ERROR","msg":"gave up on a delivery","store":%d,"job":1,"kind":"mail","event":1,"template":"x","tries":1,"reason":"%s"}`, w.store, tt.reason)
			if strings.Count(line, "\n") != 1 || !strings.Contains(line, want) {
				t.Errorf("logged %s", w.log)
			}
			if strings.Contains(w.log.String(), canary) {
				t.Errorf("the log says too much: %s", w.log)
			}
		})
	}
}

// I8: a store whose deliveries hang leaves room for the others.
func TestSlowStoreHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two, r, free := w.addStore(t, "two"), newReceiver(), make(chan struct{})
	r.before = func(_ context.Context, job shop.Job) error {
		if job.Event.StoreID == w.store {
			<-free
		}
		return nil
	}
	w.happen(t, w.store, 1, 100)
	o := w.run(t, w.Store(t), 0, r.kind())
	o.until(t, "the slow store is at it", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.per[w.store] == 3 })
	w.happen(t, two, 1, 100)
	o.until(t, "the other store is done", func() bool { return r.of(two) == 100 })
	if n := r.of(w.store); n != 0 {
		t.Errorf("%d deliveries of the slow store", n)
	}
	close(free)
	o.until(t, "the slow store is done", func() bool { return r.of(w.store) == 100 })
}

// I8: a receiver that does not answer leaves room for the others of its store.
func TestDeadReceiverHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, free := newReceiver(), make(chan struct{})
	var dead, mostDead atomic.Int32
	r.before = func(_ context.Context, job shop.Job) error {
		if job.TargetID == 1 {
			mostDead.Store(max(mostDead.Load(), dead.Add(1)))
			<-free
			dead.Add(-1)
		}
		return nil
	}
	k := r.kind()
	k.PerTarget = 2
	k.Plan = func(e shop.Event) []shop.NewJob {
		return []shop.NewJob{{EventID: e.ID, Kind: k.Name, TargetID: 1}, {EventID: e.ID, Kind: k.Name, TargetID: 2 + e.EntityID%2}}
	}
	w.happen(t, w.store, 1, 200) // the dead one's jobs are due first, 200 of them
	o := w.run(t, w.Store(t), 0, k)
	o.until(t, "the others have theirs", func() bool { return r.of(w.store) == 200 })
	if dead.Load() != 2 || mostDead.Load() != 2 {
		t.Errorf("%d wait for the dead receiver, %d at most", dead.Load(), mostDead.Load())
	}
	close(free)
	o.until(t, "all have theirs", func() bool { return r.of(w.store) == 400 })
	w.wantCount(t, 400, `jobs WHERE attempts = 1`)
}

// Decision 27: whenever a last step begins, all that were taken before it are
// marked; so whoever dies repeats one at most.
func TestLastStepsAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two, r := w.addStore(t, "two"), newReceiver()
	var taken, unmarked, at, sent atomic.Int32
	both := make(chan struct{})
	r.before = func(context.Context, shop.Job) error { // up to the last step they do overlap
		if sent.Add(1) == 2 {
			close(both)
		}
		<-both
		return nil
	}
	k := r.kind()
	k.OneByOne = true
	r.last = func(shop.Job) error {
		if at.Add(1) != 1 {
			t.Error("two last steps at once")
		}
		var done int32
		if err := w.owner.Get(&done, `SELECT count(*) FROM jobs WHERE done_at IS NOT NULL`); err != nil {
			t.Error(err)
		}
		if done != taken.Load() {
			unmarked.Add(1)
		}
		taken.Add(1)
		at.Add(-1)
		return nil
	}
	w.happen(t, w.store, 1, 60)
	w.happen(t, two, 1, 60)
	o := w.run(t, w.Store(t), 0, k)
	o.until(t, "all is done", func() bool { return w.count(t, `jobs WHERE done_at IS NOT NULL`) == 120 })
	if unmarked.Load() > 0 {
		t.Errorf("%d last steps began before the one before was marked", unmarked.Load())
	}
}

// J1: a mark whose reply is lost leads to no second delivery.
func TestLostMarksDoNotRepeatADelivery(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"BEGIN", "UPDATE", "COMMIT"} {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := storagetest.NewProxy(t, w.DB)
			r := newReceiver()
			r.last = func(shop.Job) error { p.CutReplies(tag, 2); return nil }
			w.happen(t, w.store, 1, 1)
			o := w.run(t, p.Store(t), 0, r.kind())
			o.until(t, "it is marked", func() bool { return w.count(t, `jobs WHERE done_at IS NOT NULL`) == 1 })
			o.stop()
			if deliveries, _ := r.times(); deliveries != 1 || p.Cuts() == 0 {
				t.Errorf("%d deliveries, %d replies lost", deliveries, p.Cuts())
			}
			w.wantCount(t, 1, `jobs WHERE attempts = 1`)
		})
	}
}

// A job whose reason is gone is done without a delivery.
func TestNothingToDeliverIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := newReceiver().kind()
	k.Send = func(context.Context, shop.Job) (func() error, error) { return nil, nil }
	w.happen(t, w.store, 1, 2)
	o := w.run(t, w.Store(t), 0, k)
	o.until(t, "both are done", func() bool { return w.count(t, `jobs WHERE done_at IS NOT NULL AND gave_up_at IS NULL`) == 2 })
}

func TestPausesOfMails(t *testing.T) {
	t.Parallel()
	k := outbox.Mail(nil)
	const second, hour = time.Second, time.Hour
	for tries, want := range map[int]time.Duration{1: 10 * second, 2: 30 * second, 3: 90 * second, 4: 270 * second, 7: 7290 * second, 8: 4 * hour, 50: 4 * hour} {
		if got := k.Pause(tries); got != want {
			t.Errorf("after try %d: %v, want %v", tries, got, want)
		}
	}
	if k.GiveUp != 48*hour || !k.OneByOne || k.Name != shop.JobMail {
		t.Errorf("got %+v", k)
	}
}
