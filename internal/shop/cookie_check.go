package shop

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Level says how bad a finding is.
type Level string

// The levels. LevelError keeps sessions from working, or puts them at risk.
const (
	LevelOK      Level = "ok"
	LevelNote    Level = "note"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
)

// Finding is one thing to say about sessions, to developers: a stable code, a
// sentence, and what to do, where there is something to do.
type Finding struct {
	Code  string `json:"code"`
	Level Level  `json:"level"`
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"`
}

// sentence is all of it in one line.
func (f Finding) sentence() string { return strings.TrimSuffix(f.Text+" "+f.Do, " ") }

// CheckCookies says what is wrong or odd about what a channel declares. Anything
// of LevelError cannot be saved.
func (c *Channel) CheckCookies() []Finding {
	var out []Finding
	out = append(out, c.checkReach()...)
	if c.Policy.Cookie.Domain != "" {
		out = append(out, c.checkDomain(c.Policy.Cookie.Domain)...)
	}
	for _, origin := range c.Origins {
		out = append(out, c.CheckOrigin(origin)...)
	}
	return append(out, c.checkURL()...)
}

// BrokenCookie says why the cookie cannot be as declared; nothing where it can.
func (c *Channel) BrokenCookie() []Finding {
	out := c.checkReach()
	if c.Policy.Cookie.Domain != "" {
		out = append(out, c.checkDomain(c.Policy.Cookie.Domain)...)
	}
	return slices.DeleteFunc(out, func(f Finding) bool { return f.Level != LevelError })
}

func (c *Channel) checkReach() []Finding {
	p := c.Policy.Cookie
	switch p.Reach {
	case ReachSite:
		return nil
	case ReachStrict:
		return []Finding{{"strict", LevelNote, "The cookie is Strict: whoever follows a link from another site, or from a mail, arrives as a guest until the next click.",
			"Keep it for hosts that only answer fetches of the storefront; else use --cookie same-site."}}
	case ReachCrossSite:
		return c.checkCrossSite()
	}
	return []Finding{{"cookie_unknown", LevelError, "The channel's cookie is set to a word that nobody knows.", "Use --cookie same-site, cross-site or strict."}}
}

func (c *Channel) checkCrossSite() (out []Finding) {
	if c.Policy.Cookie.Domain != "" {
		out = append(out, Finding{"cross_site_with_domain", LevelError, "--cookie cross-site and --cookie-domain exclude each other: a cookie that goes along with foreign pages is kept to one host.",
			"Make a channel with a host of its own for the pages elsewhere, or leave one of the two out."})
	}
	if plainHTTP(c.URL) {
		out = append(out, Finding{"cross_site_without_tls", LevelError, "--cookie cross-site needs TLS, and the storefront's --url is " + c.URL + ".",
			"Set an https:// address with --url, or use --cookie same-site."})
	}
	if !slices.ContainsFunc(c.Origins, c.isElsewhere) {
		out = append(out, Finding{"cross_site_for_nobody", LevelWarning, "The cookie is for use across sites, and no listed origin is on another site.",
			"List it with regulars channel add-origin, or use --cookie same-site, which is safer."})
	}
	return out
}

func (c *Channel) checkDomain(domain string) []Finding {
	one := func(code, text, do string) []Finding { return []Finding{{code, LevelError, text, do}} }
	const leaveOut = "Leave it out: the cookie is this host's alone then. --no-cookie-domain takes away one that is saved."
	if _, err := netip.ParseAddr(domain); err == nil {
		return one("domain_is_address", "--cookie-domain is the address "+domain+", and a cookie's domain is a name.", leaveOut)
	}
	if IsLoopback(domain) {
		return one("domain_is_local", "--cookie-domain is "+domain+", which browsers take for no domain.", leaveOut)
	}
	if isSuffix(domain) {
		return one("domain_is_public", "--cookie-domain "+domain+" is a name under which anybody can have a domain; browsers refuse cookies for it.",
			"Name your own domain below it, or leave it out; --no-cookie-domain takes away one that is saved.")
	}
	var out []Finding
	for _, host := range c.Hosts {
		if !IsLoopback(host) && !covers(domain, host) {
			out = append(out, Finding{"domain_misses_host", LevelError, "--cookie-domain " + domain + " does not cover the channel's host " + host + ": browsers would refuse the cookie there.",
				"Name a domain that " + host + " is below, move the host to another channel, or leave the domain out; --no-cookie-domain takes away one that is saved."})
		}
	}
	return append(out, Finding{"domain", LevelNote, "Every host at and below " + domain + " gets the cookie, and can plant one.",
		"Use it only where all of them are yours, and only if the storefront's server has to read the cookie: pages of the same site do not need it."})
}

// CheckOrigin is CheckCookies for one listed origin.
func (c *Channel) CheckOrigin(origin string) []Finding {
	switch {
	case plainHTTP(origin):
		return []Finding{{"origin_without_tls", LevelError, "The origin " + origin + " has no TLS: anybody on the way could write its pages, and act for shoppers with their Secure cookie.",
			"List its https:// form instead; regulars channel remove-origin takes away one that is listed."}}
	case c.Policy.Cookie.Reach != ReachCrossSite && c.isElsewhere(origin):
		do := "Give this server a host on that site, as api." + Site(hostOf(origin)) + ", which works in every browser; or use --cookie cross-site, which browsers that block third-party cookies may ignore."
		if IsLoopback(hostOf(origin)) {
			do = "For development, use a server on your own machine, by the same name: " + hostOf(origin) + " with another port."
		}
		return []Finding{{"origin_is_cross_site", LevelWarning, "The origin " + origin + " is another site than " + strings.Join(c.Hosts, ", ") + ": browsers keep the cookie from its fetches.", do}}
	}
	return nil
}

func (c *Channel) checkURL() []Finding {
	if !plainHTTP(c.URL) || c.Policy.Cookie.Reach == ReachCrossSite {
		return nil
	}
	return []Finding{{"url_without_tls", LevelWarning, "The storefront's address " + c.URL + " has no TLS, and browsers keep a Secure cookie from http.", "Serve it by https, and say so with --url."}}
}

// isElsewhere tells whether an origin is of another site than each host. Where no
// host is known yet, nothing can be said.
func (c *Channel) isElsewhere(origin string) bool {
	tls := strings.HasPrefix(origin, "https:")
	return len(c.Hosts) > 0 && !slices.ContainsFunc(c.Hosts, func(host string) bool { return SameSite(origin, host, tls) })
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// plainHTTP tells addresses without TLS that are not this very machine's.
func plainHTTP(address string) bool {
	return strings.HasPrefix(strings.ToLower(address), "http://") && !IsLoopback(hostOf(address))
}

// CheckChange refuses what an edit of before made wrong. What was wrong before
// does not count: it may take more than one step to mend.
func (c *Channel) CheckChange(before *Channel) error {
	old := before.CheckCookies()
	var out Errors
	for _, f := range c.CheckCookies() {
		if f.Level == LevelError && !slices.Contains(old, f) {
			out = append(out, Invalid("", "%s", f.sentence()))
		}
	}
	return out.Or()
}
