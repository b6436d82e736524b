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

// Cookie names. The prefix makes browsers refuse the cookie unless it is Secure,
// for this very host and for every path, so that no neighbouring host can plant
// one. Plain http on localhost cannot have it.
const (
	secureName = "__Host-SHOP_TOKEN"
	plainName  = "SHOP_TOKEN"
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
	c := &Cookies{db: db, maxAge: int(lifetime.Seconds())}
	for _, key := range keys.Derived(secrets, "session cookie") {
		codec := securecookie.New(key, nil)
		codec.SetSerializer(securecookie.NopEncoder{}) // the value is the token: no gob
		codec.MaxAge(0)                                // the database's clock decides
		c.codecs = append(c.codecs, codec)
	}
	return c
}

// Keys of a gorilla session's values.
type (
	rowKey     struct{} // *shop.Session
	versionKey struct{} // int64: the configuration's version, read with the row
	spoiledKey struct{} // a cookie was sent that is not good for anything
)

// Get gives the session of the request, loaded once.
func (c *Cookies) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(c, name)
}

// New loads the session that the request's cookie names. A cookie that cannot be
// read, that stands there twice or whose session is over is a guest, never an
// error: an error is the database's.
func (c *Cookies) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(c, name)
	s.IsNew = true
	s.Options = &sessions.Options{
		Path: "/", MaxAge: c.maxAge, HttpOnly: true, Secure: name == secureName, SameSite: http.SameSiteLaxMode,
	}
	sent := r.CookiesNamed(name)
	if len(sent) == 0 {
		return s, nil
	}
	var token []byte
	if len(sent) > 1 || securecookie.DecodeMulti(name, sent[0].Value, &token, c.codecs...) != nil {
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

// Save writes the cookie: with the token in ID, or away with it when that is
// empty. The row is written by whoever logs in or out, so that its failure is
// an answer and not a surprise after it.
func (c *Cookies) Save(_ *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	if s.ID == "" {
		o := *s.Options
		o.MaxAge = -1
		http.SetCookie(w, sessions.NewCookie(s.Name(), "", &o))
		return nil
	}
	value, err := securecookie.EncodeMulti(s.Name(), []byte(s.ID), c.codecs...)
	if err != nil {
		return err
	}
	http.SetCookie(w, sessions.NewCookie(s.Name(), value, s.Options))
	return nil
}

// cookieName is the plain name only for plain http on this very machine.
// Anywhere else a cookie without Secure would be a session for the taking.
func cookieName(r *http.Request) string {
	if !shop.RequestFrom(r.Context()).TLS && isLoopback(hostName(r.Host)) {
		return plainName
	}
	return secureName
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// hostName is a Host header as the hosts table has it: lower case, no port, no
// trailing dot, no brackets.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	return strings.ToLower(host)
}
