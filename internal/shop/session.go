package shop

import (
	"strings"
	"time"

	"golang.org/x/text/message"
)

// Lifetimes of a session (decision 16). Expiry is decided by the database's
// clock.
const (
	SessionAbsolute = 30 * 24 * time.Hour
	SessionIdle     = 14 * 24 * time.Hour
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
