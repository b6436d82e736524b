package shop

import "time"

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

// Device is what a login leaves in the session's row for its owner to
// recognise it by.
type Device struct {
	UserAgent string
	IPPrefix  string // a /24 or /48
	Origin    string // of the page that logged in
}
