package middleware

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"regulars/internal/shop"
)

// Log writes one line for every request once it is answered: at Error level if
// the answer blames us, else at Info. It holds no address, header, cookie or query
// string, and no part of the path that may be a secret. A request whose handler
// panicked through to here has aborted=true and the status sent so far, 0 if none.
func Log(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, path := time.Now(), loggedPath(r.URL)
			sent, aborted := &response{ResponseWriter: w}, true
			// Deferred without a recover, so that a panic goes on to the server.
			defer func() { logRequest(logger, r, path, sent, time.Since(start), aborted) }()
			next.ServeHTTP(sent, r)
			sent.begin()
			aborted = false
		})
	}
}

func logRequest(logger *slog.Logger, r *http.Request, path string, sent *response, took time.Duration, aborted bool) {
	level := slog.LevelInfo
	if sent.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("method", clip(r.Method, 16)),
		slog.String("path", path),
		slog.Int("status", sent.status),
		slog.Int64("bytes", sent.bytes),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.String("request_id", shop.RequestFrom(r.Context()).ID),
	}
	if aborted {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	logger.LogAttrs(r.Context(), level, "request", attrs...)
}

const (
	// maxPlainSegment is longer than any word in our routes and shorter than any
	// token: a login token or the token of a mail stands in the path.
	maxPlainSegment = 24
	// maxSegments is more than any route has; what follows counts as one segment.
	maxSegments = 16
	// loginToken is the route that takes a customer login token.
	loginToken = "/login/token/"
)

// loggedPath returns the path as it may be logged: escaped, so that it can hold
// no line break whatever the log's format, without tokens and e-mail addresses.
func loggedPath(u *url.URL) string {
	if strings.HasPrefix(u.Path, loginToken) {
		return loginToken + "*" // however short, and whatever it is made of
	}
	segments := strings.SplitN(u.EscapedPath(), "/", maxSegments)
	for i, s := range segments {
		if len(s) > maxPlainSegment || strings.Contains(s, "@") || strings.Contains(s, "%40") {
			segments[i] = "*"
		}
	}
	return strings.Join(segments, "/")
}

// clip keeps a client from filling the log: a method may be as long as a header.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
