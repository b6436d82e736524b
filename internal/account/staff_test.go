package account_test

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

// staff runs a command as another process does: with a pool of its own.
func staff(t testing.TB, s *graphtest.Server, c interface{ Run(*command.Env) error }) error {
	t.Helper()
	return c.Run(&command.Env{Ctx: t.Context(), Storage: s.DB.Store(t), Out: io.Discard})
}

// commands are what ends a customer's sessions.
func commands(email string) map[string]interface{ Run(*command.Env) error } {
	disable, reset, remove := &command.CustomerDisable{}, &command.CustomerForceReset{}, &command.CustomerDelete{Yes: true}
	disable.Store, disable.Customer = "demo", email
	reset.Store, reset.Customer = "demo", email
	remove.Store, remove.Customer = "demo", email
	return map[string]interface{ Run(*command.Env) error }{"disable": disable, "force-reset": reset, "delete": remove}
}

const whoami = `{ currentCustomer { email } }`

// C4, G7, E1: what staff does is true of the very next request on every replica,
// and does not show at the login.
func TestStaffLocksOutAtOnce(t *testing.T) {
	t.Parallel()
	for name := range commands("") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := graphtest.New(t)
			replicas := []*graphtest.Server{one, graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true})}
			var cookies []graphtest.Header
			for _, s := range replicas {
				cookies = append(cookies, graphtest.WithCookie(s.Login(t, ada)), graphtest.WithCookie(s.Login(t, "grace@example.com")))
			}
			for range 2 {
				if err := staff(t, one, commands(ada)[name]); err != nil && name != "delete" {
					t.Fatal(err)
				}
				for i, s := range replicas {
					for j, cookie := range cookies {
						want := `{"data":{"currentCustomer":null}}`
						if j%2 == 1 {
							want = `{"data":{"currentCustomer":{"email":"grace@example.com"}}}`
						}
						if r := s.Query(t, whoami, cookie); string(r.Body) != want {
							t.Errorf("replica %d, cookie %d: %s, want %s", i, j, r.Body, want)
						}
					}
				}
			}
			unknown := login(t, one, "unknown@example.com", right)
			want(t, unknown, refused)
			for _, s := range replicas {
				wantAlike(t, login(t, s, ada, "wrong"), unknown)
				if r := login(t, s, ada, right); name == "force-reset" {
					if r.Cookie() != "" || !strings.Contains(string(r.Body), `"Reset password"`) {
						t.Errorf("%s", r.Body)
					}
				} else {
					wantAlike(t, r, unknown)
				}
			}
		})
	}
}

func wantAlike(t *testing.T, got, want *graphtest.Reply) {
	t.Helper()
	plain := func(h http.Header) http.Header {
		h = h.Clone()
		h.Del("X-Request-Id")
		h.Del("Date")
		return h
	}
	same := maps.EqualFunc(plain(got.Header), plain(want.Header), func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") })
	if got.Status != want.Status || string(got.Body) != string(want.Body) || !same {
		t.Errorf("got %d %v %s, want %d %v %s", got.Status, got.Header, got.Body, want.Status, want.Header, want.Body)
	}
}

func TestAnEnabledCustomerIsBack(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	enable := &command.CustomerEnable{}
	enable.Store, enable.Customer = "demo", ada
	for _, c := range []interface{ Run(*command.Env) error }{commands(ada)["disable"], enable} {
		if err := staff(t, s, c); err != nil {
			t.Fatal(err)
		}
	}
	if r := s.Query(t, whoami, cookie); string(r.Body) != `{"data":{"currentCustomer":null}}` {
		t.Errorf("the old session is back: %s", r.Body)
	}
	want(t, login(t, s, ada, right), "in")
}

// Twenty at once: an answer is a session or a refusal, and no session of them
// outlives what staff did.
func TestStaffAndLoginsAtOnce(t *testing.T) {
	t.Parallel()
	for name := range commands("") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := graphtest.New(t, graphtest.Options{Account: limits(generous)})
			pool := s.DB.Store(t)
			var cookies [20]string
			var all sync.WaitGroup
			for i := range cookies {
				all.Go(func() {
					if i%2 == 0 {
						r := login(t, s, ada, right)
						if cookies[i] = r.Cookie(); cookies[i] == "" {
							// A slow machine has no time for all of them.
							if got := outcome(t, r); got != refused && got != string(shop.Unauthenticated) && got != string(shop.Unavailable) {
								t.Errorf("%d %s", r.Status, r.Body)
							}
						}
						return
					}
					err := commands(ada)[name].Run(&command.Env{Ctx: t.Context(), Storage: pool, Out: io.Discard})
					if err != nil && (name != "delete" || !strings.Contains(err.Error(), "has no customer "+ada)) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for _, cookie := range cookies {
				if r := s.Query(t, whoami, graphtest.WithCookie(cookie)); cookie != "" && string(r.Body) != `{"data":{"currentCustomer":null}}` {
					t.Errorf("a session lives: %s", r.Body)
				}
			}
			events := 0
			if err := s.DB.Owner(t).Get(&events, `SELECT count(*) FROM events WHERE entity = 'customer' AND entity_version = 2`); err != nil || events != 1 {
				t.Errorf("%d events, %v", events, err)
			}
		})
	}
}
