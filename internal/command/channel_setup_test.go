package command_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"regulars/internal/shop"
)

// second is channel 2 of the demo store.
func (c *console) second(t *testing.T) shop.Channel {
	t.Helper()
	s, err := c.s.SnapshotByHash(t.Context(), "demo")
	if err != nil || len(s.Channels) != 2 {
		t.Fatalf("%+v, %v", s, err)
	}
	return *s.Channels[1]
}

func TestChannelAdd(t *testing.T) {
	t.Parallel()
	c := demo(t)
	version := c.version(t, "demo")
	out := c.says(t, "Added channel 2 to store demo.\n", "channel", "add", "demo", "--name", " Zwei ", "--url", "https://zwei.example/de", "--host", "Zwei.example.",
		"--host", "www.zwei.example", "--origin", "https://zwei.example", "--origin", "https://zwei.example", "--local", "--default-group", "WHOLESALE", "--guest-group", "Guests")
	wantLine(t, out, "If its own server calls here: regulars channel proxy-secret demo 2")
	want := shop.Channel{ID: 2, Name: "Zwei", URL: "https://zwei.example/de", Hosts: []string{"www.zwei.example", "zwei.example"},
		Origins: []string{"https://zwei.example"}, DefaultGroupID: 2, GuestGroupID: 3}
	if got := c.second(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if c.version(t, "demo") <= version {
		t.Error("running servers would not notice")
	}
	c.says(t, "To give it a host: regulars channel add-host demo 3 HOST", "channel", "add", "demo", "--name", "Three")
	c.says(t, "regulars channel add-origin demo 4 ORIGIN", "channel", "add", "demo", "--name", "Four", "--host", "four.example")

	add := func(args ...string) []string { return append([]string{"channel", "add", "demo"}, args...) }
	c.refuses(t, "--name", add()...)
	c.refuses(t, "--name: This field is required.", add("--name", " ")...)
	c.refuses(t, "--name: Line breaks", add("--name", "a\nb")...)
	c.refuses(t, "--name: Use at most 255", add("--name", strings.Repeat("x", 256))...)
	c.refuses(t, "is not a host name", add("--name", "x", "--host", "https://x.example")...)
	c.refuses(t, "belongs to another channel", add("--name", "x", "--host", "x.example", "--host", "localhost")...)
	c.refuses(t, "an origin is", add("--name", "x", "--origin", "https://x.example/")...)
	c.refuses(t, `There is no group "Nobody".`, add("--name", "x", "--default-group", "Nobody")...)
	c.refuses(t, `There is no group "".`, add("--name", "x", "--guest-group", "")...)
	c.refuses(t, `no store "other"`, "channel", "add", "other", "--name", "x")
	for _, bad := range []string{"x", "/x", "//x.example", "ftp://x.example", "https://", "https://x.example?a", "https://x.example/?", "https://x.example#a", "https://u@x.example",
		"https://u:p@x.example", "https://a b.example", "https://x.example/a b", "javascript:alert(1)", "https://*.example", "https:x.example", "https://x.example:port",
		`https://x.example\@y.example`, "https://x.example/\n", "https://x.example/" + strings.Repeat("a", 2048)} {
		c.refuses(t, "--url is a whole address", add("--name", "x", "--url", bad)...)
	}
	_, err := c.run(t, add("--name", "", "--url", "x", "--host", "a b", "--origin", "x", "--default-group", "Nobody", "--guest-group", "nix")...)
	if err == nil || strings.Count(err.Error(), "\n") != 5 {
		t.Errorf("not all mistakes at once: %v", err)
	}
	c.says(t, "", "store", "create", "plain", "--name", "Plain")
	c.refuses(t, "the plan of store plain, standard, has no customer groups", "channel", "add", "plain", "--name", "x", "--default-group", "Retail")
}

func TestChannelSet(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.says(t, "", "channel", "add", "demo", "--name", "Two", "--host", "two.example", "--origin", "https://two.example")
	c.says(t, "", "channel", "proxy-secret", "demo", "2")
	first, want := c.text(t, `SELECT c::text FROM channels c WHERE id = 1`), c.second(t)
	set := func(args ...string) []string { return append([]string{"channel", "set", "demo", "2"}, args...) }
	for _, step := range []struct {
		args []string
		do   func()
	}{
		{[]string{"--name", "Zwei"}, func() { want.Name = "Zwei" }},
		{[]string{"--url", "https://zwei.example/de"}, func() { want.URL = "https://zwei.example/de" }},
		{[]string{"--no-global-login"}, func() { want.AllowGlobalLogin = false }},
		{[]string{"--default-group", "wholesale", "--guest-group", "Guests"}, func() { want.DefaultGroupID, want.GuestGroupID = 2, 3 }},
		{[]string{"--no-default-group"}, func() { want.DefaultGroupID = 0 }},
		{[]string{"--no-guest-group", "--default-group", "Retail"}, func() { want.DefaultGroupID, want.GuestGroupID = 1, 0 }},
		{[]string{"--global-login", "--url", ""}, func() { want.AllowGlobalLogin, want.URL = true, "" }},
		{[]string{"--global-login"}, func() {}},
	} {
		version := c.version(t, "demo")
		c.says(t, "Saved.", set(step.args...)...)
		step.do()
		if got := c.second(t); !reflect.DeepEqual(got, want) {
			t.Errorf("%v: got %+v, want %+v", step.args, got, want)
		}
		if c.version(t, "demo") <= version {
			t.Errorf("%v: running servers would not notice", step.args)
		}
	}
	if now := c.text(t, `SELECT c::text FROM channels c WHERE id = 1`); now != first {
		t.Errorf("channel 1 was %s and is %s", first, now)
	}
	was := c.text(t, `SELECT c::text FROM channels c WHERE id = 2`)
	c.refuses(t, "nothing was asked for", set()...)
	c.refuses(t, "--name", set("--name", "")...)
	c.refuses(t, "--url", set("--name", "x", "--url", "x")...)
	c.refuses(t, "There is no group", set("--name", "x", "--default-group", "Nobody")...)
	c.refuses(t, `There is no group "".`, set("--default-group", "")...)
	c.refuses(t, "can't be used together", set("--default-group", "Retail", "--no-default-group")...)
	c.refuses(t, "can't be used together", set("--guest-group", "Retail", "--no-guest-group")...)
	c.refuses(t, "store demo has no channel 3", "channel", "set", "demo", "3", "--name", "x")
	c.refuses(t, `no store "other"`, "channel", "set", "other", "1", "--name", "x")
	if now := c.text(t, `SELECT c::text FROM channels c WHERE id = 2`); now != was {
		t.Errorf("refusals changed %s to %s", was, now)
	}
}

func TestChannelList(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.says(t, "", "channel", "add", "demo", "--name", "Two", "--local", "--default-group", "Wholesale", "--host", "b.example", "--host", "a.example", "--origin", "https://two.example")
	c.says(t, "", "channel", "proxy-secret", "demo", "2")
	wantLine(t, c.says(t, "Saved.", "channel", "set", "demo", "2", "--token-required"), "storefront token required")
	wantLine(t, c.says(t, "Saved.", "channel", "set", "demo", "2", "--browser-tokens"), "access tokens for servers and listed pages")
	out := c.says(t, "", "channel", "list", "demo")
	for _, want := range []string{
		"Channel 1 Demo Store", "url http://localhost:8080", "hosts 127.0.0.1, localhost", "origins -", "global logins allowed", "default group the store's",
		"Channel 2 Two", "url -", "hosts a.example, b.example", "origins https://two.example", "global logins refused", "default group Wholesale",
		"guests' group the store's", "proxy secret set", "proxy secret not set", "storefront token required", "storefront token not required",
		"access tokens for servers",
		"cookie __Host-SHOP_TOKEN: sent to this host alone, for pages of the same site and links that lead here (SameSite=Lax, Secure)",
	} {
		wantLine(t, out, want)
	}
	hash := c.second(t).Policy.TrustedProxySecretHash
	out += c.says(t, "", "channel", "list", "demo", "--json")
	if strings.Contains(out, hash) {
		t.Error("the hash of the secret is shown")
	}
	lines := strings.Split(strings.TrimSpace(c.says(t, "", "channel", "list", "demo", "--json")), "\n")
	var two map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &two); err != nil || len(lines) != 2 {
		t.Fatal(err, lines)
	}
	want := map[string]any{"id": 2.0, "name": "Two", "url": "", "hosts": []any{"a.example", "b.example"}, "origins": []any{"https://two.example"},
		"allow_global_logins": false, "default_customer_group": "Wholesale", "guest_customer_group": nil, "has_proxy_secret": true, "token_required": true, "browser_tokens": true,
		"cookie": "same-site", "cookie_domain": "",
		"cookie_is": "__Host-SHOP_TOKEN: sent to this host alone, for pages of the same site and links that lead here (SameSite=Lax, Secure)"}
	if !reflect.DeepEqual(two, want) {
		t.Errorf("got %v, want %v", two, want)
	}
	c.refuses(t, `no store "other"`, "channel", "list", "other")
}
