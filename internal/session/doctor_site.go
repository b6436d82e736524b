package session

import (
	"net/url"
	"strings"

	"regulars/internal/shop"
)

// origin looks at whose page sent the request, as far as browsers say.
func (e *exam) origin() {
	origins := e.r.Header["Origin"]
	site := e.r.Header.Get("Sec-Fetch-Site")
	switch {
	case len(origins) > 1:
		e.find(shop.LevelError, "origin_twice", "Two Origin headers came, which count as a stranger's. Cookies are ignored.", "Have no proxy add one.")
	case len(origins) == 1 && !e.a.Foreign:
		e.find(shop.LevelOK, "origin_listed", "Pages of "+note(origins[0])+" may act for shoppers here.", "")
	case len(origins) == 1 && origins[0] == "null":
		e.find(shop.LevelError, "origin_null", "The page has no origin of its own: a file, a sandboxed frame, or a redirect from elsewhere. Cookies are ignored.", "Serve the page from an address of its own; in a sandbox, allow-same-origin.")
	case len(origins) == 1:
		e.unlisted(note(origins[0]))
	case e.a.Foreign:
		e.find(shop.LevelError, "came_from_elsewhere", "A page of another origin led or sent the browser here. Cookies are ignored, as for a stranger.", "To look with your own session, type the address of this page by hand, or call it from the storefront.")
	case site == "none":
		e.find(shop.LevelOK, "typed", "Somebody typed this address: no page of another site had a part in it.", "")
	}
	if e.r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		e.find(shop.LevelNote, "visit", "This was a visit, not a fetch: browsers send more cookies with a visit.", "To see what the storefront's fetches send, call this address from the storefront's console.")
	}
}

func (e *exam) unlisted(origin string) {
	text := "The origin " + origin + " is not listed by this channel. Cookies are ignored, no answer has credentials, and mutations are refused."
	u, err := url.Parse(origin)
	switch {
	case err != nil || u.Host == "":
		e.find(shop.LevelError, "origin_not_listed", text, "Browsers send a scheme and a host.")
	case u.Scheme == "http" && !shop.IsLoopback(u.Hostname()):
		e.find(shop.LevelError, "origin_without_tls", text+" It has no TLS.", "Serve the storefront by https, and list that origin.")
	case !pasteable(u.Host):
		e.find(shop.LevelError, "origin_not_listed", text, "List the storefront's origin with regulars channel add-origin.")
	default:
		e.find(shop.LevelError, "origin_not_listed", text, "If it is the storefront's: "+e.command("add-origin")+" "+u.Scheme+"://"+u.Host+
			" – scheme, host and port have to be these, letter by letter.")
	}
}

// site looks at what the two hosts are to each other, which is what SameSite is
// about.
func (e *exam) site() {
	origins := e.r.Header["Origin"]
	if len(origins) != 1 || origins[0] == "null" || origins[0] == ownOrigin(e.r) || e.r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return
	}
	origin := note(origins[0])
	u, err := url.Parse(origin)
	if err != nil {
		return
	}
	if e.sameSite(origin) {
		e.find(shop.LevelOK, "same_site", "To browsers "+u.Host+" and "+e.host+" are one site: any SameSite lets the cookie through.", "")
		return
	}
	came := e.a.Session != nil
	switch {
	case e.shape.SameSite == "None" && came:
		e.find(shop.LevelOK, "cross_site_allowed", u.Host+" is another site than "+e.host+", and the cookie came all the same.", "")
	case e.shape.SameSite == "None":
		e.find(shop.LevelWarning, "third_party", u.Host+" is another site than "+e.host+". The cookie is made for that, one for each site, and browsers that block third-party cookies may keep it even so.",
			"Log in from this very site: the cookie of another one is another cookie. For every browser, give this server a host on the storefront's site, or let the storefront's server hold a customer access token.")
	case !came:
		e.crossSite(u)
	}
}

// crossSite explains a cookie that browsers keep from fetches of other sites.
func (e *exam) crossSite(u *url.URL) {
	text := u.Scheme + "://" + u.Host + " is another site than " + e.host + " to browsers, and the cookie is SameSite=" + e.shape.SameSite + ": it never goes along with fetches from there."
	switch {
	case shop.Site(u.Hostname()) == shop.Site(e.host):
		e.find(shop.LevelError, "schemes_differ", text+" The hosts would be one site, but one is http and the other https.", "Use https for both, or http for both on localhost.")
	case shop.IsLoopback(u.Hostname()) && shop.IsLoopback(e.host):
		e.find(shop.LevelError, "local_names_differ", text, "On your own machine, use one name for both, with two ports: http://localhost:3000 and http://localhost:8080. localhost and 127.0.0.1 are two sites, and so are a.localhost and b.localhost; a.shop.localhost and b.shop.localhost are one.")
	default:
		e.find(shop.LevelError, "cross_site", text, "Give this server a host on the storefront's site, as api."+shop.Site(strings.ToLower(u.Hostname()))+
			", which works in every browser. Or: "+e.command("set")+" --cookie cross-site, which browsers that block third-party cookies may ignore.")
	}
}

// sameSite believes the browser, which knows; those that say nothing are judged
// by the names.
func (e *exam) sameSite(origin string) bool {
	switch e.r.Header.Get("Sec-Fetch-Site") {
	case "same-site", "same-origin":
		return true
	case "cross-site":
		return false
	}
	return shop.SameSite(origin, e.host, e.tls)
}
