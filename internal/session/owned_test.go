package session_test

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
)

// sessionID is the id of the session that a cookie carries.
func sessionID(t testing.TB, db *sqlx.DB, cookie string) string {
	t.Helper()
	hash := sha256.Sum256([]byte(tokenIn(t, cookie)))
	return one[string](t, db, `SELECT id FROM sessions WHERE token_hash = $1`, hash[:])
}

func revoking(id string) string {
	return `mutation { customer { revokeSession(input: {sessionId: "` + id + `"}) { errors { __typename } } } }`
}

// Revoking the session that asks is a logout.
func TestRevokingTheCurrentSession(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := s.Login(t, ada)
	r := s.Query(t, revoking(sessionID(t, s.DB.Owner(t), cookie)), graphtest.WithCookie(cookie))
	if got := string(r.Body); got != `{"data":{"customer":{"revokeSession":{"errors":[]}}}}` || !cleared(r, "SHOP_TOKEN") {
		t.Errorf("%s, Set-Cookie %q", got, r.Header["Set-Cookie"])
	}
	if got := who(t, s, graphtest.WithCookie(cookie)); got != "" {
		t.Errorf("still %q", got)
	}
}

// Revoking another one leaves the cookie alone.
func TestRevokingAnotherSession(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	here, there := s.Login(t, ada), s.Login(t, ada)
	r := s.Query(t, revoking(sessionID(t, s.DB.Owner(t), there)), graphtest.WithCookie(here))
	if len(setCookies(r)) != 0 {
		t.Errorf("Set-Cookie %q", r.Header["Set-Cookie"])
	}
	if a, b := who(t, s, graphtest.WithCookie(here)), who(t, s, graphtest.WithCookie(there)); a != ada || b != "" {
		t.Errorf("here %q, there %q", a, b)
	}
}

// Whole minutes, but never before the login.
func TestLastSeenIsPreciseToAMinute(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	type seen struct{ CreatedAt, LastSeenAt time.Time }
	asks := func() seen {
		var data struct {
			CurrentCustomer struct{ Sessions []seen }
		}
		s.Query(t, `{ currentCustomer { sessions { createdAt lastSeenAt } } }`, cookie).Data(t, &data)
		return data.CurrentCustomer.Sessions[0]
	}
	for _, created := range []int{30, -30} { // seconds from a full minute, of which the session was last seen 45 later
		must(t, s.DB.Owner(t), `UPDATE sessions SET (created_at, last_seen_at) = (
			SELECT m + $1 * interval '1 second', m + interval '45 seconds' FROM date_trunc('minute', now() + interval '1 hour') m)`, created)
		got := asks()
		if want := got.CreatedAt.Add(time.Duration(max(0, -created)) * time.Second); !got.LastSeenAt.Equal(want) {
			t.Errorf("seen at %s, logged in at %s, want %s", got.LastSeenAt, got.CreatedAt, want)
		}
	}
}

// One statement, beside the one that finds out who asks.
func TestSessionsAreOneStatement(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	who(t, s, cookie)
	before := s.Storage.Executed()
	r := s.Query(t, `{ currentCustomer { sessions { current device } } }`, cookie)
	if asked := s.Storage.Executed() - before; asked != 2 || strings.Contains(string(r.Body), "errors") {
		t.Errorf("%d statements: %s", asked, r.Body)
	}
}

// manySessions are live sessions of Ada's, not seen for an hour, by their cookies.
func manySessions(t testing.TB, db *sqlx.DB, n int) (cookies []string) {
	t.Helper()
	must(t, db, `INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, last_seen_at, expires_at)
		SELECT store_id, sha256(('token' || n)::bytea), 's' || n, id, session_epoch, 's' || n, 1, 'cookie', now() - interval '1 hour', now() + interval '1 day'
		FROM   customers, generate_series(0, $2::int - 1) n WHERE email_key = $1`, ada, n)
	for i := range n {
		value, err := codec(graphtest.Key).Encode("SHOP_TOKEN", []byte("token"+strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		cookies = append(cookies, value)
	}
	return cookies
}

// "A late write can never revive a session": a thousand pairs of a request that
// touches and a logout, on two servers.
func TestALateTouchRevivesNoSession(t *testing.T) {
	t.Parallel()
	const pairs = 1000
	a := graphtest.New(t)
	b := graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true})
	db := a.DB.Owner(t)
	cookies := manySessions(t, db, pairs)
	turns := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for i, cookie := range cookies {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			servers := []*graphtest.Server{a, b}
			var pair sync.WaitGroup
			for j, query := range []string{asking, `mutation { logout { result } }`} {
				pair.Go(func() {
					r := servers[(i+j)%2].Query(t, query, graphtest.WithCookie(cookie))
					if r.Status != http.StatusOK || strings.Contains(string(r.Body), "errors") || r.Cookie() != "" {
						t.Errorf("%d: %s", r.Status, r.Body)
					}
				})
			}
			pair.Wait()
		})
	}
	wg.Wait()
	if n := one[int](t, db, `SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL AND seq BETWEEN 1 AND 2`); n != pairs {
		t.Errorf("%d of %d are over", n, pairs)
	}
	for _, i := range []int{0, 1, pairs - 1} {
		if got := who(t, b, graphtest.WithCookie(cookies[i])); got != "" {
			t.Errorf("session %d is %q's", i, got)
		}
	}
}
