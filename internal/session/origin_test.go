package session_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

const listedOrigin = "https://shop.com"

// listing is a server whose demo store lists listedOrigin, and whose second
// store lists https://second.com.
func listing(t testing.TB) *graphtest.Server {
	t.Helper()
	s := graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	secondStore(t, s)
	configure(t, s, func(_ *shop.Store, c *shop.Channel) { c.Origins = []string{listedOrigin} })
	must(t, s.DB.Owner(t), `UPDATE channels SET origins = '{https://second.com}' WHERE store_id = (SELECT id FROM stores WHERE hash = 'second')`)
	return s
}

func origin(o string) graphtest.Header { return graphtest.Header{Name: "Origin", Value: o} }

func fetchSite(site string) graphtest.Header {
	return graphtest.Header{Name: "Sec-Fetch-Site", Value: site}
}

// strangers are D1's origins, for a channel that lists https://shop.com.
var strangers = []string{
	"null", "https://evil.com", "https://shop.com.evil.com", "https://evilshop.com", "http://shop.com", "https://shop.com:8443",
	"https://SHOP.com", "https://shop.com/", "https://www.shop.com", "https://second.com", "*", "https://shop.com https://evil.com",
}

func wantCORS(t *testing.T, r *graphtest.Reply, allowed, credentials string) {
	t.Helper()
	if got := r.Header.Get("Access-Control-Allow-Origin"); got != allowed {
		t.Errorf("Access-Control-Allow-Origin %q, want %q", got, allowed)
	}
	if got := r.Header.Get("Access-Control-Allow-Credentials"); got != credentials {
		t.Errorf("Access-Control-Allow-Credentials %q, want %q", got, credentials)
	}
	if !strings.Contains(strings.Join(r.Header["Vary"], ","), "Origin") {
		t.Errorf("Vary %q, want Origin in it", r.Header["Vary"])
	}
}

// D1, as decision 21 has it; D3 is in the list.
func TestListedOriginsAloneActForTheShopper(t *testing.T) {
	t.Parallel()
	s := listing(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	for _, o := range []string{listedOrigin, s.URL} {
		email, r := asked(t, s, cookie, origin(o))
		wantCORS(t, r, o, "true")
		if email != ada {
			t.Errorf("from %s: %q", o, email)
		}
	}
	for _, o := range strangers {
		t.Run(o, func(t *testing.T) {
			t.Parallel()
			email, r := asked(t, s, cookie, origin(o))
			wantCORS(t, r, "*", "")
			if email != "" {
				t.Errorf("its page reads who %s is", email)
			}
			if len(r.Header["Set-Cookie"]) != 0 {
				t.Errorf("Set-Cookie %q", r.Header["Set-Cookie"])
			}
		})
	}
}

// D3.
func TestOriginOfAnotherStoreIsAStranger(t *testing.T) {
	t.Parallel()
	s := listing(t)
	there := login(t, s, ada, command.DemoPassword, overTLS(), host("other.example")).Cookie()
	for _, tt := range []struct{ origin, allowed, credentials, want string }{
		{"https://second.com", "https://second.com", "true", ada},
		{"https://other.example", "https://other.example", "true", ada},
		{listedOrigin, "*", "", ""},
		{s.URL, "*", "", ""},
		{"http://other.example", "*", "", ""},
	} {
		email, r := asked(t, s, overTLS(), host("other.example"), secure(there), origin(tt.origin))
		wantCORS(t, r, tt.allowed, tt.credentials)
		if email != tt.want {
			t.Errorf("from %s: %q, want %q", tt.origin, email, tt.want)
		}
		if r := login(t, s, ada, command.DemoPassword, overTLS(), host("other.example"), origin(tt.origin)); (r.Status == http.StatusOK) != (tt.want != "") {
			t.Errorf("login from %s without a cookie: %d %s", tt.origin, r.Status, r.Body)
		}
	}
}

// D2.
func TestMutationsFromForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	s := listing(t)
	db := s.DB.Owner(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	mutations := []string{
		`mutation { login(email: "grace@example.com", password: "` + command.DemoPassword + `") { result } }`,
		`mutation { logout { result } }`,
		`mutation { customer { updateCustomer(input: {firstName: "Eve"}) { errors { __typename } } } }`,
		`mutation { customer { registerCustomer(input: {firstName: "E", lastName: "E", email: "eve@example.com", password: "a long password"}) { errors { __typename } } } }`,
		`mutation { newsletter { unsubscribe(input: {email: "ada@example.com"}) { errors { __typename } } } }`,
		`mutation { n: newsletter { subscribe(input: {email: "a@example.com"}) { errors { __typename } } } l: logout { result } }`,
	}
	before := dump(t, db)
	for _, tt := range []struct {
		name    string
		headers []graphtest.Header
	}{
		{"foreign origin", []graphtest.Header{origin("https://evil.com")}},
		{"no origin worth the name", []graphtest.Header{origin("null")}},
		{"cross-site, no origin", []graphtest.Header{fetchSite("cross-site")}},
		{"same-site, no origin", []graphtest.Header{fetchSite("same-site")}},
		{"a word nobody knows", []graphtest.Header{fetchSite("friendly")}},
		{"foreign origin that claims no site", []graphtest.Header{origin("https://evil.com"), fetchSite("none")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, query := range mutations {
				for _, headers := range [][]graphtest.Header{tt.headers, append(tt.headers, cookie)} {
					r := s.Query(t, query, headers...)
					refused := r.Status == http.StatusForbidden || (strings.Contains(query, " l: logout") && strings.Contains(string(r.Body), "Only one mutation"))
					if !refused || len(r.Header["Set-Cookie"]) != 0 {
						t.Errorf("%s: %d %s", query, r.Status, r.Body)
					}
				}
			}
		})
	}
	if dump(t, db) != before {
		t.Error("the database is not as it was")
	}
	if got := who(t, s, cookie); got != ada {
		t.Errorf("the shopper is now %q", got)
	}
}

// D2: servers send neither header, browsers send their own pages' as same-origin.
func TestMutationsFromTheStorefrontPass(t *testing.T) {
	t.Parallel()
	s := listing(t)
	for name, headers := range map[string][]graphtest.Header{
		"a server":                   nil,
		"its own page":               {origin(s.URL), fetchSite("same-origin")},
		"its own page, old browser":  {origin(s.URL)},
		"typed by hand":              {fetchSite("none")},
		"a listed page":              {origin(listedOrigin), fetchSite("cross-site")},
		"a listed page, old browser": {origin(listedOrigin)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := login(t, s, ada, command.DemoPassword, headers...)
			if r.Status != http.StatusOK || r.Cookie() == "" {
				t.Errorf("%d: %s", r.Status, r.Body)
			}
		})
	}
}

// D2 and D6: signing up works from anywhere, and says nothing of the shopper
// whose cookie came along.
func TestSubscribeFromAnywhereIsNotTheShoppers(t *testing.T) {
	t.Parallel()
	s := listing(t)
	db := s.DB.Owner(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	for i, o := range strangers {
		email := "from" + strconv.Itoa(i) + "@example.com"
		query := `mutation { newsletter { subscribe(input: {email: "` + email + `"}) { errors { __typename } } } }`
		with, without := s.Query(t, query, origin(o), fetchSite("cross-site"), cookie), s.Query(t, query, origin(o), fetchSite("cross-site"))
		wantCORS(t, with, "*", "")
		if with.Status != http.StatusOK || string(with.Body) != `{"data":{"newsletter":{"subscribe":{"errors":[]}}}}` {
			t.Errorf("%s: %d %s", o, with.Status, with.Body)
		}
		if string(with.Body) != string(without.Body) || len(with.Header["Set-Cookie"]) != 0 {
			t.Errorf("%s: the cookie makes a difference: %s", o, with.Body)
		}
		const linked = `SELECT count(*) = 0 FROM consents c JOIN subscribers b ON b.id = c.subscriber_id
			WHERE b.email_key = $1 AND (c.customer_id IS NOT NULL OR b.sole_customer_id IS NOT NULL OR c.actor <> 'shopper')`
		if !one[bool](t, db, `SELECT count(*) = 1 FROM subscribers WHERE email_key = $1`, email) || !one[bool](t, db, linked, email) {
			t.Errorf("%s: not signed up, or linked to the shopper", o)
		}
	}
	// Ada's own address, from a foreign page: not even she hears that it is there.
	r := s.Query(t, `mutation { newsletter { subscribe(input: {email: "ada@example.com"}) { errors { __typename } } } }`, origin("https://evil.com"), cookie)
	if string(r.Body) != `{"data":{"newsletter":{"subscribe":{"errors":[]}}}}` {
		t.Errorf("%s", r.Body)
	}
}

// D2: reading is allowed, as a guest; so are links that are followed to here.
func TestForeignPagesReadAsGuests(t *testing.T) {
	t.Parallel()
	s := listing(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	r := s.Do(t, http.MethodGet, "/graphql?query={currentCustomer{email}site{settings{storeName}}}", nil, cookie, fetchSite("cross-site"))
	if got := string(r.Body); r.Status != http.StatusOK || got != `{"data":{"currentCustomer":null,"site":{"settings":{"storeName":"Demo Store"}}}}` {
		t.Errorf("%d: %s", r.Status, got)
	}
}

// preflight asks as a browser does before it posts JSON.
func preflight(t testing.TB, s *graphtest.Server, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	return s.Do(t, http.MethodOptions, "/graphql", nil, append(headers,
		graphtest.Header{Name: "Access-Control-Request-Method", Value: "POST"},
		graphtest.Header{Name: "Access-Control-Request-Headers", Value: "content-type"})...)
}

// D5.
func TestPreflightAsksTheDatabaseNothing(t *testing.T) {
	t.Parallel()
	s := listing(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	// The host is known from here on. Strangers may make the server look once a second.
	started, looked := time.Now(), int64(0)
	for _, o := range append([]string{listedOrigin}, strangers...) {
		before := s.Storage.Executed()
		r := preflight(t, s, origin(o), cookie)
		asked := s.Storage.Executed() - before
		if o == listedOrigin {
			wantCORS(t, r, listedOrigin, "true")
		} else {
			wantCORS(t, r, "*", "")
			looked, asked = looked+asked, 0
		}
		if asked > 0 || looked > 1+int64(time.Since(started).Seconds()) {
			t.Errorf("%s: %d statements, %d for strangers", o, asked, looked)
		}
		if age, err := strconv.Atoi(r.Header.Get("Access-Control-Max-Age")); err != nil || age > 7200 {
			t.Errorf("Access-Control-Max-Age %q", r.Header.Get("Access-Control-Max-Age"))
		}
		if r.Status >= 300 || len(r.Header["Set-Cookie"]) != 0 || r.Header.Get("Access-Control-Allow-Methods") != "POST" {
			t.Errorf("%s: %d, %v", o, r.Status, r.Header)
		}
	}
}

// A page whose preflights are refused sends nothing else: they alone have to be
// enough for an origin that was listed a moment ago.
func TestPreflightSeesAListedOriginSoon(t *testing.T) {
	t.Parallel()
	s := listing(t)
	const added = "https://new.com"
	wantCORS(t, preflight(t, s, origin(added)), "*", "")
	configure(t, s, func(_ *shop.Store, c *shop.Channel) { c.Origins = append(c.Origins, added) })
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if preflight(t, s, origin(added)).Header.Get("Access-Control-Allow-Credentials") == "true" {
			return
		}
	}
	t.Error("still a stranger after 20 s")
}
