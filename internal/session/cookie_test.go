package session_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/securecookie"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/keys"
	"regulars/internal/shop"
)

// C1.
func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	proxied := graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	direct := graphtest.New(t, graphtest.Options{DB: proxied.DB, NoDemo: true})
	configure(t, proxied, func(_ *shop.Store, c *shop.Channel) { c.Hosts = []string{"shop.example", "a.localhost"} })
	for _, tt := range []struct {
		name    string
		server  *graphtest.Server
		headers []graphtest.Header
		want    string
		secure  bool
	}{
		{"this machine by address", direct, nil, "SHOP_TOKEN", false},
		{"this machine by name", direct, []graphtest.Header{host("localhost:8080")}, "SHOP_TOKEN", false},
		{"a name below localhost", direct, []graphtest.Header{host("a.localhost")}, "SHOP_TOKEN", false},
		{"this machine over TLS", proxied, []graphtest.Header{overTLS()}, "__Host-SHOP_TOKEN", true},
		{"another host over TLS", proxied, []graphtest.Header{host("shop.example"), overTLS()}, "__Host-SHOP_TOKEN", true},
		{"another host without TLS", direct, []graphtest.Header{host("shop.example")}, "__Host-SHOP_TOKEN", true},
		{"TLS in a stranger's words", direct, []graphtest.Header{overTLS()}, "SHOP_TOKEN", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := login(t, tt.server, ada, command.DemoPassword, tt.headers...)
			cookies := setCookies(r)
			if len(cookies) != 1 {
				t.Fatalf("%d cookies: %s", len(cookies), r.Body)
			}
			c := cookies[0]
			if c.Name != tt.want || c.Secure != tt.secure {
				t.Errorf("%s, Secure %v; want %s, %v", c.Name, c.Secure, tt.want, tt.secure)
			}
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("attributes: %s", c.Raw)
			}
			if n := len(c.Name) + len(c.Value); n > 4096 {
				t.Errorf("%d bytes", n)
			}
			if c.MaxAge != 30*24*60*60 {
				t.Errorf("Max-Age %d, want 30 days", c.MaxAge)
			}
			if got := r.Header.Get("Cache-Control"); got != "private, no-store" {
				t.Errorf("Cache-Control %q", got)
			}
		})
	}
}

// C2.
func TestTokensAreDistinctAndNotStored(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	seen := map[string]bool{}
	for range 12 {
		value := s.Login(t, ada)
		if seen[value] {
			t.Fatal("a cookie was given twice")
		}
		seen[value] = true
	}
	all := dump(t, s.DB.Owner(t))
	for value := range seen {
		token := tokenIn(t, value)
		if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) < 16 {
			t.Errorf("token of %d bytes, %v; want 16 or more", len(raw), err)
		} else if strings.Contains(all, hex.EncodeToString(raw)) {
			t.Error("the database holds the token's bytes")
		}
		for what, secret := range map[string]string{
			"cookie": value, "token": token, "cookie, in hex": hex.EncodeToString([]byte(value)), "token, in hex": hex.EncodeToString([]byte(token)),
		} {
			if strings.Contains(all, secret) {
				t.Errorf("the database holds the %s", what)
			}
		}
		hash := sha256.Sum256([]byte(token))
		if !strings.Contains(all, hex.EncodeToString(hash[:])) {
			t.Error("the test looks in the wrong place: not even the hash is there")
		}
	}
}

// codec is how a server with that key writes cookies.
func codec(key []byte) *securecookie.SecureCookie {
	c := securecookie.New(keys.Derived([][]byte{key}, "session cookie")[0], nil)
	c.SetSerializer(securecookie.NopEncoder{})
	return c.MaxAge(0)
}

func tokenIn(t testing.TB, cookie string) string {
	t.Helper()
	var token []byte
	if err := codec(graphtest.Key).Decode("SHOP_TOKEN", cookie, &token); err != nil {
		t.Fatal(err)
	}
	return string(token)
}

// C6.
func TestSessionsSurviveAKeyRotation(t *testing.T) {
	t.Parallel()
	old := graphtest.New(t)
	newKey := []byte("a newer key for tests, and nothing else.")
	both := graphtest.New(t, graphtest.Options{DB: old.DB, NoDemo: true, SessionKeys: [][]byte{newKey, graphtest.Key}})
	alone := graphtest.New(t, graphtest.Options{DB: old.DB, NoDemo: true, SessionKeys: [][]byte{newKey}})

	before := old.Login(t, ada)
	if got := who(t, both, graphtest.WithCookie(before)); got != ada {
		t.Errorf("with old and new key: %q", got)
	}
	after := both.Login(t, ada)
	if got := who(t, alone, graphtest.WithCookie(after)); got != ada {
		t.Errorf("what the newest key signed, with it alone: %q", got)
	}
	email, r := asked(t, alone, graphtest.WithCookie(before))
	if email != "" || !cleared(r, "SHOP_TOKEN") {
		t.Errorf("once the old key is gone: %q, %q", email, r.Header["Set-Cookie"])
	}
}

// C6.
func TestUselessCookieIsAGuest(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	good := s.Login(t, ada)
	signed := func(key []byte, name, value string) string {
		out, err := codec(key).Encode(name, []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, cookie := range map[string]string{
		"truncated":           good[:len(good)/2],
		"one letter more":     good + "A",
		"another letter":      "A" + good[1:],
		"100 KB":              strings.Repeat("A", 100<<10),
		"empty":               "",
		"not base64":          "%%%",
		"the bare token":      tokenIn(t, good),
		"a key nobody knows":  signed([]byte("somebody else's key, 32 bytes long"), "SHOP_TOKEN", tokenIn(t, good)),
		"signed for another":  signed(graphtest.Key, "OTHER", tokenIn(t, good)),
		"signed, no session":  signed(graphtest.Key, "SHOP_TOKEN", keys.NewToken()),
		"signed, wrong type":  signed(graphtest.Key, "SHOP_TOKEN", `{"customer":1}`),
		"signed, binary":      signed(graphtest.Key, "SHOP_TOKEN", "\x00\xff\xfe"),
		"signed, empty":       signed(graphtest.Key, "SHOP_TOKEN", ""),
		"twice the same":      good + "; SHOP_TOKEN=" + good,
		"tossed by a sibling": "planted; SHOP_TOKEN=" + good,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			email, r := asked(t, s, graphtest.WithCookie(cookie))
			if email != "" || !strings.HasPrefix(string(r.Body), `{"data":{"currentCustomer":null}`) {
				t.Errorf("%q: %s", email, r.Body)
			}
			if !cleared(r, "SHOP_TOKEN") {
				t.Errorf("Set-Cookie %q, want it cleared", r.Header["Set-Cookie"])
			}
		})
	}
}

// C6: the other name's cookie is none of this scheme's business.
func TestCookieOfTheOtherSchemeIsNotRead(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	plain := s.Login(t, ada)
	if got := who(t, s, graphtest.WithCookie(plain), overTLS()); got != "" {
		t.Errorf("a plain cookie over TLS: %q", got)
	}
	if got := who(t, s, secure(plain), overTLS()); got != "" {
		t.Errorf("a plain cookie's value under the other name: %q", got)
	}
}
