package shop_test

import (
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestCookieOfAChannel(t *testing.T) {
	t.Parallel()
	none := shop.CookiePolicy{}
	domain := shop.CookiePolicy{Domain: "example.com"}
	strict := shop.CookiePolicy{Reach: shop.ReachStrict}
	cross := shop.CookiePolicy{Reach: shop.ReachCrossSite}
	shape := func(name, domain, sameSite string, secure, partitioned bool) shop.CookieShape {
		return shop.CookieShape{Name: name, Domain: domain, SameSite: sameSite, Secure: secure, Partitioned: partitioned}
	}
	for _, tt := range []struct {
		name, host string
		policy     shop.CookiePolicy
		tls        bool
		want       shop.CookieShape
	}{
		{"by default", "api.example.com", none, true, shape("__Host-SHOP_TOKEN", "", "Lax", true, false)},
		{"behind a proxy that nobody trusts", "api.example.com", none, false, shape("__Host-SHOP_TOKEN", "", "Lax", true, false)},
		{"this machine", "localhost", none, false, shape("SHOP_TOKEN", "", "Lax", false, false)},
		{"this machine by address", "127.0.0.1", none, false, shape("SHOP_TOKEN", "", "Lax", false, false)},
		{"this machine by IPv6", "::1", none, false, shape("SHOP_TOKEN", "", "Lax", false, false)},
		{"this machine over TLS", "api.localhost", none, true, shape("__Host-SHOP_TOKEN", "", "Lax", true, false)},
		{"looks like this machine", "127.example.com", none, false, shape("__Host-SHOP_TOKEN", "", "Lax", true, false)},
		{"strict", "api.example.com", strict, true, shape("__Host-SHOP_TOKEN", "", "Strict", true, false)},
		{"strict here", "localhost", strict, false, shape("SHOP_TOKEN", "", "Strict", false, false)},
		{"a domain", "api.example.com", domain, true, shape("__Secure-SHOP_TOKEN", "example.com", "Lax", true, false)},
		{"a domain here", "localhost", domain, false, shape("SHOP_TOKEN", "", "Lax", false, false)},
		{"a domain here over TLS", "localhost", domain, true, shape("__Host-SHOP_TOKEN", "", "Lax", true, false)},
		{"strict with a domain", "example.com", shop.CookiePolicy{Reach: shop.ReachStrict, Domain: "example.com"}, true, shape("__Secure-SHOP_TOKEN", "example.com", "Strict", true, false)},
		{"cross-site", "api.example.com", cross, true, shape("__Host-EMBEDDED_SHOP_TOKEN", "", "None", true, true)},
		{"cross-site here", "localhost", cross, false, shape("EMBEDDED_SHOP_TOKEN", "", "None", true, true)},
		{"broken", "api.example.com", shop.CookiePolicy{Reach: shop.ReachCrossSite, Domain: "com", Broken: true}, true, shape("__Host-SHOP_TOKEN", "", "Lax", true, false)},
	} {
		c := shop.Channel{Policy: shop.ChannelPolicy{Cookie: tt.policy}}
		got := c.CookieOn(tt.host, tt.tls)
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
		for _, other := range got.Before() {
			if other.Name == got.Name || other.Domain != "" || strings.HasPrefix(other.Name, "__") != strings.HasPrefix(got.Name, "__") {
				t.Errorf("%s: reads %+v too", tt.name, other)
			}
		}
	}
}

func TestImpossibleCookiesAreRefused(t *testing.T) {
	t.Parallel()
	const shopHost = "api.example.com"
	domain := func(d string) shop.ChannelPolicy { return shop.ChannelPolicy{Cookie: shop.CookiePolicy{Domain: d}} }
	reach := func(r shop.CookieReach) shop.ChannelPolicy {
		return shop.ChannelPolicy{Cookie: shop.CookiePolicy{Reach: r}}
	}
	cross := reach(shop.ReachCrossSite)
	hosts := func(h ...string) []string { return h }
	for _, tt := range []struct {
		name string
		c    shop.Channel
		want string // codes, those that refuse in capitals
	}{
		{"nothing declared", shop.Channel{}, ""},
		{"the usual", shop.Channel{URL: "https://example.com/de", Hosts: hosts(shopHost, "localhost"), Origins: hosts("https://example.com", "http://localhost:3000", "https://www.example.com:8443")}, ""},
		{"a domain", shop.Channel{Hosts: hosts(shopHost, "example.com", "localhost", "127.0.0.1"), Policy: domain("example.com")}, "domain"},
		{"com", shop.Channel{Hosts: hosts("example.com"), Policy: domain("com")}, "DOMAIN_IS_PUBLIC"},
		{"co.uk", shop.Channel{Hosts: hosts("shop.co.uk"), Policy: domain("co.uk")}, "DOMAIN_IS_PUBLIC"},
		{"github.io", shop.Channel{Hosts: hosts("shop.github.io"), Policy: domain("github.io")}, "DOMAIN_IS_PUBLIC"},
		{"below co.uk", shop.Channel{Hosts: hosts("a.shop.co.uk"), Policy: domain("shop.co.uk")}, "domain"},
		{"one word", shop.Channel{Hosts: hosts("intranet"), Policy: domain("intranet")}, "DOMAIN_IS_PUBLIC"},
		{"another host", shop.Channel{Hosts: hosts(shopHost, "api.example.de"), Policy: domain("example.com")}, "DOMAIN_MISSES_HOST domain"},
		{"ends alike", shop.Channel{Hosts: hosts("notexample.com"), Policy: domain("example.com")}, "DOMAIN_MISSES_HOST domain"},
		{"below the host", shop.Channel{Hosts: hosts("example.com"), Policy: domain("api.example.com")}, "DOMAIN_MISSES_HOST domain"},
		{"host by address", shop.Channel{Hosts: hosts("192.0.2.1"), Policy: domain("0.2.1")}, "DOMAIN_MISSES_HOST domain"},
		{"an address", shop.Channel{Hosts: hosts("192.0.2.1"), Policy: domain("192.0.2.1")}, "DOMAIN_IS_ADDRESS"},
		{"IPv6", shop.Channel{Hosts: hosts("2001:db8::1"), Policy: domain("2001:db8::1")}, "DOMAIN_IS_ADDRESS"},
		{"localhost", shop.Channel{Hosts: hosts("localhost"), Policy: domain("localhost")}, "DOMAIN_IS_LOCAL"},
		{"below localhost", shop.Channel{Hosts: hosts("api.shop.localhost"), Policy: domain("shop.localhost")}, "DOMAIN_IS_LOCAL"},
		{"cross-site", shop.Channel{URL: "https://shop.de", Hosts: hosts(shopHost), Origins: hosts("https://shop.de"), Policy: cross}, ""},
		{"cross-site for nobody", shop.Channel{Hosts: hosts(shopHost), Origins: hosts("https://example.com"), Policy: cross}, "cross_site_for_nobody"},
		{"cross-site without TLS", shop.Channel{URL: "http://shop.de", Hosts: hosts(shopHost), Origins: hosts("https://shop.de"), Policy: cross}, "CROSS_SITE_WITHOUT_TLS"},
		{"cross-site on this machine", shop.Channel{URL: "http://localhost:3000", Hosts: hosts("127.0.0.1"), Origins: hosts("http://localhost:3000"), Policy: cross}, ""},
		{"two names of this machine", shop.Channel{Hosts: hosts("127.0.0.1"), Origins: hosts("http://localhost:3000")}, "origin_is_cross_site"},
		{"two sites of this machine", shop.Channel{Hosts: hosts("api.localhost"), Origins: hosts("http://shop.localhost:3000")}, "origin_is_cross_site"},
		{"one site of this machine", shop.Channel{Hosts: hosts("api.shop.localhost"), Origins: hosts("http://www.shop.localhost:3000")}, ""},
		{"cross-site with a domain", shop.Channel{Hosts: hosts(shopHost), Origins: hosts("https://shop.de"),
			Policy: shop.ChannelPolicy{Cookie: shop.CookiePolicy{Reach: shop.ReachCrossSite, Domain: "example.com"}}}, "CROSS_SITE_WITH_DOMAIN domain"},
		{"a foreign origin, a Lax cookie", shop.Channel{Hosts: hosts(shopHost), Origins: hosts("https://shop.de")}, "origin_is_cross_site"},
		{"a neighbour under a public suffix", shop.Channel{Hosts: hosts("api.github.io"), Origins: hosts("https://shop.github.io")}, "origin_is_cross_site"},
		{"an origin of one of two sites", shop.Channel{Hosts: hosts(shopHost, "api.shop.de"), Origins: hosts("https://shop.de", "https://example.com")}, ""},
		{"an origin without TLS", shop.Channel{Hosts: hosts(shopHost), Origins: hosts("http://shop.example.com")}, "ORIGIN_WITHOUT_TLS"},
		{"a storefront without TLS", shop.Channel{URL: "http://shop.example.com", Hosts: hosts(shopHost)}, "url_without_tls"},
		{"strict", shop.Channel{Hosts: hosts(shopHost), Policy: reach(shop.ReachStrict)}, "strict"},
		{"a word nobody knows", shop.Channel{Hosts: hosts(shopHost), Policy: reach("loose")}, "COOKIE_UNKNOWN"},
	} {
		var codes []string
		refused := false
		for _, f := range tt.c.CheckCookies() {
			code := f.Code
			if f.Level == shop.LevelError {
				code, refused = strings.ToUpper(code), true
			}
			codes = append(codes, code)
			if !strings.HasSuffix(f.Text, ".") || f.Do == "" {
				t.Errorf("%s: not sentences: %+v", tt.name, f)
			}
		}
		if got := strings.Join(codes, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if err := tt.c.CheckChange(&shop.Channel{}); (err != nil) != refused {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// Two mistakes of an earlier day can be mended one after the other.
func TestOnlyNewMistakesAreRefused(t *testing.T) {
	t.Parallel()
	before := shop.Channel{Hosts: []string{"api.example.com"}, Origins: []string{"http://a.example.com", "http://b.example.com"}}
	after := before
	after.Origins = before.Origins[1:]
	if err := after.CheckChange(&before); err != nil {
		t.Error(err)
	}
	after.Policy.Cookie.Domain = "com"
	if err := after.CheckChange(&before); err == nil || !strings.Contains(err.Error(), "--cookie-domain com") {
		t.Error(err)
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"example.com": "example.com", "a.b.example.com": "example.com", "shop.co.uk": "shop.co.uk", "a.shop.co.uk": "shop.co.uk", "co.uk": "co.uk",
		"a.github.io": "a.github.io", "b.a.github.io": "a.github.io", "192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::1", "localhost": "localhost",
		"a.localhost": "a.localhost", "b.a.localhost": "a.localhost", "": "", "a..b": "a..b",
	} {
		if got := shop.Site(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	for _, tt := range []struct {
		origin, host string
		tls, want    bool
	}{
		{"https://shop.example.com", "api.example.com", true, true}, {"https://shop.example.com:8443", "example.com", true, true},
		{"http://shop.example.com", "api.example.com", true, false}, {"https://shop.example.com", "api.example.com", false, false},
		{"https://example.de", "example.com", true, false}, {"http://localhost:3000", "localhost", false, true},
		{"http://localhost:3000", "127.0.0.1", false, false}, {"null", "example.com", true, false}, {"", "", true, false},
	} {
		if got := shop.SameSite(tt.origin, tt.host, tt.tls); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	for host, want := range map[string][]string{
		"api.shop.example.com": {"", "api.shop.example.com", "shop.example.com", "example.com"}, "example.com": {"", "example.com"}, "192.0.2.1": {""},
	} {
		if got := shop.CookieDomains(host); !slices.Equal(got, want) {
			t.Errorf("%s: %q", host, got)
		}
	}
}
