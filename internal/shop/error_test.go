package shop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/shop"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	one := shop.Invalid("input.email", "Use at most %d characters.", 3)
	many := shop.Errors{one, shop.Errorf(shop.Conflict, "Taken.")}
	hidden := shop.Errorf(shop.Unavailable, "Busy.").Because(io.EOF)
	for name, c := range map[string]struct {
		err  error
		code shop.Code
		n    int
		text string
	}{
		"one": {one, shop.BadUserInput, 1, "Use at most 3 characters."}, "wrapped": {fmt.Errorf("x: %w", one), shop.BadUserInput, 1, "x: Use at most 3 characters."},
		"many": {many, shop.BadUserInput, 2, "Use at most 3 characters. Taken."}, "many, wrapped": {fmt.Errorf("x: %w", many), shop.BadUserInput, 2, ""},
		"with a cause": {hidden, shop.Unavailable, 1, "Busy."}, "not ours": {io.EOF, shop.Internal, 0, "EOF"}, "none of many": {shop.Errors{}, shop.Internal, 0, ""},
	} {
		if got := shop.CodeOf(c.err); got != c.code || len(shop.ErrorsIn(c.err)) != c.n || c.text != "" && c.err.Error() != c.text {
			t.Errorf("%s: %s, %v, %q", name, got, shop.ErrorsIn(c.err), c.err)
		}
	}
	if !errors.Is(hidden, io.EOF) || strings.Contains(hidden.Error(), "EOF") {
		t.Error("a cause is found, and not shown")
	}
	if p := one.Path(); !slices.Equal(p, []string{"input", "email"}) {
		t.Errorf("path %v", p)
	}
	if p := hidden.Path(); p == nil || len(p) != 0 {
		t.Errorf("path %#v, want an empty one", p)
	}
	if shop.Errors(nil).Or() != nil || (shop.Errors{}).Or() != nil || many.Or() == nil {
		t.Error("Or")
	}
}

func TestBoth(t *testing.T) {
	t.Parallel()
	one, two := shop.Invalid("a", "A."), shop.Errors{shop.Invalid("b", "B."), shop.Invalid("c", "C.")}
	for _, c := range []struct {
		a, b error
		want string
	}{
		{nil, nil, "<nil>"}, {one, nil, "A."}, {nil, two, "B. C."}, {one, two, "A. B. C."}, {two, one, "B. C. A."}, {io.EOF, one, "EOF"}, {one, io.EOF, "EOF"},
	} {
		if got := fmt.Sprint(shop.Both(c.a, c.b)); got != c.want {
			t.Errorf("%v and %v: %s", c.a, c.b, got)
		}
	}
}

func TestErrorBody(t *testing.T) {
	t.Parallel()
	if got := string(shop.ErrorBody(shop.Forbidden, `a "b"`, "")); got != `{"errors":[{"message":"a \"b\"","extensions":{"code":"FORBIDDEN"}}]}`+"\n" {
		t.Errorf("got %s", got)
	}
	if got := string(shop.ErrorBody(shop.Internal, "x", "r1")); !strings.Contains(got, `"requestId":"r1"`) {
		t.Errorf("got %s", got)
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2:3::4": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48", "127.0.0.1": "127.0.0.0/24",
	} {
		if got := shop.Prefix(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := shop.Prefix(netip.Addr{}); got != "" {
		t.Errorf("no address has the prefix %q", got)
	}
	if got := (shop.Limit{Burst: 4, Window: time.Hour}).Every(); got != 15*time.Minute {
		t.Errorf("every %s", got)
	}
}

func TestStoreRules(t *testing.T) {
	t.Parallel()
	for plan, want := range map[shop.Plan]bool{shop.PlanStandard: false, shop.PlanPlus: true, shop.PlanPro: true, shop.PlanEnterprise: true, "": false} {
		if plan.HasGroups() != want {
			t.Errorf("plan %q has groups: %v", plan, !want)
		}
	}
	open, closed := &shop.Channel{ID: 2, AllowGlobalLogin: true, Hosts: []string{"a.example"}}, &shop.Channel{ID: 3}
	for _, c := range []struct {
		channel *shop.Channel
		ids     []int64
		want    bool
	}{{open, nil, true}, {open, []int64{}, false}, {open, []int64{1}, false}, {open, []int64{1, 2}, true}, {closed, nil, false}, {closed, []int64{3}, true}} {
		if c.channel.Admits(c.ids) != c.want {
			t.Errorf("channel %d admits %v: %v", c.channel.ID, c.ids, !c.want)
		}
	}
	s := &shop.Snapshot{Channels: []*shop.Channel{open, closed}}
	if s.ChannelAt("a.example") != open || s.ChannelAt("b.example") != nil {
		t.Error("ChannelAt")
	}
	if shop.HashProxySecret("a") == shop.HashProxySecret("b") || len(shop.HashProxySecret("a")) != 64 {
		t.Error("HashProxySecret")
	}
	if d := shop.DefaultSettings(); !d.AccountCreation || d.Newsletter.NewsletterCheckedByDefault || !d.Newsletter.ShowNewsletterSignup {
		t.Errorf("%+v", d)
	}
}

func TestRequestIsNeverNil(t *testing.T) {
	t.Parallel()
	if shop.RequestFrom(context.Background()) == nil {
		t.Error("nil")
	}
	r := &shop.Request{ID: "x"}
	if shop.RequestFrom(shop.WithRequest(context.Background(), r)) != r {
		t.Error("another one")
	}
}

// Decision 25: two spellings with one key may be two mailboxes.
func TestRespellingAnAddressWaitsForItsProof(t *testing.T) {
	t.Parallel()
	for to, moved := range map[string]bool{
		"ada@example.com": false, "ADA@Example.com": false, "ada@ex\uff41mple.com": true, "bob@example.com": true,
	} {
		c, claimed, err := shop.CustomerUpdate{Email: &to}.Apply(shop.Customer{Email: "Ada@example.com", EmailKey: "ada@example.com", EmailVerified: true})
		if err != nil || (claimed != nil) != moved || !c.EmailVerified || (c.Email == to) == moved {
			t.Errorf("%s: %s, claimed %v, %v", to, c.Email, claimed, err)
		}
	}
}
