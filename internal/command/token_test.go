package command_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestToken(t *testing.T) {
	t.Parallel()
	c := demo(t)
	version := c.version(t, "demo")
	create := func(args ...string) []string { return append([]string{"token", "create", "demo"}, args...) }
	out := c.says(t, "It is token 1, and shown once:\n", create("--kind", "private", "--channel", "1", "--channel", "1", "--scope", "Customer", "--scope", "Customer", "--expires", "720h", "--name", " The server ")...)
	text := strings.TrimSpace(out[strings.LastIndex(strings.TrimSpace(out), "\n"):])
	if !regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`).MatchString(text) {
		t.Errorf("no token: %q", out)
	}
	if c.version(t, "demo") <= version {
		t.Error("running servers would not notice")
	}
	out = c.says(t, "It is token 2", create("--kind", "storefront", "--channel", "1", "--origin", "https://a.example", "--origin", "http://localhost", "--expires", "2101-01-01T02:00:00+02:00")...)
	wantLine(t, out, "Send this as Authorization: Bearer, until 2101-01-01 00:00 UTC. It is token 2, and shown once:")
	wantLine(t, out, "Pages of https://a.example cannot act for shoppers of channel 1 yet: regulars channel add-origin demo 1 https://a.example")
	if strings.Contains(out, "Pages of http://localhost ") {
		t.Error("warned of the storefront's own pages")
	}
	c.says(t, "It is token 3", create("--kind", "impersonation", "--channel", "1", "--expires", "1h")...)

	version = c.version(t, "demo")
	c.says(t, "Token 3 of store demo is revoked.\n", "token", "revoke", "demo", "3")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.says(t, "Token 1 of store demo is revoked.\n", "token", "revoke", "demo", "--token-file", file)
	if c.version(t, "demo") != version+2 {
		t.Error("running servers would not notice")
	}

	list := c.says(t, "until 2101-01-01 00:00 UTC\n", "token", "list", "demo")
	lines := strings.Split(strings.TrimSpace(c.says(t, "", "token", "list", "demo", "--json")), "\n")
	if strings.Count(list, ", revoked\n") != 2 || len(lines) != 3 || strings.Contains(list+strings.Join(lines, ""), text[len(text)-40:]) {
		t.Errorf("listed\n%s\n%s", list, lines)
	}
	var line struct {
		ID              int
		Kind, Name      string
		Channels        []int `json:"channel_ids"`
		Scopes, Origins []string
	}
	if err := json.Unmarshal([]byte(lines[1]), &line); err != nil || line.ID != 2 || line.Kind != "storefront" || len(line.Channels) != 1 || line.Scopes == nil ||
		len(line.Origins) != 2 || !strings.Contains(lines[1], `"date_expires":"2101-01-01T00:00:00Z","date_revoked":null`) {
		t.Errorf("%v: %s", err, lines[1])
	}
	if !regexp.MustCompile(`"date_created":"[0-9T:-]{19}Z","date_expires":"[0-9T:-]{19}Z","date_revoked":"[0-9T:-]{19}Z"}$`).MatchString(lines[0]) {
		t.Errorf("other dates than those of app list: %s", lines[0])
	}
}

// The server compares origins with their ports: what a token is warned of is
// what the server refuses.
func TestTokenOrigins(t *testing.T) {
	t.Parallel()
	c := demo(t)
	create := func(origins ...string) []string {
		args := []string{"token", "create", "demo", "--kind", "storefront", "--channel", "1", "--expires", "1h"}
		for _, o := range origins {
			args = append(args, "--origin", o)
		}
		return args
	}
	const hint = "regulars channel add-origin demo 1 http://localhost:3000"
	wantLine(t, c.says(t, "", create("http://localhost:3000")...), "Pages of http://localhost:3000 cannot act for shoppers of channel 1 yet, unless this server itself is at that port: "+hint)
	c.says(t, "may act", "channel", "add-origin", "demo", "1", "http://localhost:3000")
	if out := c.says(t, "", create("http://localhost:3000", "http://localhost")...); strings.Contains(out, "Pages of") {
		t.Errorf("warned of a listed origin, or of the storefront's own: %s", out)
	}
	wantLine(t, c.says(t, "", create("http://localhost:3001")...), "Pages of http://localhost:3001 cannot act for shoppers of channel 1 yet, unless this server itself is at that port: regulars channel add-origin demo 1 http://localhost:3001")

	before := c.count(t, "storefront_tokens")
	const noTLS = "--origin: The origin http://shop.example.com has no TLS: anybody on the way could write its pages"
	c.refuses(t, noTLS, create("http://shop.example.com")...)
	c.says(t, "", "channel", "add", "demo", "--name", "Two")
	_, err := c.run(t, append(create("http://shop.example.com", "http://b.example.com"), "--channel", "2")...)
	if err == nil || strings.Count(err.Error(), "has no TLS") != 2 || !strings.Contains(err.Error(), noTLS) {
		t.Errorf("each origin once: %v", err)
	}
	if c.count(t, "storefront_tokens") != before {
		t.Error("made a token that no page may use")
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	c := demo(t)
	create := func(args ...string) []string {
		return append([]string{"token", "create", "demo", "--channel", "1", "--expires", "1h"}, args...)
	}
	c.refuses(t, "--kind", create()...)
	c.refuses(t, "--kind must be one of", create("--kind", "x")...)
	c.refuses(t, "--scope must be one of", create("--kind", "private", "--scope", "customer")...)
	c.refuses(t, "a private token needs --scope", create("--kind", "private")...)
	c.refuses(t, "--scope is for private tokens", create("--kind", "storefront", "--scope", "Customer")...)
	c.refuses(t, "--origin is for storefront tokens", create("--kind", "impersonation", "--origin", "https://a.example")...)
	c.refuses(t, "an origin is", create("--kind", "storefront", "--origin", "https://a.example/")...)
	c.refuses(t, "at most 2 origins", create("--kind", "storefront", "--origin", "https://a.example", "--origin", "https://b.example", "--origin", "https://c.example")...)
	c.refuses(t, "store demo has no channel 9", create("--kind", "storefront", "--channel", "9")...)
	c.refuses(t, "--name: Line breaks", create("--kind", "storefront", "--name", "a\nb")...)
	c.refuses(t, `no store "other"`, "token", "create", "other", "--kind", "storefront", "--channel", "1", "--expires", "1h")
	for _, expires := range []string{"", "soon", "0s", "-1h", "10ms", "2030-01-01", "1"} {
		c.refuses(t, "--expires", create("--kind", "storefront", "--expires", expires)...)
	}
	c.refuses(t, "over before it is made", create("--kind", "storefront", "--expires", "2001-01-01T00:00:00Z")...)
	_, err := c.run(t, create("--kind", "private", "--channel", "9", "--origin", "x", "--expires", "x", "--name", "a\nb")...)
	if err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Errorf("not all mistakes at once: %v", err)
	}

	c.refuses(t, "give the token's id", "token", "revoke", "demo")
	c.refuses(t, "The store has no such token.", "token", "revoke", "demo", "1")
	c.refuses(t, `no store "other"`, "token", "revoke", "other", "1")
	c.refuses(t, `no store "other"`, "token", "list", "other")
	c.noKey = errors.New("no keys here")
	c.refuses(t, "no keys here", create("--kind", "storefront")...)
}
