package captcha_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/captcha"
)

const (
	secret = "the-secret-of-the-service"
	token  = "the-token-of-the-shopper"
)

func service(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/siteverify"
}

func says(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }
}

func TestServiceIsAskedByTheProtocol(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 2)
	url := service(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- fmt.Sprint(r.Method, r.URL, r.Header.Get("Content-Type"), r.PostFormValue("secret"), r.PostFormValue("response"), r.PostForm["remoteip"])
		_, _ = io.WriteString(w, `{"success": true, "hostname": "shop.example.com"}`)
	})
	v := captcha.New(0)
	for addr, want := range map[string]string{"192.0.2.1": "[192.0.2.1]", "": "[]"} {
		ok, err := v.Solved(t.Context(), captcha.Question{URL: url, Secret: secret, Token: token, Addr: addr})
		if got := <-asked; !ok || err != nil || got != "POST"+"/siteverify"+"application/x-www-form-urlencoded"+secret+token+want {
			t.Errorf("%v, %v, asked %s", ok, err, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		solved bool
		failed bool // the service did
	}{
		"solved":          {says(`{"success": true}`), true, false},
		"not solved":      {says(`{"success": false}`), false, false},
		"not solved, why": {says(`{"success": false, "error-codes": ["timeout-or-duplicate"]}`), false, false},
		"another secret":  {says(`{"success": false, "error-codes": ["invalid-input-secret"]}`), false, true},
		"solved, but":     {says(`{"success": true, "error-codes": ["internal-error"]}`), false, true},
		"says nothing":    {says(`{}`), false, true},
		"empty":           {says(``), false, true},
		"null":            {says(`null`), false, true},
		"a list":          {says(`[true]`), false, true},
		"another type":    {says(`{"success": "true"}`), false, true},
		"a page":          {says(`<html>true</html>`), false, true},
		"cut off":         {says(`{"success": true`), false, true},
		"huge":            {says(`{"success": true, "x": "` + strings.Repeat("x", 64<<10) + `"}`), false, true},
		"huge behind":     {says(`{"success": true}` + strings.Repeat(" ", 64<<10)), false, true},
		"an error": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"success": true}`, http.StatusInternalServerError)
		}, false, true},
		"created": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"success": true}`)
		}, false, true},
		"closes": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, err := captcha.New(0).Solved(t.Context(), captcha.Question{URL: service(t, c.answer), Secret: secret, Token: token})
			if ok != c.solved || (err != nil) != c.failed {
				t.Errorf("%v, %v", ok, err)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), token)) {
				t.Errorf("the error holds what nobody should see: %v", err)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Int64
	elsewhere := service(t, func(w http.ResponseWriter, r *http.Request) {
		followed.Add(1)
		_, _ = io.WriteString(w, `{"success": true}`)
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		url := service(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, status) })
		if ok, err := captcha.New(0).Solved(t.Context(), captcha.Question{URL: url, Secret: secret, Token: token}); ok || err == nil {
			t.Errorf("%d: %v, %v", status, ok, err)
		}
	}
	if followed.Load() != 0 {
		t.Errorf("followed %d times", followed.Load())
	}
}

// silent never answers until the test is over.
func silent(t *testing.T, arrived chan<- struct{}) string {
	t.Helper()
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // or the server does not see that the client hangs up
		arrived <- struct{}{}
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(over); s.Close() })
	return s.URL
}

func TestSilenceIsNoAnswer(t *testing.T) {
	t.Parallel()
	url := silent(t, make(chan struct{}, 1))
	if ok, err := captcha.New(20*time.Millisecond).Solved(t.Context(), captcha.Question{URL: url, Secret: secret, Token: token}); ok || err == nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestWhoAsksCanLeave(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	url := silent(t, arrived)
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-arrived; leave() }()
	if ok, err := captcha.New(time.Hour).Solved(ctx, captcha.Question{URL: url, Secret: secret, Token: token}); ok || err == nil {
		t.Errorf("%v, %v", ok, err)
	}
}

// E10: a service that hangs does not gather connections without end.
func TestQuestionsInFlightAreBounded(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1000)
	url := silent(t, arrived)
	v := captcha.New(time.Hour)
	ctx, leave := context.WithCancel(t.Context())
	over := make(chan error)
	for range 64 {
		go func() {
			_, err := v.Solved(ctx, captcha.Question{URL: url, Secret: secret, Token: token})
			over <- err
		}()
	}
	for range 64 {
		<-arrived
	}
	late, cancel := context.WithCancel(t.Context())
	cancel() // waits no longer than it may
	if ok, err := v.Solved(late, captcha.Question{URL: url, Secret: secret, Token: token}); ok || err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("%v, %v", ok, err)
	}
	leave()
	for range 64 {
		if err := <-over; err == nil {
			t.Error("answered")
		}
	}
	if ok, err := v.Solved(t.Context(), captcha.Question{URL: service(t, says(`{"success": true}`)), Secret: secret, Token: token}); !ok || err != nil {
		t.Errorf("afterwards: %v, %v", ok, err)
	}
	if len(arrived) != 0 {
		t.Errorf("%d more came through", len(arrived))
	}
}

func TestTokensThatCannotBeAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", strings.Repeat("x", 8<<10+1)} {
		if ok, err := captcha.New(0).Solved(t.Context(), captcha.Question{URL: "http://127.0.0.1:1/", Secret: secret, Token: s}); ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	}
	for _, url := range []string{"http://127.0.0.1:1/secret-path", "no address", "ftp://127.0.0.1/", ""} {
		if ok, err := captcha.New(0).Solved(t.Context(), captcha.Question{URL: url, Secret: secret, Token: token}); ok || err == nil || strings.Contains(err.Error(), "secret-path") {
			t.Errorf("%q: %v, %v", url, ok, err)
		}
	}
}
