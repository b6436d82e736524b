package account_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/command"
	"regulars/internal/shop"
	"regulars/storage/storagetest"
)

const (
	ada     = "ada@example.com"
	grace   = "grace@example.com"
	right   = command.DemoPassword
	refused = "Invalid credentials"
)

// loopback makes the tests' own address a proxy whose headers count, so that a
// test can come from anywhere.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// from is an address that a trusted proxy vouches for.
func from(addr string) graphtest.Header {
	return graphtest.Header{Name: "X-Forwarded-For", Value: addr}
}

const loginQuery = `mutation ($e: String!, $p: String!) { login(email: $e, password: $p) { result } }`

func login(t testing.TB, s *graphtest.Server, email, password string, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	return post(t, s, loginQuery, map[string]any{"e": email, "p": password}, headers...)
}

func register(t testing.TB, s *graphtest.Server, email, password string, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	return post(t, s, `mutation ($e: String!, $p: String!) { customer { registerCustomer(input: {firstName: "A", lastName: "B", email: $e, password: $p}) {
		customer { email } errors { __typename ... on Error { message } } } } }`, map[string]any{"e": email, "p": password}, headers...)
}

func post(t testing.TB, s *graphtest.Server, query string, variables map[string]any, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r := s.Post(t, body, headers...)
	s.Settle(t)
	return r
}

// outcome is "in", or the code of the refusal and its text where both matter.
func outcome(t testing.TB, r *graphtest.Reply) string {
	t.Helper()
	var body struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatalf("%v: %d %s", err, r.Status, r.Body)
	}
	switch {
	case len(body.Errors) == 0 && r.Cookie() != "":
		return "in"
	case len(body.Errors) != 1 || r.Cookie() != "":
		t.Fatalf("cookie %q: %s", r.Cookie(), r.Body)
	case body.Errors[0].Message == refused:
		return refused
	}
	return body.Errors[0].Extensions.Code
}

func want(t testing.TB, r *graphtest.Reply, outcomeWanted string) {
	t.Helper()
	if got := outcome(t, r); got != outcomeWanted {
		t.Errorf("%s, want %s: %s", got, outcomeWanted, r.Body)
	}
}

// wantLimited also checks what a client is told about when to come back.
func wantLimited(t testing.TB, r *graphtest.Reply, atMost time.Duration) {
	t.Helper()
	want(t, r, string(shop.RateLimited))
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if r.Status != http.StatusOK || err != nil || seconds < 1 || seconds > int(atMost.Seconds()) {
		t.Errorf("status %d, Retry-After %q", r.Status, r.Header.Get("Retry-After"))
	}
}

// limits are the default ones with some of them changed.
func limits(change func(*account.Limits)) account.Settings {
	set := account.DefaultSettings()
	set.WrongAnswerFloor = 0
	change(&set.Limits)
	return set
}

func must(t testing.TB, db *sqlx.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

func hashOf(t testing.TB, db *sqlx.DB, email string) (hash string) {
	t.Helper()
	if err := db.Get(&hash, `SELECT password_hash FROM customers WHERE email_key = $1`, email); err != nil {
		t.Fatal(err)
	}
	return hash
}

// elapse lets the limits' time pass.
func elapse(t testing.TB, d *storagetest.DB, by time.Duration) {
	t.Helper()
	must(t, d.Owner(t), `UPDATE rate_limits SET tat = tat - $1`, by.Microseconds())
}

// copies adds accounts like Ada's under other addresses, changed each.
func copies(t testing.TB, db *sqlx.DB, changes map[string]string) {
	t.Helper()
	for email, change := range changes {
		must(t, db, `INSERT INTO customers (store_id, email, email_key, email_verified_at, password_hash, first_name, last_name)
			SELECT store_id, $1, $1, now(), password_hash, 'A', 'B' FROM customers WHERE email_key = $2`, email, ada)
		if change = strings.TrimSpace(change); change != "" {
			must(t, db, `UPDATE customers SET `+change+` WHERE email_key = $1`, email)
		}
	}
}
