package sso_test

import (
	"crypto"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/command"
)

func (w *world) current(t testing.TB, clientID string, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	return w.Do(t, http.MethodGet, "/customer/current.jwt?app_client_id="+clientID, nil, headers...)
}

// opened checks the signature and gives the payload.
func opened(t testing.TB, token, secret string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts in %q", len(parts), token)
	}
	mac := hmac.New(crypto.SHA512.New, []byte(secret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) != parts[2] {
		t.Error("signed with something else")
	}
	var out [2]string
	for i := range out {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(b)
	}
	if out[0] != `{"typ":"JWT","alg":"HS512"}` {
		t.Errorf("header %s", out[0])
	}
	return out[1]
}

// F7, letter by letter.
func TestAnAppHearsWhoIsLoggedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE customers SET email = 'Ada+<&>@Example.com' WHERE id = 1`)
	cookie := graphtest.WithCookie(w.Login(t, ada))
	r := w.current(t, w.app.ClientID, cookie)
	payload := opened(t, string(r.Body), w.app.Secret)
	var times struct{ Iat, Exp int64 }
	if err := json.Unmarshal([]byte(payload), &times); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"customer":{"id":1,"email":"Ada+<&>@Example.com","group_id":"2"},"iss":"bc/apps","sub":"demo","iat":%d,"exp":%d,"version":1,"aud":"%[3]s","application_id":"%[3]s","store_hash":"demo","operation":"current_customer"}`,
		times.Iat, times.Iat+900, w.app.ClientID)
	if payload != want {
		t.Errorf("got %s\nwant %s", payload, want)
	}
	if since := time.Since(time.Unix(times.Iat, 0)); since < -time.Hour || since > time.Hour {
		t.Errorf("iat is %s ago", since)
	}
	if r.Status != http.StatusOK || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" || r.Header.Get("Cache-Control") != "private, no-store" ||
		!strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Accept, Cookie") {
		t.Errorf("%d %v", r.Status, r.Header)
	}
	r = w.current(t, w.app.ClientID, cookie, graphtest.Header{Name: "Accept", Value: "application/json, text/plain, */*"})
	var body struct{ Token string }
	if err := json.Unmarshal(r.Body, &body); err != nil || r.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("%v: %s", err, r.Body)
	}
	opened(t, body.Token, w.app.Secret)
}

func TestTheGroupIsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := func(email string) string {
		t.Helper()
		r := w.current(t, w.app.ClientID, graphtest.WithCookie(w.Login(t, email)))
		var out struct {
			Customer struct {
				Group any `json:"group_id"`
			}
		}
		if err := json.Unmarshal([]byte(opened(t, string(r.Body), w.app.Secret)), &out); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%q", out.Customer.Group)
	}
	if got := group(ada); got != `"2"` {
		t.Errorf("ada's is %s", got)
	}
	if got := group("linus@example.com"); got != `"0"` {
		t.Errorf("without a group it is %s", got)
	}
	w.owner.MustExec(`UPDATE stores SET plan = 'standard', config_version = config_version + 1`)
	if got := group(ada); got != `"0"` {
		t.Errorf("in a plan without groups it is %s", got)
	}
}

// Guests, apps that are not there, and pages of strangers: the same 404.
func TestNobodyElseHears(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookie := graphtest.WithCookie(w.Login(t, ada))
	second, revoked, elsewhere, bare := w.addStore(t, "second", "second.example.com"), w.App(t, "demo"), w.App(t, "demo", 9), w.App(t, "demo")
	w.owner.MustExec(`UPDATE apps SET revoked_at = now() WHERE client_id = $1`, revoked.ClientID)
	w.owner.MustExec(`UPDATE app_secrets SET expires_at = now() FROM apps WHERE apps.id = app_id AND client_id = $1`, bare.ClientID)
	want := w.current(t, w.app.ClientID)
	if want.Status != http.StatusNotFound || string(want.Body) != `{"errors":["No customer is logged in."]}` || want.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%d %v %s", want.Status, want.Header, want.Body)
	}
	impersonating := []graphtest.Header{graphtest.WithToken(w.Token(t, command.TokenCreate{Kind: "impersonation"})), {Name: "X-Bc-Customer-Id", Value: "1"}}
	if who := w.who(t, impersonating...); who != ada {
		t.Fatalf("impersonated %s", who)
	}
	origin := func(o string) graphtest.Header { return graphtest.Header{Name: "Origin", Value: o} }
	for name, r := range map[string]*graphtest.Reply{
		"a dead cookie":           w.current(t, w.app.ClientID, graphtest.WithCookie("x")),
		"no app":                  w.Do(t, http.MethodGet, "/customer/current.jwt", nil, cookie),
		"an empty app":            w.current(t, "", cookie),
		"an unknown app":          w.current(t, "app_unknown", cookie),
		"an odd app":              w.current(t, "app_%00", cookie),
		"a revoked app":           w.current(t, revoked.ClientID, cookie),
		"an app without a secret": w.current(t, bare.ClientID, cookie),
		"another channel's app":   w.current(t, elsewhere.ClientID, cookie),
		"another store's app":     w.current(t, second.ClientID, cookie),
		"a page of a stranger":    w.current(t, w.app.ClientID, cookie, origin("https://evil.example")),
		"impersonation":           w.current(t, w.app.ClientID, impersonating...),
		"as JSON":                 w.current(t, "app_unknown", cookie, graphtest.Header{Name: "Accept", Value: "application/json"}),
	} {
		if r.Status != want.Status || string(r.Body) != string(want.Body) || r.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
		if r.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: a stranger may read it", name)
		}
	}
	if r := w.Do(t, http.MethodPost, "/customer/current.jwt?app_client_id="+w.app.ClientID, nil, cookie); r.Status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", r.Status)
	}
}

func TestListedPagesMayAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE channels SET origins = '{https://shop.example}'; UPDATE stores SET config_version = config_version + 1`)
	cookie := graphtest.WithCookie(w.Login(t, ada))
	r := w.current(t, w.app.ClientID, cookie, graphtest.Header{Name: "Origin", Value: "https://shop.example"})
	if r.Status != http.StatusOK || r.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" || r.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("%d %v", r.Status, r.Header)
	}
}

// The newest secret signs, from the next request on.
func TestARotatedSecretSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookie := graphtest.WithCookie(w.Login(t, ada))
	if _, err := w.Storage.RotateAppSecret(t.Context(), 1, w.app.ClientID, w.app.Seal("newer"), time.Hour); err != nil {
		t.Fatal(err)
	}
	opened(t, string(w.current(t, w.app.ClientID, cookie).Body), "newer")
}

// F4: what tells who is logged in logs nobody in, and the other way round.
func TestTheTwoTokensAreNotEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookie := graphtest.WithCookie(w.Login(t, ada))
	current := string(w.current(t, w.app.ClientID, cookie).Body)
	w.refused(t, w.visit(t, current))
	// Not even under the other algorithm, which the app's own secret could sign.
	payload := opened(t, current, w.app.Secret)
	w.refused(t, w.visit(t, graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, payload, w.app.Secret)))
	w.wantCount(t, 0, "jtis")
	login := w.app.LoginToken(t, adaID, nil)
	for _, h := range []graphtest.Header{{Name: "X-Bc-Customer-Access-Token", Value: login}, {Name: "X-Bc-Customer-Access-Token", Value: current}, graphtest.WithCookie(login), graphtest.WithCookie(current)} {
		if r := w.current(t, w.app.ClientID, h); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d", h.Name, r.Status)
		}
		if who := w.who(t, h); who != "guest" {
			t.Errorf("%s logs in %s", h.Name, who)
		}
	}
	for _, token := range []string{login, current} {
		r := w.Query(t, `{ currentCustomer { email } }`, graphtest.Header{Name: "Authorization", Value: "Bearer " + token})
		if r.Status != http.StatusUnauthorized {
			t.Errorf("as a storefront token: %d %s", r.Status, r.Body)
		}
	}
}
