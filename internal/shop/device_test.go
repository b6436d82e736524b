package shop_test

import (
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestDeviceInWords(t *testing.T) {
	t.Parallel()
	const webkit = " AppleWebKit/537.36 (KHTML, like Gecko) "
	for _, c := range []struct{ userAgent, want string }{
		{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/138.0.0.0 Safari/537.36", "Chrome on Windows"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0", "Edge on Windows"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari on macOS"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1", "Chrome on iOS"},
		{"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPadOS"},
		{"Mozilla/5.0 (Linux; Android 14; SM-S918B)" + webkit + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Browser on Android"},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + webkit + "Chrome/138.0.0.0 Safari/537.36", "Chrome on ChromeOS"},
		{"", ""}, {"node", ""}, {"Go-http-client/1.1", ""}, {"curl/8.5.0", ""}, {"Next.js Middleware", ""},
		{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", ""},
		{"Mozilla/5.0 <script>alert(1)</script>", ""}, {strings.Repeat("(", 255), ""}, {"\xff\xfe\x00", ""},
	} {
		d := shop.Device{UserAgent: c.userAgent}
		if got := d.Words(shop.Printer("en", "en")); got != c.want {
			t.Errorf("%q is %q, want %q", c.userAgent, got, c.want)
		}
	}
	d := shop.Device{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	for language, want := range map[string]string{"de": "Firefox unter Linux", "fr": "Firefox sur Linux", "es": "Firefox en Linux"} {
		if got := d.Words(shop.Printer(language, "en")); got != want {
			t.Errorf("%s: %q", language, got)
		}
	}
}

// Whatever a header says, only names that are known come out.
func FuzzDeviceInWords(f *testing.F) {
	for _, s := range []string{"", "Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "\xff(", "Safari/é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := shop.Device{UserAgent: s}
		for _, r := range d.Words(shop.Printer("en", "en")) {
			if r != ' ' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
				t.Fatalf("%q is %q", s, d.Words(shop.Printer("en", "en")))
			}
		}
	})
}

// A storefront's server is nobody's device.
func TestSessionOfAServerHasNoDevice(t *testing.T) {
	t.Parallel()
	firefox := shop.Device{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	page := firefox
	page.Origin = "https://shop.example.com"
	for _, c := range []struct {
		kind   shop.SessionKind
		device shop.Device
		want   string
	}{
		{shop.KindCookie, firefox, "Firefox on Linux"}, {shop.KindToken, firefox, ""}, {shop.KindToken, page, "Firefox on Linux"},
	} {
		r := shop.SessionRecord{Kind: c.kind, Device: c.device}
		if got := r.Words(shop.Printer("en", "en")); got != c.want {
			t.Errorf("%s, %+v: %q", c.kind, c.device, got)
		}
	}
}
