package account_test

import (
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/shop"
)

// E10. Not parallel: memory is the whole process'.
func TestManyLoginsAtOnceStayWithinBounds(t *testing.T) {
	s := graphtest.New(t, graphtest.Options{Account: limits(generous)})
	// Not Ada's: more than a hundred logins end her oldest session.
	cookie := graphtest.WithCookie(s.Login(t, grace))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)

	done := make(chan struct{})
	var answers, slowest atomic.Int64
	var canary sync.WaitGroup
	canary.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			start := time.Now()
			if r := s.Query(t, `{ currentCustomer { email } }`, cookie); string(r.Body) != `{"data":{"currentCustomer":{"email":"`+grace+`"}}}` {
				t.Errorf("an unrelated query: %d %s", r.Status, r.Body)
			}
			slowest.Store(max(slowest.Load(), int64(time.Since(start))))
			answers.Add(1)
		}
	})
	var in, busy atomic.Int64
	var logins sync.WaitGroup
	for range 200 {
		logins.Go(func() {
			r := login(t, s, ada, right)
			switch outcome(t, r) {
			case "in":
				in.Add(1)
			case string(shop.Unavailable):
				if r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
					t.Errorf("%d, Retry-After %q", r.Status, r.Header.Get("Retry-After"))
				}
				busy.Add(1)
			default:
				t.Errorf("%d: %s", r.Status, r.Body)
			}
		})
	}
	logins.Wait()
	close(done)
	canary.Wait()
	runtime.ReadMemStats(&after)

	t.Logf("%d in, %d busy, %d other answers, slowest %v", in.Load(), busy.Load(), answers.Load(), time.Duration(slowest.Load()))
	if in.Load() == 0 || in.Load()+busy.Load() != 200 {
		t.Errorf("%d in, %d busy", in.Load(), busy.Load())
	}
	if grown := int64(after.Sys) - int64(before.Sys); grown > 300<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	// How fast they were is for the benchmarks to say: this machine may be busy.
	if answers.Load() < 3 {
		t.Errorf("%d other answers", answers.Load())
	}
	// Nothing is left behind that would keep the next one out.
	want(t, login(t, s, ada, right), "in")
}
