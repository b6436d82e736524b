package session_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

const handIn = `mutation { validateSessionSyncJwt(jwt: "%s") { content { customer { email } redirectTo } errors { __typename ... on InvalidSessionSyncJwtError { errorType } } } }`

func handedIn(t testing.TB, s *graphtest.Server, token string, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	return s.Query(t, strings.Replace(handIn, "%s", token, 1), headers...)
}

// twoStorefronts are two servers on one database, of a store with another storefront
// on an unrelated domain.
func twoStorefronts(t testing.TB) (a, b *graphtest.Server) {
	t.Helper()
	a = graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	run(t, a, &command.ChannelAdd{Store: "demo", Name: "Two", URL: "https://pages.two.example/shop", Host: []string{"two.example"}})
	return a, graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true, TrustedProxies: loopback})
}

// From one storefront to the other, each with its own cookie; and out of both.
func TestHandOffBetweenDomains(t *testing.T) {
	t.Parallel()
	for _, outOfFirst := range []bool{true, false} {
		a, b := twoStorefronts(t)
		first := graphtest.WithCookie(a.Login(t, ada))
		token, link := a.HandOff(t, "https://pages.two.example/checkout?step=2#pay", first)
		u, err := url.Parse(link)
		if err != nil || u.Host != "pages.two.example" || u.Path != "/checkout" || u.Fragment != "pay" || u.Query().Get("jwt") != token || u.Query().Get("step") != "2" {
			t.Fatalf("%s: %v", link, err)
		}
		two := []graphtest.Header{host("two.example"), overTLS()}
		// In the channel that it is not for, and then twice in the one that it is for.
		if r := handedIn(t, b, token); !strings.Contains(string(r.Body), `"OTHER"`) {
			t.Errorf("in the channel it came from: %s", r.Body)
		}
		r := handedIn(t, b, token, two...)
		if got := string(r.Body); got != `{"data":{"validateSessionSyncJwt":{"content":{"customer":{"email":"ada@example.com"},"redirectTo":"https://pages.two.example/checkout?step=2#pay"},"errors":[]}}}` || r.Cookie() == "" {
			t.Fatalf("%s, cookie %q", got, r.Cookie())
		}
		second := append(two, secure(r.Cookie()))
		if r := handedIn(t, b, token, two...); !strings.Contains(string(r.Body), `"OTHER"`) || r.Cookie() != "" {
			t.Errorf("twice: %s", r.Body)
		}
		if x, y := who(t, a, first), who(t, a, second...); x != ada || y != ada {
			t.Errorf("here %q, there %q", x, y)
		}
		out := []graphtest.Header{first}
		if !outOfFirst {
			out = second
		}
		a.Query(t, `mutation { logout { result } }`, out...)
		if x, y := who(t, b, first), who(t, b, second...); x != "" || y != "" {
			t.Errorf("after the logout here %q, there %q", x, y)
		}
	}
}

// Of many tries at once on two servers one gets in.
func TestHandOffWorksOnceOnTwoServers(t *testing.T) {
	t.Parallel()
	a, b := twoStorefronts(t)
	token, _ := a.HandOff(t, "https://two.example/", graphtest.WithCookie(a.Login(t, ada)))
	// Each from a network of its own, which is not limited by the others' tries, and
	// of the other kind than the first, so that it may be the same shopper.
	var wg sync.WaitGroup
	cookies := make(chan string, 50)
	for i := range 50 {
		wg.Go(func() {
			from := header("X-Forwarded-For", "2001:db8:"+string("0123456789abcdef"[i%16])+string("0123456789abcdef"[i/16])+"::1")
			cookies <- handedIn(t, []*graphtest.Server{a, b}[i%2], token, host("two.example"), overTLS(), from).Cookie()
		})
	}
	wg.Wait()
	close(cookies)
	in := 0
	for c := range cookies {
		if c != "" {
			in++
		}
	}
	if n := one[int](t, a.DB.Owner(t), `SELECT count(*) FROM sessions`); in != 1 || n != 2 {
		t.Errorf("%d got in, %d sessions", in, n)
	}
}

// Where a shopper may be sent: pages of this store, and over TLS.
func TestHandOffGoesToPagesOfTheStoreAlone(t *testing.T) {
	t.Parallel()
	a, _ := twoStorefronts(t)
	secondStore(t, a)
	cookie := graphtest.WithCookie(a.Login(t, ada))
	for to, want := range map[string]bool{
		"/": true, "/checkout": true, "https://two.example/": true, "https://TWO.example/x": true, "https://two.example:8443/": true, "https://pages.two.example": true,
		"http://localhost:3000/": true, "http://two.example/": false, "https://other.example/": false, "https://evil.com/": false, "//evil.com/": false,
		`/\evil.com`: false, "https://two.example@evil.com/": false, "https://user@two.example/": false, "javascript:alert(1)": false, "": false, "checkout": false,
		"https:two.example": false, "/a\nb": false, "https://two.example.evil.com/": false, "/" + strings.Repeat("a", 3000): false,
	} {
		r := a.Post(t, body(t, `mutation ($to: String!) { generateSessionSyncJwt(redirectTo: $to) { result { url } errors { __typename } } }`, map[string]string{"to": to}), cookie)
		if got := strings.Contains(string(r.Body), `"errors":[]`); got != want || !want && !strings.Contains(string(r.Body), "BAD_USER_INPUT") {
			t.Errorf("%q: %s", to, r.Body)
		}
	}
}

// Three tokens that do not work are enough for a network, and keep out none of it
// that does.
func TestHandOffsThatFailAreLimited(t *testing.T) {
	t.Parallel()
	a, b := twoStorefronts(t)
	token, _ := a.HandOff(t, "https://two.example/", graphtest.WithCookie(a.Login(t, ada)))
	two := []graphtest.Header{host("two.example"), overTLS()}
	for i, want := range []string{"OTHER", "OTHER", "OTHER", "RATE_LIMITED"} {
		if r := handedIn(t, []*graphtest.Server{a, b}[i%2], token+"x", two...); !strings.Contains(string(r.Body), `"`+want+`"`) {
			t.Errorf("try %d: %s, want %s", i, r.Body, want)
		}
	}
	if r := handedIn(t, b, token, two...); r.Cookie() == "" {
		t.Errorf("one that works: %s", r.Body)
	}
}

// A path is no way around that: the storefront's address may have no TLS.
func TestHandOffGoesToNoPathWithoutTLS(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	for url, want := range map[string]bool{"http://shop.example.com": false, "https://shop.example.com": true, "http://localhost:3000": true, "": true} {
		configure(t, s, func(_ *shop.Store, c *shop.Channel) { c.URL = url })
		r := s.Query(t, `mutation { generateSessionSyncJwt(redirectTo: "/checkout") { result { url } errors { __typename } } }`, cookie)
		if got := strings.Contains(string(r.Body), `"errors":[]`); got != want {
			t.Errorf("%q: %s", url, r.Body)
		}
	}
}

// C9: neither the token of a hand-off nor what it makes is logged or kept.
func TestHandOffsAreNotLogged(t *testing.T) {
	t.Parallel()
	a, b := twoStorefronts(t)
	db := a.DB.Owner(t)
	cookie := a.Login(t, ada)
	token, _ := a.HandOff(t, "https://two.example/", graphtest.WithCookie(cookie))
	two := []graphtest.Header{host("two.example"), overTLS()}
	made := handedIn(t, b, token, two...).Cookie()
	handedIn(t, b, token, two...)
	handedIn(t, b, token+"x", two...)
	all := a.Log.String() + b.Log.String() + dump(t, db)
	id := sessionID(t, db, cookie)
	for what, secret := range map[string]string{"token": token, "signature": token[strings.LastIndexByte(token, '.')+1:], "cookie": made} {
		if secret == "" || strings.Contains(all, secret) {
			t.Errorf("the %s is kept", what)
		}
	}
	if payload := strings.Split(token, ".")[1]; strings.Contains(unbase64(t, payload), id) {
		t.Error("the token names the session")
	}
	if !strings.Contains(b.Log.String(), "hand-off refused") {
		t.Error("nobody hears of tokens that do not work")
	}
}
