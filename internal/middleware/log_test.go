package middleware_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"regulars/internal/middleware"
	"regulars/internal/shop"
)

type line struct {
	Level     string
	Method    string
	Path      string
	Status    int
	Bytes     int64
	Duration  *float64 `json:"duration_ms"`
	RequestID string   `json:"request_id"`
	Aborted   bool
}

// logged serves r and returns the one line that Log wrote.
func logged(t *testing.T, h http.Handler, r *http.Request) line {
	t.Helper()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	func() {
		defer func() { _ = recover() }()
		serve(middleware.Chain(h, withRequest(shop.Request{ID: "RID"}), middleware.Log(logger)), r)
	}()
	var got line
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d lines, want 1: %s", n, out.String())
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
		want line
	}{
		{"implied 200", ok, line{Level: "INFO", Status: 200, Bytes: 5}},
		{"nothing written", func(http.ResponseWriter, *http.Request) {}, line{Level: "INFO", Status: 200}},
		{"4xx", status(404), line{Level: "INFO", Status: 404}},
		{"5xx", status(503), line{Level: "ERROR", Status: 503}},
		{"the first status holds", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(201)
			w.WriteHeader(500)
		}, line{Level: "INFO", Status: 201}},
		{"aborted before the header", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			line{Level: "INFO", Aborted: true}},
		{"aborted after the header", func(w http.ResponseWriter, r *http.Request) { ok(w, r); panic(http.ErrAbortHandler) },
			line{Level: "INFO", Status: 200, Bytes: 5, Aborted: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := logged(t, tt.h, httptest.NewRequest("POST", "/graphql", nil))
			if got.Duration == nil || *got.Duration < 0 {
				t.Error("no duration")
			}
			got.Duration = nil
			tt.want.Method, tt.want.Path, tt.want.RequestID = "POST", "/graphql", "RID"
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestLogPath(t *testing.T) {
	t.Parallel()
	jwt := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
	for _, tt := range []struct{ name, path, want string }{
		{"plain", "/stores/abc123/v3/customers/7", "/stores/abc123/v3/customers/7"},
		{"long word of ours", "/v3/customers/validate-credentials", "/v3/customers/validate-credentials"},
		{"login token", "/login/token/" + jwt, "/login/token/*"},
		{"short login token", "/login/token/a.b.c", "/login/token/*"},
		{"login token with slashes", "/login/token/a/b.c/d", "/login/token/*"},
		{"login token behind another spelling", "/login/%74oken/a.b.c", "/login/token/*"},
		{"login token behind more slashes", "//login/token/" + jwt, "//login/token/*"},
		{"e-mail", "/v2/customers/ann@example.com", "/v2/customers/*"},
		{"escaped e-mail", "/v2/customers/ann%40example.com", "/v2/customers/*"},
		{"CR and LF", "/a%0d%0alevel=ERROR", "/a%0d%0alevel=ERROR"},
		{"escape sequence", "/%1b%5b31m", "/%1b%5b31m"},
		{"a secret behind many segments", strings.Repeat("/a", 20) + "/" + jwt, strings.Repeat("/a", 14) + "/*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := logged(t, ok, httptest.NewRequest("GET", tt.path, nil)); got.Path != tt.want {
				t.Errorf("path = %q, want %q", got.Path, tt.want)
			}
		})
	}
}

func TestLogHoldsNothingOfTheRequest(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r := httptest.NewRequest("GET", "/x?token=CANARY-query", nil)
			r.URL.Path = "/x\r\nlevel=ERROR msg=forged\x1b[0m\u2028"
			r.Method = strings.Repeat("M", 5000)
			r.RemoteAddr = "203.0.113.77:1"
			r.Header.Set("Cookie", "session=CANARY-cookie")
			r.Header.Set("Authorization", "Bearer CANARY-token")
			r.Header.Set("X-Forwarded-For", "203.0.113.77")
			r.Header.Set("User-Agent", "CANARY-agent")
			h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Set-Cookie", "session=CANARY-set")
				_, _ = w.Write([]byte("CANARY-body"))
			})
			serve(middleware.Chain(h, middleware.Request(nil), middleware.Log(slog.New(handler(&out)))), r)
			got := out.String()
			for _, bad := range []string{"CANARY", "203.0.113", "token", "\r", "\x1b", "\u2028", " msg=forged"} {
				if strings.Contains(got, bad) {
					t.Errorf("log holds %q: %s", bad, got)
				}
			}
			if strings.Count(got, "\n") != 1 || len(got) > 1000 {
				t.Errorf("not one short line: %q", got)
			}
		})
	}
}

func TestLogAndRecoverKeepTheResponseController(t *testing.T) {
	t.Parallel()
	logger := slog.New(slog.DiscardHandler)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(http.Flusher); !ok {
			t.Error("no http.Flusher")
		}
		rc := http.NewResponseController(w)
		if err := rc.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Errorf("SetWriteDeadline: %v", err)
		}
		if err := rc.Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
	})
	srv := httptest.NewServer(middleware.Chain(h, middleware.Log(logger), middleware.Recover(logger)))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}
