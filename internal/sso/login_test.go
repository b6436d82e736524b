package sso_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
)

// null is what some libraries write for what was not given.
var null = json.RawMessage("null")

func TestAnAppLogsShoppersIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.visit(t, w.app.LoginToken(t, adaID, nil))
	w.in(t, r, "/account.php", ada)
	for name, want := range map[string]string{"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	for name, changed := range map[string]map[string]any{
		"without typ":        {},
		"all claims":         {"channel_id": 1, "redirect_to": "/account.php", "request_ip": "127.0.0.1"},
		"claims of others":   {"redirect_url": "https://evil.example", "enable_persistent_cart": true, "impersonator_id": 7, "nonce": "x", "aud": "y", "sub": 1},
		"an empty redirect":  {"redirect_to": ""},
		"nulls":              {"channel_id": null, "redirect_to": null, "request_ip": null, "exp": null, "nbf": null},
		"an end tomorrow":    {"exp": time.Now().Add(24 * time.Hour).Unix()},
		"an end with splits": {"exp": float64(time.Now().Add(time.Hour).Unix()) + 0.5},
		"a start":            {"nbf": time.Now().Unix() - 1},
		"the longest jti":    {"jti": strings.Repeat("ü", 255)},
		"an address of IPv6": {"request_ip": "::ffff:127.0.0.1"},
	} {
		claims := w.app.LoginToken(t, adaID, changed)
		if name == "without typ" {
			claims = w.sign(t, `{"alg":"HS256"}`, nil)
		}
		if r := w.visit(t, claims); r.Cookie() == "" || r.Header.Get("Location") != "/account.php" {
			t.Errorf("%s: %d to %s", name, r.Status, r.Header.Get("Location"))
		}
	}
	for to, want := range map[string]string{
		"/shop-path": "/shop-path", "/login.php?action=logout": "/login.php?action=logout", "http://localhost:8080/cart.php?x=1": "/cart.php?x=1",
		"https://127.0.0.1/checkout": "/checkout",
	} {
		w.in(t, w.visit(t, w.app.LoginToken(t, adaID, map[string]any{"redirect_to": to})), want, ada)
	}
}

// Whoever types the address, follows it from a mail, or fetches it from a page
// that the channel lists, comes in as well; a page of any other origin that does
// more than send its visitor here does not.
func TestWhereASignOnComesFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE channels SET origins = '{https://app.example}'; UPDATE stores SET config_version = config_version + 1`)
	visit := func(headers ...graphtest.Header) *graphtest.Reply {
		return w.Do(t, http.MethodGet, "/login/token/"+w.app.LoginToken(t, adaID, nil), nil, headers...)
	}
	site := func(s string) graphtest.Header { return graphtest.Header{Name: "Sec-Fetch-Site", Value: s} }
	mode := func(s string) graphtest.Header { return graphtest.Header{Name: "Sec-Fetch-Mode", Value: s} }
	w.in(t, visit(), "/account.php", ada)
	w.in(t, visit(site("none"), mode("navigate")), "/account.php", ada)
	w.in(t, visit(site("cross-site"), mode("navigate")), "/account.php", ada)
	r := visit(site("cross-site"), mode("cors"), graphtest.Header{Name: "Origin", Value: "https://app.example"})
	w.in(t, r, "/account.php", ada)
	if r.Header.Get("Access-Control-Allow-Origin") != "https://app.example" || r.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("a listed page may not read it: %v", r.Header)
	}
	w.refused(t, visit(site("cross-site"), mode("no-cors"))) // an image
	w.refused(t, visit(site("cross-site"), mode("cors"), graphtest.Header{Name: "Origin", Value: "https://evil.example"}))
	w.wantCount(t, 4, "jtis")
}

// Nothing but a plain visit uses a token up (F6).
func TestLookingAtALinkUsesNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.app.LoginToken(t, adaID, nil)
	for name, look := range map[string]func() *graphtest.Reply{
		"HEAD":    func() *graphtest.Reply { return w.Do(t, http.MethodHead, "/login/token/"+token, nil) },
		"OPTIONS": func() *graphtest.Reply { return w.Do(t, http.MethodOptions, "/login/token/"+token, nil) },
		"prefetch": func() *graphtest.Reply {
			return w.visit(t, token, graphtest.Header{Name: "Sec-Purpose", Value: "prefetch"})
		},
		"prerender": func() *graphtest.Reply {
			return w.visit(t, token, graphtest.Header{Name: "Sec-Purpose", Value: "prefetch;prerender"})
		},
		"an older prefetch": func() *graphtest.Reply {
			return w.visit(t, token, graphtest.Header{Name: "Purpose", Value: "prefetch"})
		},
		"Firefox": func() *graphtest.Reply { return w.visit(t, token, graphtest.Header{Name: "X-Moz", Value: "prefetch"}) },
		"Safari": func() *graphtest.Reply {
			return w.visit(t, token, graphtest.Header{Name: "X-Purpose", Value: "preview"})
		},
	} {
		r := look()
		if r.Status != http.StatusNoContent || r.Header.Get("Cache-Control") != "private, no-store" || r.Header.Get("Referrer-Policy") != "no-referrer" ||
			r.Header.Get("Set-Cookie") != "" || r.Header.Get("Location") != "" {
			t.Errorf("%s: %d %v", name, r.Status, r.Header)
		}
	}
	if r := w.Do(t, http.MethodPost, "/login/token/"+token, nil); r.Status != http.StatusMethodNotAllowed || r.Header.Get("Allow") == "" {
		t.Errorf("POST: %d %v", r.Status, r.Header)
	}
	w.wantCount(t, 0, "jtis")
	w.wantCount(t, 0, "sessions")
	w.in(t, w.visit(t, token), "/account.php", ada)
}

// C3, and what a sign-on means for an account (decision 10).
func TestASignOnIsALogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	grace := w.Login(t, "grace@example.com")
	w.owner.MustExec(`UPDATE customers SET email_verified_at = NULL, password_hash = NULL, password_reset_required = true WHERE id = 1`)
	var version int
	if err := w.owner.Get(&version, `SELECT version FROM customers WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	cookie := w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil), graphtest.WithCookie(grace)), "/account.php", ada)
	if cookie == grace || w.who(t, graphtest.WithCookie(grace)) != "guest" {
		t.Error("the session of before lives on")
	}
	planted := w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil), graphtest.WithCookie("planted")), "/account.php", ada)
	if planted == "planted" {
		t.Error("a planted cookie was taken over")
	}
	w.wantCount(t, 1, `customers WHERE id = 1 AND email_verified_at IS NOT NULL AND password_reset_required`)
	var now int
	if err := w.owner.Get(&now, `SELECT version FROM customers WHERE id = 1`); err != nil || now != version+1 {
		t.Errorf("version %d after two sign-ons, was %d: %v", now, version, err)
	}
	w.wantCount(t, 1, `events WHERE entity = 'customer' AND entity_id = 1 AND 'email_verified_at' = ANY (changed)`)
	w.wantCount(t, 0, `sessions WHERE channel_id <> 1 OR kind <> 'cookie'`)
}

// The owner hears of a sign-on from a new network as of any login, within the
// same budget.
func TestANewNetworkIsToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Login(t, ada)
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada)
	w.wantCount(t, 0, `events WHERE scope = 'account/login/device'`)
	w.owner.MustExec(`UPDATE sessions SET ip_prefix = '192.0.2.0/24'`)
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada)
	w.wantCount(t, 1, `events WHERE scope = 'account/login/device'`)
	w.owner.MustExec(`UPDATE sessions SET ip_prefix = '192.0.2.0/24'`)
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada)
	w.owner.MustExec(`UPDATE sessions SET ip_prefix = '192.0.2.0/24'`)
	w.Login(t, ada)
	w.wantCount(t, 1, `events WHERE scope = 'account/login/device'`)
}

// Pages that are elsewhere get the shopper back.
func TestGoingOnToTheStorefront(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE channels SET url = 'https://shop.example.com/de'; UPDATE stores SET config_version = config_version + 1`)
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "https://shop.example.com/account.php", ada)
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, map[string]any{"redirect_to": "https://shop.example.com/x"})), "https://shop.example.com/x", ada)
	if r := w.visit(t, "x"); r.Header.Get("Location") != "https://shop.example.com"+loginURL {
		t.Errorf("to %s", r.Header.Get("Location"))
	}
}
