package model

import (
	"time"

	"golang.org/x/text/message"

	"regulars/internal/shop"
)

// CustomerSession is a session as its owner may see it.
type CustomerSession struct {
	ID                               string
	Current                          bool
	CreatedAt, LastSeenAt, ExpiresAt time.Time
	Device, IPPrefix, Origin         *string
}

// NewCustomerSession describes r in the printer's language; current is the id of
// the session that asks, "" for none.
func NewCustomerSession(r *shop.SessionRecord, current string, p *message.Printer) CustomerSession {
	seen := r.LastSeenAt.Truncate(time.Minute)
	if seen.Before(r.CreatedAt) { // nobody was seen before they came
		seen = r.CreatedAt
	}
	return CustomerSession{
		ID: r.ID, Current: r.ID == current, CreatedAt: r.CreatedAt, LastSeenAt: seen, ExpiresAt: r.ExpiresAt,
		Device: known(r.Words(p)), IPPrefix: known(r.IPPrefix), Origin: known(r.Origin),
	}
}

// known is nil for what is not.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// NewAccessToken is what a caller gets of a session that just began; nil where a
// cookie carries it.
func NewAccessToken(secret string, s shop.Session) *CustomerAccessToken {
	if s.Kind != shop.KindToken {
		return nil
	}
	return &CustomerAccessToken{Value: shop.AccessToken(secret, s.ExpiresAt), ExpiresAt: s.ExpiresAt}
}
