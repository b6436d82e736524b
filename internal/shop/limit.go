package shop

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Limit allows Burst at once and Burst per Window over time.
type Limit struct {
	Burst  int
	Window time.Duration
}

// Every is the time that one use costs.
func (l Limit) Every() time.Duration { return l.Window / time.Duration(l.Burst) }

// UnmarshalText reads a limit as 10/15m: so many, and the time it takes to get
// them back.
func (l *Limit) UnmarshalText(text []byte) error {
	burst, window, ok := strings.Cut(string(text), "/")
	n, err1 := strconv.Atoi(burst)
	d, err2 := time.ParseDuration(window)
	if !ok || err1 != nil || err2 != nil || n < 1 || d < time.Duration(n)*time.Microsecond {
		return errors.New("a limit reads like 10/15m: so many within that time")
	}
	l.Burst, l.Window = n, d
	return nil
}

// Source is what limits count a request by: the shopper's network, or where a
// storefront's server keeps that to itself, the token that it sent. Nothing of
// both is known of a server that is trusted and forwards nobody's address.
type Source struct {
	Prefix  string // "" when unknown
	TokenID int64  // of a server that forwarded no address; 0 for none
}

// Prefix is the network that an address is in, /24 or /48: what is kept of it,
// and what limits count by. Empty for no address.
func Prefix(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	bits := 48
	if a = a.Unmap().WithZone(""); a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
