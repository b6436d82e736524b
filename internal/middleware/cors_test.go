package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"regulars/internal/middleware"
)

const listedOrigin = "https://shop.com"

func listed(_ *http.Request, origin string) bool { return origin == listedOrigin }

// strangers are the origins of reliability.md D1, and some that look like none.
var strangers = []string{
	"null", "https://evil.com", "https://shop.com.evil.com", "https://evilshop.com", "http://shop.com",
	"https://shop.com:8443", "https://shop.com/", "https://SHOP.com", "https://shop.com, https://evil.com", "*",
}

func varies(h http.Header, name string) bool {
	return slices.Contains(strings.Split(strings.Join(h.Values("Vary"), ", "), ", "), name)
}

func wantOrigin(t *testing.T, h http.Header, origin, credentials string) {
	t.Helper()
	wantHeader(t, h, "Access-Control-Allow-Origin", origin)
	wantHeader(t, h, "Access-Control-Allow-Credentials", credentials)
	if n := len(h.Values("Access-Control-Allow-Origin")); n > 1 {
		t.Errorf("%d Access-Control-Allow-Origin lines", n)
	}
	if !varies(h, "Origin") {
		t.Errorf("Vary = %q, want Origin in it", h.Values("Vary"))
	}
}

func TestCORSRequests(t *testing.T) {
	t.Parallel()
	const exposed = "X-Request-Id, X-Bc-Graphql-Complexity, Retry-After"
	for _, method := range []string{"GET", "POST"} {
		send := func(origins ...string) http.Header {
			r := httptest.NewRequest(method, "/graphql", nil)
			r.Header["Origin"] = origins
			r.Header.Set("Cookie", "session=x")
			res := serve(middleware.CORS(listed)(ok), r)
			if res.StatusCode != 200 {
				t.Errorf("%s from %q: %d, want 200", method, origins, res.StatusCode)
			}
			return res.Header
		}
		t.Run(method+" listed", func(t *testing.T) {
			h := send(listedOrigin)
			wantOrigin(t, h, listedOrigin, "true")
			wantHeader(t, h, "Access-Control-Expose-Headers", exposed)
		})
		t.Run(method+" without origin", func(t *testing.T) { wantOrigin(t, send(), "", "") })
		t.Run(method+" two origins", func(t *testing.T) { wantOrigin(t, send(listedOrigin, listedOrigin), "*", "") })
		for _, origin := range strangers {
			t.Run(method+" "+origin, func(t *testing.T) {
				h := send(origin)
				wantOrigin(t, h, "*", "")
				wantHeader(t, h, "Access-Control-Expose-Headers", exposed)
			})
		}
	}
}

func TestCORSNeverListsNull(t *testing.T) {
	t.Parallel()
	everything := func(*http.Request, string) bool { return true }
	r := httptest.NewRequest("POST", "/graphql", nil)
	r.Header.Set("Origin", "null")
	wantOrigin(t, serve(middleware.CORS(everything)(ok), r).Header, "*", "")
}

func TestCORSAsksAboutTheRequest(t *testing.T) {
	t.Parallel()
	asked := 0
	onHost := func(r *http.Request, origin string) bool {
		asked++
		return r.Host == "a.example" && origin == listedOrigin
	}
	for host, want := range map[string][2]string{"a.example": {listedOrigin, "true"}, "b.example": {"*", ""}} {
		r := httptest.NewRequest("POST", "http://"+host+"/graphql", nil)
		r.Header.Set("Origin", listedOrigin)
		wantOrigin(t, serve(middleware.CORS(onHost)(ok), r).Header, want[0], want[1])
	}
	serve(middleware.CORS(onHost)(ok), httptest.NewRequest("POST", "http://a.example/graphql", nil))
	if asked != 2 {
		t.Errorf("asked %d times, want once per request with an Origin", asked)
	}
}

func TestCORSPreflight(t *testing.T) {
	t.Parallel()
	const all = "accept-language,apollo-require-preflight,authorization,content-type,x-bc-customer-access-token," +
		"x-bc-error-on-invalid-customer-access-token,x-correlation-id,x-requested-with"
	type preflight struct{ name, origin, method, headers, allowOrigin, credentials string }
	tests := []preflight{
		{"listed", listedOrigin, "POST", all, listedOrigin, "true"},
		{"listed, no headers", listedOrigin, "GET", "", listedOrigin, "true"},
		{"no origin", "", "POST", "content-type", "", ""},
		{"PUT", listedOrigin, "PUT", "", "", ""},
		{"DELETE by a stranger", "https://evil.com", "DELETE", "", "", ""},
		{"unknown header", listedOrigin, "POST", "content-type,x-bc-trusted-proxy-secret", "", ""},
		{"impersonation is for servers", listedOrigin, "POST", "x-bc-customer-id", "", ""},
	}
	for _, origin := range strangers {
		tests = append(tests, preflight{origin, origin, "POST", all, "*", ""})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the next handler was called") })
			r := httptest.NewRequest("OPTIONS", "/graphql", nil)
			r.Header.Set("Access-Control-Request-Method", tt.method)
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			if tt.headers != "" {
				r.Header.Set("Access-Control-Request-Headers", tt.headers)
			}
			res := serve(middleware.CORS(listed)(next), r)
			if res.StatusCode != http.StatusNoContent {
				t.Errorf("status = %d, want 204", res.StatusCode)
			}
			wantOrigin(t, res.Header, tt.allowOrigin, tt.credentials)
			method, headers, age := "", "", ""
			if tt.allowOrigin != "" {
				method, headers, age = tt.method, tt.headers, "7200"
			}
			wantHeader(t, res.Header, "Access-Control-Allow-Methods", method)
			wantHeader(t, res.Header, "Access-Control-Allow-Headers", headers)
			wantHeader(t, res.Header, "Access-Control-Max-Age", age)
		})
	}
}

func TestCORSPassesPlainOptions(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("OPTIONS", "/graphql", nil)
	r.Header.Set("Origin", listedOrigin)
	if res := serve(middleware.CORS(listed)(ok), r); res.StatusCode != 200 {
		t.Errorf("status = %d, want the handler's 200", res.StatusCode)
	}
}
