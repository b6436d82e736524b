package command_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

var appWords = regexp.MustCompile(`Client (id|secret): +(\S+)\n`)

// createApp gives the client id and secret that were printed.
func (c *console) createApp(t *testing.T, args ...string) (id, secret string) {
	t.Helper()
	out := c.says(t, "Created app", append([]string{"app", "create"}, args...)...)
	found := appWords.FindAllStringSubmatch(out, -1)
	if len(found) != 2 {
		t.Fatalf("no id and secret in %q", out)
	}
	return found[0][2], found[1][2]
}

// secrets are the app's as the server opens them, newest first.
func (c *console) secrets(t *testing.T, store, clientID string) (out []string) {
	t.Helper()
	s, err := c.s.SnapshotByHash(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	app, _, _, err := c.s.App(t.Context(), s.Store.ID, clientID)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := c.keys()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range app.Secrets {
		text, err := ring.Open(shop.SealAppSecret, secret.Sealed, store, clientID)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	return out
}

func wantSecrets(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%d secrets count, not the %d that should", len(got), len(want))
	}
}

func TestAppCreate(t *testing.T) {
	t.Parallel()
	c := demo(t)
	id, secret := c.createApp(t, "demo", "--name", " Loyalty ", "--scope", "store_v2_customers_login", "--scope", "store_v2_customers_login", "--channel", "1", "--channel", "1")
	if raw, err := hex.DecodeString(secret); err != nil || len(raw) != 32 || !shop.IsClientID(id) {
		t.Errorf("id %s and a secret of %d bytes", id, len(raw))
	}
	wantSecrets(t, c.secrets(t, "demo", id), secret)
	if dump := c.text(t, `SELECT string_agg(a::text || s::text, ' ') FROM apps a, app_secrets s`); strings.Contains(dump, secret) {
		t.Error("the secret lies in the database")
	}
	if got := c.text(t, `SELECT name || scopes::text || channels::text FROM apps`); got != "Loyalty{store_v2_customers_login}{1}" {
		t.Errorf("saved %s", got)
	}
	other, otherSecret := c.createApp(t, "demo", "--name", "Reader")
	if other == id || otherSecret == secret {
		t.Error("made twice")
	}
	if got := c.text(t, `SELECT name || scopes::text || (channels IS NULL) FROM apps ORDER BY id DESC LIMIT 1`); got != "Reader{}true" {
		t.Errorf("saved %s", got)
	}
	create := func(args ...string) []string { return append([]string{"app", "create", "demo"}, args...) }
	c.refuses(t, "--name", create()...)
	c.refuses(t, "--name: This field is required.", create("--name", " ")...)
	c.refuses(t, `there is no scope "store_v2_orders" here, only store_v2_customers_login`, create("--name", "x", "--scope", "store_v2_orders")...)
	c.refuses(t, "store demo has no channel 2", create("--name", "x", "--channel", "2")...)
	c.refuses(t, `no store "other"`, "app", "create", "other", "--name", "x")
	if _, err := c.run(t, create("--name", "", "--scope", "x", "--channel", "9")...); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all mistakes at once: %v", err)
	}
	c.noKey = errors.New("no key")
	c.refuses(t, "no key", create("--name", "x")...)
}

// With --json a command that makes a secret prints one object and nothing else.
func TestSecretsAsJSON(t *testing.T) {
	t.Parallel()
	c := demo(t)
	makes := func(into any, args ...string) {
		t.Helper()
		out := c.says(t, "", append(args, "--json")...)
		if err := json.Unmarshal([]byte(out), into); err != nil || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: %v: %q", args, err, out)
		}
	}
	var app struct {
		ID       string `json:"client_id"`
		Secret   string `json:"client_secret"`
		Name     string
		Scopes   []string
		Channels []int64 `json:"channel_ids"`
		Before   *string `json:"date_previous_expires"`
	}
	makes(&app, "app", "create", "demo", "--name", "Loyalty", "--channel", "1")
	wantSecrets(t, c.secrets(t, "demo", app.ID), app.Secret)
	if app.Name != "Loyalty" || app.Scopes == nil || len(app.Channels) != 1 {
		t.Errorf("%+v", app)
	}
	first := app.Secret
	makes(&app, "app", "rotate", "demo", app.ID)
	wantSecrets(t, c.secrets(t, "demo", app.ID), app.Secret, first)
	if app.Before == nil || len(*app.Before) != len("2030-12-31T00:00:00Z") {
		t.Errorf("the first goes on until %v", app.Before)
	}
	makes(&app, "app", "rotate", "demo", app.ID, "--overlap", "0s")
	wantSecrets(t, c.secrets(t, "demo", app.ID), app.Secret)
	if app.Before != nil {
		t.Errorf("the first goes on until %s", *app.Before)
	}
	var proxy struct {
		Channel int64  `json:"channel_id"`
		Secret  string `json:"proxy_secret"`
	}
	makes(&proxy, "channel", "proxy-secret", "demo", "1")
	if got := c.channel(t, "demo").Policy.TrustedProxySecretHash; proxy.Channel != 1 || got != shop.HashProxySecret(proxy.Secret) {
		t.Error("what was printed is not what is kept")
	}
	var token struct {
		ID       int64
		Token    string
		Warnings []string
		Expires  string `json:"date_expires"`
	}
	makes(&token, "token", "create", "demo", "--kind", "storefront", "--channel", "1", "--expires", "2101-01-01T00:00:00Z", "--origin", "https://a.example")
	if got := c.text(t, `SELECT encode(token_hash, 'hex') FROM storefront_tokens WHERE id = 1`); token.ID != 1 || got != fmt.Sprintf("%x", keys.Hash(token.Token)) {
		t.Error("what was printed is not what is kept")
	}
	if token.Expires != "2101-01-01T00:00:00Z" || len(token.Warnings) != 1 || !strings.HasPrefix(token.Warnings[0], "Pages of https://a.example cannot act") {
		t.Errorf("%s %q", token.Expires, token.Warnings)
	}
}

func TestAppRotate(t *testing.T) {
	t.Parallel()
	c := demo(t)
	id, first := c.createApp(t, "demo", "--name", "Loyalty")
	rotate := func(want string, args ...string) string {
		t.Helper()
		out := c.says(t, want, append([]string{"app", "rotate", "demo", id}, args...)...)
		return appWords.FindStringSubmatch(out)[2]
	}
	second := rotate("The one before it counts until")
	wantSecrets(t, c.secrets(t, "demo", id), second, first)
	if got := c.text(t, `SELECT round(EXTRACT(epoch FROM max(expires_at) - now()) / 3600)::text FROM app_secrets`); got != "24" {
		t.Errorf("the first goes on for %s hours", got)
	}
	third := rotate("counts until", "--overlap", "1h") // the first ends: two are enough
	wantSecrets(t, c.secrets(t, "demo", id), third, second)
	c.owner.MustExec(`UPDATE app_secrets SET expires_at = now() WHERE expires_at IS NOT NULL`)
	wantSecrets(t, c.secrets(t, "demo", id), third)
	fourth := rotate("the only one that counts", "--overlap", "0s")
	wantSecrets(t, c.secrets(t, "demo", id), fourth)
	if n := c.count(t, "app_secrets"); n != 1 {
		t.Errorf("%d secrets are kept", n)
	}
	c.refuses(t, "--overlap can be 0s to 2160h", "app", "rotate", "demo", id, "--overlap", "2161h")
	c.refuses(t, "--overlap can be", "app", "rotate", "demo", id, "--overlap=-1s")
	c.refuses(t, "store demo has no app app_x, or it is revoked", "app", "rotate", "demo", "app_x")
	c.says(t, "", "store", "create", "other", "--name", "Other")
	c.refuses(t, "store other has no app", "app", "rotate", "other", id)
}

func TestAppRevoke(t *testing.T) {
	t.Parallel()
	c := demo(t)
	id, first := c.createApp(t, "demo", "--name", "Loyalty")
	c.says(t, "", "app", "rotate", "demo", id)
	newest := c.text(t, `SELECT id::text FROM app_secrets WHERE expires_at IS NULL`)
	c.refuses(t, "with a secret 99", "app", "revoke", "demo", id, "--secret", "99")
	c.says(t, "Revoked secret "+newest, "app", "revoke", "demo", id, "--secret", newest)
	wantSecrets(t, c.secrets(t, "demo", id), first)
	last := c.text(t, `SELECT id::text FROM app_secrets`)
	c.says(t, "regulars app rotate demo "+id, "app", "revoke", "demo", id, "--secret", last)
	wantSecrets(t, c.secrets(t, "demo", id))
	c.says(t, "the only one that counts", "app", "rotate", "demo", id)

	c.says(t, "", "store", "create", "other", "--name", "Other")
	c.refuses(t, "store other has no app", "app", "revoke", "other", id)
	c.says(t, "Revoked app "+id, "app", "revoke", "demo", id)
	wantSecrets(t, c.secrets(t, "demo", id))
	if n := c.count(t, "app_secrets"); n != 0 {
		t.Errorf("%d secrets are kept", n)
	}
	c.refuses(t, "or it is revoked", "app", "revoke", "demo", id)
	c.refuses(t, "or it is revoked", "app", "rotate", "demo", id)
	wantLine(t, c.says(t, "", "app", "list", "demo"), "App "+id+" Loyalty")
}

func TestAppList(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.says(t, "No apps.\n", "app", "list", "demo")
	one, secret := c.createApp(t, "demo", "--name", "One\u202eeno", "--scope", "store_v2_customers_login", "--channel", "1")
	two, _ := c.createApp(t, "demo", "--name", "Two")
	c.says(t, "", "app", "rotate", "demo", one)
	c.says(t, "", "app", "revoke", "demo", two)
	out := c.says(t, "", "app", "list", "demo")
	for _, want := range []string{"App " + one + ` One\u202eeno`, "scopes store_v2_customers_login", "channels 1", "state active", "App " + two + " Two", "scopes -", "channels all"} {
		wantLine(t, out, want)
	}
	if !strings.Contains(out, "revoked 20") || strings.Count(out, "  secret ") != 2 || !strings.Contains(out, ", until 20") {
		t.Errorf("states and secrets: %s", out)
	}
	lines := strings.Split(strings.TrimSpace(c.says(t, "", "app", "list", "demo", "--json")), "\n")
	var first, second struct {
		ClientID string    `json:"client_id"`
		Scopes   []string  `json:"scopes"`
		Channels *[]int64  `json:"channel_ids"`
		Created  string    `json:"date_created"`
		Revoked  *string   `json:"date_revoked"`
		Secrets  []any     `json:"secrets"`
		Sealed   *struct{} `json:"sealed"`
	}
	if len(lines) != 2 || json.Unmarshal([]byte(lines[0]), &first) != nil || json.Unmarshal([]byte(lines[1]), &second) != nil {
		t.Fatalf("%q", lines)
	}
	if first.ClientID != one || first.Channels == nil || len(first.Secrets) != 2 || first.Revoked != nil || second.ClientID != two || second.Channels != nil ||
		second.Secrets == nil || second.Revoked == nil || second.Scopes == nil || len(second.Created) != len("2030-12-31T00:00:00Z") {
		t.Errorf("%s", lines)
	}
	if all := out + strings.Join(lines, ""); strings.Contains(all, secret) || strings.Contains(all, "sealed") {
		t.Error("a secret is listed")
	}
	c.refuses(t, `no store "other"`, "app", "list", "other")
}
