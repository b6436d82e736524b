package sso_test

import (
	"testing"
	"time"

	"regulars/internal/sso"
)

// F3: to the second, by the clock that is handed in.
func TestWhenATokenCounts(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 900_000_000)
	for _, c := range []struct {
		iat, nbf, exp string
		want          bool
	}{
		{"1800000000", "", "", true},
		{"1799999970", "", "", true},
		{"1799999969", "", "", false},
		{"1800000005", "", "", true},
		{"1800000006", "", "", false},
		{"", "", "", false},
		{"1800000000.0", "", "", false},
		{"1.8e9", "", "", false},
		{"-1800000000", "", "", false},
		{"9223372036854775807", "", "", false},
		{"9223372036854775808", "", "", false},
		{"1800000000", "1800000005.9", "", true},
		{"1800000000", "1800000006", "", false},
		{"1800000000", "-1", "", true},
		{"1800000000", "", "1800000001", true},
		{"1800000000", "", "1800000000.9", false},
		{"1800000000", "", "1800000000.95", true},
		{"1800000000", "", "1e308", true},
		{"1800000000", "", "1e309", false},
	} {
		if got := sso.Counts(now, c.iat, c.nbf, c.exp); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
