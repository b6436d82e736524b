// Package middleware holds what every request of the public listener passes
// before anybody asks which store it is for: its id and origin address, the log
// line, the answer to a panic, the safe headers and CORS.
package middleware

import "net/http"

// Chain wraps h in m. The first of m is the outermost: it sees a request first
// and its response last. Request belongs first, because the others read what it
// stored; Log belongs outside Recover, so that it logs the 500.
func Chain(h http.Handler, m ...func(http.Handler) http.Handler) http.Handler {
	for i := len(m) - 1; i >= 0; i-- {
		h = m[i](h)
	}
	return h
}
