package account_test

import (
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/shop"
)

// generous are limits that stand in nobody's way.
func generous(l *account.Limits) {
	for _, limit := range []*shop.Limit{&l.LoginPerAccountAndPrefix, &l.LoginPerAccount, &l.LoginPerPrefix, &l.RegisterPerPrefix, &l.LinkPerPrefix} {
		limit.Burst = 1_000_000
	}
}

// E9.
func TestPasswordsAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Account: limits(generous)})
	base := strings.Repeat("a", 72)
	for _, tt := range []struct{ name, password, other string }{
		{"eight characters", "qzkxwvjf", "qzkxwvjF"},
		{"eight characters of four bytes", "🐎🔋🖇️🪤🦭🧿🪬🫙", "🐎🔋🖇️🪤🦭🧿🪬🫘"},
		{"64 characters", strings.Repeat("x1", 32), strings.Repeat("x1", 31)},
		{"200 characters", strings.Repeat("é", 200), strings.Repeat("é", 199) + "e"},
		{"1024 characters", strings.Repeat("ß", 1024), strings.Repeat("ß", 1023) + "s"},
		{"another 73rd byte", base + "b", base + "c"},
		{"spaces around", "  a secret  ", "a secret"},
		{"nothing but spaces", "           ", "          "},
		{"a trailing line break", "a secret\n", "a secret"},
		{"a zero byte", "a\x00secret long", "a"},
		{"no digit, no capital, no sign", "horsebatterystaple", "Horsebatterystaple"},
		{"not normalised", "e\u0301tude of mine", "\u00e9tude of mine"},
	} {
		t.Run(tt.name, func(t *testing.T) { // in turn: each hashes thrice
			email := strings.ReplaceAll(strings.ReplaceAll(tt.name, " ", "-"), ",", "") + "@example.com"
			if r := register(t, s, email, tt.password); !strings.Contains(string(r.Body), `"errors":[]`) {
				t.Fatalf("%s", r.Body)
			}
			want(t, login(t, s, email, tt.other), refused)
			want(t, login(t, s, email, tt.password), "in")
		})
	}
}

// E9.
func TestPasswordsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Account: limits(generous)})
	for _, tt := range []struct{ name, password, text string }{
		{"empty", "", "The password needs at least 8 characters."},
		{"seven characters", "qzkxwvj", "The password needs at least 8 characters."},
		{"seven characters of four bytes", "🐎🔋🪤🦭🧿🪬🫙", "The password needs at least 8 characters."},
		{"beyond all reason", strings.Repeat("x", 1025), "The password can have at most 1,024 characters."},
		{"well known", "password1", "This password is too well known. Choose another one."},
		{"well known, in capitals", "PASSWORD1", "This password is too well known. Choose another one."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := register(t, s, "nobody@example.com", tt.password)
			if body := string(r.Body); !strings.Contains(body, `"`+tt.text+`"`) || !strings.Contains(body, `"customer":null`) {
				t.Errorf("%s", body)
			}
		})
	}
	var n int
	if err := s.DB.Owner(t).Get(&n, `SELECT count(*) FROM customers WHERE email_key = 'nobody@example.com'`); err != nil || n != 0 {
		t.Errorf("%d accounts, %v", n, err)
	}
}
