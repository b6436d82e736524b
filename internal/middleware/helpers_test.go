package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"regulars/internal/middleware"
	"regulars/internal/shop"
)

// ok answers 200 with a short body.
var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })

// withRequest stands in for the Request middleware.
func withRequest(req shop.Request) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(shop.WithRequest(r.Context(), &req)))
		})
	}
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func wantHeader(t *testing.T, h http.Header, name, want string) {
	t.Helper()
	if got := h.Get(name); got != want {
		t.Errorf("%s = %q, want %q", name, got, want)
	}
}

func TestChainRunsFirstOutermost(t *testing.T) {
	t.Parallel()
	var got []string
	mark := func(name string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, name)
				next.ServeHTTP(w, r)
				got = append(got, name)
			})
		}
	}
	serve(middleware.Chain(ok, mark("a"), mark("b")), httptest.NewRequest("GET", "/", nil))
	if want := []string{"a", "b", "b", "a"}; !slices.Equal(got, want) {
		t.Errorf("order = %v, want %v", got, want)
	}
}
