package command_test

import (
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestChannelCookie(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One", "--host", "api.example.com")
	set := func(args ...string) []string { return append([]string{"channel", "set", "one", "1"}, args...) }
	is := func(want shop.CookiePolicy) {
		t.Helper()
		if got := c.channel(t, "one").Policy.Cookie; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	out := c.says(t, "Note: Every host at and below example.com gets the cookie, and can plant one. Use it only", set("--cookie-domain", " .Example.com")...)
	wantLine(t, out, "cookie __Secure-SHOP_TOKEN: sent to example.com and every host below it, for pages of the same site and links that lead here (SameSite=Lax, Secure)")
	is(shop.CookiePolicy{Domain: "example.com"})
	c.refuses(t, "exclude each other", set("--cookie", "cross-site")...)
	c.says(t, "Note: The cookie is Strict", set("--cookie", "strict")...)
	is(shop.CookiePolicy{Domain: "example.com", Reach: shop.ReachStrict})
	out = c.says(t, "Warning: The cookie is for use across sites, and no listed origin is on another site.", set("--cookie", "cross-site", "--no-cookie-domain")...)
	wantLine(t, out, "cookie __Host-EMBEDDED_SHOP_TOKEN: sent to this host alone, for listed origins on any site, one cookie for each site (SameSite=None, Secure, Partitioned)")
	is(shop.CookiePolicy{Reach: shop.ReachCrossSite})
	c.refuses(t, "--cookie cross-site needs TLS, and the storefront's --url is http://shop.de. Set an https:// address with --url", set("--url", "http://shop.de")...)
	c.says(t, "", set("--cookie", "same-site")...)
	is(shop.CookiePolicy{})
	out = c.says(t, "Warning: The origin https://shop.de is another site than api.example.com", "channel", "add-origin", "one", "1", "https://shop.de")
	if !strings.Contains(out, "Give this server a host on that site, as api.shop.de") {
		t.Error(out)
	}
	c.refuses(t, "The origin http://shop.example.com has no TLS", "channel", "add-origin", "one", "1", "http://shop.example.com")

	for domain, want := range map[string]string{
		"co.uk": "browsers refuse cookies for it. Name your own domain below it", "github.io": "browsers refuse cookies for it", "other.com": "does not cover the channel's host api.example.com",
		"127.0.0.1": "a cookie's domain is a name", "localhost": "browsers take for no domain", "https://example.com": "--cookie-domain: ", "a b": "is not a host name",
		"": "--no-cookie-domain takes it away", ".": "is not a host name",
	} {
		c.refuses(t, want, set("--cookie-domain", domain)...)
	}
	c.refuses(t, "--cookie", set("--cookie", "loose")...)
	c.refuses(t, "can't be used together", set("--cookie-domain", "example.com", "--no-cookie-domain")...)
	is(shop.CookiePolicy{})

	// A host that comes later has to fit, too; this machine's always does.
	c.says(t, "", set("--cookie-domain", "example.com")...)
	c.says(t, "", "channel", "add-host", "one", "1", "localhost")
	c.says(t, "", "channel", "add-host", "one", "1", "www.example.com")
	c.refuses(t, "does not cover the channel's host api.example.de", "channel", "add-host", "one", "1", "api.example.de")

	add := func(args ...string) []string {
		return append([]string{"channel", "add", "one", "--name", "x"}, args...)
	}
	c.refuses(t, "does not cover the channel's host a.example", add("--host", "a.example", "--cookie-domain", "b.example")...)
	c.refuses(t, "is not a host name", add("--cookie-domain", "a b")...)
	c.says(t, "Added channel 2", add("--host", "a.example", "--origin", "https://b.example", "--cookie", "cross-site")...)
	out = c.says(t, "proxy-secret one 3\n\nWarning: The origin", add("--host", "b.example", "--origin", "https://c.example")...)
	if strings.Count(out, "\n") != 4 {
		t.Errorf("findings do not stand last, below a blank line: %q", out)
	}

	// What was broken by hand can still be edited, and is told.
	if _, err := c.owner.Exec(`UPDATE channels SET policy = '{"cookie": {"domain": "uk"}}', origins = '{http://a.example.com,http://b.example.com}' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	wantLine(t, c.says(t, "", "channel", "list", "one"), "cookie as declared it cannot be, see regulars doctor")
	c.says(t, "Error: --cookie-domain uk is a name", set("--name", "y")...)
	c.says(t, "are strangers", "channel", "remove-origin", "one", "1", "http://a.example.com")
	c.says(t, "are strangers", "channel", "remove-origin", "one", "1", "http://b.example.com")
	c.says(t, "", set("--no-cookie-domain")...)
}
