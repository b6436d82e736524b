package storage_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

// withJobs makes n mail jobs with targets 1 to n, in that order.
func (w *world) withJobs(t testing.TB, n int) {
	t.Helper()
	w.tell(t, w.owner, w.store, "x", 1)
	number(t, w.s, w.store, func(e shop.Event) (jobs []shop.NewJob) {
		for i := range n {
			jobs = append(jobs, shop.NewJob{EventID: e.ID, Kind: shop.JobMail, TargetID: int64(i + 1), Template: "x"})
		}
		return jobs
	})
	w.owner.MustExec(`UPDATE jobs SET next_at = now() - interval '1 hour' + make_interval(secs => target_id)`)
}

// claim takes a job, or fails.
func (w *world) claim(t testing.TB, lease string, not ...int64) shop.Job {
	t.Helper()
	job, ok, err := w.s.ClaimJob(t.Context(), w.store, storage.Claim{Kind: shop.JobMail, Lease: lease, For: time.Minute, Not: not})
	must(t, err)
	if !ok {
		t.Fatal("there is no job")
	}
	return job
}

func (w *world) wantNoJob(t testing.TB, not ...int64) {
	t.Helper()
	job, ok, err := w.s.ClaimJob(t.Context(), w.store, storage.Claim{Kind: shop.JobMail, Lease: "l", For: time.Minute, Not: not})
	if err != nil || ok {
		t.Errorf("got job %+v, %v", job, err)
	}
}

// I7.
func TestTwoWorkersNeverHoldOneLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 150
	w.withJobs(t, n)
	stores := []*storage.Store{w.s, w.s2(t)}
	var mu sync.Mutex
	held := map[int64]string{}
	allFine(t, together(12, func(i int) error {
		for k := 0; ; k++ {
			lease := fmt.Sprint(i, " ", k)
			job, ok, err := stores[i%2].ClaimJob(t.Context(), w.store, storage.Claim{Kind: shop.JobMail, Lease: lease, For: time.Hour})
			if err != nil || !ok {
				return err
			}
			mu.Lock()
			if other, taken := held[job.ID]; taken {
				t.Errorf("job %d is held under %q and %q", job.ID, other, lease)
			}
			held[job.ID] = lease
			mu.Unlock()
		}
	}))
	// Whoever met a row that another one was just taking may have gone away early.
	for {
		job, ok, err := w.s.ClaimJob(t.Context(), w.store, storage.Claim{Kind: shop.JobMail, Lease: "last", For: time.Hour})
		must(t, err)
		if !ok {
			break
		}
		if _, taken := held[job.ID]; taken {
			t.Errorf("job %d is held twice", job.ID)
		}
		held[job.ID] = "last"
	}
	if len(held) != n {
		t.Errorf("%d of %d jobs were taken", len(held), n)
	}
	w.wantCount(t, n, `jobs WHERE attempts = 1 AND lease_until > now() + interval '50 minutes'`)
}

// Only the lease at hand counts: whoever overslept his changes nothing.
func TestLateWorkersChangeNothing(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]func(s *storage.Store, w *world, j shop.Job) (bool, error){
		"finish": func(s *storage.Store, w *world, j shop.Job) (bool, error) {
			return s.FinishJob(t.Context(), w.store, j)
		},
		"fail": func(s *storage.Store, w *world, j shop.Job) (bool, error) {
			return s.FailJob(t.Context(), w.store, j, shop.Undelivered{Reason: "no", ForGood: true}, storage.Retry{})
		},
		"release": func(s *storage.Store, w *world, j shop.Job) (bool, error) {
			return false, s.ReleaseJob(t.Context(), w.store, j)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.withJobs(t, 1)
			first := w.claim(t, "first")
			w.wantNoJob(t)
			w.owner.MustExec(`UPDATE jobs SET lease_until = now()`)
			second := w.claim(t, "second")
			if second.ID != first.ID || second.Attempts != 2 {
				t.Fatalf("got %+v after %+v", second, first)
			}
			const state = `SELECT j FROM jobs j`
			before := w.text(t, state)
			if ok, err := late(w.s, w, first); ok || err != nil {
				t.Errorf("it had an effect: %v, %v", ok, err)
			}
			if after := w.text(t, state); after != before {
				t.Errorf("before %s\nafter  %s", before, after)
			}
			if _, err := late(w.s, w, second); err != nil {
				t.Error(err)
			}
			if after := w.text(t, state); after == before {
				t.Error("the lease at hand has no effect either")
			}
		})
	}
}

func TestJobIsClaimedWithItsEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := person(t, "ada@example.com")
	in.Registered = true
	ada, err := w.s.CreateCustomer(t.Context(), w.store, in)
	must(t, err)
	number(t, w.s, w.store, shop.MailsFor)
	job := w.claim(t, "mine")
	if job.Kind != shop.JobMail || job.Template != string(shop.MailWelcome) || job.TargetID != shop.ToOwner || job.Attempts != 1 || job.Lease != "mine" {
		t.Errorf("got %+v", job)
	}
	if e := job.Event; e.StoreID != w.store || e.EntityID != ada.ID || e.Entity != "customer" || e.Data.Cause != shop.CauseRegistration || e.At.IsZero() {
		t.Errorf("got %+v", e)
	}
}

func TestJobsAreClaimedInTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs(t, 4)
	var got []int64
	got = append(got, w.claim(t, "a").TargetID, w.claim(t, "b", 2, 3).TargetID, w.claim(t, "c", 3).TargetID)
	w.wantNoJob(t, 3)
	w.wantNoJob(t, 1, 2, 3, 4)
	if got = append(got, w.claim(t, "d", 9).TargetID); !slices.Equal(got, []int64{1, 4, 2, 3}) {
		t.Errorf("claimed %v", got)
	}
	w.wantNoJob(t)
	w.owner.MustExec(`UPDATE jobs SET kind = 'webhook', lease_until = now()`)
	w.wantNoJob(t)
}

func TestFinishedJobsAreDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs(t, 1)
	job := w.claim(t, "mine")
	if ok, err := w.s.FinishJob(t.Context(), w.store, job); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, err := w.s.FinishJob(t.Context(), w.store, job); ok || err != nil {
		t.Errorf("again: %v, %v", ok, err)
	}
	w.wantCount(t, 1, `jobs WHERE done_at IS NOT NULL AND gave_up_at IS NULL AND lease_token IS NULL AND last_error = ''`)
	w.wantNoJob(t)
}

func TestReleasedJobsAreAsBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs(t, 1)
	const state = `SELECT j FROM jobs j`
	before := w.text(t, state)
	must(t, w.s.ReleaseJob(t.Context(), w.store, w.claim(t, "mine")))
	if after := w.text(t, state); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}

func TestFailedJobsAreTriedAgain(t *testing.T) {
	t.Parallel()
	const minute, hour = time.Minute, time.Hour
	for _, tt := range []struct {
		name   string
		age    string
		why    shop.Undelivered
		retry  storage.Retry
		gaveUp bool
		rows   string
	}{
		{"for now", "0", shop.Undelivered{Reason: "RCPT refused with 451"}, storage.Retry{In: minute, Within: 48 * hour}, false,
			`done_at IS NULL AND gave_up_at IS NULL AND NOT bounced AND next_at BETWEEN now() + interval '50 seconds' AND now() + interval '61 seconds'`},
		{"just within its time", "47 hours", shop.Undelivered{Reason: "x"}, storage.Retry{In: 59 * minute, Within: 48 * hour}, false, `done_at IS NULL`},
		{"beyond its time", "47 hours", shop.Undelivered{Reason: "x"}, storage.Retry{In: 61 * minute, Within: 48 * hour}, true, `gave_up_at = done_at AND NOT bounced`},
		{"for good", "0", shop.Undelivered{Reason: "x", ForGood: true}, storage.Retry{In: minute, Within: 48 * hour}, true, `gave_up_at = done_at AND NOT bounced`},
		{"bounced", "0", shop.Undelivered{Reason: "x", ForGood: true, Bounced: true}, storage.Retry{In: minute, Within: 48 * hour}, true, `gave_up_at = done_at AND bounced`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.withJobs(t, 1)
			w.owner.MustExec(`UPDATE jobs SET created_at = now() - $1::interval`, tt.age)
			gaveUp, err := w.s.FailJob(t.Context(), w.store, w.claim(t, "mine"), tt.why, tt.retry)
			if gaveUp != tt.gaveUp || err != nil {
				t.Errorf("gave up: %v, %v", gaveUp, err)
			}
			w.wantCount(t, 1, `jobs WHERE lease_token IS NULL AND lease_until IS NULL AND attempts = 1 AND last_error = $1 AND `+tt.rows, tt.why.Reason)
			w.wantNoJob(t)
			w.owner.MustExec(`UPDATE jobs SET next_at = now()`)
			if tt.gaveUp {
				w.wantNoJob(t)
			} else if again := w.claim(t, "again"); again.Attempts != 2 {
				t.Errorf("again: %+v", again)
			}
		})
	}
}
