package command_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"regulars/internal/command"
	"regulars/internal/password"
	"regulars/internal/shop"
)

func TestDemoTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	out := c.says(t, "Loaded the demo store", "demo")
	for _, line := range append([]string{command.DemoPassword}, command.DemoLogins...) {
		c.says(t, "nothing was changed", "demo")
		if !strings.Contains(out, line) {
			t.Errorf("%q does not show %q", out, line)
		}
	}
	c.owner.MustExec(`DELETE FROM subscribers WHERE email_key = 'tim@example.com'`)
	before := c.all(t)
	c.says(t, "nothing was changed", "demo")
	if after := c.all(t); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// The issue names what is in it.
func TestDemoHoldsWhatWasPromised(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "demo")
	for from, want := range map[string]int{
		`stores WHERE hash = 'demo' AND plan = 'enterprise' AND status = 'LAUNCHED'`: 1,
		`channels WHERE id = 1`: 1, `hosts WHERE host IN ('localhost', '127.0.0.1')`: 2, `hosts`: 2,
		`customer_groups WHERE name = 'Retail' AND is_default`: 1, `customer_groups WHERE name = 'Guests' AND is_group_for_guests AND category_access = 'ALL'`: 1,
		`customer_groups WHERE name = 'Wholesale' AND category_access = 'ALL'`:            1,
		`customer_group_rules WHERE type = 'ALL' AND method = 'PERCENT' AND amount = 20`:  1,
		`customer_group_rules WHERE type = 'CATEGORY' AND target_id = 23 AND amount = 30`: 1,
		`customer_group_rules`:                          2,
		`customers WHERE email_verified_at IS NOT NULL`: 3,
		`customers c JOIN customer_groups g ON g.id = c.group_id AND g.name = 'Wholesale' AND c.email = 'ada@example.com'`: 1,
		`customers c JOIN customer_groups g ON g.id = c.group_id AND g.name = 'Retail' AND c.email = 'grace@example.com'`:  1,
		`customers WHERE group_id IS NULL AND email = 'linus@example.com'`:                                                 1,
		`addresses`: 6, `(SELECT customer_id FROM addresses GROUP BY customer_id HAVING count(*) = 2) x`: 3,
		`subscribers`: 12, `subscribers WHERE order_id IS NOT NULL AND origin = 'CHECKOUT'`: 3, `(SELECT DISTINCT origin FROM subscribers) x`: 5,
		`subscribers WHERE state = 'UNSUBSCRIBED' AND email = 'linus@example.com'`: 1,
	} {
		if got := c.count(t, from); got != want {
			t.Errorf("%d rows of %s, want %d", got, from, want)
		}
	}
	s, err := c.s.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	found, ok, err := c.s.Credentials(t.Context(), s.Store.ID, "ada@example.com")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if ok, _, err := password.New(1).Verify(t.Context(), found.PasswordHash, command.DemoPassword); !ok || err != nil {
		t.Errorf("the password printed does not fit: %v", err)
	}
	for _, host := range []string{"localhost", "127.0.0.1"} {
		if id, ok, err := c.s.StoreOfHost(t.Context(), host); id != s.Store.ID || !ok || err != nil {
			t.Errorf("%s: %d %v %v", host, id, ok, err)
		}
	}
}

// A kill leaves what was committed by then; the hosts come last.
func TestDemoKilledHalfWayIsCompleted(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string][]string{
		"before the hosts": nil,
		"in the middle of the subscribers": {`DELETE FROM consents WHERE subscriber_id IN (SELECT id FROM subscribers WHERE origin IN ('API', 'IMPORT'))`,
			`DELETE FROM subscribers WHERE origin IN ('API', 'IMPORT')`},
		"before the addresses":  {`DELETE FROM consents`, `DELETE FROM subscribers`, `DELETE FROM addresses WHERE city = 'Berlin'`},
		"before the customers":  {`DELETE FROM consents`, `DELETE FROM subscribers`, `DELETE FROM customers WHERE email <> 'ada@example.com'`},
		"before the groups":     {`DELETE FROM consents`, `DELETE FROM subscribers`, `DELETE FROM customers`, `DELETE FROM customer_groups WHERE name <> 'Retail'`},
		"right after the start": {`DELETE FROM consents`, `DELETE FROM consent_texts`, `DELETE FROM stores`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newConsole(t)
			c.says(t, "Loaded", "demo")
			const what = `SELECT (SELECT count(*) FROM customer_groups) || ' groups ' || (SELECT count(*) FROM customer_group_rules) || ' rules '
				|| (SELECT count(*) FROM customers) || ' customers ' || (SELECT count(*) FROM addresses) || ' addresses '
				|| (SELECT string_agg(email || state || origin, ' ' ORDER BY email) FROM subscribers) || (SELECT count(*) FROM hosts) || ' hosts'`
			want := c.text(t, what)
			for _, statement := range append([]string{`DELETE FROM hosts`}, kill...) {
				c.owner.MustExec(statement)
			}
			c.says(t, "Loaded", "demo")
			if got := c.text(t, what); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			c.says(t, "nothing was changed", "demo")
		})
	}
}

func (c *console) text(t *testing.T, query string) (s string) {
	t.Helper()
	if err := c.owner.Get(&s, query); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDemoAtOnce(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	done := make(chan error)
	for range 3 {
		go func() {
			_, err := c.run(t, "demo")
			done <- err
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := c.count(t, `subscribers`); n != 12 || c.count(t, `customers`) != 3 || c.count(t, `channels`) != 1 {
		t.Errorf("%d subscribers\n%s", n, c.all(t))
	}
}

func TestSweepVisitsEveryStore(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	for i := range 3 {
		c.says(t, "", "store", "create", fmt.Sprint("s", i), "--name", "x")
	}
	c.owner.MustExec(`INSERT INTO events (store_id, scope, entity, entity_id, entity_version, at, position)
		SELECT id, 'x', 'x', 1, 1, now() - interval '31 days', n FROM stores, generate_series(1, 1100) n`)
	if err := command.Sweep(t.Context(), c.s); err != nil {
		t.Error(err)
	}
	if n := c.count(t, `events`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	c.says(t, "", "demo")
	if _, err := c.s.SnapshotByHash(t.Context(), "nobody"); shop.CodeOf(err) != shop.NotFound {
		t.Errorf("got %v", err)
	}
}

// The demo store's pages are where the server is, until somebody says otherwise.
func TestDemoFollowsTheServer(t *testing.T) {
	t.Parallel()
	c := demo(t)
	url := func() string {
		s, err := c.s.SnapshotByHash(t.Context(), "demo")
		if err != nil {
			t.Fatal(err)
		}
		return s.Channels[0].URL
	}
	at := func(publicURL string) string {
		t.Helper()
		env := &command.Env{Ctx: t.Context(), Storage: c.s, PublicURL: publicURL, Out: io.Discard}
		if err := (&command.Demo{}).Run(env); err != nil {
			t.Fatal(err)
		}
		return url()
	}
	for _, want := range []string{"http://localhost:9080", "http://localhost:8080"} {
		if got := at(want); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	c.says(t, "", "channel", "set", "demo", "1", "--url", "https://shop.example.com")
	if got := at("http://localhost:9080"); got != "https://shop.example.com" {
		t.Errorf("got %s", got)
	}
}
