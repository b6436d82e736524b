package session

import (
	"crypto/subtle"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"regulars/internal/shop"
)

// Listed tells whether pages of that origin may act for the shopper here: the
// storefront's own, and those that the channel lists, letter by letter.
func Listed(r *http.Request, origin string) bool {
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return true // browsers say so themselves; scripts cannot
	}
	scheme := "http://"
	if shop.RequestFrom(r.Context()).TLS {
		scheme = "https://"
	}
	a := From(r.Context())
	return origin == scheme+strings.ToLower(r.Host) || slices.Contains(a.Channel.Origins, origin)
}

// foreign tells that a browser sent this from a page that is not listed. Without
// both headers it is no browser: servers pass.
func foreign(r *http.Request) bool {
	if origin := r.Header.Values("Origin"); len(origin) > 0 {
		return len(origin) > 1 || !Listed(r, origin[0])
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return true
}

// shopperAddr is the address that limits count by. A storefront's own server
// forwards those of all its shoppers: with the channel's secret what it says
// counts (decision 20).
func shopperAddr(r *http.Request, c *shop.Channel) netip.Addr {
	req := shop.RequestFrom(r.Context())
	if !isTrustedProxy(r, c) {
		return req.Caller
	}
	if a, err := netip.ParseAddr(strings.TrimSpace(r.Header.Get("True-Client-IP"))); err == nil {
		return a.Unmap().WithZone("")
	}
	if n := len(req.Forwarded); n > 0 {
		return req.Forwarded[n-1]
	}
	return netip.Addr{} // its own address would be one bucket for all
}

func isTrustedProxy(r *http.Request, c *shop.Channel) bool {
	secret := r.Header.Get("X-BC-Trusted-Proxy-Secret")
	if secret == "" || c.Policy.TrustedProxySecretHash == "" {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(shop.HashProxySecret(secret)), []byte(c.Policy.TrustedProxySecretHash)) == 1
}
