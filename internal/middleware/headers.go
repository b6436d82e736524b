package middleware

import (
	"net/http"

	"regulars/internal/shop"
)

// apiPolicy lets a browser that renders an answer of the API load nothing.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"

// The values are shared by all answers: http.Header never writes into one that is
// there.
var (
	noSniff    = []string{"nosniff"}
	noFrames   = []string{"DENY"}
	ownPolicy  = []string{apiPolicy}
	noReferrer = []string{"no-referrer"}
	noCache    = []string{"no-cache"}
	noStore    = []string{"private, no-store"}
	onlyTLS    = []string{"max-age=31536000"}
)

// Headers sets the headers that make an answer safe in a browser and a cache
// before the handler runs, so that a handler can replace them: pages have a
// Content-Security-Policy of their own.
func Headers() func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h["X-Content-Type-Options"] = noSniff
			h["X-Frame-Options"] = noFrames
			h["Content-Security-Policy"] = ownPolicy
			h["Referrer-Policy"] = noReferrer
			h["Cache-Control"] = noCache
			if identified(r.Header) {
				h["Cache-Control"] = noStore
			}
			if shop.RequestFrom(r.Context()).TLS {
				h["Strict-Transport-Security"] = onlyTLS
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
