package shop

import "time"

// StorefrontTokenKind says who may hold a token, and for whom it speaks.
type StorefrontTokenKind string

// The kinds (contract/storefront.md 2.3).
const (
	// TokenStorefront is no secret: it says which storefront speaks.
	TokenStorefront StorefrontTokenKind = "storefront"
	// TokenPrivate is for servers, and does what its scopes say.
	TokenPrivate StorefrontTokenKind = "private"
	// TokenImpersonation is for servers, and acts as the customer that a request
	// names.
	TokenImpersonation StorefrontTokenKind = "impersonation"
)

// TokenScope is what a private token may do.
type TokenScope string

// The scopes.
const (
	ScopeUnauthenticated TokenScope = "Unauthenticated"
	ScopeCustomer        TokenScope = "Customer"
)

// StorefrontToken is what a storefront or its server proves itself with, in an
// Authorization header. The token itself is shown once and kept nowhere.
type StorefrontToken struct {
	ID         int64
	Kind       StorefrontTokenKind
	Name       string
	ChannelIDs []int64
	Scopes     []TokenScope // of private tokens alone
	Origins    []string     // whose pages may send it; of storefront tokens alone
	CreatedAt  time.Time
	ExpiresAt  time.Time
	RevokedAt  *time.Time
}
