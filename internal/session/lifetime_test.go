package session_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

// C3.
func TestLoginBeginsANewSessionAndEndsTheOldOne(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const planted = "a-cookie-that-somebody-planted"
	first := login(t, s, ada, command.DemoPassword, graphtest.WithCookie(planted)).Cookie()
	if first == "" || first == planted {
		t.Fatalf("cookie %q", first)
	}
	second := login(t, s, "grace@example.com", command.DemoPassword, graphtest.WithCookie(first)).Cookie()
	if second == "" || second == first {
		t.Fatalf("cookie %q", second)
	}
	for _, s := range []*graphtest.Server{graphtest.New(t, graphtest.Options{DB: s.DB, NoDemo: true}), s} {
		if got := who(t, s, graphtest.WithCookie(first)); got != "" {
			t.Errorf("the session before the login is still %q's", got)
		}
		if got := who(t, s, graphtest.WithCookie(second)); got != "grace@example.com" {
			t.Errorf("the new session is %q's", got)
		}
	}
}

// C3: a login that is refused leaves the session as it is.
func TestRefusedLoginKeepsTheSession(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := s.Login(t, ada)
	if r := login(t, s, ada, "wrong", graphtest.WithCookie(cookie)); len(setCookies(r)) != 0 {
		t.Errorf("Set-Cookie %q", r.Header["Set-Cookie"])
	}
	if got := who(t, s, graphtest.WithCookie(cookie)); got != ada {
		t.Errorf("now %q's", got)
	}
}

// C4.
func TestEndedSessionIsOverOnEveryReplica(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, s *graphtest.Server, cookie string){
		"logout": func(t *testing.T, s *graphtest.Server, cookie string) {
			r := s.Query(t, `mutation { logout { result } }`, graphtest.WithCookie(cookie))
			if !cleared(r, "SHOP_TOKEN") {
				t.Errorf("Set-Cookie %q, want it cleared", r.Header["Set-Cookie"])
			}
		},
		"disabled": func(t *testing.T, s *graphtest.Server, _ string) {
			must(t, s.DB.Owner(t), `UPDATE customers SET disabled_at = now() WHERE email_key = $1`, ada)
		},
		"deleted": func(t *testing.T, s *graphtest.Server, _ string) {
			must(t, s.DB.Owner(t), `DELETE FROM customers WHERE email_key = $1`, ada)
		},
		"another epoch": func(t *testing.T, s *graphtest.Server, _ string) {
			must(t, s.DB.Owner(t), `UPDATE customers SET session_epoch = session_epoch + 1 WHERE email_key = $1`, ada)
		},
		"revoked by another session": func(t *testing.T, s *graphtest.Server, cookie string) {
			other := s.Login(t, ada)
			s.Query(t, revoking(sessionID(t, s.DB.Owner(t), cookie)), graphtest.WithCookie(other))
			if got := who(t, s, graphtest.WithCookie(other)); got != ada {
				t.Errorf("the session that revoked it is %q's", got)
			}
		},
		"logout of others": func(t *testing.T, s *graphtest.Server, _ string) {
			other := s.Login(t, ada)
			r := s.Query(t, `mutation { logout(scope: OTHERS) { result } }`, graphtest.WithCookie(other))
			if got := who(t, s, graphtest.WithCookie(other)); got != ada || len(setCookies(r)) != 0 {
				t.Errorf("the session that stays is %q's, Set-Cookie %q", got, r.Header["Set-Cookie"])
			}
		},
		"logout everywhere, on another device": func(t *testing.T, s *graphtest.Server, _ string) {
			s.Query(t, `mutation { logout(scope: EVERYWHERE) { result } }`, graphtest.WithCookie(s.Login(t, ada)))
		},
		"another password, by another session": func(t *testing.T, s *graphtest.Server, _ string) {
			const change = `mutation { customer { changePassword(input: {currentPassword: "` + command.DemoPassword + `", newPassword: "an engine of my own"}) { errors { __typename } } } }`
			changer := s.Login(t, ada)
			s.Query(t, change, graphtest.WithCookie(changer))
			if got := who(t, s, graphtest.WithCookie(changer)); got != ada {
				t.Errorf("the session that changed it is %q's", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := graphtest.New(t)
			two := graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true})
			cookie := one.Login(t, ada)
			if got := who(t, two, graphtest.WithCookie(cookie)); got != ada {
				t.Fatalf("on the other replica %q", got)
			}
			end(t, one, cookie)
			for i, s := range []*graphtest.Server{two, one} {
				email, r := asked(t, s, graphtest.WithCookie(cookie))
				if email != "" || !cleared(r, "SHOP_TOKEN") {
					t.Errorf("replica %d: %q, Set-Cookie %q", 2-i, email, r.Header["Set-Cookie"])
				}
			}
		})
	}
}

// C5: by the database's clock, whatever the cookie says.
func TestSessionsEndByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	db := s.DB.Owner(t)
	for _, tt := range []struct{ name, change, want string }{
		{"idle for less than 14 days", `last_seen_at = now() - interval '14 days' + interval '1 minute'`, ada},
		{"idle for 14 days", `last_seen_at = now() - interval '14 days'`, ""},
		{"almost 30 days old", `created_at = now() - interval '30 days', expires_at = now() + interval '1 minute'`, ada},
		{"30 days old", `created_at = now() - interval '30 days', expires_at = now()`, ""},
		{"revoked", `revoked_at = now()`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cookie := s.Login(t, ada)
			must(t, db, `UPDATE sessions SET `+tt.change+` WHERE token_hash = sha256($1::bytea)`, []byte(tokenIn(t, cookie)))
			if got := who(t, s, graphtest.WithCookie(cookie)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// C5: being seen puts off the idle end, never the absolute one.
func TestTouchMovesOnlyTheIdleEnd(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	db := s.DB.Owner(t)
	cookie := s.Login(t, ada)
	must(t, db, `UPDATE sessions SET last_seen_at = now() - interval '13 days', expires_at = now() + interval '1 day'`)
	if got := who(t, s, graphtest.WithCookie(cookie)); got != ada {
		t.Fatalf("got %q", got)
	}
	if !one[bool](t, db, `SELECT last_seen_at > now() - interval '1 minute' AND expires_at < now() + interval '1 day' AND seq = 1 FROM sessions`) {
		t.Error("seen, but the row says otherwise")
	}
}

// C8.
func TestParallelRequestsCannotReviveASession(t *testing.T) {
	t.Parallel()
	a := graphtest.New(t)
	b := graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true})
	db := a.DB.Owner(t)
	cookie := a.Login(t, ada)
	// Every request finds it stale, and would touch it.
	must(t, db, `UPDATE sessions SET last_seen_at = now() - interval '1 hour'`)
	var wg sync.WaitGroup
	for i := range 100 {
		s, query := []*graphtest.Server{a, b}[i%2], asking
		if i == 50 {
			query = `mutation { logout { result } }`
		}
		wg.Go(func() {
			r := s.Query(t, query, graphtest.WithCookie(cookie))
			if r.Status != http.StatusOK || strings.Contains(string(r.Body), "errors") {
				t.Errorf("%d: %s", r.Status, r.Body)
			}
			if r.Cookie() != "" {
				t.Error("the answer sets a session cookie")
			}
		})
	}
	wg.Wait()
	if got := who(t, b, graphtest.WithCookie(cookie)); got != "" {
		t.Errorf("after the logout: %q", got)
	}
	if seq := one[int64](t, db, `SELECT seq FROM sessions WHERE revoked_at IS NOT NULL`); seq > 2 {
		t.Errorf("%d writes, want the logout's and at most one touch", seq)
	}
}

// C8: at most one last_seen write a minute.
func TestSessionIsTouchedOnceAMinute(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	db := s.DB.Owner(t)
	cookie := s.Login(t, ada)
	for want := range int64(3) {
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { s.Query(t, asking, graphtest.WithCookie(cookie)) })
		}
		wg.Wait()
		if got := one[int64](t, db, `SELECT seq FROM sessions`); got != want {
			t.Errorf("%d writes after %d idle minutes", got, want)
		}
		must(t, db, `UPDATE sessions SET last_seen_at = now() - interval '61 seconds'`)
	}
}

// Decision 16.
func TestOldestSessionsEndBeyondTheCap(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	db := s.DB.Owner(t)
	oldest, next := s.Login(t, ada), s.Login(t, ada)
	must(t, db, `UPDATE sessions SET created_at = now() - interval '2 hours' WHERE token_hash = sha256($1::bytea)`, []byte(tokenIn(t, oldest)))
	must(t, db, `UPDATE sessions SET created_at = now() - interval '1 hour' WHERE token_hash = sha256($1::bytea)`, []byte(tokenIn(t, next)))
	// One that is over and one of somebody else do not count.
	must(t, db, `INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at, revoked_at)
		SELECT store_id, sha256(n::text::bytea), n::text, customer_id, epoch, n::text, 1, 'cookie', now() + interval '1 day', CASE WHEN n > 97 THEN now() END
		FROM   sessions, generate_series(1, 140) AS n WHERE token_hash = sha256($1::bytea)`, []byte(tokenIn(t, oldest)))
	grace := s.Login(t, "grace@example.com")

	hundredth := s.Login(t, ada)
	if got := who(t, s, graphtest.WithCookie(oldest)); got != ada {
		t.Errorf("the oldest of 100: %q", got)
	}
	newest := s.Login(t, ada)
	for _, c := range []struct{ name, cookie, want string }{
		{"the oldest", oldest, ""}, {"the one after it", next, ada}, {"the hundredth", hundredth, ada},
		{"the newest", newest, ada}, {"somebody else's", grace, "grace@example.com"},
	} {
		if got := who(t, s, graphtest.WithCookie(c.cookie)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	const live = `SELECT count(*) FROM sessions s JOIN customers c ON c.id = s.customer_id
		WHERE s.revoked_at IS NULL AND s.expires_at > now() AND c.email_key = $1`
	if n := one[int](t, db, live, ada); n != shop.SessionsPerCustomer {
		t.Errorf("%d live sessions", n)
	}
}
