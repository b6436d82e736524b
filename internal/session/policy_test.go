package session_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

// apiHost is the demo store's host in these tests, beside a storefront of its
// site and one of another.
const apiHost = "api.example.com"

// declaring is a server, behind a proxy that ends TLS, whose demo store declares
// that cookie.
func declaring(t testing.TB, p shop.CookiePolicy) *graphtest.Server {
	t.Helper()
	s := graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	declare(t, s, p)
	return s
}

func declare(t testing.TB, s *graphtest.Server, p shop.CookiePolicy) {
	t.Helper()
	configure(t, s, func(_ *shop.Store, c *shop.Channel) {
		c.Hosts, c.URL, c.Policy.Cookie = []string{apiHost}, "https://shop.example.com", p
		c.Origins = []string{"https://shop.example.com", "https://embeds.example"}
	})
}

// at is a request that came over TLS to the API's host, with these cookies.
func at(cookies ...string) []graphtest.Header {
	return []graphtest.Header{host(apiHost), overTLS(), {Name: "Cookie", Value: strings.Join(cookies, "; ")}}
}

// told is what an answer tells a browser to do about cookies: name, attributes
// and whether it is taken away.
func told(r *graphtest.Reply) string {
	var out []string
	for _, c := range setCookies(r) {
		line := c.Name
		if c.Domain != "" {
			line += " Domain=" + c.Domain
		}
		line += map[http.SameSite]string{http.SameSiteLaxMode: " Lax", http.SameSiteStrictMode: " Strict", http.SameSiteNoneMode: " None"}[c.SameSite]
		if c.Partitioned {
			line += " Partitioned"
		}
		if c.MaxAge < 0 {
			line += " away"
		}
		if !c.Secure || !c.HttpOnly || c.Path != "/" {
			line += " LOOSE"
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// pair is the cookie that an answer sets, as a browser sends it.
func pair(t testing.TB, r *graphtest.Reply) string {
	t.Helper()
	for _, c := range setCookies(r) {
		if c.MaxAge > 0 {
			return c.Name + "=" + c.Value
		}
	}
	t.Fatalf("no cookie is set: %d %s", r.Status, r.Body)
	return ""
}

var (
	usual    = shop.CookiePolicy{}
	strict   = shop.CookiePolicy{Reach: shop.ReachStrict}
	crossing = shop.CookiePolicy{Reach: shop.ReachCrossSite}
	shared   = shop.CookiePolicy{Domain: "example.com"}
)

// C1: what a channel declares is what the cookie is, when it is set and when it
// is taken away.
func TestCookieIsAsTheChannelDeclares(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		policy      shop.CookiePolicy
		login, away string
	}{
		{usual, "__Host-SHOP_TOKEN Lax", "__Host-SHOP_TOKEN Lax away"},
		{strict, "__Host-SHOP_TOKEN Strict", "__Host-SHOP_TOKEN Strict away"},
		{crossing, "__Host-EMBEDDED_SHOP_TOKEN None Partitioned", "__Host-EMBEDDED_SHOP_TOKEN None Partitioned away"},
		// What another host's domain may have left goes as well.
		{shared, "__Secure-SHOP_TOKEN Domain=example.com Lax", "__Secure-SHOP_TOKEN Lax away; __Secure-SHOP_TOKEN Domain=api.example.com Lax away; __Secure-SHOP_TOKEN Domain=example.com Lax away"},
	} {
		t.Run(fmt.Sprint(tt.policy), func(t *testing.T) {
			t.Parallel()
			s := declaring(t, tt.policy)
			r := login(t, s, ada, command.DemoPassword, at()...)
			if got := told(r); got != tt.login {
				t.Errorf("login: %s, want %s", got, tt.login)
			}
			cookie := pair(t, r)
			if email, r := asked(t, s, at(cookie)...); email != ada || told(r) != "" {
				t.Errorf("back again: %q, %s", email, told(r))
			}
			if got := told(s.Query(t, `mutation { logout { result } }`, at(cookie)...)); got != tt.away {
				t.Errorf("logout: %s, want %s", got, tt.away)
			}
			if email, r := asked(t, s, at(cookie)...); email != "" || told(r) != tt.away {
				t.Errorf("once it is over: %q, %s, want %s", email, told(r), tt.away)
			}
		})
	}
}

// Another policy logs nobody out but those whose cookie neighbours could have
// planted. The first answer brings the present cookie, and takes the old one.
func TestAnotherPolicyKeepsSessions(t *testing.T) {
	t.Parallel()
	const host, domain, embedded = "__Host-SHOP_TOKEN Lax", "__Secure-SHOP_TOKEN Domain=example.com Lax", "__Host-EMBEDDED_SHOP_TOKEN None Partitioned"
	for _, tt := range []struct {
		name       string
		from, to   shop.CookiePolicy
		want, told string
	}{
		{"to a domain", usual, shared, ada, host + " away; " + domain},
		{"to cross-site", usual, crossing, ada, host + " away; " + embedded},
		{"from cross-site", crossing, usual, ada, embedded + " away; " + host},
		{"from cross-site to a domain", crossing, shared, ada, embedded + " away; " + domain},
		{"to strict", usual, strict, ada, ""},
		{"from a domain", shared, usual, "", ""},
		{"from a domain to cross-site", shared, crossing, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := declaring(t, tt.from)
			// A second server has not seen a request since the change.
			replica := graphtest.New(t, graphtest.Options{DB: s.DB, NoDemo: true, TrustedProxies: loopback})
			if got := who(t, replica, at()...); got != "" {
				t.Fatal(got)
			}
			before := pair(t, login(t, s, ada, command.DemoPassword, at()...))
			declare(t, s, tt.to)
			for _, server := range []*graphtest.Server{s, replica} {
				email, r := asked(t, server, at(before)...)
				if email != tt.want || told(r) != tt.told {
					t.Fatalf("%q, %s; want %q, %s", email, told(r), tt.want, tt.told)
				}
				if tt.told == "" {
					continue
				}
				after := pair(t, r)
				if email, r := asked(t, server, at(after)...); email != ada || told(r) != "" {
					t.Errorf("with the new cookie: %q, %s", email, told(r))
				}
				if email, _ := asked(t, server, append(at(before), origin("https://evil.com"))...); email != "" {
					t.Errorf("a stranger's page: %q", email)
				}
			}
			r := login(t, s, "grace@example.com", command.DemoPassword, at(before)...)
			if got := pair(t, r); who(t, s, at(got)...) != "grace@example.com" {
				t.Errorf("a login with the old cookie: %s", told(r))
			}
		})
	}
}

// A server that has not heard of a change reads what one that has has set.
func TestReplicaReadsTheCookieOfANewPolicy(t *testing.T) {
	t.Parallel()
	s := declaring(t, usual)
	replica := graphtest.New(t, graphtest.Options{DB: s.DB, NoDemo: true, TrustedProxies: loopback})
	who(t, replica, at()...)
	declare(t, s, shared)
	cookie := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	if got := who(t, replica, at(cookie)...); got != ada {
		t.Errorf("%q", got)
	}
}

// Cookie tossing: what a neighbouring host can plant is worth nothing where no
// domain is declared, and never beats what it cannot.
func TestPlantedCookies(t *testing.T) {
	t.Parallel()
	s := declaring(t, shared)
	mallory := pair(t, login(t, s, "linus@example.com", command.DemoPassword, at()...))
	for _, p := range []shop.CookiePolicy{usual, strict, crossing} {
		declare(t, s, p)
		if email, r := asked(t, s, at(mallory)...); email != "" || told(r) != "" {
			t.Errorf("%v, planted: %q, %s", p, email, told(r))
		}
		own := pair(t, login(t, s, ada, command.DemoPassword, at(mallory)...))
		if got := who(t, s, at(mallory, own)...); got != ada {
			t.Errorf("%v, beside her own: %q", p, got)
		}
	}
	declare(t, s, shared)
	own := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	email, r := asked(t, s, at(mallory, own)...)
	if email != "" || told(r) != "__Secure-SHOP_TOKEN Lax away; __Secure-SHOP_TOKEN Domain=api.example.com Lax away; __Secure-SHOP_TOKEN Domain=example.com Lax away" {
		t.Errorf("twice: %q, %s", email, told(r))
	}
	if got := who(t, s, at("SHOP_TOKEN="+strings.SplitN(own, "=", 2)[1])...); got != "" {
		t.Errorf("the name without a prefix: %q", got)
	}
}

// Decision 18: a policy that cannot be harms its own channel only, and is logged
// once.
func TestBrokenPolicyIsHostOnly(t *testing.T) {
	t.Parallel()
	s := declaring(t, usual)
	secondStore(t, s)
	before := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	must(t, s.DB.Owner(t), `UPDATE channels SET policy = '{"cookie": {"domain": "co.uk", "reach": "cross-site"}}' WHERE store_id = (SELECT id FROM stores WHERE hash = 'demo')`)
	must(t, s.DB.Owner(t), `UPDATE stores SET config_version = config_version + 1`)
	for range 3 {
		if email, r := asked(t, s, at(before)...); email != ada || told(r) != "" {
			t.Errorf("%q, %s", email, told(r))
		}
		if got := told(login(t, s, ada, command.DemoPassword, at()...)); got != "__Host-SHOP_TOKEN Lax" {
			t.Error(got)
		}
		must(t, s.DB.Owner(t), `UPDATE stores SET config_version = config_version + 1`)
	}
	if got := told(login(t, s, ada, command.DemoPassword, host("other.example"), overTLS())); got != "__Host-SHOP_TOKEN Lax" {
		t.Errorf("another store: %s", got)
	}
	log := s.Log.String()
	if n := strings.Count(log, "--cookie-domain co.uk is a name under which anybody can have a domain"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log)
	}
	if strings.Count(log, "exclude each other") != 1 || !strings.Contains(log, `"store":"demo","channel":1`) {
		t.Error(log)
	}
}

// D4: reading by GET, as any page can cause it in a browser that does not say
// where from, is a guest's.
func TestGetWithACookieNeedsProof(t *testing.T) {
	t.Parallel()
	s := declaring(t, usual)
	cookie := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	const path = "/graphql?query={currentCustomer{email}}"
	known, guest := `{"data":{"currentCustomer":{"email":"ada@example.com"}}}`, `{"data":{"currentCustomer":null}}`
	for _, tt := range []struct{ name, value, want string }{
		{"Accept", "*/*", guest},
		{"Content-Type", "text/plain", guest},
		{"Sec-Fetch-Site", "cross-site", guest},
		{"Origin", "https://evil.com", guest},
		{"X-Requested-With", "fetch", known},
		{"Apollo-Require-Preflight", "1", known},
		{"Content-Type", "application/json", known},
		{"Sec-Fetch-Site", "same-origin", known},
		{"Origin", "https://shop.example.com", known},
	} {
		r := s.Do(t, http.MethodGet, path, nil, append(at(cookie), graphtest.Header{Name: tt.name, Value: tt.value})...)
		if string(r.Body) != tt.want || len(r.Header["Set-Cookie"]) != 0 {
			t.Errorf("%s: %s: %s %q", tt.name, tt.value, r.Body, r.Header["Set-Cookie"])
		}
	}
}
