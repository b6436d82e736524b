package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"regulars/internal/shop"
)

// Recover turns a panic into a 500 with the shape of a GraphQL error and logs its
// stack. If part of another answer is out already it cuts the connection, so that
// nobody takes the part for the whole. http.ErrAbortHandler passes through.
func Recover(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent := &response{ResponseWriter: w}
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(cause)
				}
				logPanic(logger, r, cause)
				if sent.status != 0 {
					panic(http.ErrAbortHandler)
				}
				writeInternal(w, shop.RequestFrom(r.Context()).ID)
			}()
			next.ServeHTTP(sent, r)
		})
	}
}

// logPanic logs the value of a panic only if the Go runtime made it: others may
// hold what the request held.
func logPanic(logger *slog.Logger, r *http.Request, cause any) {
	attrs := []slog.Attr{
		slog.String("request_id", shop.RequestFrom(r.Context()).ID),
		slog.String("type", fmt.Sprintf("%T", cause)),
		slog.String("stack", string(debug.Stack())),
	}
	if err, ok := cause.(runtime.Error); ok {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	logger.LogAttrs(r.Context(), slog.LevelError, "panic", attrs...)
}

func writeInternal(w http.ResponseWriter, id string) {
	h := w.Header()
	// These describe the answer that was never sent. A cookie among them would
	// start a session that nobody vouches for.
	for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified", "Set-Cookie"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusInternalServerError)
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(shop.ErrorBody(shop.Internal, "Something went wrong on our side.", id))
}
