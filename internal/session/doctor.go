package session

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/securecookie"

	"regulars/internal/shop"
)

// DoctorPath is where Diagnose answers. A request to there changes nothing.
const DoctorPath = "/session/doctor"

// exam is the examination of one request.
type exam struct {
	r     *http.Request
	a     *Asker
	shape shop.CookieShape
	host  string
	tls   bool
	sent  map[string]int
	out   []shop.Finding
}

// Diagnose tells what this server saw, and why a session came along or did not.
// It is for whoever made the request: nothing in it is of another shopper, and a
// useless cookie stays, to be looked at again.
func Diagnose(r *http.Request) shop.Diagnosis {
	a := From(r.Context())
	a.dirty = false
	e := &exam{r: r, a: a, shape: shapeOf(r), host: hostName(r.Host), tls: shop.RequestFrom(r.Context()).TLS, sent: map[string]int{}}
	for _, name := range shop.SessionCookies {
		if n := len(r.CookiesNamed(name)); n > 0 {
			e.sent[name] = n
		}
	}
	e.scheme()
	e.origin()
	if !a.Foreign {
		e.cookie()
	}
	e.site()
	scheme := "http"
	if e.tls {
		scheme = "https"
	}
	d := shop.Diagnosis{Working: a.Session != nil, Findings: e.out, Saw: shop.Saw{
		Scheme: scheme, Host: e.host, Store: a.Store.Hash, Channel: a.Channel.ID, Cookie: e.shape, Sent: e.sent,
		Origin: note(r.Header.Get("Origin")), SecFetchSite: note(r.Header.Get("Sec-Fetch-Site")), SecFetchMode: note(r.Header.Get("Sec-Fetch-Mode")),
	}}
	d.Conclude()
	return d
}

func (e *exam) find(level shop.Level, code, text, do string) {
	e.out = append(e.out, shop.Finding{Code: code, Level: level, Text: text, Do: do})
}

// scheme looks at how the connection came, and at the channel's policy.
func (e *exam) scheme() {
	if e.a.Channel.Policy.Cookie.Broken {
		e.find(shop.LevelError, "policy_broken", "What this channel declares about its cookie cannot be, and does not count.", "The log says why, and so does regulars doctor "+e.a.Store.Hash+".")
	}
	if e.tls {
		return
	}
	const trust = "Have whatever ends TLS send X-Forwarded-Proto: https, and put its network into TRUSTED_PROXIES."
	protos := e.r.Header.Values("X-Forwarded-Proto")
	said := strings.ToLower(strings.Join(protos, ","))
	last := strings.TrimSpace(said[strings.LastIndexByte(said, ',')+1:])
	switch {
	case last == "https":
		e.find(shop.LevelError, "proxy_not_trusted", "A proxy says that the shopper's side is https, and is not believed: its address is not in TRUSTED_PROXIES. This server takes the connection for http, "+
			"its own pages for foreign ones where browsers send an Origin, and all shoppers behind the proxy for one.", trust)
	case shop.IsLoopback(e.host):
	case len(protos) > 0:
		e.find(shop.LevelError, "proxy_says_http", "The nearest proxy says that its own client came by http.", "Where several proxies stand in a row, the first has to say https and the others have to pass it on.")
	case e.r.Header.Get("Sec-Fetch-Site") != "":
		// Browsers send it to where TLS is, and to their own machine.
		e.find(shop.LevelError, "tls_not_announced", "The browser used TLS, and whatever ended it did not say so.", trust)
	default:
		e.find(shop.LevelError, "no_tls", "This request came by http, as far as the server can tell. The cookie is Secure: browsers neither keep it nor send it there.",
			"Use https. If a load balancer ends TLS: "+strings.ToLower(trust[:1])+trust[1:])
	}
}

// cookie looks at what came instead of a session, in the order in which reading
// it would fail.
func (e *exam) cookie() {
	name, n := e.shape.Name, e.sent[e.shape.Name]
	for _, other := range e.shape.Before() {
		if n == 0 && e.sent[other.Name] > 0 {
			name, n = other.Name, e.sent[other.Name]
			e.find(shop.LevelNote, "cookie_of_before", "The cookie "+name+" came, from before the channel's cookie was changed. It counts, and an answer of GraphQL brings "+e.shape.Name+" in its place.", "")
		}
	}
	e.strays()
	switch {
	case e.a.Session == nil && e.a.cookie.Values[rowKey{}] != nil:
		e.find(shop.LevelError, "customer_of_another_channel", "The session lives, and its customer is not admitted to this channel: here the shopper is a guest.",
			"Global accounts need "+e.command("set")+" --global-login; others belong to their channels.")
	case e.a.access.sent && e.a.Session != nil:
		e.find(shop.LevelOK, "session_by_token", "A customer access token came, and its session lives. A cookie is not looked at beside it.", "")
	case e.a.access.sent:
		e.find(shop.LevelError, "access_token_over", "A customer access token came that has no session here: it is over its time, its session was ended, or it is none of ours. A cookie is not looked at beside it.",
			"Log in again, and send the token of that. Leave the header out where the cookie is to count.")
	case e.a.Session != nil:
		e.find(shop.LevelOK, "session", "The cookie "+name+" came, and its session lives.", "")
	case n == 0:
		e.missing()
	case n > 1:
		e.find(shop.LevelError, "cookie_twice", "The cookie "+name+" came more than once, and nobody can tell which is the shopper's: a guest's request. It may have been set with another Domain or Path, by another host of this domain.",
			"Look for its two entries among the browser's cookies, and have only this server set it. An answer of GraphQL takes away what it can.")
	case !e.readable(name):
		e.find(shop.LevelError, "cookie_unreadable", "The cookie "+name+" was altered, cut short, or signed by a key that this server does not have.",
			"Give all servers the same SESSION_KEYS. When you rotate them, put the new key in front and keep the old one for as long as sessions last.")
	default:
		e.find(shop.LevelError, "session_over", "The cookie "+name+" is one of ours, and its session is over, or is of another store.",
			"Log in again. Sessions end by logout, by age, when a password or address changes, and when an account is closed.")
	}
}

func (e *exam) readable(name string) bool {
	cookies, ok := e.a.cookie.Store().(*Cookies)
	var token []byte
	return ok && securecookie.DecodeMulti(name, e.r.CookiesNamed(name)[0].Value, &token, cookies.codecs...) == nil
}

// strays are session cookies of names that are not read here.
func (e *exam) strays() {
	known := map[string]bool{e.shape.Name: true}
	for _, other := range e.shape.Before() {
		known[other.Name] = true
	}
	for _, name := range shop.SessionCookies {
		if e.sent[name] == 0 || known[name] {
			continue
		}
		if name == shop.CookieDomain {
			e.find(shop.LevelNote, "cookie_with_domain", "A cookie "+name+" came, which has a Domain. This channel declares none, so it is not read: any host of the domain could have set it.",
				"If the storefront's server has to read the cookie, declare it: "+e.command("set")+" --cookie-domain DOMAIN.")
			continue
		}
		e.find(shop.LevelNote, "cookie_of_other_scheme", "A cookie "+name+" came, which is not read here: names with a prefix are for TLS, those without for http on localhost.",
			"Use one scheme for all of a storefront. A proxy for development has to say X-Forwarded-Proto, or leave the names of cookies alone.")
	}
}

func (e *exam) missing() {
	text := "No cookie " + e.shape.Name + " came."
	switch {
	case len(e.r.Header["Origin"]) > 0 && len(e.r.Header["Cookie"]) == 0:
		e.find(shop.LevelWarning, "cookie_missing", text+" No other cookie did either.",
			`A fetch to another origin needs credentials: "include", the login as well: without it the browser ignores the cookie of the answer. If it had that, see what is said about sites here.`)
	case e.r.Header.Get("Sec-Fetch-Site") == "" && len(e.r.Header["Origin"]) == 0:
		e.find(shop.LevelWarning, "cookie_missing", text+" A server or a command sent this, or a browser that says nothing about itself.",
			"A storefront's server has to pass on the shopper's Cookie header, and the Set-Cookie of our answers; or it sends a storefront token, and the shopper's own as X-Bc-Customer-Access-Token.")
	default:
		e.find(shop.LevelWarning, "cookie_missing", text, "Log in at this very host, and look whether the browser kept the cookie of the answer; its developer tools say why not.")
	}
}

// command is the start of one about this channel.
func (e *exam) command(verb string) string {
	return "regulars channel " + verb + " " + e.a.Store.Hash + " " + strconv.FormatInt(e.a.Channel.ID, 10)
}
