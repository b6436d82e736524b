package account_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/captcha"
	"regulars/internal/keys"
)

// prove registers with a captcha's token and gives the messages of the answer.
func prove(t testing.TB, s *graphtest.Server, email, token string, headers ...graphtest.Header) string {
	t.Helper()
	r := post(t, s, `mutation ($e: String!, $t: String!) { customer { registerCustomer(reCaptchaV2: {token: $t}, input: {firstName: "A", lastName: "B", email: $e, password: "horse battery"}) {
		errors { __typename ... on Error { message } } } } }`, map[string]any{"e": email, "t": token}, headers...)
	var data struct {
		Customer struct {
			RegisterCustomer struct {
				Errors []struct {
					Typename string `json:"__typename"`
					Message  string
				}
			}
		}
	}
	r.Data(t, &data)
	return fmt.Sprint(data.Customer.RegisterCustomer.Errors)
}

func TestCaptchasServiceIsToldTheBrowsersAddress(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Account: limits(generous), TrustedProxies: loopback})
	told := s.UseCaptcha(t, true)
	for i, addr := range []string{"192.0.2.7", "2001:db8::7"} {
		if got := prove(t, s, fmt.Sprint("p", i, "@example.com"), graphtest.CaptchaSolved, from(addr)); got != "[]" {
			t.Error(got)
		}
	}
	if got := fmt.Sprint(told()); got != "[192.0.2.7 2001:db8::7]" {
		t.Error(got)
	}
}

// A refusal leaves no account, and a failure of the service is in the log, with
// neither the secret nor the token.
func TestCaptchaFailsClosed(t *testing.T) {
	t.Parallel()
	set := limits(generous)
	set.Captcha = captcha.New(50 * time.Millisecond)
	s := graphtest.New(t, graphtest.Options{Account: set})
	s.UseCaptcha(t, false)
	const unknown = "{CustomerRegistrationError The captcha could not be checked. Please try again in a moment.}"
	for _, token := range []string{graphtest.CaptchaBroken, graphtest.CaptchaMalformed, graphtest.CaptchaHuge, graphtest.CaptchaElsewhere, graphtest.CaptchaSilent} {
		if got := prove(t, s, "new@example.com", token); got != "["+unknown+"]" {
			t.Errorf("%s: %s", token, got)
		}
	}
	const guess = "a guess of the shopper's"
	if got := prove(t, s, "new@example.com", guess); got != "[{CustomerRegistrationError The captcha was not solved. Please try again.}]" {
		t.Error(got)
	}
	var n int
	if err := s.DB.Owner(t).Get(&n, `SELECT count(*) FROM customers WHERE email_key = 'new@example.com'`); err != nil || n != 0 {
		t.Errorf("%d accounts, %v", n, err)
	}
	failures := 0
	for line := range strings.Lines(s.Log.String()) {
		var entry struct {
			Msg, Store, Error string
			RequestID         string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Msg == "captcha not verified" {
			failures++
			if entry.Store != "demo" || entry.RequestID == "" || entry.Error == "" {
				t.Error(line)
			}
		}
		if strings.Contains(line, "the secret of") || strings.Contains(line, guess) {
			t.Errorf("in the log: %s", line)
		}
	}
	if failures != 5 {
		t.Errorf("%d failures in the log, want 5\n%s", failures, s.Log)
	}
}

// A sealed secret opens for its own store, and with the server's own keys alone.
func TestCaptchasSecretIsSealedForItsStore(t *testing.T) {
	t.Parallel()
	ring, strange := keys.NewRing([][]byte{graphtest.Key}), keys.NewRing([][]byte{[]byte(strings.Repeat("x", 32))})
	newer := keys.NewRing([][]byte{[]byte(strings.Repeat("y", 32)), graphtest.Key})
	s := graphtest.New(t, graphtest.Options{Account: limits(generous)})
	s.UseCaptcha(t, true)
	rotated := graphtest.New(t, graphtest.Options{Account: limits(generous), DB: s.DB, NoDemo: true,
		SessionKeys: [][]byte{[]byte(strings.Repeat("y", 32)), graphtest.Key}})
	const secret = "the secret of the captcha's service"
	for name, c := range map[string]struct {
		sealed string
		server *graphtest.Server
		want   string
	}{
		"its own":               {account.SealCaptchaSecret(ring, "demo", secret), s, "[]"},
		"after a rotation":      {account.SealCaptchaSecret(ring, "demo", secret), rotated, "[]"},
		"sealed since":          {account.SealCaptchaSecret(newer, "demo", secret), rotated, "[]"},
		"another store's":       {account.SealCaptchaSecret(ring, "other", secret), s, "could not be checked"},
		"another server's":      {account.SealCaptchaSecret(strange, "demo", secret), s, "could not be checked"},
		"not sealed":            {secret, s, "could not be checked"},
		"the service's refused": {account.SealCaptchaSecret(ring, "demo", "another secret"), s, "could not be checked"},
	} {
		must(t, s.DB.Owner(t), `UPDATE stores SET settings = jsonb_set(settings, '{captcha,secret}', to_jsonb($1::text)), config_version = config_version + 1`, c.sealed)
		if got := prove(t, c.server, strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), "'", "")+"@example.com", graphtest.CaptchaSolved); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if strings.Contains(s.Log.String()+rotated.Log.String(), "the secret of") {
		t.Error("the secret is in the log")
	}
}

// The limit is what bounds how often the service is asked.
func TestCaptchaComesAfterTheLimit(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Account: limits(func(l *account.Limits) { l.RegisterPerPrefix.Burst = 3 })})
	told := s.UseCaptcha(t, true)
	for range 10 {
		prove(t, s, "new@example.com", "a guess")
	}
	if n := len(told()); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}
