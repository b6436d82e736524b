package graphtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"regulars/internal/account"
	"regulars/internal/shop"
)

// Tokens that the captcha's service knows; it takes no other for solved.
const (
	CaptchaSolved    = "solved"
	CaptchaSilent    = "silent"    // no answer until the test ends
	CaptchaBroken    = "broken"    // 500
	CaptchaMalformed = "malformed" // JSON of another form
	CaptchaHuge      = "huge"
	CaptchaElsewhere = "elsewhere" // a redirect
)

const captchaSecret = "the secret of the captcha's service"

// UseCaptcha sets the demo store up with a captcha, whose service runs on
// loopback until t ends. It gives the addresses that the service was told.
func (s *Server) UseCaptcha(t testing.TB, required bool) (told func() []string) {
	t.Helper()
	addrs := make(chan string, 1000)
	over := make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addrs <- r.PostFormValue("remoteip")
		siteverify(w, r, over)
	}))
	t.Cleanup(func() { close(over); service.Close() })
	err := s.Storage.EditStore(t.Context(), "demo", func(store *shop.Store) error {
		store.Settings.Captcha = shop.CaptchaSettings{
			SiteKey: "site-key", URL: service.URL + "/siteverify", OnStorefront: required,
			Secret: account.SealCaptchaSecret(s.ring, store.Hash, captchaSecret),
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() (out []string) {
		for range len(addrs) {
			out = append(out, <-addrs)
		}
		return out
	}
}

func siteverify(w http.ResponseWriter, r *http.Request, over <-chan struct{}) {
	w.Header().Set("Content-Type", "application/json")
	switch token := r.PostFormValue("response"); {
	case r.Method != http.MethodPost || r.PostFormValue("secret") != captchaSecret:
		_, _ = io.WriteString(w, `{"success": false, "error-codes": ["invalid-input-secret"]}`)
	case token == CaptchaSolved:
		_, _ = io.WriteString(w, `{"success": true, "challenge_ts": "2024-01-01T00:00:00Z", "hostname": "localhost"}`)
	case token == CaptchaSilent:
		<-over
	case token == CaptchaBroken:
		http.Error(w, `{"success": true}`, http.StatusInternalServerError)
	case token == CaptchaMalformed:
		_, _ = io.WriteString(w, `{"success": "true"}`)
	case token == CaptchaHuge:
		_, _ = io.WriteString(w, `{"success": true, "filler": "`+strings.Repeat("x", 1<<20)+`"}`)
	case token == CaptchaElsewhere && r.URL.Path == "/siteverify":
		http.Redirect(w, r, "/solved", http.StatusTemporaryRedirect)
	case r.URL.Path == "/solved":
		_, _ = io.WriteString(w, `{"success": true}`)
	default:
		_, _ = io.WriteString(w, `{"success": false, "error-codes": ["invalid-input-response"]}`)
	}
}
