package account_test

import (
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/shop"
)

// A login from a network that is new to the account is told of, once a day.
func TestNewDevice(t *testing.T) {
	t.Parallel()
	s := posted(t)
	in := func(addr string) {
		t.Helper()
		want(t, login(t, s, ada, right, from(addr)), "in")
	}
	told := func(want int) {
		t.Helper()
		if got := strings.Count(subjects(t, s, ada), "New login at Demo Store"); got != want {
			t.Errorf("%d mails about a new login, want %d", got, want)
		}
	}
	in("198.51.100.1")
	told(0) // the first one ever
	in("198.51.100.77")
	told(0) // the network is known
	in("203.0.113.1")
	told(1)
	if text := newest(t, s, ada).Text; !strings.Contains(text, "203.0.113.0/24") || strings.Contains(text, "203.0.113.1") {
		t.Errorf("got %s", text)
	}
	in("192.0.2.1")
	told(1)
	elapse(t, s.DB, 24*time.Hour)
	in("2001:db8:1::1")
	told(2)
	elapse(t, s.DB, 24*time.Hour)
	for _, known := range []string{"198.51.100.1", "203.0.113.9", "192.0.2.200", "2001:db8:1:f::"} {
		in(known)
	}
	told(2)
	// What was 91 days ago is not known any more.
	must(t, s.DB.Owner(t), `UPDATE sessions SET created_at = now() - interval '91 days' WHERE ip_prefix = '192.0.2.0/24'`)
	in("192.0.2.1")
	told(3)
	want(t, login(t, s, "grace@example.com", "wrong", from("203.0.113.1")), refused)
	if got := subjects(t, s, "grace@example.com"); got != "" {
		t.Errorf("mails: %s", got)
	}
}

// Where no network is known there is nothing to tell of.
func TestNewDeviceOfNoNetwork(t *testing.T) {
	t.Parallel()
	s := posted(t)
	must(t, s.DB.Owner(t), `UPDATE channels SET policy = jsonb_build_object('trustedProxySecretHash', $1::text)`, shop.HashProxySecret("s3cret"))
	must(t, s.DB.Owner(t), `UPDATE stores SET config_version = config_version + 1`)
	proxy := graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: "s3cret"}
	for range 3 {
		want(t, login(t, s, ada, right, proxy), "in")
	}
	if got := len(s.Mails(t)); got != 0 {
		t.Errorf("%d mails", got)
	}
}
