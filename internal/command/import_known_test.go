package command_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file without a column for the group says nothing about the group of those
// who are known; the default group is for new ones.
func TestImportWithoutGroupsMovesNobody(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	c.says(t, "created   2", "import", "customers", write(t, "Email,Customer Group\nin@shop.example,Wholesale\nout@shop.example,\n"), "--store", "acme")
	file := write(t, "Email,First Name\nin@shop.example,Ada\nout@shop.example,\nnew@shop.example,Bob\nNEW@shop.example,Bo\n")
	out := c.says(t, "created   1", "import", "customers", file, "--store", "acme", "--update")
	if !strings.Contains(out, "unchanged 1") || !strings.Contains(out, "updated   2") {
		t.Errorf("%s", out)
	}
	for from, want := range map[string]int{
		`customers c JOIN customer_groups g ON g.id = c.group_id WHERE g.name = 'Wholesale' AND c.first_name = 'Ada'`: 1,
		`customers c JOIN customer_groups g ON g.id = c.group_id WHERE g.name = 'Retail' AND c.first_name = 'Bo'`:     1,
		`customers WHERE group_id IS NULL AND email_key = 'out@shop.example'`:                                         1,
		`events WHERE 'customer_group_id' = ANY(changed)`:                                                             0,
	} {
		if got := c.count(t, from); got != want {
			t.Errorf("%d rows of %s, want %d", got, from, want)
		}
	}
}

// A column that says who is disabled may do so in words.
func TestImportKeepsClosedAccountsClosed(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	file := write(t, "Email,Disabled\na@shop.example,Disabled\nb@shop.example,inactive\nc@shop.example,yes\nd@shop.example,2020-01-02\n"+
		"e@shop.example,enabled\nf@shop.example,Active\ng@shop.example,no\nh@shop.example,\ni@shop.example,never\n")
	c.says(t, "rejected  1", "import", "customers", file, "--store", "acme")
	if n := c.count(t, `customers WHERE (disabled_at IS NOT NULL) = (email < 'e')`); n != 8 {
		t.Errorf("%d of 8 are as the file says", n)
	}
}

// Lines about one address have the outcome of one after the other, in one batch
// as in several.
func TestImportOfOneAddressTwice(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	file := write(t, "Email,Status,Suppression Reason,Date Added,Unsub Time,Clean Time\n"+
		"a@shop.example,subscribed,,2020-01-01,,\na@shop.example,cleaned,complained,2020-01-01,,2021-02-03\n"+
		"b@shop.example,subscribed,,2020-01-01,,\nb@shop.example,unsubscribed,,2020-01-01,2021-02-03,\nb@shop.example,subscribed,,2022-01-01,,\n"+
		"c@shop.example,subscribed,,2020-01-01,,\n")
	out := c.says(t, "created   3", "import", "subscribers", file, "--store", "acme", "--update")
	if !strings.Contains(out, "updated   2") || !strings.Contains(out, "unchanged 1") {
		t.Errorf("%s", out)
	}
	c.says(t, "updated   1", "import", "subscribers", write(t, "Email,Status,Clean Time\nc@shop.example,bounced,2021-02-03\n"), "--store", "acme", "--update")
	for from, want := range map[string]int{
		`subscribers WHERE state_since = '2021-02-03Z' AND date_created = '2020-01-01Z' AND next_seq = 3 AND version = 2`: 3,
		`subscribers WHERE (email, state, suppressed_reason) = ('a@shop.example', 'SUPPRESSED', 'complained')`:            1,
		`subscribers WHERE email = 'b@shop.example' AND state = 'UNSUBSCRIBED' AND suppressed_reason IS NULL`:             1,
		`subscribers WHERE (email, state, suppressed_reason) = ('c@shop.example', 'SUPPRESSED', 'bounced')`:               1,
		`consents`: 6,
		`subscribers b JOIN consents c ON c.subscriber_id = b.id AND c.seq = 2 AND c.hash = b.head_hash`:                                  3,
		`consents c JOIN consents p ON p.subscriber_id = c.subscriber_id AND p.seq = 1 AND c.prev_hash = p.hash AND c.at = '2021-02-03Z'`: 3,
		`events WHERE scope = 'store/subscriber/created' AND entity_version = 1`:                                                          3,
		`events WHERE scope = 'store/subscriber/updated' AND entity_version = 2`:                                                          3,
	} {
		if got := c.count(t, from); got != want {
			t.Errorf("%d rows of %s, want %d", got, from, want)
		}
	}
}

// What a file of groups has no column for stays as it is.
func TestImportOfGroupsClearsNothingUnsaid(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	c.says(t, "created   1", "import", "groups", write(t, "Name,For Guests,Category Access,Categories,Discount Rules\nVIP,yes,SPECIFIC,4 5,ALL PERCENT 5\n"), "--store", "acme")
	before := c.export(t, "groups")
	c.says(t, "unchanged 3", "import", "groups", write(t, "Name\nVIP\nRetail\nWholesale\n"), "--store", "acme", "--update")
	c.says(t, "updated   1", "import", "groups", write(t, "Name,Discount Rules\nVIP,ALL PERCENT 6\nRetail,\n"), "--store", "acme", "--update")
	if got, want := c.export(t, "groups"), strings.Replace(before, "ALL PERCENT 5", "ALL PERCENT 6", 1); got != want {
		t.Errorf("%s", cmp.Diff(want, got))
	}
	c.says(t, "updated   1", "import", "groups", write(t, "Name,Discount Rules,Default\nVIP,,\nRetail,,yes\n"), "--store", "acme", "--update")
	if n := c.count(t, `customer_group_rules`); n != 0 {
		t.Errorf("%d rules, where an empty cell says that there is none", n)
	}
}

// A customer who agreed is in both files; the subscribers' knows more of it, and
// goes first.
func TestRoundTripOfCustomersWhoSubscribed(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	c.says(t, "created   4", "import", "subscribers", write(t, "Email,First Name,Status,Status Since,Origin,Source,Order ID,Date Added\n"+
		"z@shop.example,Zoe,subscribed,2021-02-03,STOREFRONT,footer,,2020-01-02\na@shop.example,,complained,2021-02-03,API,,,2020-01-02\n"+
		"b@shop.example,Bob,unsubscribed,2021-02-03,CHECKOUT,,17,2020-01-02\nc@shop.example,,subscribed,,ACCOUNT,,,2020-01-02\n"), "--store", "acme")
	c.says(t, "created   5", "import", "customers", write(t, "Email,First Name,Accepts Marketing\na@shop.example,Ada,no\nb@shop.example,B,yes\n"+
		"c@shop.example,Cleo,yes\nd@shop.example,Dan,yes\nz@shop.example,Z,no\n"), "--store", "acme")
	c.says(t, "", "store", "create", "copy", "--name", "Copy", "--plan", "plus")
	for _, kind := range []string{"groups", "subscribers", "customers"} {
		out := c.says(t, "rejected  0", "import", kind, write(t, c.export(t, kind)), "--store", "copy")
		if !strings.Contains(out, "skipped   0") {
			t.Errorf("%s: %s", kind, out)
		}
	}
	for _, kind := range []string{"groups", "subscribers", "customers"} {
		if diff := cmp.Diff(c.export(t, kind), c.exportOf(t, "copy", kind)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}
