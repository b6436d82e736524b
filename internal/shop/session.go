package shop

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/message"
)

// Lifetimes of a session (decision 16). Expiry is decided by the database's
// clock.
const (
	SessionAbsolute = 30 * 24 * time.Hour
	SessionIdle     = 14 * 24 * time.Hour
	// TokenLifetime is all that a customer access token has: it is not kept alive.
	TokenLifetime = 7 * 24 * time.Hour
	// SessionsPerCustomer live at once; a login beyond that ends the oldest.
	SessionsPerCustomer = 100
)

// SessionKind is what names a session's row to us.
type SessionKind string

// KindCookie is for browsers, KindToken for storefronts' servers, which send a
// customer access token.
const (
	KindCookie SessionKind = "cookie"
	KindToken  SessionKind = "token"
)

// KindImpersonated has no row: a storefront's server says who the shopper is.
const KindImpersonated SessionKind = "impersonated"

// LogoutScope says which sessions a logout ends.
type LogoutScope string

// The scopes.
const (
	LogoutThis       LogoutScope = "THIS"
	LogoutOthers     LogoutScope = "OTHERS"
	LogoutEverywhere LogoutScope = "EVERYWHERE"
)

// Session is one live login of one customer on one device.
type Session struct {
	ID        string // for people; says nothing about the token
	TokenHash []byte
	Kind      SessionKind
	ExpiresAt time.Time // at the latest; whole seconds
	Customer  Customer
	// Stale: not seen for a minute, so that the next request should touch it.
	Stale bool
}

// SessionRecord is a live session as its owner or staff may see it.
type SessionRecord struct {
	ID        string // for people; says nothing about the token
	Kind      SessionKind
	ChannelID int64
	Device
	CreatedAt  time.Time
	LastSeenAt time.Time
	// ExpiresAt is when it ends if it is not seen again.
	ExpiresAt time.Time
}

// Words name the device; "" for a storefront's server, which is nobody's.
func (r *SessionRecord) Words(p *message.Printer) string {
	if r.Kind == KindToken && r.Origin == "" {
		return ""
	}
	return r.Device.Words(p)
}

// IsSessionID tells whether a session may have that id.
func IsSessionID(s string) bool {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, odd)
}

// secretLength is that of a customer access token before its expiry.
const secretLength = 64

// AccessToken is the text of a customer access token: the secret, which has to be
// 64 hex digits, and when it expires.
func AccessToken(secret string, expires time.Time) string {
	return secret + "_" + strconv.FormatInt(expires.Unix(), 10)
}

// ParseAccessToken is what AccessToken was given; ok is false for all that it
// never makes.
func ParseAccessToken(text string) (secret string, expires int64, ok bool) {
	if len(text) < secretLength+2 || len(text) > secretLength+20 || text[secretLength] != '_' {
		return "", 0, false
	}
	secret, suffix := text[:secretLength], text[secretLength+1:]
	odd := func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') }
	expires, err := strconv.ParseInt(suffix, 10, 64)
	if err != nil || strings.ContainsFunc(secret, odd) || strconv.FormatInt(expires, 10) != suffix {
		return "", 0, false
	}
	return secret, expires, true
}
