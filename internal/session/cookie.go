package session

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// Cookies is a sessions.Store over Postgres. The cookie is an envelope, signed,
// around a random token; the table knows its SHA-256 and decides everything.
type Cookies struct {
	db     *storage.Store
	codecs []securecookie.Codec
	maxAge int
}

// NewCookies signs with the newest key and accepts all of them. lifetime is the
// cookie's Max-Age; the row's expiry is what counts.
func NewCookies(db *storage.Store, secrets [][]byte, lifetime time.Duration) *Cookies {
	return &Cookies{db: db, codecs: keys.Envelopes(secrets), maxAge: int(lifetime.Seconds())}
}

// Keys of a gorilla session's values.
type (
	rowKey     struct{} // *shop.Session
	versionKey struct{} // int64: the configuration's version, read with the row
	spoiledKey struct{} // a cookie was sent that is not good for anything
	movedKey   struct{} // the cookie is of another policy: the answer brings the present one
)

// Get gives the session of the request, loaded once.
func (c *Cookies) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(c, name)
}

// New loads the session that the request's cookie names: the channel's present
// one, which name is, or where that is not sent, one of another policy. A cookie
// that cannot be read, that stands there twice or whose session is over is a
// guest, never an error: an error is the database's.
func (c *Cookies) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(c, name)
	s.IsNew = true
	shape := shapeOf(r)
	s.Options = options(shape, c.maxAge)
	sent := r.CookiesNamed(name)
	if len(sent) == 0 {
		if sent = before(r, shape); len(sent) == 0 {
			return s, nil
		}
		s.Values[movedKey{}] = true
	}
	if simple(r) {
		return s, nil
	}
	var token []byte
	if len(sent) > 1 || securecookie.DecodeMulti(sent[0].Name, sent[0].Value, &token, c.codecs...) != nil {
		s.Values[spoiledKey{}] = true
		return s, nil
	}
	row, version, ok, err := c.db.Session(r.Context(), From(r.Context()).Store.ID, keys.Hash(string(token)))
	if err != nil {
		return s, err
	}
	if !ok {
		s.Values[spoiledKey{}] = true
		return s, nil
	}
	s.ID, s.IsNew = string(token), false
	s.Values[rowKey{}], s.Values[versionKey{}] = row, version
	return s, nil
}

// before gives the cookies of the first other policy that any were sent of.
func before(r *http.Request, shape shop.CookieShape) []*http.Cookie {
	if !mentioned(r) {
		return nil
	}
	for _, other := range shape.Before() {
		if sent := r.CookiesNamed(other.Name); len(sent) > 0 {
			return sent
		}
	}
	return nil
}

// mentioned tells whether any cookie of ours may have been sent: most requests
// bring those of others only.
func mentioned(r *http.Request) bool {
	for _, line := range r.Header["Cookie"] {
		if strings.Contains(line, shop.CookiePlain) {
			return true
		}
	}
	return false
}

// simple tells reading by GraphQL that any page could have caused, as far as old
// browsers say: a GET without a word about where from, and without a header that
// forms and links cannot send. It is a guest's.
func simple(r *http.Request) bool {
	if r.Method != http.MethodGet || r.URL.Path != "/graphql" {
		return false
	}
	for _, proof := range []string{"Sec-Fetch-Site", "Origin", "X-Requested-With", "Apollo-Require-Preflight", "Authorization"} {
		if r.Header.Get(proof) != "" {
			return false
		}
	}
	return r.Header.Get("Content-Type") != "application/json"
}

// Save writes the cookie: with the token in ID, or away with it when that is
// empty. The row is written by whoever logs in or out, so that its failure is
// an answer and not a surprise after it.
func (c *Cookies) Save(r *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	shape := shapeOf(r)
	clearOthers(r, w, shape)
	if s.ID == "" {
		http.SetCookie(w, sessions.NewCookie(shape.Name, "", options(shape, -1)))
		return nil
	}
	value, err := securecookie.EncodeMulti(shape.Name, []byte(s.ID), c.codecs...)
	if err != nil {
		return err
	}
	http.SetCookie(w, sessions.NewCookie(shape.Name, value, options(shape, c.maxAge)))
	return nil
}

// clearOthers takes away what was sent beside the cookie that shape is: those of
// other policies, and one of the same name that another host's domain, or another
// policy's, may have left. Two of them would be a guest's for ever.
func clearOthers(r *http.Request, w http.ResponseWriter, shape shop.CookieShape) {
	if !mentioned(r) {
		return
	}
	for _, other := range shape.Before() {
		if len(r.CookiesNamed(other.Name)) > 0 {
			http.SetCookie(w, sessions.NewCookie(other.Name, "", options(other, -1)))
		}
	}
	if shape.Domain == "" || len(r.CookiesNamed(shape.Name)) == 0 {
		return
	}
	for _, domain := range shop.CookieDomains(hostName(r.Host)) {
		if domain != shape.Domain {
			other := shape
			other.Domain = domain
			http.SetCookie(w, sessions.NewCookie(other.Name, "", options(other, -1)))
		}
	}
}

func options(s shop.CookieShape, maxAge int) *sessions.Options {
	return &sessions.Options{
		Path: "/", Domain: s.Domain, MaxAge: maxAge, HttpOnly: true, Secure: s.Secure, Partitioned: s.Partitioned, SameSite: sameSite[s.SameSite],
	}
}

var sameSite = map[string]http.SameSite{"Lax": http.SameSiteLaxMode, "Strict": http.SameSiteStrictMode, "None": http.SameSiteNoneMode}

// shapeOf is the cookie of the request's channel. It has the plain name only for
// plain http on this very machine: anywhere else a cookie without Secure would be
// a session for the taking.
func shapeOf(r *http.Request) shop.CookieShape {
	return From(r.Context()).Channel.CookieOn(hostName(r.Host), shop.RequestFrom(r.Context()).TLS)
}

// hostName is a Host header as the hosts table has it: lower case, no port, no
// trailing dot, no brackets.
func hostName(host string) string {
	if strings.Contains(host, ":") {
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	return strings.ToLower(host)
}
