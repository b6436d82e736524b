package shop_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regulars/internal/shop"
)

func TestParseEmail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	for in, key := range map[string]string{
		"ada@example.com":                          "ada@example.com",
		"  Ada@Example.COM\t":                      "ada@example.com",
		"ada+news@example.com":                     "ada+news@example.com",
		"o'brien@example.co.uk":                    "o'brien@example.co.uk",
		"a.b-c_d@sub.example.com":                  "a.b-c_d@sub.example.com",
		"1@2.example":                              "1@2.example",
		"ada@bücher.example":                       "ada@xn--bcher-kva.example",
		"ada@BÜCHER.example":                       "ada@xn--bcher-kva.example",
		"ada@xn--bcher-kva.example":                "ada@xn--bcher-kva.example",
		"jörg@example.com":                         "jörg@example.com",
		"JO\u0308RG@example.com":                   "jörg@example.com",
		"ａda＠example.com":                          "ada@example.com",  // full-width
		"ada@example。com":                          "ada@example.com",  // an ideographic stop is a dot in IDNA
		"\u212Aate@example.com":                    "kate@example.com", // the Kelvin sign
		"ıda@example.com":                          "ıda@example.com",  // a dotless i is no i
		"ﬁona@example.com":                         "fiona@example.com",
		long + "@example.com":                      long + "@example.com",
		"ada@" + strings.Repeat("a.", 118) + "com": "ada@" + strings.Repeat("a.", 118) + "com",
	} {
		e, ok := shop.ParseEmail(in)
		if !ok || e.Key != key || e.Text != strings.TrimSpace(in) {
			t.Errorf("%q: got %+v %v, want key %q", in, e, ok, key)
		}
		if got := shop.EmailKey(in); got != key {
			t.Errorf("EmailKey(%q) = %q", in, got)
		}
	}
	for what, in := range map[string]string{
		"nothing": "", "blank": "  ", "no at": "ada.example.com", "no local part": "@example.com", "no domain": "ada@",
		"two ats": "ada@evil.example@example.com", "two ats, one wide": "ada＠evil.example@example.com", "two wide": "ada＠evil.example＠example.com",
		"a quoted local part": `"ada"@example.com`, "a comment": "ada(x)@example.com", "a name": "Ada <ada@example.com>", "brackets": "<ada@example.com>",
		"a list": "ada@example.com,bob@example.com", "a semicolon": "ada@example.com;bob@example.com", "a space": "a da@example.com",
		"a no-break space": "a\u00A0da@example.com", "a wide comma": "ada@example.com，bob@example.com", "a wide bracket": "ada＜x＞@example.com",
		"a line feed": "ada@example.com\nbcc:x@example.com", "a line feed inside": "ad\na@example.com", "NUL": "a\x00da@example.com", "a tab": "a\tda@example.com",
		"broken UTF-8": "ad\xffa@example.com", "a bare domain": "ada@localhost", "a literal": "ada@[127.0.0.1]", "a dot at the end": "ada@example.com.",
		"a dot at the front": "ada@.example.com", "two dots": "ada@example..com", "only a dot": "ada@.com", "dots in the local part": "a..da@example.com",
		"a leading dot": ".ada@example.com", "a trailing dot": "ada.@example.com", "a hyphen at the front": "ada@-example.com", "an underscore": "ada@exa_mple.com",
		"a percent": "ada@exam%ple.com", "a local part that is too long": long + "x@example.com", "too long": "ada@" + strings.Repeat("a.", 121) + "com!",
		"a label of 64":      "ada@" + long + ".com",
		"a zero-width space": "ada\u200B@example.com", "a byte order mark": "\uFEFFada@example.com", "right to left": "ada\u202E@example.com",
		"a soft hyphen": "ada@exam\u00ADple.com", "a lost character": "ad\uFFFDa@example.com", "a private character": "ada\uE000@example.com",
		"a backslash": `a\da@example.com`, "a colon": "mailto:ada@example.com", "a broken punycode": "ada@xn--a.example",
	} {
		if e, ok := shop.ParseEmail(in); ok {
			t.Errorf("%s: %q was taken as %+v", what, in, e)
		}
		if key := shop.EmailKey(in); key != "" {
			t.Errorf("%s: %q has the key %q", what, in, key)
		}
	}
	if s := strings.Repeat("a.", 117) + "xxcom"; !parses("x@"+strings.Repeat("y", 250-2-len(s))+s) || parses("x@"+strings.Repeat("y", 251-2-len(s))+s) {
		t.Error("the limit is not 250 bytes")
	}
}

func parses(s string) bool { _, ok := shop.ParseEmail(s); return ok }

// The key is canonical: it is its own key, and whatever spelling gives it.
func TestEmailKeyIsCanonical(t *testing.T) {
	t.Parallel()
	local := rapid.StringOfN(rapid.OneOf(rapid.RuneFrom([]rune("aAkK.+ıİſßẞσςΣµﬁＡｋ\u212A\u0308\u0301éÉ")), rapid.Rune()), 1, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		s := local.Draw(t, "local") + "@" + rapid.SampledFrom([]string{"example.com", "EXAMPLE.com", "bücher.example", "ẞ.example"}).Draw(t, "domain")
		e, ok := shop.ParseEmail(s)
		if !ok {
			return
		}
		if again, ok := shop.ParseEmail(e.Key); !ok || again.Key != e.Key {
			t.Fatalf("%q has the key %q, and that one %q", s, e.Key, again.Key)
		}
	})
}

// Folding letters further than the key does would hand one mailbox to another's
// owner.
func TestOnlyTheKeyProves(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"ς@example.com", "σ@example.com"}, {"ıda@example.com", "ida@example.com"}, {"ada@example.com", "ada@example.org"}} {
		a, b := mustParse(t, pair[0]), mustParse(t, pair[1])
		c := &shop.Customer{ID: 1, EmailKey: a.Key, EmailVerified: true}
		if !c.Proves(a) || c.Proves(b) || c.MayKnow(&shop.Subscriber{EmailKey: b.Key}) {
			t.Errorf("%s proves %s", a.Key, b.Key)
		}
	}
}

func mustParse(t testing.TB, s string) shop.Email {
	t.Helper()
	e, ok := shop.ParseEmail(s)
	if !ok {
		t.Fatalf("%q is no address", s)
	}
	return e
}
