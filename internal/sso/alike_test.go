package sso_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
)

// Whatever is wrong: the same bytes, no session, nothing used up, and one line in
// the log that does not repeat it.
func TestWhatIsWrongLooksAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE customers SET disabled_at = now() WHERE id = 2; UPDATE customers SET channel_ids = '{7}' WHERE id = 3`)
	tokens := w.forged(t)
	maps.Copy(tokens, w.wrong(t))
	maps.Copy(tokens, w.ofOthers(t))
	tokens["customer disabled"] = w.app.LoginToken(t, 2, nil)
	tokens["customer of another channel"] = w.app.LoginToken(t, 3, nil)
	w.owner.MustExec(`DELETE FROM sessions`)
	want := whole(w.visit(t, "x"))
	for _, name := range slices.Sorted(maps.Keys(tokens)) {
		before := len(w.checks(t))
		r := w.visit(t, tokens[name])
		w.refused(t, r)
		if got := whole(r); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
		if n := len(w.checks(t)) - before; n != 1 {
			t.Errorf("%s: %d lines in the log", name, n)
		}
		for _, part := range strings.Split(tokens[name], ".") {
			if len(part) > 10 && strings.Contains(w.Log.String(), part) {
				t.Errorf("%s: the log has it", name)
			}
		}
	}
	w.wantCount(t, 0, "sessions")
	w.wantCount(t, 0, "jtis")
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada)
}

// The mutation answers as evenly, letter by letter.
func TestWhatIsWrongLooksAlikeInGraphQL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const want = `{"errors":[{"message":"Invalid login. Please attempt to log in again.","path":["loginWithCustomerLoginJwt"],"locations":[{"line":1,"column":30}],"extensions":{"code":"UNAUTHENTICATED"}}],"data":null}`
	ask := func(token string) *graphtest.Reply {
		body, err := json.Marshal(map[string]any{
			"query":     `mutation In($jwt: String!) { loginWithCustomerLoginJwt(jwt: $jwt) { redirectTo customer { email } cart { id } } }`,
			"variables": map[string]string{"jwt": token},
		})
		if err != nil {
			t.Fatal(err)
		}
		return w.Post(t, body)
	}
	tokens := w.forged(t)
	maps.Copy(tokens, w.wrong(t))
	maps.Copy(tokens, w.ofOthers(t))
	tokens["empty"], tokens["a line feed inside"], tokens["dots alone"] = "", strings.Replace(w.app.LoginToken(t, adaID, nil), ".", "\n.", 1), strings.Repeat(".", 60000)
	first := whole(ask("x"))
	for name, token := range tokens {
		if r := ask(token); string(r.Body) != want || whole(r) != first {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	w.wantCount(t, 0, "sessions")
	w.wantCount(t, 0, "jtis")
}

// request_ip is compared with the address that counts, in whatever spelling.
func TestTheShoppersAddress(t *testing.T) {
	t.Parallel()
	o := generous()
	o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	w := with(t, o)
	from := func(addr, claim string) *graphtest.Reply {
		return w.visit(t, w.app.LoginToken(t, adaID, map[string]any{"request_ip": claim}), graphtest.Header{Name: "X-Forwarded-For", Value: addr})
	}
	for _, c := range [][2]string{
		{"203.0.113.7", "203.0.113.7"}, {"203.0.113.7", "::ffff:203.0.113.7"}, {"2001:db8::1", "2001:DB8:0:0::1"}, {"2001:db8::1", "2001:db8::1%eth0"},
	} {
		w.in(t, from(c[0], c[1]), "/account.php", ada)
	}
	for _, c := range [][2]string{{"203.0.113.7", "127.0.0.1"}, {"203.0.113.7", "203.0.113.8"}, {"2001:db8::1", "2001:db8::2"}, {"203.0.113.7, 198.51.100.1", "203.0.113.7"}} {
		w.refused(t, from(c[0], c[1]))
	}
}

// The log says which check it was, and the app whose token it is.
func TestTheLogSaysWhichCheckFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now().Unix()
	for _, c := range []struct {
		token, check string
	}{
		{"x", "form"}, {w.sign(t, `{"typ":"JWT","alg":"HS256","kid":"x"}`, nil), "header"}, {w.sign(t, `{"alg":"x"}`, nil), "alg"},
		{w.sign(t, `{"typ":"JWT","alg":"none"}`, nil), "alg"}, {w.sign(t, `{"typ":"JWT","alg":"HS512"}`, nil), "alg"},
		{w.app.LoginToken(t, adaID, nil) + "A", "signature"}, {w.app.LoginToken(t, adaID, map[string]any{"iss": "x"}), "iss"},
		{w.app.LoginToken(t, adaID, map[string]any{"iss": "app_x"}), "app"}, {w.app.LoginToken(t, adaID, nil) + "=", "form"},
		{w.app.LoginToken(t, adaID, map[string]any{"iat": now - 40}), "iat"}, {w.app.LoginToken(t, adaID, map[string]any{"redirect_to": "x"}), "redirect_to"},
		{w.app.LoginToken(t, 99, nil), "customer"},
	} {
		w.refused(t, w.visit(t, c.token))
		checks := w.checks(t)
		if got := checks[len(checks)-1]; got != c.check {
			t.Errorf("the log says %s, not %s", got, c.check)
		}
	}
	token := w.app.LoginToken(t, adaID, map[string]any{"jti": "CANARY-jti"})
	w.in(t, w.visit(t, token), "/account.php", ada)
	w.refused(t, w.visit(t, token))
	log := w.Log.String()
	lines := strings.Split(strings.TrimSpace(log), "\n")
	var last struct {
		Level, Check, Store string
		ClientID            string `json:"client_id"`
		JTI                 string `json:"jti_sha256"`
	}
	for _, line := range lines {
		if strings.Contains(line, "jti used") {
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	sum := sha256.Sum256([]byte("CANARY-jti"))
	if last.Level != "INFO" || last.Store != "demo" || last.ClientID != w.app.ClientID || last.JTI != fmt.Sprintf("%x", sum) {
		t.Errorf("%+v", last)
	}
	if strings.Contains(log, "CANARY") || strings.Contains(log, ada) || strings.Contains(log, w.app.Secret) || strings.Contains(log, "eyJ") {
		t.Error("the log has what it must not")
	}
}
