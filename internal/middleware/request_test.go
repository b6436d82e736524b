package middleware_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"regulars/internal/middleware"
	"regulars/internal/shop"
)

// learn returns what Request stores for r, and the header it answers with.
func learn(r *http.Request, trusted ...string) (got shop.Request, answer http.Header) {
	var prefixes []netip.Prefix
	for _, s := range trusted {
		prefixes = append(prefixes, netip.MustParsePrefix(s))
	}
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = *shop.RequestFrom(r.Context()) })
	answer = serve(middleware.Request(prefixes)(h), r).Header
	return got, answer
}

func join(addrs []netip.Addr) string {
	var out []string
	for _, a := range addrs {
		out = append(out, a.String())
	}
	return strings.Join(out, " ")
}

func TestRequestAddresses(t *testing.T) {
	t.Parallel()
	ten, two := []string{"10.0.0.0/8"}, []string{"10.0.0.0/8", "fd00::/8"}
	for _, tt := range []struct {
		name              string
		trusted           []string
		peer              string
		xff               []string
		caller, forwarded string
	}{
		{"no proxies, no header", nil, "203.0.113.9:1234", nil, "203.0.113.9", ""},
		{"from outside the header is a claim only", ten, "203.0.113.9:1", []string{"10.0.0.1, 198.51.100.1"}, "203.0.113.9", "10.0.0.1 198.51.100.1"},
		{"no proxies configured: nobody is trusted", nil, "10.0.0.1:1", []string{"198.51.100.1"}, "10.0.0.1", "198.51.100.1"},
		{"our proxy says who", ten, "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1", ""},
		{"spoofed entry stands left of the caller", ten, "10.0.0.1:1", []string{"8.8.8.8, 198.51.100.1"}, "198.51.100.1", "8.8.8.8"},
		{"spoofed trusted entry does not move the caller", ten, "10.0.0.1:1", []string{"8.8.8.8, 10.9.9.9, 198.51.100.1"}, "198.51.100.1", "8.8.8.8 10.9.9.9"},
		{"two proxies of ours", ten, "10.0.0.1:1", []string{"7.7.7.7, 198.51.100.1, 10.0.0.2"}, "198.51.100.1", "7.7.7.7"},
		{"lines are joined in order", ten, "10.0.0.1:1", []string{"7.7.7.7", "198.51.100.1", "10.0.0.2"}, "198.51.100.1", "7.7.7.7"},
		{"all trusted: the leftmost", ten, "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3", ""},
		{"trusted peer alone", ten, "10.0.0.1:1", nil, "10.0.0.1", ""},
		{"a bad entry ends the chain", ten, "10.0.0.1:1", []string{"8.8.8.8, unknown, 198.51.100.1, 10.0.0.2"}, "198.51.100.1", ""},
		{"a bad entry right behind our proxy", ten, "10.0.0.1:1", []string{"8.8.8.8, 198.51.100.1'"}, "10.0.0.1", ""},
		{"an empty entry is a bad one", ten, "10.0.0.1:1", []string{"8.8.8.8,,198.51.100.1"}, "198.51.100.1", ""},
		{"an empty line is a bad entry", ten, "10.0.0.1:1", []string{"8.8.8.8", ""}, "10.0.0.1", ""},
		{"ports are tolerated", ten, "10.0.0.1:1", []string{"8.8.8.8:80,198.51.100.1:443"}, "198.51.100.1", "8.8.8.8"},
		{"IPv6 with and without brackets, port, zone", two, "[fd00::1%eth0]:9", []string{"2001:db8::3,[2001:db8::2%en0],[2001:db8::1]:443"}, "2001:db8::1", "2001:db8::3 2001:db8::2"},
		{"mapped addresses are unmapped", ten, "[::ffff:10.0.0.1]:9", []string{"::ffff:8.8.8.8, ::ffff:198.51.100.1"}, "198.51.100.1", "8.8.8.8"},
		{"mapped prefixes are unmapped", []string{"::ffff:10.0.0.0/104"}, "10.0.0.1:9", []string{"198.51.100.1"}, "198.51.100.1", ""},
		{"an unreadable peer has no address and vouches for nobody", ten, "@", []string{"10.0.0.2"}, "invalid IP", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.xff
			r.Header.Set("X-Real-IP", "6.6.6.6")
			r.Header.Set("Forwarded", "for=6.6.6.6;proto=https")
			got, _ := learn(r, tt.trusted...)
			if got.Caller.String() != tt.caller {
				t.Errorf("Caller = %s, want %s", got.Caller, tt.caller)
			}
			if f := join(got.Forwarded); f != tt.forwarded {
				t.Errorf("Forwarded = %q, want %q", f, tt.forwarded)
			}
			if got.TLS {
				t.Error("TLS, but nobody who counts said so")
			}
		})
	}
}

func TestRequestBoundsTheRoute(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "203.0.113.9:1"
	r.Header.Set("X-Forwarded-For", strings.Repeat("1.1.1.1,", 50_000)+"2.2.2.2")
	got, _ := learn(r)
	if n := len(got.Forwarded); n != 32 {
		t.Errorf("%d forwarded addresses, want 32", n)
	}
	if last := got.Forwarded[len(got.Forwarded)-1].String(); last != "2.2.2.2" {
		t.Errorf("nearest = %s, want 2.2.2.2", last)
	}
}

func TestRequestTLS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		peer  string
		proto []string
		tls   bool
		want  bool
	}{
		{"plain", "203.0.113.9:1", nil, false, false},
		{"our own TLS", "203.0.113.9:1", nil, true, true},
		{"a stranger's word", "203.0.113.9:1", []string{"https"}, false, false},
		{"our proxy's word", "10.0.0.1:1", []string{"https"}, false, true},
		{"in capitals", "10.0.0.1:1", []string{"HTTPS"}, false, true},
		{"the last entry holds", "10.0.0.1:1", []string{"https, http"}, false, false},
		{"the last line holds", "10.0.0.1:1", []string{"http", "http, https"}, false, true},
		{"http", "10.0.0.1:1", []string{"http"}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-Proto"] = tt.proto
			if tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			if got, _ := learn(r, "10.0.0.0/8"); got.TLS != tt.want {
				t.Errorf("TLS = %v, want %v", got.TLS, tt.want)
			}
		})
	}
}

func TestRequestIDIsOurs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 3 {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Request-Id", "chosen-by-client")
		r.Header.Set("X-Correlation-Id", "chosen-by-client")
		got, answer := learn(r)
		if len(got.ID) < 26 || strings.Contains(got.ID, "chosen") || seen[got.ID] {
			t.Errorf("ID = %q, want a fresh one", got.ID)
		}
		seen[got.ID] = true
		wantHeader(t, answer, "X-Request-Id", got.ID)
	}
}
