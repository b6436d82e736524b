package session_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

// loopback makes the tests' own address a proxy whose headers count.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

const (
	ada    = "ada@example.com"
	asking = `{ currentCustomer { email } }`
)

// who asks who is logged in: an address, "" for a guest.
func who(t testing.TB, s *graphtest.Server, headers ...graphtest.Header) string {
	t.Helper()
	email, _ := asked(t, s, headers...)
	return email
}

func asked(t testing.TB, s *graphtest.Server, headers ...graphtest.Header) (email string, r *graphtest.Reply) {
	t.Helper()
	r = s.Query(t, asking, headers...)
	if r.Status != http.StatusOK {
		t.Fatalf("status %d: %s", r.Status, r.Body)
	}
	var data struct{ CurrentCustomer struct{ Email string } }
	r.Data(t, &data)
	return data.CurrentCustomer.Email, r
}

// login posts a login, whatever comes of it.
func login(t testing.TB, s *graphtest.Server, email, password string, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"query":     `mutation ($e: String!, $p: String!) { login(email: $e, password: $p) { result } }`,
		"variables": map[string]string{"e": email, "p": password},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Post(t, body, headers...)
}

// secure is the header of a request that came over TLS, and its cookie's.
func secure(value string) graphtest.Header {
	return graphtest.Header{Name: "Cookie", Value: "__Host-SHOP_TOKEN=" + value}
}

func host(name string) graphtest.Header { return graphtest.Header{Name: "Host", Value: name} }

func overTLS() graphtest.Header { return graphtest.Header{Name: "X-Forwarded-Proto", Value: "https"} }

// setCookies are the cookies that an answer sets.
func setCookies(r *graphtest.Reply) []*http.Cookie {
	return (&http.Response{Header: r.Header}).Cookies()
}

// cleared tells whether an answer takes the session cookie away.
func cleared(r *graphtest.Reply, name string) bool {
	for _, c := range setCookies(r) {
		if c.Name == name && c.Value == "" && c.MaxAge < 0 {
			return true
		}
	}
	return false
}

func env(s *graphtest.Server) *command.Env {
	return &command.Env{Ctx: context.Background(), Storage: s.Storage, Out: io.Discard}
}

func run(t testing.TB, s *graphtest.Server, c interface{ Run(*command.Env) error }) {
	t.Helper()
	if err := c.Run(env(s)); err != nil {
		t.Fatal(err)
	}
}

// secondStore makes a store on other.example with an account like Ada's.
func secondStore(t testing.TB, s *graphtest.Server) {
	t.Helper()
	run(t, s, &command.StoreCreate{Hash: "second", Name: "Second", Host: []string{"other.example"}, Plan: "standard", Currency: "EUR", Country: "DE", Locale: "en"})
	db := s.DB.Owner(t)
	must(t, db, `INSERT INTO customers (store_id, email, email_key, email_verified_at, password_hash, first_name, last_name)
		SELECT t.id, 'ada@example.com', 'ada@example.com', now(), c.password_hash, 'Ada', 'Second'
		FROM   customers c, stores t WHERE c.email_key = 'ada@example.com' AND t.hash = 'second'`)
}

// configure changes the demo store as an operator does.
func configure(t testing.TB, s *graphtest.Server, change func(*shop.Store, *shop.Channel)) {
	t.Helper()
	snapshot, err := s.Storage.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	change(&snapshot.Store, snapshot.Channels[0])
	if err := s.Storage.ConfigureStore(t.Context(), snapshot.Store); err != nil {
		t.Fatal(err)
	}
	if err := s.Storage.ConfigureChannel(t.Context(), snapshot.Store.ID, *snapshot.Channels[0]); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, db *sqlx.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

func one[T any](t testing.TB, db *sqlx.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.Get(&v, query, args...); err != nil {
		t.Fatal(err)
	}
	return v
}

// rows counts the rows of every table, so that a test sees any that is written.
func rows(t testing.TB, db *sqlx.DB) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for _, table := range tables(t, db) {
		out[table] = one[int64](t, db, `SELECT count(*) FROM `+table)
	}
	return out
}

func tables(t testing.TB, db *sqlx.DB) (names []string) {
	t.Helper()
	if err := db.Select(&names, `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	return names
}

// dump is every row of every table as text, binary values in hex and as they are.
func dump(t testing.TB, db *sqlx.DB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables(t, db) {
		var lines []string
		if err := db.Select(&lines, `SELECT r::text FROM `+table+` r`); err != nil {
			t.Fatal(err)
		}
		b.WriteString(strings.Join(lines, "\n"))
	}
	return b.String()
}

// body is a request with variables.
func body(t testing.TB, query string, variables map[string]string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unbase64(t testing.TB, s string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
