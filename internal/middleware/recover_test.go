package middleware_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"regulars/internal/middleware"
	"regulars/internal/shop"
)

// lockedBuffer is written by the server's goroutines and read by the test.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// panicServer runs h on a real server, which would die or cut the connection if
// Recover let a panic through.
func panicServer(t *testing.T, h http.HandlerFunc) (*httptest.Server, *lockedBuffer) {
	t.Helper()
	out := &lockedBuffer{}
	logger := slog.New(slog.NewTextHandler(out, nil))
	mux := http.NewServeMux()
	mux.HandleFunc("/panic", h)
	mux.Handle("/", ok)
	srv := httptest.NewServer(middleware.Chain(mux, withRequest(shop.Request{ID: "RID"}),
		middleware.Log(logger), middleware.Recover(logger), middleware.Headers()))
	t.Cleanup(srv.Close)
	return srv, out
}

func TestRecoverAnswers500(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		panic func()
		typ   string
		value string // what of the value is in the log
	}{
		{"a string", func() { panic("CANARY") }, "type=string", ""},
		{"an error", func() { panic(errors.New("CANARY")) }, "type=*errors.errorString", ""},
		{"a value that == cannot compare", func() { panic([]string{"CANARY"}) }, "type=[]string", ""},
		{"nil", func() { panic(nil) }, "type=*runtime.PanicNilError", "panic called with nil argument"},
		{"of the runtime", func() { m := map[string]int(nil); write(m, "CANARY") }, "type=runtime.plainError", "assignment to entry in nil map"},
		{"an index", func() { var s []int; _ = s[len("CANARY")] }, "type=runtime.boundsError", "index out of range [6]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, out := panicServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "3")
				w.Header().Set("Set-Cookie", "session=half")
				w.Header().Set("Cache-Control", "public, max-age=600")
				tt.panic()
			})
			res, err := srv.Client().Get(srv.URL + "/panic")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			want := `{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL","requestId":"RID"}}]}`
			if got := strings.TrimSpace(string(body)); res.StatusCode != 500 || got != want {
				t.Errorf("got %d %s, want 500 %s", res.StatusCode, got, want)
			}
			wantHeader(t, res.Header, "Content-Type", "application/json; charset=utf-8")
			wantHeader(t, res.Header, "Cache-Control", "private, no-store")
			wantHeader(t, res.Header, "X-Content-Type-Options", "nosniff")
			wantHeader(t, res.Header, "Set-Cookie", "")

			log := out.String()
			for _, part := range []string{"request_id=RID", tt.typ, tt.value, "recover_test.go", "level=ERROR"} {
				if !strings.Contains(log, part) {
					t.Errorf("log lacks %q: %s", part, log)
				}
			}
			if strings.Contains(log, "CANARY") {
				t.Errorf("log holds the value of the panic: %s", log)
			}
			alive(t, srv)
		})
	}
}

func alive(t *testing.T, srv *httptest.Server) {
	t.Helper()
	res, err := srv.Client().Get(srv.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("next request: %d, want 200", res.StatusCode)
	}
}

func TestRecoverCutsAHalfWrittenAnswer(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(http.ResponseWriter){
		"written": func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"data":`)) },
		"flushed": func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, out := panicServer(t, func(w http.ResponseWriter, _ *http.Request) {
				begin(w)
				panic("CANARY")
			})
			res, err := srv.Client().Get(srv.URL + "/panic")
			if err == nil {
				defer res.Body.Close()
				var body []byte
				if body, err = io.ReadAll(res.Body); strings.Contains(string(body), "INTERNAL") {
					t.Errorf("two answers in one: %s", body)
				}
			}
			if err == nil {
				t.Error("the answer looks whole")
			}
			if log := out.String(); !strings.Contains(log, "type=string") || strings.Contains(log, "CANARY") {
				t.Errorf("log: %s", log)
			}
			alive(t, srv)
		})
	}
}

func TestRecoverPassesAborts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	defer func() {
		if got, _ := recover().(error); !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want http.ErrAbortHandler", got)
		}
		if out.Len() > 0 {
			t.Errorf("logged: %s", out.String())
		}
	}()
	abort := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	serve(middleware.Recover(slog.New(slog.NewTextHandler(&out, nil)))(abort), httptest.NewRequest("GET", "/", nil))
}

// write hides from the linter that the map is nil.
func write(m map[string]int, key string) { m[key]++ }
