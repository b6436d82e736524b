package shop

import (
	"slices"
	"time"
)

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
	// Origins are those whose pages may send it, beside the storefront's own; of
	// storefront tokens alone. Without any it is for servers.
	Origins   []string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt *time.Time
}

// Speaks tells whether the token is for a channel.
func (t *StorefrontToken) Speaks(channelID int64) bool {
	return slices.Contains(t.ChannelIDs, channelID)
}

// Has tells whether a field that needs a scope may be asked for. Scopes are those
// of private tokens; the others may ask for everything.
func (t *StorefrontToken) Has(s TokenScope) bool {
	return t.Kind != TokenPrivate || slices.Contains(t.Scopes, s)
}

// IsSecret tells that only servers hold the token. One with origins is in pages,
// for everybody to take.
func (t *StorefrontToken) IsSecret() bool {
	return t.Kind != TokenStorefront || len(t.Origins) == 0
}

// MaxTokenOrigins is how many origins a storefront token names at most.
const MaxTokenOrigins = 2

// SigningKey is an ES256 pair of a store. PrivateSealed is opened by whoever
// signs; nobody else has it.
type SigningKey struct {
	ID            int64
	Public        []byte // PKIX, DER
	PrivateSealed string
}

// KnownToken is a token as the database had it at Asked, by this process's clock;
// Left of its time was over there. Clocks are not compared, and Asked is soon too
// long ago (TokenMemory): so the database's clock decides.
type KnownToken struct {
	StorefrontToken
	Asked time.Time
	Left  time.Duration
}

// TokenMemory is how long a token is believed to be as it was.
const TokenMemory = time.Minute

// Stale tells that the database has to be asked again.
func (t *KnownToken) Stale(now time.Time) bool { return now.Sub(t.Asked) > TokenMemory }

// Expired tells whether the token is over its time.
func (t *KnownToken) Expired(now time.Time) bool { return now.Sub(t.Asked) >= t.Left }

// The platform's own words for what is wrong with the Authorization header.
// Clients compare them: they are not translated.
const (
	TextNoToken       = "GraphQL credentials were missing. No token was sent."
	TextUnknownToken  = "Unknown JWT token"
	textBadToken      = "GraphQL invalid credentials. "
	TextNotJWT        = textBadToken + "String is not a JWT"
	TextBadSignature  = textBadToken + "JWT signature is invalid"
	TextTokenExpired  = textBadToken + "JWT is expired"
	TextOtherChannel  = textBadToken + "JWT channel id doesn't match channel id of the URL"
	TextNoJSON        = textBadToken + "JWT has no valid Json"
	TextUnknownFormat = textBadToken + "JWT has Json of an unknown format"
	TextOtherStore    = textBadToken + "JWT store id doesn't match store id of the URL"

	TextImpersonationInBrowser = "Request not allowed: Detected that request originated from a browser script and is using a customer impersonation jwt token. " +
		"Customer impersonation tokens are not allowed with frontend requests."
	TextPrivateInBrowser = "Request not allowed: Detected that request originated from a browser script and is using a private jwt token. " +
		"Private tokens are not allowed with frontend requests."
)
