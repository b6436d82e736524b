package command_test

import (
	"strings"
	"testing"
)

func TestCustomerDisableAndEnable(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.login(t, 1, "first", "")
	c.login(t, 1, "second", "")
	c.login(t, 2, "other", "")
	c.says(t, "Customer 1 (ada@example.com) is disabled. 2 sessions ended.\n", "customer", "disable", "demo", "ada@example.com")
	was := c.text(t, `SELECT c::text FROM customers c WHERE id = 1`)
	c.says(t, "Customer 1 (ada@example.com) was disabled already.\n", "customer", "disable", "demo", "1")
	if now := c.text(t, `SELECT c::text FROM customers c WHERE id = 1`); now != was {
		t.Errorf("repeating changed %s to %s", was, now)
	}
	if n := c.count(t, `sessions WHERE revoked_at IS NULL`); n != 1 {
		t.Errorf("%d sessions are open, want the other customer's", n)
	}
	c.says(t, "Customer 1 (ada@example.com) can log in again. Earlier sessions stay ended.\n", "customer", "enable", "demo", "1")
	c.says(t, "Customer 1 (ada@example.com) was enabled already.\n", "customer", "enable", "demo", "1")
	if n := c.count(t, `events WHERE entity = 'customer' AND entity_id = 1 AND changed = '{disabled_at}'`); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

func TestCustomerForceReset(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.login(t, 1, "first", "")
	c.says(t, "Customer 1 (ada@example.com) has to reset the password before the next login. 1 session ended.\n", "customer", "force-reset", "demo", "1")
	c.says(t, "Customer 1 (ada@example.com) had to reset the password already.\n", "customer", "force-reset", "demo", "1")
	if n := c.count(t, `events WHERE entity_id = 1 AND changed = '{password_reset_required}' AND entity_version = 2`); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestCustomerDelete(t *testing.T) {
	t.Parallel()
	c := demo(t)
	c.login(t, 1, "first", "")
	before := c.all(t)
	out, err := c.run(t, "customer", "delete", "demo", "ada@example.com")
	if err == nil || err.Error() != "nothing was deleted; repeat with --yes" || c.all(t) != before {
		t.Errorf("without --yes: %v", err)
	}
	if want := "Customer 1 (ada@example.com) would go for good, with 2 addresses and 1 session.\nThe subscriber of the address would stay: SUBSCRIBED.\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	c.says(t, "Customer 1 (ada@example.com) is deleted, with addresses and sessions.\nThe subscriber of the address stays: SUBSCRIBED.\n",
		"customer", "delete", "demo", "ada@example.com", "--yes")
	for from, want := range map[string]int{
		`customers WHERE id = 1`: 0, `addresses WHERE customer_id = 1`: 0, `sessions`: 0, `customers`: 2, `addresses`: 4,
		`subscribers WHERE email = 'ada@example.com' AND state = 'SUBSCRIBED' AND sole_customer_id IS NULL`: 1, `consents WHERE customer_id = 1`: 1,
		`events WHERE scope = 'store/customer/deleted' AND entity_id = 1`: 1,
	} {
		if got := c.count(t, from); got != want {
			t.Errorf("%d rows of %s, want %d", got, from, want)
		}
	}
	c.refuses(t, "store demo has no customer ada@example.com", "customer", "delete", "demo", "ada@example.com", "--yes")
	c.refuses(t, "store demo has no customer 1", "customer", "delete", "demo", "1", "--yes")
	c.owner.MustExec(`DELETE FROM subscribers WHERE email = 'linus@example.com'`)
	if out := c.says(t, "is deleted", "customer", "delete", "demo", "3", "--yes"); strings.Contains(out, "subscriber") {
		t.Errorf("no subscriber, and yet: %s", out)
	}
}
