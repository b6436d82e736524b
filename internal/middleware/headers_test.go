package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"regulars/internal/middleware"
	"regulars/internal/shop"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		header string
		tls    bool
		cache  string
		hsts   string
	}{
		{"anonymous", "", false, "no-cache", ""},
		{"anonymous over TLS", "", true, "no-cache", "max-age=31536000"},
		{"cookie", "Cookie", false, "private, no-store", ""},
		{"authorization", "Authorization", true, "private, no-store", "max-age=31536000"},
		{"customer access token", "X-Bc-Customer-Access-Token", false, "private, no-store", ""},
		{"another header", "X-Correlation-Id", false, "no-cache", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			if tt.header != "" {
				r.Header.Set(tt.header, "x")
			}
			h := serve(middleware.Chain(ok, withRequest(shop.Request{TLS: tt.tls}), middleware.Headers()), r).Header
			wantHeader(t, h, "X-Content-Type-Options", "nosniff")
			wantHeader(t, h, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
			wantHeader(t, h, "Referrer-Policy", "no-referrer")
			wantHeader(t, h, "X-Frame-Options", "DENY")
			wantHeader(t, h, "Cache-Control", tt.cache)
			wantHeader(t, h, "Strict-Transport-Security", tt.hsts)
			wantHeader(t, h, "Server", "")
		})
	}
}

func TestHeadersYieldToTheHandler(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
	})
	h := serve(middleware.Headers()(page), httptest.NewRequest("GET", "/", nil)).Header
	wantHeader(t, h, "Content-Security-Policy", "default-src 'self'")
}
