package account_test

import (
	"fmt"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/shop"
)

// proxied is a server in front of which no proxy of ours stands, and the secret
// of its channel.
func proxied(t *testing.T) (*graphtest.Server, string) {
	t.Helper()
	s := graphtest.New(t, graphtest.Options{Account: limits(few)})
	const secret = "a secret of the storefront's own server"
	snapshot, err := s.Storage.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	channel := *snapshot.Channels[0]
	channel.Policy.TrustedProxySecretHash = shop.HashProxySecret(secret)
	if err := s.Storage.ConfigureChannel(t.Context(), snapshot.Store.ID, channel); err != nil {
		t.Fatal(err)
	}
	return s, secret
}

// E7.
func TestForwardedAddressesFromOutsideChangeNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Cluster-Client-IP"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := proxied(t)
			claim := func(i int) graphtest.Header {
				value := fmt.Sprintf("198.51.%d.1", i)
				if name == "Forwarded" {
					value = "for=" + value
				}
				return graphtest.Header{Name: name, Value: value}
			}
			for i := range 3 {
				want(t, login(t, s, ada, "wrong", claim(i)), refused)
			}
			wantLimited(t, login(t, s, ada, right, claim(4)), 15*time.Minute)
			elapse(t, s.DB, time.Hour)
			want(t, login(t, s, ada, right, claim(5)), "in")
			var prefix string
			if err := s.DB.Owner(t).Get(&prefix, `SELECT ip_prefix FROM sessions`); err != nil || prefix != "127.0.0.0/24" {
				t.Errorf("the session is from %q, %v", prefix, err)
			}
		})
	}
}

// E7 and decision 20: with the channel's secret the shoppers' addresses count.
func TestForwardedAddressesOfTheStorefrontsServer(t *testing.T) {
	t.Parallel()
	for name, forwarded := range map[string]func(i int) graphtest.Header{
		"X-Forwarded-For": func(i int) graphtest.Header { return from(fmt.Sprintf("198.51.%d.1", i)) },
		"True-Client-IP": func(i int) graphtest.Header {
			return graphtest.Header{Name: "True-Client-IP", Value: fmt.Sprintf("198.51.%d.1", i)}
		},
		"the nearest of several": func(i int) graphtest.Header { return from(fmt.Sprintf("9.9.9.9, 198.51.%d.1", i)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, secret := proxied(t)
			server := graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: secret}
			for range 3 {
				want(t, login(t, s, ada, "wrong", server, forwarded(1)), refused)
			}
			wantLimited(t, login(t, s, ada, right, server, forwarded(1)), 15*time.Minute)
			want(t, login(t, s, ada, right, server, forwarded(2)), "in")
			var prefix string
			if err := s.DB.Owner(t).Get(&prefix, `SELECT ip_prefix FROM sessions`); err != nil || prefix != "198.51.2.0/24" {
				t.Errorf("the session is from %q, %v", prefix, err)
			}
		})
	}
}

// E7.
func TestWrongProxySecretIsNone(t *testing.T) {
	t.Parallel()
	s, secret := proxied(t)
	for i, wrong := range []string{secret + "x", secret[1:], shop.HashProxySecret(secret)} {
		want(t, login(t, s, ada, "wrong", from(fmt.Sprintf("198.51.%d.1", i)), graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: wrong}), refused)
	}
	wantLimited(t, login(t, s, ada, right, from("203.0.113.1"), graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: "no"}), 15*time.Minute)
	unset := graphtest.New(t, graphtest.Options{Account: limits(few)})
	for i := range 3 {
		want(t, login(t, unset, ada, "wrong", from(fmt.Sprintf("198.51.%d.1", i)), graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: " "}), refused)
	}
	wantLimited(t, login(t, unset, ada, right, from("203.0.113.1"), graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: " "}), 15*time.Minute)
}

// Decision 20: a storefront's server that forwards no address has no limit by
// network, or all its shoppers would share one; the account's own holds.
func TestServerWithoutAForwardedAddress(t *testing.T) {
	t.Parallel()
	s, secret := proxied(t)
	server := graphtest.Header{Name: "X-BC-Trusted-Proxy-Secret", Value: secret}
	for i := range 12 {
		want(t, login(t, s, fmt.Sprintf("guess%d@example.com", i), "wrong", server), refused)
	}
	want(t, login(t, s, ada, right, server), "in")
	for range 5 {
		want(t, login(t, s, "grace@example.com", "wrong", server), refused)
	}
	wantLimited(t, login(t, s, "grace@example.com", right, server), time.Hour)
	want(t, login(t, s, "grace@example.com", right, server, from("198.51.100.1")), string(shop.RateLimited))
	elapse(t, s.DB, time.Hour)
	want(t, login(t, s, "grace@example.com", right, server), "in")
}
