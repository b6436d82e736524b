package shop

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// CookieReach says whose pages browsers send the session cookie for.
type CookieReach string

// The reaches. ReachSite is the default.
const (
	// ReachSite: pages of the same site, and links that lead here (SameSite=Lax).
	ReachSite CookieReach = ""
	// ReachStrict: pages of the same site alone. Whoever follows a link from
	// elsewhere arrives as a guest (SameSite=Strict).
	ReachStrict CookieReach = "strict"
	// ReachCrossSite: listed origins on any site, with a cookie of its own for each
	// site (SameSite=None and Partitioned).
	ReachCrossSite CookieReach = "cross-site"
)

// CookiePolicy is what a channel declares about its session cookie; the zero
// value is right for storefronts on the same site. Names and attributes follow
// from it, see Channel.CookieOn.
type CookiePolicy struct {
	Reach CookieReach `json:"reach,omitempty"`
	// Domain sends the cookie to every host at and below it, so that a storefront's
	// own server can read it. Each of them can then plant one, too.
	Domain string `json:"domain,omitempty"`

	// Broken tells that what was saved cannot be and does not count: the cookie is
	// as without a policy. Only servers set it.
	Broken bool `json:"-"`
}

// Names of the session cookie. Each has one set of attributes only, so that a
// cookie that was read can always be taken away. The prefixes make browsers
// refuse it unless it is Secure and, with __Host-, for this very host and every
// path, so that no neighbouring host can plant one. Plain http on localhost
// cannot have them.
const (
	CookieHost          = "__Host-SHOP_TOKEN"
	CookieEmbedded      = "__Host-EMBEDDED_SHOP_TOKEN"
	CookieDomain        = "__Secure-SHOP_TOKEN"
	CookiePlain         = "SHOP_TOKEN"
	CookiePlainEmbedded = "EMBEDDED_SHOP_TOKEN"
)

// CookieShape is the session cookie of a channel on one host.
type CookieShape struct {
	Name        string `json:"name"`
	Domain      string `json:"domain,omitempty"` // "": this host alone
	SameSite    string `json:"sameSite"`         // Lax, Strict or None
	Secure      bool   `json:"secure"`
	Partitioned bool   `json:"partitioned,omitempty"`
}

// CookieOn derives the cookie for a host and the scheme of the request. A host of
// this very machine never has a Domain.
func (c *Channel) CookieOn(host string, tls bool) CookieShape {
	p := c.Policy.Cookie
	if p.Broken {
		p = CookiePolicy{}
	}
	local := IsLoopback(host)
	s := CookieShape{Name: CookieHost, SameSite: "Lax", Secure: tls || !local}
	switch {
	case p.Reach == ReachCrossSite && s.Secure:
		return embedded(CookieEmbedded)
	case p.Reach == ReachCrossSite:
		return embedded(CookiePlainEmbedded)
	case p.Reach == ReachStrict:
		s.SameSite = "Strict"
	}
	if !s.Secure {
		s.Name = CookiePlain
	} else if p.Domain != "" && !local {
		s.Name, s.Domain = CookieDomain, p.Domain
	}
	return s
}

// Cookie is CookieOn for the channel's hosts that shoppers know.
func (c *Channel) Cookie() CookieShape { return c.CookieOn("", true) }

// embedded is Secure on plain http, too: browsers trust this very machine.
func embedded(name string) CookieShape {
	return CookieShape{Name: name, SameSite: "None", Secure: true, Partitioned: true}
}

var (
	beforeHost     = []CookieShape{embedded(CookieEmbedded)}
	beforeEmbedded = []CookieShape{{Name: CookieHost, SameSite: "Lax", Secure: true}}
	beforeDomain   = append(beforeEmbedded[:1:1], beforeHost...)
	beforePlain    = []CookieShape{embedded(CookiePlainEmbedded)}
	beforeLocal    = []CookieShape{{Name: CookiePlain, SameSite: "Lax"}}
)

// Before is what the cookie may have been under another policy. Where the present
// one is not sent these count as well, or a change would log everybody out. A
// cookie with a Domain is not among them: any host below could have planted it on
// a channel that declares none.
func (s CookieShape) Before() []CookieShape {
	switch s.Name {
	case CookieHost:
		return beforeHost
	case CookieEmbedded:
		return beforeEmbedded
	case CookieDomain:
		return beforeDomain
	case CookiePlain:
		return beforePlain
	}
	return beforeLocal
}

// Words says to people what the cookie is.
func (s CookieShape) Words() string {
	where, whose := "this host alone", "for pages of the same site and links that lead here"
	if s.Domain != "" {
		where = s.Domain + " and every host below it"
	}
	switch s.SameSite {
	case "Strict":
		whose = "for pages of the same site, not for links that lead here"
	case "None":
		whose = "for listed origins on any site, one cookie for each site"
	}
	attributes := "SameSite=" + s.SameSite
	if s.Secure {
		attributes += ", Secure"
	}
	if s.Partitioned {
		attributes += ", Partitioned"
	}
	return s.Name + ": sent to " + where + ", " + whose + " (" + attributes + ")"
}

// IsLoopback tells whether a host is this very machine to browsers.
func IsLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if !strings.HasPrefix(host, "127.") && !strings.Contains(host, ":") {
		return false // no address: reading one that is none costs an error
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Site is what browsers take for one site: the registrable domain of a host, or
// the host where it has none.
func Site(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return site
}

// SameSite tells whether a page of that origin is of the same site as a host, for
// browsers: the scheme counts, the port does not.
func SameSite(origin, host string, tls bool) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return false
	}
	return (u.Scheme == "https") == tls && Site(u.Hostname()) == Site(host)
}

// isSuffix tells names under which anybody can have a domain: browsers refuse
// cookies for them.
func isSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// CookieDomains are the domains that a cookie which is sent to host may have, ""
// for none.
func CookieDomains(host string) []string {
	out := []string{""}
	site := Site(host)
	if site == host && !covers(site, host) {
		return out // an address
	}
	for d := host; ; {
		out = append(out, d)
		_, parent, more := strings.Cut(d, ".")
		if d == site || !more {
			return out
		}
		d = parent
	}
}

// covers tells whether a cookie of that Domain is sent to a host.
func covers(domain, host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	return host == domain || strings.HasSuffix(host, "."+domain)
}
