package middleware

import (
	"net/http"

	"regulars/internal/shop"
)

// apiPolicy lets a browser that renders an answer of the API load nothing.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"

// Headers sets the headers that make an answer safe in a browser and a cache
// before the handler runs, so that a handler can replace them: pages have a
// Content-Security-Policy of their own.
func Headers() func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Content-Security-Policy", apiPolicy)
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cache-Control", "no-cache")
			if identified(r.Header) {
				h.Set("Cache-Control", "private, no-store")
			}
			if shop.RequestFrom(r.Context()).TLS {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// identified says whether the answer may be about one person. A customer access
// token has a header of its own, which works without Authorization.
func identified(h http.Header) bool {
	for _, name := range []string{"Cookie", "Authorization", "X-Bc-Customer-Access-Token"} {
		if _, ok := h[name]; ok {
			return true
		}
	}
	return false
}
