package session_test

import (
	"maps"
	"net/http"
	"sync"
	"testing"

	"regulars/graph/graphtest"
)

// C7.
func TestGuestsGetNoCookieAndLeaveNoRow(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	db := s.DB.Owner(t)
	before := rows(t, db)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 100 {
				r := s.Query(t, `{ currentCustomer { email } site { settings { storeName } } }`)
				if r.Status != http.StatusOK || len(r.Header["Set-Cookie"]) != 0 {
					t.Errorf("%d, Set-Cookie %q: %s", r.Status, r.Header["Set-Cookie"], r.Body)
					return
				}
				if got := r.Header.Get("Cache-Control"); got != "no-cache" {
					t.Errorf("Cache-Control %q", got)
					return
				}
			}
		})
	}
	wg.Wait()
	if after := rows(t, db); !maps.Equal(before, after) {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

// A refused login is anonymous traffic too.
func TestRefusalsSetNoCookie(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for _, query := range []string{
		`mutation { login(email: "ada@example.com", password: "wrong") { result } }`,
		`mutation { customer { registerCustomer(input: {firstName: "", lastName: "", email: "x", password: "y"}) { errors { __typename } } } }`,
		`mutation { newsletter { subscribe(input: {email: "new@example.com"}) { errors { __typename } } } }`,
		`{ nonsense }`, `{`,
	} {
		if r := s.Query(t, query); len(r.Header["Set-Cookie"]) != 0 {
			t.Errorf("%s: Set-Cookie %q", query, r.Header["Set-Cookie"])
		}
	}
}
