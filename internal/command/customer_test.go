package command_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

// demo is a console with the demo store, whose customers are 1 to 3.
func demo(t *testing.T) *console {
	t.Helper()
	c := newConsole(t)
	c.says(t, "Loaded", "demo")
	return c
}

// login gives a customer a session.
func (c *console) login(t *testing.T, customer int64, secret, agent string) {
	t.Helper()
	in := storage.Login{CustomerID: customer, NewSession: storage.NewSession{
		TokenHash: [32]byte([]byte(fmt.Sprintf("%32s", secret))), ID: secret, Kind: shop.KindCookie, ChannelID: 1, Lifetime: time.Hour,
		Device: shop.Device{UserAgent: agent, IPPrefix: "192.0.2.0/24"},
	}}
	if _, ok, err := c.s.Login(t.Context(), c.storeID(t, "demo"), in); err != nil || !ok {
		t.Fatal(ok, err)
	}
}

func (c *console) storeID(t *testing.T, hash string) int64 {
	t.Helper()
	s, err := c.s.SnapshotByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	return s.Store.ID
}

// wantLine looks for a line, whatever the widths of its columns.
func wantLine(t *testing.T, out, want string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if strings.Join(strings.Fields(line), " ") == want {
			return
		}
	}
	t.Errorf("no line %q in\n%s", want, out)
}

func TestCustomerList(t *testing.T) {
	t.Parallel()
	c := demo(t)
	out := c.says(t, "ADDRESS", "customer", "list", "demo")
	lines := strings.Split(out, "\n")
	if len(lines) != 5 || strings.Contains(out, "--after") {
		t.Errorf("got\n%s", out)
	}
	for _, column := range []string{"ADDRESS", "NAME", "GROUP", "SINCE", "STATE"} {
		at := strings.Index(lines[0], column)
		for _, line := range lines[1:4] {
			if at < 2 || len(line) <= at || line[at-1] != ' ' || line[at] == ' ' {
				t.Errorf("%s does not stand above %q", column, line)
			}
		}
	}
	today := c.text(t, `SELECT to_char(date_created AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM customers WHERE id = 1`)
	wantLine(t, out, "1 ada@example.com Ada Lovelace Analytical Engines Ltd Wholesale "+today+" active")
	wantLine(t, out, "3 linus@example.com Linus Torvalds - - "+today+" active")

	c.owner.MustExec(`UPDATE customers SET disabled_at = now(), password_reset_required = true, password_hash = NULL WHERE id = 2`)
	if out := c.says(t, "disabled, reset required, no password", "customer", "list", "demo", "--search", "GRACE"); strings.Contains(out, "ada@") {
		t.Errorf("found also %s", out)
	}
	if out := c.says(t, "ada@", "customer", "list", "demo", "--group", "wholesale"); strings.Contains(out, "linus@") {
		t.Errorf("found also %s", out)
	}
	wantLine(t, c.says(t, "ada@", "customer", "list", "demo", "--limit", "1"), "There are more: add --after 1.")
	wantLine(t, c.says(t, "grace@", "customer", "list", "demo", "--limit", "1", "--after", "1"), "There are more: add --after 2.")
	if out := c.says(t, "linus@", "customer", "list", "demo", "--limit", "1", "--after", "2"); strings.Contains(out, "more") {
		t.Errorf("more after the last: %s", out)
	}
	c.says(t, "No customers.", "customer", "list", "demo", "--search", "nobody at all")
	if out := c.says(t, "", "customer", "list", "demo", "--search", "nobody at all", "--json"); out != "" {
		t.Errorf("no customer as JSON: %q", out)
	}
	c.refuses(t, `There is no group "Nobody".`, "customer", "list", "demo", "--group", "Nobody")
	c.refuses(t, `no store "other"`, "customer", "list", "other")
	c.refuses(t, "--limit can be 1 to 1000", "customer", "list", "demo", "--limit", "0")
	c.refuses(t, "--limit can be 1 to 1000", "customer", "list", "demo", "--limit", "1001")
}

func TestCustomerShow(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.login(t, 1, "first", "Mozilla/5.0 (one)")
	c.login(t, 1, "second", "")
	out := c.says(t, "Customer 1 (ada@example.com)", "customer", "show", "demo", " ADA@Example.com")
	if byID := c.says(t, "", "customer", "show", "demo", "1"); byID != out {
		t.Errorf("by id\n%s\nby address\n%s", byID, out)
	}
	for _, want := range []string{
		"name Ada Lovelace", "company Analytical Engines Ltd", "phone -", "group Wholesale", "channels 1 (Demo Store), a global account",
		"access not disabled", "password argon2id", "notes -", "tax category -", "language en", "addresses 2", "sessions 2",
	} {
		wantLine(t, out, want)
	}
	stamp := func(column, from string) string {
		return c.text(t, `SELECT to_char(`+column+` AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') FROM `+from)
	}
	wantLine(t, out, "address ada@example.com, proved "+stamp("email_verified_at", `customers WHERE id = 1`))
	wantLine(t, out, "newsletter SUBSCRIBED since "+stamp("state_since", `subscribers WHERE email = 'ada@example.com'`)+", first from ACCOUNT")
	seen, began := stamp("last_seen_at", `sessions WHERE id = 'first'`), stamp("created_at", `sessions WHERE id = 'first'`)
	wantLine(t, out, "seen "+seen+" from 192.0.2.0/24, channel 1, since "+began+": Mozilla/5.0 (one)")
	for _, secret := range []string{"argon2id$", c.text(t, `SELECT password_hash FROM customers WHERE id = 1`), c.text(t, `SELECT encode(token_hash, 'hex') FROM sessions WHERE id = 'first'`)} {
		if strings.Contains(out, secret) {
			t.Errorf("%q is in %s", secret, out)
		}
	}

	c.owner.MustExec(`UPDATE customers SET disabled_at = '2024-02-29 12:00Z', email_verified_at = NULL, password_hash = NULL, password_reset_required = true,
		channel_ids = '{1,9}', notes = E'first\nsecond', tax_exempt_category = 'A', phone = '+49 30 1', locale = '', group_id = NULL WHERE id = 1`)
	c.owner.MustExec(`UPDATE subscribers SET email_key = 'x@example.com' WHERE email = 'ada@example.com'`)
	out = c.says(t, "", "customer", "show", "demo", "1")
	for _, want := range []string{
		"address ada@example.com, not proved", "access disabled since 2024-02-29 12:00 UTC", "password none, has to be reset", "channels 1 (Demo Store)",
		`notes first\u000asecond`, "tax category A", "phone +49 30 1", "language -", "group -", "newsletter not known there", "sessions 0",
	} {
		wantLine(t, out, want)
	}
	c.owner.MustExec(`UPDATE customers SET channel_ids = '{}' WHERE id = 1`)
	wantLine(t, c.says(t, "", "customer", "show", "demo", "1"), "channels none")
}

func TestWhoIsMeantHasToBeClear(t *testing.T) {
	t.Parallel()
	c := demo(t)
	for _, verb := range []string{"show", "disable", "enable", "force-reset", "delete"} {
		for customer, want := range map[string]string{
			"99": "store demo has no customer 99", "4294967297": "store demo has no customer 4294967297", "nobody@example.com": "store demo has no customer nobody@example.com",
			"ada": `"ada" is neither a customer's id nor an e-mail address`, "": "is neither", "0": "is neither", "1 2": "is neither", "1.0": "is neither", "99999999999999999999": "is neither",
			"ada@example.com,grace@example.com": "is neither", "a@b@c": "is neither", "\x1b[2J": `"\x1b[2J" is neither`,
		} {
			c.refuses(t, want, "customer", verb, "demo", customer)
		}
		c.refuses(t, `no store "other"`, "customer", verb, "other", "1")
	}
	c.says(t, "", "store", "create", "two", "--name", "Two")
	c.refuses(t, "store two has no customer 1", "customer", "delete", "two", "1", "--yes")
	c.refuses(t, "store two has no customer ada@example.com", "customer", "disable", "two", "ada@example.com")
}

func TestCustomersAsJSON(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.login(t, 1, "first", "Mozilla/5.0 (one)")
	out := c.says(t, "", "customer", "list", "demo", "--json", "--limit", "2")
	var ids []int64
	for line := range strings.Lines(out) {
		var r struct {
			ID         int64   `json:"id"`
			ChannelIDs []int64 `json:"channel_ids"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.ChannelIDs != nil {
			t.Errorf("%v: %s", err, line)
		}
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []int64{1, 2}) {
		t.Errorf("ids %v", ids)
	}
	var sheet struct {
		Email      string
		Group      string `json:"customer_group"`
		GroupID    int64  `json:"customer_group_id"`
		Kind       string `json:"password_kind"`
		Proved     *time.Time
		Addresses  int64 `json:"address_count"`
		Newsletter struct{ State, Origin string }
		Sessions   []struct {
			ID, Network string
			Agent       string    `json:"user_agent"`
			Seen        time.Time `json:"last_seen_at"`
		}
	}
	out = c.says(t, "", "customer", "show", "demo", "1", "--json")
	if err := json.Unmarshal([]byte(out), &sheet); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatal(err, out)
	}
	if sheet.Email != "ada@example.com" || sheet.Group != "Wholesale" || sheet.GroupID != 2 || sheet.Kind != "argon2id" || sheet.Addresses != 2 ||
		sheet.Newsletter.State != "SUBSCRIBED" || sheet.Newsletter.Origin != "ACCOUNT" || len(sheet.Sessions) != 1 || sheet.Sessions[0].ID != "first" ||
		sheet.Sessions[0].Network != "192.0.2.0/24" || sheet.Sessions[0].Agent != "Mozilla/5.0 (one)" || sheet.Sessions[0].Seen.IsZero() {
		t.Errorf("%+v\n%s", sheet, out)
	}
	c.owner.MustExec(`UPDATE customers SET channel_ids = '{}' WHERE id = 1; DELETE FROM subscribers; DELETE FROM sessions`)
	out = c.says(t, `"newsletter":null,"sessions":[]`, "customer", "show", "demo", "1", "--json")
	if !strings.Contains(out, `"channel_ids":[]`) {
		t.Errorf("an account that may log in nowhere looks like a global one: %s", out)
	}
}

// What people put into their names does not steer the terminal of staff.
func TestNamesDoNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	c := demo(t)
	const nasty = "A\x1b[2J\u009b31m\tB\u202eC\u2028D\x7f\r\nE"
	for _, column := range []string{"first_name", "last_name", "company", "phone", "notes", "tax_exempt_category", "locale"} {
		c.owner.MustExec(`UPDATE customers SET `+column+` = $1 WHERE id = 1`, nasty)
	}
	c.owner.MustExec(`UPDATE customer_groups SET name = $1 WHERE name = 'Wholesale'`, nasty)
	c.owner.MustExec(`UPDATE channels SET name = $1, url = $1, origins = ARRAY[$1], guest_group_id = 2`, nasty)
	c.owner.MustExec(`UPDATE stores SET name = $1`, nasty)
	c.login(t, 1, "first", nasty)
	for _, args := range [][]string{
		{"customer", "list", "demo"}, {"customer", "list", "demo", "--json"}, {"customer", "show", "demo", "1"}, {"customer", "show", "demo", "1", "--json"},
		{"channel", "list", "demo"}, {"channel", "list", "demo", "--json"}, {"store", "list"},
	} {
		out := c.says(t, `\u001b[2J\u009b31m`, args...)
		if i := strings.IndexAny(strings.ReplaceAll(out, "\n", ""), "\x1b\u009b\t\u202e\u2028\x7f\r"); i >= 0 {
			t.Errorf("%v: %q", args, out)
		}
	}
	out := c.says(t, "", "customer", "show", "demo", "1", "--json")
	var r struct{ Notes string }
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Notes != nasty {
		t.Errorf("%v: JSON lost something: %q", err, r.Notes)
	}
	const fine = "Ärger \u2764\ufe0f \U0001F469\u200d\U0001F680 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
	c.owner.MustExec(`UPDATE customers SET company = $1 WHERE id = 1`, fine)
	c.says(t, fine, "customer", "show", "demo", "1")
}
