package middleware

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"strings"

	"regulars/internal/shop"
)

// maxHops bounds how much of an X-Forwarded-For header is believed to be a route;
// a client can fill a megabyte with addresses.
const maxHops = 32

// Request stores a shop.Request in the context and answers with its id in
// X-Request-Id. The forwarding headers X-Forwarded-For and X-Forwarded-Proto
// count only as far as addresses in trusted vouch for them; X-Real-IP, Forwarded
// and a request id sent by the client are never read.
func Request(trusted []netip.Prefix) func(http.Handler) http.Handler {
	ours := proxies(unmapped(trusted))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			req := &shop.Request{ID: rand.Text(), TLS: r.TLS != nil}
			if peer, ok := parseAddr(r.RemoteAddr); ok {
				req.Caller, req.Forwarded = ours.caller(route(r.Header, peer))
				req.TLS = req.TLS || ours.has(peer) && forwardedProto(r.Header) == "https"
			}
			w.Header().Set("X-Request-Id", req.ID)
			next.ServeHTTP(w, r.WithContext(shop.WithRequest(r.Context(), req)))
		})
	}
}

// proxies are the addresses whose forwarding headers count.
type proxies []netip.Prefix

func (p proxies) has(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// caller splits a route, nearest first, at its first address that is not a proxy
// of ours. What lies behind it is returned nearest last.
func (p proxies) caller(route []netip.Addr) (netip.Addr, []netip.Addr) {
	at := 0
	for at < len(route)-1 && p.has(route[at]) {
		at++
	}
	var forwarded []netip.Addr
	for i := len(route) - 1; i > at; i-- {
		forwarded = append(forwarded, route[i])
	}
	return route[at], forwarded
}

// route returns peer and the addresses of X-Forwarded-For behind it, nearest
// first. An entry that is no address ends it: nobody vouches for what lies behind.
func route(h http.Header, peer netip.Addr) []netip.Addr {
	addrs := []netip.Addr{peer}
	lines := h["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			var entry string
			rest, entry, more = cutLast(rest)
			addr, ok := parseAddr(entry)
			if !ok || len(addrs) > maxHops {
				return addrs
			}
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// forwardedProto returns what the nearest proxy says of its own client.
func forwardedProto(h http.Header) string {
	lines := h["X-Forwarded-Proto"]
	if len(lines) == 0 {
		return ""
	}
	_, last, _ := cutLast(lines[len(lines)-1])
	return strings.ToLower(last)
}

// cutLast splits the last element off a comma-separated list. It works from the
// right so that a long header costs no more than what is read of it.
func cutLast(list string) (rest, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", strings.TrimSpace(list), false
	}
	return list[:i], strings.TrimSpace(list[i+1:]), true
}

// parseAddr reads an address with or without port, brackets and zone, and returns
// the one form in which addresses are compared.
func parseAddr(s string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return plain(withPort.Addr()), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		s, _ = strings.CutSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(s)
	return plain(addr), err == nil
}

func plain(addr netip.Addr) netip.Addr {
	return addr.WithZone("").Unmap()
}

// unmapped rewrites prefixes of IPv4-mapped IPv6, which would match no address
// that went through plain.
func unmapped(prefixes []netip.Prefix) []netip.Prefix {
	const mappedBits = 96
	out := make([]netip.Prefix, 0, len(prefixes))
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= mappedBits {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
		}
		out = append(out, p)
	}
	return out
}
