package account_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/command"
	"regulars/internal/newsletter"
	"regulars/internal/shop"
)

// told is how an attempt by a server ended, which has no cookie to show.
func told(t testing.TB, r *graphtest.Reply) string {
	t.Helper()
	if strings.Contains(string(r.Body), `"result":"success"`) {
		return "in"
	}
	return outcome(t, r)
}

func wantTold(t testing.TB, r *graphtest.Reply, wanted string) {
	t.Helper()
	if got := told(t, r); got != wanted {
		t.Errorf("%s, want %s: %s", got, wanted, r.Body)
	}
}

var spent = string(shop.RateLimited)

// servers hold tokens that are nobody else's, by kind.
func servers(t testing.TB, s *graphtest.Server) map[string]graphtest.Header {
	t.Helper()
	return map[string]graphtest.Header{
		"storefront":    graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"})),
		"private":       graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "private", Scope: []string{"Customer", "Unauthenticated"}})),
		"impersonation": graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "impersonation"})),
	}
}

// Decision 20: all shoppers of a headless storefront come from one address.
func TestHeadlessStorefrontIsNotOnePerson(t *testing.T) {
	t.Parallel()
	a := graphtest.New(t, graphtest.Options{Account: limits(func(*account.Limits) {})})
	b := graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true, Account: limits(func(*account.Limits) {})})
	shoppers := map[string]string{}
	for i := range 200 {
		shoppers[fmt.Sprintf("shopper%d@example.com", i)] = ""
	}
	copies(t, a.DB.Owner(t), shoppers)
	token := servers(t, a)["storefront"]
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4)
	i := 0
	for email := range shoppers {
		s := []*graphtest.Server{a, b}[i%2]
		i++
		slots <- struct{}{}
		wg.Go(func() {
			wantTold(t, login(t, s, email, right, token, from("198.51.100.1")), "in")
			<-slots
		})
	}
	wg.Wait()
}

// Decision 20: what a server has no address for counts by account and by token,
// on all servers of ours together. A claim without the secret is none.
func TestServersCountByAccountAndToken(t *testing.T) {
	t.Parallel()
	change := limits(func(l *account.Limits) { few(l); l.PerToken = shop.Limit{Burst: 12, Window: 15 * time.Minute} })
	a := graphtest.New(t, graphtest.Options{Account: change})
	replicas := []*graphtest.Server{a, graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true, Account: change})}
	for kind, token := range servers(t, a) {
		must(t, a.DB.Owner(t), `DELETE FROM rate_limits`)
		for i := range 5 {
			wantTold(t, login(t, replicas[i%2], ada, "wrong", token, from(fmt.Sprintf("198.51.%d.1", i))), refused)
		}
		for i, s := range replicas {
			wantTold(t, login(t, s, ada, right, token, from(fmt.Sprintf("203.0.113.%d", i))), spent)
		}
		for i := range 7 {
			wantTold(t, login(t, replicas[i%2], fmt.Sprintf("%s%d@example.com", kind, i), "wrong", token), refused)
		}
		for _, s := range replicas {
			wantLimited(t, login(t, s, grace, right, token), 15*time.Minute)
		}
		// Nobody else is held up: neither another token nor a browser.
		other := graphtest.WithToken(a.Token(t, command.TokenCreate{Kind: "private", Scope: []string{"Customer"}}))
		wantTold(t, login(t, a, grace, right, other), "in")
		want(t, login(t, a, "linus@example.com", right), "in")
	}
	var prefixes []string
	if err := a.DB.Owner(t).Select(&prefixes, `SELECT DISTINCT ip_prefix FROM sessions ORDER BY 1`); err != nil || fmt.Sprint(prefixes) != "[ 127.0.0.0/24]" {
		t.Errorf("sessions are from %q, %v", prefixes, err)
	}
}

// Strangers who try an account from everywhere keep its owner out of no storefront
// whose server holds a token, and what is tried there spends nothing elsewhere.
func TestStrangersHoldUpNoServer(t *testing.T) {
	t.Parallel()
	s := limited(t)
	token := servers(t, s)["storefront"]
	for i := range 5 {
		want(t, login(t, s, ada, "wrong", from(fmt.Sprintf("198.51.%d.1", i))), refused)
	}
	want(t, login(t, s, ada, right, from("203.0.113.1")), spent)
	for range 4 {
		wantTold(t, login(t, s, ada, "wrong", token), refused)
	}
	wantTold(t, login(t, s, ada, right, token), "in")
	wantTold(t, login(t, s, ada, right, token), spent)
	for range 4 {
		wantTold(t, login(t, s, grace, "wrong", token), refused)
	}
	want(t, login(t, s, grace, right, from("203.0.113.1")), "in")
}

// Registrations, links and sign-ups are counted each on their own.
func TestServersOtherLimits(t *testing.T) {
	t.Parallel()
	change := limits(func(l *account.Limits) {
		few(l)
		l.LinkPerPrefix.Burst, l.PerToken.Burst = 2, 4
	})
	set := newsletter.Settings{PerPrefix: shop.Limit{Burst: 2, Window: time.Hour}, PerToken: shop.Limit{Burst: 4, Window: time.Hour}}
	s := graphtest.New(t, graphtest.Options{Account: change, Newsletter: set})
	server := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"}))
	public := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront", Origin: []string{"https://shop.example"}}))
	for what, ask := range map[string]string{
		"register":  `mutation { customer { registerCustomer(input: {firstName: "A", lastName: "B", email: "%s@example.com", password: "a password nobody has"}) { errors { __typename } } } }`,
		"link":      `mutation { customer { requestResetPassword(input: {email: "%s@example.com"}) { errors { __typename } } } }`,
		"resend":    `mutation { customer { resendEmailConfirmation(input: {email: "%s@example.com"}) { errors { __typename } } } }`,
		"subscribe": `mutation { newsletter { subscribe(input: {email: "%s@example.com"}) { errors { __typename } } } }`,
	} {
		for _, by := range []struct {
			token graphtest.Header
			most  int
		}{{server, 4}, {public, 2}} {
			for i := range by.most + 1 {
				r := s.Query(t, fmt.Sprintf(ask, fmt.Sprintf("%s-%d-%d", what, by.most, i)), by.token)
				if limited := r.Header.Get("Retry-After") != ""; limited != (i == by.most) {
					t.Errorf("%s %d of %d: %s", what, i, by.most, r.Body)
				}
			}
		}
	}
}

// A token that is in pages is everybody's: it takes nobody out of the limits of
// their network, and a page's visitors count as without one.
func TestPublicTokensDoNotEscapeTheNetworksLimit(t *testing.T) {
	t.Parallel()
	s := limited(t)
	public := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront", Origin: []string{"https://shop.example"}}))
	for range 3 {
		want(t, login(t, s, ada, "wrong", public, from("198.51.100.1")), refused)
	}
	wantLimited(t, login(t, s, ada, right, public, from("198.51.100.1")), 15*time.Minute)
	wantLimited(t, login(t, s, ada, right, from("198.51.100.1")), 15*time.Minute)
	wantTold(t, login(t, s, ada, right, public, from("203.0.113.1")), "in")
}

// With the channel's secret the shoppers' addresses count, token or not.
func TestServersThatForwardAddresses(t *testing.T) {
	t.Parallel()
	s, secret := proxied(t)
	proved := graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: secret}
	for _, token := range servers(t, s) {
		must(t, s.DB.Owner(t), `DELETE FROM rate_limits`)
		for range 3 {
			wantTold(t, login(t, s, ada, "wrong", token, proved, from("198.51.100.1")), refused)
		}
		wantTold(t, login(t, s, ada, right, token, proved, from("198.51.100.1")), spent)
		wantTold(t, login(t, s, ada, right, token, proved, from("203.0.113.1")), "in")
	}
}

// The published lock-out is true whichever limit is spent: after it the owner is
// in.
func TestLockoutIsAsPublished(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*account.Limits)
		token  bool
	}{
		"account and network": {func(l *account.Limits) { l.LoginPerAccountAndPrefix.Burst = 2 }, false},
		"account":             {func(l *account.Limits) { l.LoginPerAccount = shop.Limit{Burst: 2, Window: time.Hour} }, true},
		"network":             {func(l *account.Limits) { l.LoginPerPrefix.Burst = 2 }, false},
		"token":               {func(l *account.Limits) { l.PerToken.Burst = 2 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := graphtest.New(t, graphtest.Options{Account: limits(tt.change)})
			var headers []graphtest.Header
			if tt.token {
				headers = append(headers, servers(t, s)["storefront"])
			}
			for range 2 {
				wantTold(t, login(t, s, ada, "wrong", headers...), refused)
			}
			wantTold(t, login(t, s, ada, right, headers...), spent)
			var data struct {
				Site struct {
					Settings struct {
						ReCaptcha struct{ FailedLoginLockoutDurationSeconds int }
					}
				}
			}
			s.Query(t, `{ site { settings { reCaptcha { failedLoginLockoutDurationSeconds } } } }`).Data(t, &data)
			published := time.Duration(data.Site.Settings.ReCaptcha.FailedLoginLockoutDurationSeconds) * time.Second
			if name != "account" && published != 900*time.Second {
				t.Errorf("published %s", published)
			}
			elapse(t, s.DB, published)
			wantTold(t, login(t, s, ada, right, headers...), "in")
		})
	}
}

// A server learns nothing about who has an account from how it is refused.
func TestServersAreRefusedAlike(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Account: limits(few)})
	token := servers(t, s)["private"]
	var bodies []string
	for _, email := range []string{ada, "unknown@example.com"} {
		for range 6 {
			bodies = append(bodies, string(login(t, s, email, "wrong", token).Body))
		}
	}
	if a, b := strings.Join(bodies[:6], "\n"), strings.Join(bodies[6:], "\n"); a != b {
		t.Errorf("%s\nand\n%s", a, b)
	}
}
