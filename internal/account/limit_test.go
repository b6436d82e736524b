package account_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/shop"
)

// few are limits that a test reaches soon: 3 per account and prefix, 5 per
// account from new networks, 8 per prefix, 2 registrations.
func few(l *account.Limits) {
	l.LoginPerAccountAndPrefix.Burst, l.LoginPerAccount.Burst, l.LoginPerPrefix.Burst, l.RegisterPerPrefix.Burst = 3, 5, 8, 2
}

func limited(t *testing.T) *graphtest.Server {
	t.Helper()
	return graphtest.New(t, graphtest.Options{TrustedProxies: loopback, Account: limits(few)})
}

// Decisions 13 and 19.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	want := account.Limits{
		LoginPerAccountAndPrefix: shop.Limit{Burst: 10, Window: 15 * time.Minute},
		LoginPerAccount:          shop.Limit{Burst: 50, Window: time.Hour},
		LoginPerPrefix:           shop.Limit{Burst: 100, Window: 15 * time.Minute},
		RegisterPerPrefix:        shop.Limit{Burst: 20, Window: time.Hour},
		UpdatePerCustomer:        shop.Limit{Burst: 60, Window: time.Hour},
		LinkPerPrefix:            shop.Limit{Burst: 30, Window: time.Hour},
		PerToken:                 shop.Limit{Burst: 3000, Window: 15 * time.Minute},
		MailPerRecipient:         shop.Limit{Burst: 1, Window: 2 * time.Minute},
		MailPerRecipientDay:      shop.Limit{Burst: 5, Window: 24 * time.Hour},
		NewDevicePerCustomer:     shop.Limit{Burst: 1, Window: 24 * time.Hour},
	}
	if got := account.DefaultSettings().Limits; got != want {
		t.Errorf("got %+v", got)
	}
}

// E6.
func TestLoginsPerAccountAndNetwork(t *testing.T) {
	t.Parallel()
	s := limited(t)
	for range 3 {
		want(t, login(t, s, ada, "wrong", from("198.51.100.1")), refused)
	}
	wantLimited(t, login(t, s, ada, "wrong", from("198.51.100.2")), 15*time.Minute)
	// Not even the right password, and every spelling is the one account.
	wantLimited(t, login(t, s, "ADA@example.com", right, from("198.51.100.3")), 15*time.Minute)
	// Another network and another account are not touched.
	want(t, login(t, s, ada, right, from("203.0.113.1")), "in")
	want(t, login(t, s, "grace@example.com", right, from("198.51.100.1")), "in")
	// After one use's time there is one use, after the window all of them.
	elapse(t, s.DB, 5*time.Minute)
	want(t, login(t, s, ada, "wrong", from("198.51.100.1")), refused)
	wantLimited(t, login(t, s, ada, right, from("198.51.100.1")), 15*time.Minute)
	elapse(t, s.DB, 15*time.Minute)
	want(t, login(t, s, ada, right, from("198.51.100.1")), "in")
}

// E6: unknown addresses are counted just so, or the limit would tell.
func TestUnknownAccountsAreLimitedAlike(t *testing.T) {
	t.Parallel()
	s := limited(t)
	for i, email := range []string{ada, "unknown@example.com"} {
		network := from(fmt.Sprintf("198.51.%d.1", i))
		for range 3 {
			want(t, login(t, s, email, "wrong", network), refused)
		}
		wantLimited(t, login(t, s, email, "wrong", network), 15*time.Minute)
	}
}

// E6: strangers on many networks lock nobody out who logged in from theirs before.
func TestKnownNetworkIsExemptFromTheAccountsLimit(t *testing.T) {
	t.Parallel()
	s := limited(t)
	db := s.DB.Owner(t)
	want(t, login(t, s, ada, right, from("203.0.113.1")), "in")
	elapse(t, s.DB, time.Hour)
	for i := range 5 {
		want(t, login(t, s, ada, "wrong", from(fmt.Sprintf("198.51.%d.1", i))), refused)
	}
	wantLimited(t, login(t, s, ada, right, from("198.51.9.1")), time.Hour)
	want(t, login(t, s, ada, right, from("203.0.113.200")), "in")
	must(t, db, `UPDATE sessions SET created_at = now() - interval '91 days'`)
	wantLimited(t, login(t, s, ada, right, from("203.0.113.1")), time.Hour)
	elapse(t, s.DB, time.Hour)
	want(t, login(t, s, ada, right, from("198.51.9.1")), "in")
}

// E6.
func TestLoginsPerNetwork(t *testing.T) {
	t.Parallel()
	s := limited(t)
	for i := range 8 {
		want(t, login(t, s, fmt.Sprintf("guess%d@example.com", i), "wrong", from(fmt.Sprintf("2001:db8:1:%x::1", i))), refused)
	}
	wantLimited(t, login(t, s, ada, right, from("2001:db8:1:ffff::1")), 15*time.Minute)
	want(t, login(t, s, ada, right, from("2001:db8:2::1")), "in")
}

// E6: a success pays the account's use in that network back, so that somebody
// who logs in often is not taken for a guesser.
func TestSuccessIsPaidBack(t *testing.T) {
	t.Parallel()
	s := limited(t)
	for range 2 {
		want(t, login(t, s, ada, "wrong"), refused)
		want(t, login(t, s, ada, "wrong"), refused)
		want(t, login(t, s, ada, right), "in")
	}
}

// E6: replicas count together, and in parallel no attempt goes uncounted.
func TestReplicasCountTogether(t *testing.T) {
	t.Parallel()
	a := limited(t)
	b := graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true, TrustedProxies: loopback, Account: limits(few)})
	var through atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		s := []*graphtest.Server{a, b}[i%2]
		wg.Go(func() {
			switch got := outcome(t, login(t, s, ada, "wrong")); got {
			case refused:
				through.Add(1)
			case string(shop.RateLimited):
			default:
				t.Errorf("got %s", got)
			}
		})
	}
	wg.Wait()
	if n := through.Load(); n != 3 {
		t.Errorf("%d attempts went through, want 3", n)
	}
}

// E6: one mutation is one attempt, so aliases cannot guess.
func TestAliasesAreNotManyAttempts(t *testing.T) {
	t.Parallel()
	s := limited(t)
	r := s.Query(t, `mutation { a: login(email: "ada@example.com", password: "x") { result } b: login(email: "ada@example.com", password: "`+right+`") { result } }`)
	if r.Cookie() != "" || !strings.Contains(string(r.Body), "Only one mutation") {
		t.Errorf("%s", r.Body)
	}
}

// Decision 19.
func TestRegistrationsPerNetwork(t *testing.T) {
	t.Parallel()
	s := limited(t)
	for i, want := range []string{`"customer":{`, `"customer":{`, "CustomerRegistrationError"} {
		r := register(t, s, fmt.Sprintf("new%d@example.com", i), "a long password", from("198.51.100.1"))
		if !strings.Contains(string(r.Body), want) {
			t.Errorf("registration %d: %s", i, r.Body)
		}
		if limited := r.Header.Get("Retry-After") != ""; r.Status != http.StatusOK || limited != (i == 2) {
			t.Errorf("registration %d: %d, Retry-After %q", i, r.Status, r.Header.Get("Retry-After"))
		}
	}
	if r := register(t, s, "new9@example.com", "a long password", from("203.0.113.1")); !strings.Contains(string(r.Body), `"customer":{`) {
		t.Errorf("from elsewhere: %s", r.Body)
	}
}

// What is counted is kept as keyed digests alone.
func TestLimitsHoldNoClearValue(t *testing.T) {
	t.Parallel()
	s := limited(t)
	want(t, login(t, s, ada, "wrong", from("198.51.100.1")), refused)
	var clear int
	err := s.DB.Owner(t).Get(&clear, `SELECT count(*) FROM rate_limits WHERE octet_length(key) <> 32
		OR position('ada'::bytea IN key) > 0 OR position('198.51'::bytea IN key) > 0`)
	if err != nil || clear != 0 {
		t.Errorf("%d keys are not digests, %v", clear, err)
	}
}
