package shop

import (
	"net/netip"
	"time"
)

// Limit allows Burst at once and Burst per Window over time.
type Limit struct {
	Burst  int
	Window time.Duration
}

// Every is the time that one use costs.
func (l Limit) Every() time.Duration { return l.Window / time.Duration(l.Burst) }

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
