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
	a := From(r.Context())
	return slices.Contains(a.Channel.Origins, origin) || origin == ownOrigin(r)
}

// foreign tells that a browser sent this from a page that is not listed. Without
// both headers it is no browser: servers pass.
func foreign(r *http.Request) bool {
	if arrives(r) {
		return false
	}
	if origin := r.Header.Values("Origin"); len(origin) > 0 {
		return len(origin) > 1 || !Listed(r, origin[0])
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return true
}

// arrives tells that a browser goes where an app sends the shopper to log in: it
// comes from the app's own pages, and it is the token in the path that vouches.
func arrives(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/login/token/") && r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate"
}

// SameOrigin tells that no page of another origin made a browser send this: for
// forms, which the channel's listed origins have no business with either. Under
// Referrer-Policy no-referrer browsers say null for the Origin of a page of ours;
// Sec-Fetch-Site is what tells then.
func SameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Values("Origin")
	return len(origin) == 0 || (len(origin) == 1 && origin[0] == ownOrigin(r))
}

// ownOrigin is the origin of this host's pages.
func ownOrigin(r *http.Request) string {
	scheme := "http://"
	if shop.RequestFrom(r.Context()).TLS {
		scheme = "https://"
	}
	return scheme + strings.ToLower(r.Host)
}

// shopperAddr is the address that limits count by. A storefront's own server
// forwards those of all its shoppers: with the channel's secret what it says
// counts (decision 20). Without, the server's own is nobody's.
func shopperAddr(r *http.Request, a *Asker) netip.Addr {
	req := shop.RequestFrom(r.Context())
	switch {
	case isTrustedProxy(r, a.Channel):
	case a.Token != nil && a.Token.IsSecret() && !fromBrowser(r):
		return netip.Addr{}
	default:
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
