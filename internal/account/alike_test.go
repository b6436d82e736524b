package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/keys"
	"regulars/internal/shop"
)

// E1, E2, E3: whether there is an account, disabled or not, proved or not, shows
// nowhere; nor does how much mail was sent. Nor in what a request writes: a row
// for somebody is a row for nobody.
func TestAnswersAreTheSameForEveryAddress(t *testing.T) {
	t.Parallel()
	s := posted(t)
	require(t, s)
	copies(t, s.DB.Owner(t), map[string]string{
		"disabled@example.com": `disabled_at = now()`, "unproved@example.com": `email_verified_at = NULL`, "nopassword@example.com": `password_hash = NULL`,
		"forced@example.com": `password_reset_required = true`, "elsewhere@example.com": `channel_ids = '{7}'`,
	})
	addresses := []string{"nobody@example.com", "waits@example.com", ada, "ADA@example.com", "disabled@example.com", "unproved@example.com",
		"nopassword@example.com", "forced@example.com", "elsewhere@example.com"}
	rows := func() (n int) {
		const all = `SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM tokens) + (SELECT count(*) FROM rate_limits)`
		if err := s.DB.Owner(t).Get(&n, all); err != nil {
			t.Fatal(err)
		}
		return n
	}
	register(t, s, "waits@example.com", fresh)
	for name, ask := range map[string]func(email string) *graphtest.Reply{
		"requestResetPassword": func(email string) *graphtest.Reply {
			return s.Query(t, `mutation { customer { requestResetPassword(input: {email: "`+email+`"}) { errors { __typename ... on Error { message } } } } }`)
		},
		"resendEmailConfirmation": func(email string) *graphtest.Reply {
			return s.Query(t, `mutation { customer { resendEmailConfirmation(input: {email: "`+email+`"}) { errors { __typename ... on Error { message } } } } }`)
		},
		"registerCustomer": func(email string) *graphtest.Reply { return register(t, s, email, fresh) },
	} {
		var first *graphtest.Reply
		written := 0
		for _, email := range addresses {
			must(t, s.DB.Owner(t), `DELETE FROM rate_limits`)
			before := rows()
			got := ask(email)
			now := rows() - before
			if first == nil {
				first, written = got, now
			}
			wantAlike(t, got, first)
			if now != written {
				t.Errorf("%s %s writes %d rows, want %d", name, email, now, written)
			}
			before = rows()
			wantAlike(t, ask(email), first)
			if now := rows() - before; now != 0 {
				t.Errorf("%s %s again writes %d rows", name, email, now)
			}
		}
	}
}

// C4: what a link or another password ends is over on every replica with the
// next request.
func TestSessionsEndEverywhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func(t *testing.T, s *graphtest.Server, here graphtest.Header)
		stays  bool // the session that did it
		change string
	}{
		"change": {func(t *testing.T, s *graphtest.Server, here graphtest.Header) {
			fine(t, s, "changePassword", `currentPassword: "`+right+`", newPassword: "`+fresh+`"`, here)
		}, true, "password"},
		"reset": {func(t *testing.T, s *graphtest.Server, here graphtest.Header) {
			fine(t, s, "requestResetPassword", `email: "`+ada+`"`)
			fine(t, s, "resetPassword", resetInput(link(t, s, ada), fresh), here)
		}, false, "password"},
		"move": {func(t *testing.T, s *graphtest.Server, here graphtest.Header) {
			fine(t, s, "updateCustomer", `email: "countess@example.com"`, here)
			fine(t, s, "confirmEmail", tokenInput(link(t, s, "countess@example.com")), here)
		}, true, "email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := posted(t)
			two := graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true, TrustedProxies: loopback})
			here, grace := graphtest.WithCookie(one.Login(t, ada)), graphtest.WithCookie(two.Login(t, "grace@example.com"))
			there := []graphtest.Header{graphtest.WithCookie(one.Login(t, ada)), graphtest.WithCookie(two.Login(t, ada))}
			c.do(t, one, here)
			for _, s := range []*graphtest.Server{two, one} {
				for _, cookie := range there {
					if got := me(t, s, cookie); got != "guest" {
						t.Errorf("a session is %s", got)
					}
				}
				if got := me(t, s, here); (got != "guest") != c.stays {
					t.Errorf("the session that did it is %s", got)
				}
				if got := me(t, s, grace); got != "grace@example.com proved" {
					t.Errorf("another customer's is %s", got)
				}
			}
			var n int
			const events = `SELECT count(*) FROM events WHERE scope = 'store/customer/updated' AND entity_id = 1 AND $1 = ANY (changed) AND entity_version = 2`
			if err := one.DB.Owner(t).Get(&n, events, c.change); err != nil || n != 1 {
				t.Errorf("%d events, %v", n, err)
			}
		})
	}
}

// E4: fifty at once, over HTTP, on two servers.
func TestLinksOfFifty(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(t *testing.T, s *graphtest.Server) (mutation, input, lost string){
		"reset": func(t *testing.T, s *graphtest.Server) (string, string, string) {
			fine(t, s, "requestResetPassword", `email: "`+ada+`"`)
			return "resetPassword", resetInput(link(t, s, ada), fresh), "CustomerPasswordError"
		},
		"registration": func(t *testing.T, s *graphtest.Server) (string, string, string) {
			require(t, s)
			register(t, s, "mary@example.com", fresh)
			return "confirmEmail", tokenInput(link(t, s, "mary@example.com")), "InvalidTokenError"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := posted(t)
			two := graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true, TrustedProxies: loopback, Account: limits(generous)})
			mutation, input, lost := ask(t, one)
			var won atomic.Int32
			var all sync.WaitGroup
			for i := range 50 {
				all.Go(func() {
					switch got := mutate(t, []*graphtest.Server{one, two}[i%2], mutation, input); {
					case len(got) == 0:
						won.Add(1)
					case len(got) != 1 || got[0] != lost && got[0] != string(shop.Unavailable): // a slow machine has no time for all of them
						t.Errorf("got %v", got)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 {
				t.Errorf("%d of 50 got in", won.Load())
			}
		})
	}
}

// Twenty times the same sign-up at once: one account and one mail.
func TestRegistrationsOfTwenty(t *testing.T) {
	t.Parallel()
	for name, required := range map[string]bool{"at once": false, "waits": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := posted(t)
			if required {
				require(t, s)
			}
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() { register(t, s, "mary@example.com", fresh) })
			}
			all.Wait()
			if got := len(s.Mails(t)); got != 1 {
				t.Errorf("%d mails", got)
			}
			if required {
				fine(t, s, "confirmEmail", tokenInput(link(t, s, "mary@example.com")))
			}
			want(t, login(t, s, "mary@example.com", fresh), "in")
		})
	}
}

// E9, for passwords that are chosen anew.
func TestNewPasswordsAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	s := posted(t)
	base := strings.Repeat("a", 72)
	before := right
	for _, next := range []string{base + "b", base + "c", strings.Repeat("é", 200), "  a secret  ", "🐎🔋🪤🦭🧿🪬🫙🛞"} {
		cookie := graphtest.WithCookie(login(t, s, ada, before).Cookie())
		refusedAs(t, s, "CustomerPasswordError", "changePassword", `currentPassword: "`+before+` ", newPassword: "`+next+`"`, cookie)
		fine(t, s, "changePassword", `currentPassword: "`+before+`", newPassword: "`+next+`"`, cookie)
		want(t, login(t, s, ada, before), refused)
		want(t, login(t, s, ada, next), "in")
		before = next
	}
}

// An account that never had a password gets one by its mailbox alone.
func TestAccountWithoutAPassword(t *testing.T) {
	t.Parallel()
	s := posted(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	must(t, s.DB.Owner(t), `UPDATE customers SET password_hash = NULL`)
	want(t, login(t, s, ada, ""), refused)
	refusedAs(t, s, "CustomerPasswordError", "changePassword", `currentPassword: "", newPassword: "`+fresh+`"`, cookie)
	fine(t, s, "requestResetPassword", `email: "`+ada+`"`)
	fine(t, s, "resetPassword", resetInput(link(t, s, ada), fresh))
	want(t, login(t, s, ada, fresh), "in")
}

// E6: guesses at the current password count as logins do, on every replica; who
// knows it gets its tries back.
func TestWrongPasswordsAreCounted(t *testing.T) {
	t.Parallel()
	a := limited(t)
	b := graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true, TrustedProxies: loopback, Account: limits(few)})
	cookie := graphtest.WithCookie(a.Login(t, ada))
	input := func(current string) string { return `currentPassword: "` + current + `", newPassword: "` + fresh + `"` }
	refusedAs(t, a, "CustomerPasswordError", "changePassword", input("wrong"), cookie)
	refusedAs(t, b, "CustomerPasswordError", "changePassword", input("wrong"), cookie)
	fine(t, a, "changePassword", `currentPassword: "`+right+`", newPassword: "`+right+`"`, cookie)
	for range 3 {
		refusedAs(t, a, "CustomerPasswordError", "changePassword", input("wrong"), cookie)
	}
	refusedAs(t, b, string(shop.RateLimited), "changePassword", input(right), cookie)
	wantLimited(t, login(t, b, ada, right), 15*60e9)
	want(t, login(t, b, "grace@example.com", right), "in")
}

// Decision 25: when a secret is taken out, the links that it made are dead.
func TestLinksDieWithTheirSecret(t *testing.T) {
	t.Parallel()
	one := posted(t)
	other := []byte("a key for tests, and for nothing else, 2")
	both := graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true, SessionKeys: [][]byte{other, graphtest.Key}})
	without := graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true, SessionKeys: [][]byte{other}})
	fine(t, one, "requestResetPassword", `email: "`+ada+`"`)
	u := link(t, one, ada)
	if len(u.Query().Get("t")) != len(keys.NewToken()) {
		t.Errorf("the token is %q", u.Query().Get("t"))
	}
	refusedAs(t, without, "CustomerPasswordError", "resetPassword", resetInput(u, fresh))
	fine(t, both, "resetPassword", resetInput(u, fresh))
}
