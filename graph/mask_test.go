package graph_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"regulars/graph"
	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/middleware"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/storage/storagetest"
)

var leak = regexp.MustCompile(`pq:|SQLSTATE|\([0-9A-Z]{5}\)|goroutine|/go/|sql:|dial tcp|connection refused|postgres|nil pointer`)

func leaksNothing(t *testing.T, r *graphtest.Reply) {
	t.Helper()
	if found := leak.Find(r.Body); found != nil {
		t.Errorf("%q leaks: %d %s", found, r.Status, r.Body)
	}
	for name, values := range r.Header {
		if leak.MatchString(strings.Join(values, " ")) {
			t.Errorf("%s leaks: %s", name, values)
		}
	}
}

// queries touch all of the database, as a guest or as Ada.
func queries() map[string]string {
	return map[string]string{
		"site": `{ site { settings { storeName } } }`, "me": `{ currentCustomer { email group { name } addresses { edges { cursor } } } }`,
		"groups": `{ groups { edges { node { name } } } }`, "subscribe": signUp,
		"login":       `mutation { login(email: "ada@example.com", password: "` + command.DemoPassword + `") { result } }`,
		"logout":      `mutation { logout { result } }`,
		"unsubscribe": `mutation { newsletter { unsubscribe(input: {email: "ada@example.com"}) { errors { __typename } } } }`,
		"update":      `mutation { customer { updateCustomer(input: {company: "A"}) { errors { __typename } } } }`,
		"password":    `mutation { customer { changePassword(input: {currentPassword: "` + command.DemoPassword + `", newPassword: "an engine of my own"}) { errors { __typename } } } }`,
		"ask":         `mutation { customer { requestResetPassword(input: {email: "ada@example.com"}) { errors { __typename } } } }`,
		"reset":       `mutation { customer { resetPassword(input: {customerEntityId: 1, token: "x", newPassword: "an engine of my own"}) { errors { __typename } } } }`,
		"confirm":     `mutation { customer { confirmEmail(input: {token: "x"}) { errors { __typename } } } }`,
		"resend":      `mutation { customer { resendEmailConfirmation(input: {email: "ada@example.com"}) { errors { __typename } } } }`,
		"pending":     `{ currentCustomer { pendingEmail } }`,
		"sessions":    `{ currentCustomer { sessions { id } } }`,
		"revoke":      `mutation { customer { revokeSession(input: {sessionId: "x"}) { errors { __typename } } } }`,
		"others":      `mutation { logout(scope: OTHERS) { result } }`,
		"everywhere":  `mutation { logout(scope: EVERYWHERE) { result } }`,
		"register": `mutation { customer { registerCustomer(input: {firstName: "A", lastName: "B", email: "ab@example.com",
			password: "a password nobody has"}) { errors { __typename } } } }`,
	}
}

func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t)
	proxy := storagetest.NewProxy(t, db)
	s := graphtest.New(t, graphtest.Options{DB: db, Store: proxy.Store(t)})
	cookie := graphtest.WithCookie(s.Login(t, "ada@example.com"))
	proxy.Down(true)
	for name, query := range queries() {
		for _, who := range [][]graphtest.Header{nil, {cookie}} {
			r := s.Query(t, query, who...)
			leaksNothing(t, r)
			_, codes := errorsIn(t, r)
			if r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || len(codes) != 1 || codes[0] != "UNAVAILABLE" {
				t.Errorf("%s: %d, Retry-After %q: %s", name, r.Status, r.Header.Get("Retry-After"), r.Body)
			}
			if id := r.Header.Get("X-Request-Id"); !bytes.Contains(r.Body, []byte(id)) || !strings.Contains(s.Log.String(), id) {
				t.Errorf("%s: the request's id is not in body and log", name)
			}
			if r.Cookie() != "" || r.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s: an outage touched the cookie: %s", name, r.Header.Get("Set-Cookie"))
			}
		}
	}
	proxy.Down(false)
	r := s.Query(t, `{ currentCustomer { email } }`, cookie)
	if string(r.Body) != `{"data":{"currentCustomer":{"email":"ada@example.com"}}}` {
		t.Errorf("after the outage: %d %s", r.Status, r.Body)
	}
}

// An outage that begins when a mutation has got as far as the database.
func TestDatabaseGoesDownMidway(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t)
	proxy := storagetest.NewProxy(t, db)
	s := graphtest.New(t, graphtest.Options{DB: db, Store: proxy.Store(t)})
	cookie := graphtest.WithCookie(s.Login(t, "ada@example.com"))
	ask := func() *graphtest.Reply { return s.Query(t, queries()["update"], cookie) }
	r := during(t, s, `UPDATE customers SET notes = 'x'`, ask, func(*sqlx.Tx) error {
		proxy.Down(true)
		return nil
	})
	leaksNothing(t, r)
	_, codes := errorsIn(t, r)
	if r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || len(codes) != 1 || codes[0] != "UNAVAILABLE" {
		t.Errorf("%d, Retry-After %q: %s", r.Status, r.Header.Get("Retry-After"), r.Body)
	}
}

// Bytes that Postgres does not take, in every text there is.
func TestTextsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, "grace@example.com"))
	const (
		login    = `login(email: %e, password: %p, guestCartEntityId: %c) { result }`
		register = `customer { registerCustomer(input: {firstName: %f, lastName: %l, email: %e, password: %p, phone: %n, company: %y}) { errors { __typename } } }`
		change   = `customer { updateCustomer(input: {firstName: %f, lastName: %l, email: %e, phone: %n, company: %y}) { errors { __typename } } }`
		subs     = `newsletter { subscribe(input: {email: %e, firstName: %f, lastName: %l, consent: {text: %t, form: %n, locale: %o}}) { errors { __typename } } }`
		unsub    = `newsletter { unsubscribe(input: {email: %e}) { errors { __typename } } }`
		logout   = `logout(cartEntityId: %c) { result }`
		ask      = `customer { requestResetPassword(input: {email: %e, path: %a}) { errors { __typename } } }`
		reset    = `customer { resetPassword(input: {customerEntityId: 2, token: %k, newPassword: %p}) { errors { __typename } } }`
		confirm  = `customer { confirmEmail(input: {token: %k}) { errors { __typename } } }`
		resend   = `customer { resendEmailConfirmation(input: {email: %e}) { errors { __typename } } }`
		renew    = `customer { changePassword(input: {currentPassword: %p, newPassword: %p}) { errors { __typename } } }`
	)
	fine := map[string]string{
		"%e": "fine@example.com", "%p": "a password nobody has", "%c": "cart", "%f": "F", "%l": "L", "%n": "1", "%y": "Y", "%t": "T", "%o": "en", "%a": "/a", "%k": "k",
	}
	for _, mutation := range []string{login, register, change, subs, unsub, logout, ask, reset, confirm, resend, renew} {
		for verb := range fine {
			if !strings.Contains(mutation, verb) {
				continue
			}
			for _, bad := range []string{`\u0000`, `a\u0000b@example.com`, `\ud800`, "\xff\xfe", "a\xc3@example.com", "\xed\xa0\x80"} {
				query := strings.Replace(mutation, verb, `\"`+bad+`\"`, 1)
				for v, text := range fine {
					query = strings.ReplaceAll(query, v, `\"`+text+`\"`)
				}
				r := s.Post(t, []byte(`{"query":"mutation { `+query+` }"}`), cookie)
				wellMannered(t, r, query)
				// The same by the query's own escapes.
				wellMannered(t, s.Post(t, []byte(`{"query":"mutation { `+strings.ReplaceAll(query, `\u`, `\\u`)+` }"}`), cookie), query)
			}
		}
	}
	for _, after := range []string{"\x00", "\xff", "a\x00"} {
		body := bodyOf(t, `query($a: String) { groups(after: $a) { edges { cursor } } }`, map[string]any{"a": after})
		wellMannered(t, s.Post(t, body), after)
	}
	if log := s.Log.String(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("logged as our fault: %.2000s", log)
	}
}

func wellMannered(t *testing.T, r *graphtest.Reply, what string) {
	t.Helper()
	leaksNothing(t, r)
	if r.Status >= http.StatusInternalServerError || bytes.Contains(r.Body, []byte(`"INTERNAL"`)) {
		t.Errorf("%q: %d %s", what, r.Status, r.Body)
	}
}

// A resolver that panics is our fault: INTERNAL, an id for the log, and the
// server goes on.
func TestPanic(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t)
	graphtest.New(t, graphtest.Options{DB: db}) // for the demo
	store, log := db.Store(t), &graphtest.Log{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	broken := graph.NewHandler(&graph.Resolver{Storage: store}, true, logger)
	cookies := session.NewCookies(store, [][]byte{graphtest.Key}, shop.SessionAbsolute)
	server := httptest.NewServer(middleware.Chain(session.Handler(store, cookies, logger)(broken),
		middleware.Request(nil), middleware.Recover(logger), middleware.Headers()))
	t.Cleanup(server.Close)
	s := &graphtest.Server{URL: server.URL, DB: db, Storage: store, Log: log}
	r := s.Query(t, strings.Replace(queries()["login"], command.DemoPassword, canary, 1))
	leaksNothing(t, r)
	_, codes := errorsIn(t, r)
	id := r.Header.Get("X-Request-Id")
	if r.Status != http.StatusOK || len(codes) != 1 || codes[0] != "INTERNAL" || !bytes.Contains(r.Body, []byte(id)) {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if text := log.String(); !strings.Contains(text, id) || !strings.Contains(text, "login.go") || strings.Contains(text, canary) {
		t.Errorf("the log has the id and the place, and no password: %s", text)
	}
	if r := s.Query(t, `{ __typename }`); r.Status != http.StatusOK {
		t.Errorf("after the panic: %d %s", r.Status, r.Body)
	}
}
