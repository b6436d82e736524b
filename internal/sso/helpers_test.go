package sso_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/shop"
	"regulars/internal/sso"
)

const (
	ada      = "ada@example.com"
	adaID    = 1
	loginURL = "/login.php?error=invalid_token"
)

// fromApp is what a browser says that an app's page sends here.
var fromApp = []graphtest.Header{{Name: "Sec-Fetch-Site", Value: "cross-site"}, {Name: "Sec-Fetch-Mode", Value: "navigate"}, {Name: "Sec-Fetch-Dest", Value: "document"}}

// world is a demo store with an app.
type world struct {
	*graphtest.Server
	app   *graphtest.App
	owner *sqlx.DB
}

// generous lets tests try as often as they have cases.
func generous() graphtest.Options {
	o := graphtest.Options{SSO: sso.DefaultSettings(), Account: account.DefaultSettings()}
	o.SSO.FailuresPerPrefix = shop.Limit{Burst: 100000, Window: time.Hour}
	o.Account.WrongAnswerFloor = 0
	return o
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return with(t, generous())
}

func with(t testing.TB, o graphtest.Options) *world {
	t.Helper()
	s := graphtest.New(t, o)
	return &world{s, s.App(t, "demo"), s.DB.Owner(t)}
}

func (w *world) visit(t testing.TB, token string, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	return w.Do(t, http.MethodGet, "/login/token/"+token, nil, slices.Concat(fromApp, headers)...)
}

// count is how many rows FROM and WHERE find.
func (w *world) count(t testing.TB, from string) (n int) {
	t.Helper()
	if err := w.owner.Get(&n, `SELECT count(*) FROM `+from); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) wantCount(t testing.TB, want int, from string) {
	t.Helper()
	if n := w.count(t, from); n != want {
		t.Errorf("%d rows of %s, want %d", n, from, want)
	}
}

// whole is all of an answer that a client could tell another by.
func whole(r *graphtest.Reply) string {
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	h.Del("Date")
	return fmt.Sprint(r.Status, h, string(r.Body))
}

// who is the customer that a cookie's session has.
func (w *world) who(t testing.TB, headers ...graphtest.Header) string {
	t.Helper()
	var data struct{ CurrentCustomer *struct{ Email string } }
	w.Query(t, `{ currentCustomer { email } }`, headers...).Data(t, &data)
	if data.CurrentCustomer == nil {
		return "guest"
	}
	return data.CurrentCustomer.Email
}

// in wants that somebody was logged in, and gives the cookie.
func (w *world) in(t testing.TB, r *graphtest.Reply, path, email string) string {
	t.Helper()
	cookie := r.Cookie()
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != path || cookie == "" {
		t.Fatalf("%d to %q, cookie %v: %s", r.Status, r.Header.Get("Location"), cookie != "", r.Body)
	}
	if got := w.who(t, graphtest.WithCookie(cookie)); got != email {
		t.Errorf("logged in %s, not %s", got, email)
	}
	return cookie
}

// refused wants the one answer to all that is wrong.
func (w *world) refused(t testing.TB, r *graphtest.Reply) {
	t.Helper()
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != loginURL || r.Header.Get("Set-Cookie") != "" || len(r.Body) > 0 {
		t.Errorf("%d to %q, cookie %q, %q", r.Status, r.Header.Get("Location"), r.Header.Get("Set-Cookie"), r.Body)
	}
}

// checks are which ones the log says have failed, in their order.
func (w *world) checks(t testing.TB) (out []string) {
	t.Helper()
	for line := range strings.Lines(w.Log.String()) {
		var l struct{ Msg, Check string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Msg == "customer login token refused" {
			out = append(out, l.Check)
		}
	}
	return out
}
