package session_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
)

// C9 and K1: what identifies a shopper is neither in the log, nor in an answer's
// body, nor in a header but the cookie's own.
func TestSecretsAreNeitherLoggedNorAnswered(t *testing.T) {
	t.Parallel()
	const (
		email    = "canary.k1@example.com"
		password = "CANARY-password-k1"
		token    = "CANARYcookiek1"
	)
	s := graphtest.New(t)
	both := `(email: "` + email + `", password: "` + password + `") { result } }`
	var answers []*graphtest.Reply
	ask := func(query string, headers ...graphtest.Header) *graphtest.Reply {
		r := s.Query(t, query, headers...)
		answers = append(answers, r)
		return r
	}
	ask(`mutation { customer { registerCustomer(input: {firstName: "C", lastName: "K", email: "` + email + `", password: "` + password + `"}) { errors { __typename } } } }`)
	cookie := ask(`mutation { login` + both).Cookie()
	if cookie == "" {
		t.Fatalf("no login: %s", answers[1].Body)
	}
	ask(asking, graphtest.WithCookie(cookie))
	ask(asking, graphtest.WithCookie(cookie+token))
	ask(`mutation { login(email: "ada@example.com", password: "`+password+`") { result } }`, graphtest.WithCookie(cookie))
	ask(`mutation { login(email: "` + email + `x", password: "wrong` + password + `") { result } }`)
	ask(`mutation { login(email: "` + email + `", password: "` + password + `", nonsense: 1) { result } }`)
	ask(`mutation { login(email: "` + email + `", password: "` + password + `"`)
	ask(`mutation { newsletter { subscribe(input: {email: "` + email + `"}) { errors { __typename } } } }`)
	ask(`mutation { newsletter { subscribe(input: {email: "`+email+`"}) { errors { __typename } } } }`, graphtest.WithCookie(cookie))
	server := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"}))
	value, gone := tokenOf(t, s, server), tokenOf(t, s, server)
	ask(`{ currentCustomer { email sessions { id device ipPrefix origin } } }`, server, accessToken(value))
	ask(asking, accessToken(value+"0"), loud)
	ask(`mutation { logout { result } }`, server, accessToken(gone))
	ask(asking, accessToken(gone), loud)
	ask(`mutation { customer { revokeSession(input: {sessionId: "`+gone[:64]+`"}) { errors { __typename ... on Error { message } } } } }`, server, accessToken(value))
	if strings.Contains(dump(t, s.DB.Owner(t)), value[:64]) {
		t.Error("the database holds the customer access token")
	}
	answers = append(answers,
		s.Post(t, []byte(`{"query":"x","variables":{"password":"`+password+`","email":"`+email+`"`)),
		s.Do(t, http.MethodGet, "/graphql?query="+url.QueryEscape(`mutation { login`+both)+"&token="+token, nil),
		s.Do(t, http.MethodGet, "/"+token+"/"+token, nil),
		s.Query(t, asking, host("unknown.example"), graphtest.WithCookie(cookie)))
	must(t, s.DB.Owner(t), `ALTER TABLE customers RENAME TO gone`)
	if r := ask(`mutation { login` + both); !strings.Contains(string(r.Body), `"INTERNAL"`) {
		t.Errorf("no failure: %s", r.Body)
	}
	if r := ask(asking, graphtest.WithCookie(cookie)); r.Status != http.StatusInternalServerError {
		t.Errorf("no failure: %d %s", r.Status, r.Body)
	}

	log := s.Log.String()
	if n := strings.Count(log, `"msg":"request"`); n < len(answers) {
		t.Fatalf("%d lines for %d requests: the test looks in the wrong place", n, len(answers))
	}
	for what, secret := range map[string]string{"password": password, "cookie": cookie, "token": tokenIn(t, cookie), "address": email,
		"customer access token": value[:64], "ended customer access token": gone[:64], "storefront token": strings.TrimPrefix(server.Value, "Bearer ")} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the %s: %s", what, log)
		}
		for i, r := range answers {
			if strings.Contains(string(r.Body), secret) && secret != email {
				t.Errorf("answer %d holds the %s: %s", i, what, r.Body)
			}
			r.Header.Del("Set-Cookie")
			for name, values := range r.Header {
				if strings.Contains(strings.Join(values, " "), secret) {
					t.Errorf("header %s of answer %d holds the %s", name, i, what)
				}
			}
		}
	}
}

// K1: a line break in what is sent does not begin a line of the log.
func TestLogLinesCannotBeForged(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const forged = "x\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\u2028\x85"
	login(t, s, forged, forged, graphtest.Header{Name: "User-Agent", Value: "\u2028forged"}, graphtest.Header{Name: "X-Correlation-Id", Value: "forged"})
	login(t, s, ada, command.DemoPassword, graphtest.Header{Name: "User-Agent", Value: "forged\x85\u2028"})
	s.Do(t, http.MethodGet, "/graphql%0d%0aforged?query=%0d%0aforged", nil)
	s.Query(t, "{ "+forged+" }")
	for line := range strings.Lines(strings.TrimSpace(s.Log.String())) {
		var entry struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg == "forged" || strings.Contains(entry.Msg, "\n") {
			t.Errorf("line %q: %v", line, err)
		}
	}
	if ua := one[string](t, s.DB.Owner(t), `SELECT user_agent FROM sessions`); ua != "forged" {
		t.Errorf("the session's row says %q", ua)
	}
}
