// Package session knows who is asking: which channel a host names, and whose
// session a cookie carries. It is the one home of identity.
package session

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/gorilla/sessions"

	"regulars/internal/shop"
	"regulars/storage"
)

// Asker is who a request comes from.
type Asker struct {
	Store   *shop.Store
	Channel *shop.Channel
	// Session is nil for a guest.
	Session *shop.Session
	// Token is the storefront token that came along; nil when none was sent.
	Token *shop.StorefrontToken
	// Foreign: a page of an origin that the channel does not list sent this.
	// Its cookies were ignored, and it may do next to nothing.
	Foreign bool
	// Addr is the shopper's address as far as it can be trusted. It is not valid
	// for a storefront's server that forwarded none.
	Addr netip.Addr
	// Language is the Accept-Language header.
	Language string

	userAgent, origin string // as they came

	refusal      *shop.Error // of the token, for Gate to answer
	impersonates bool        // X-Bc-Customer-Id names the shopper, there or not

	class        Class
	mayHoldToken bool // a page that the channel lets have a customer access token
	access       accessHeader

	cookie *sessions.Session // what the response's cookie will be
	dirty  bool
	began  bool // a session did: the answer may hold its secret

	once      sync.Once
	geography *shop.Geography

	db       *storage.Store
	snapshot *shop.Snapshot // what Store and Channel are from; nil outside of Handler
}

type askerKey struct{}

// With returns a context in which From gives a.
func With(ctx context.Context, a *Asker) context.Context {
	return context.WithValue(ctx, askerKey{}, a)
}

// From gives who is asking; never nil, and a guest of no store outside of
// Handler.
func From(ctx context.Context) *Asker {
	if a, ok := ctx.Value(askerKey{}).(*Asker); ok {
		return a
	}
	return &Asker{Store: &shop.Store{}, Channel: &shop.Channel{}}
}

// at puts the asker into a channel of a store's configuration.
func (a *Asker) at(s *shop.Snapshot, c *shop.Channel) {
	a.snapshot, a.Store, a.Channel = s, &s.Store, c
}

// Group is a customer group of the store as of the version of the configuration
// that this request met; nil when there is none. It is shared: read only.
func (a *Asker) Group(ctx context.Context, id int64) (*shop.CustomerGroup, error) {
	return a.group(id, func() (shop.CustomerGroup, int64, bool, error) { return a.db.Group(ctx, a.Store.ID, id) })
}

// GuestGroup is Group for the store's group for guests.
func (a *Asker) GuestGroup(ctx context.Context) (*shop.CustomerGroup, error) {
	return a.group(0, func() (shop.CustomerGroup, int64, bool, error) { return a.db.GuestGroup(ctx, a.Store.ID) })
}

func (a *Asker) group(key int64, load func() (shop.CustomerGroup, int64, bool, error)) (*shop.CustomerGroup, error) {
	if g := a.snapshot.Group(key); g != nil {
		return g, nil
	}
	g, version, ok, err := load()
	if err != nil || !ok {
		return nil, err
	}
	a.snapshot.RememberGroup(key, version, &g)
	return &g, nil
}

// ChannelAt is the storefront of this store that a host names, by the hosts that
// come here or by where its pages are; nil for none.
func (a *Asker) ChannelAt(host string) *shop.Channel {
	if a.snapshot == nil {
		return nil
	}
	if c := a.snapshot.ChannelAt(host); c != nil {
		return c
	}
	for _, c := range a.snapshot.Channels {
		if u, err := url.Parse(c.URL); err == nil && c.URL != "" && strings.EqualFold(u.Hostname(), host) {
			return c
		}
	}
	return nil
}

// Customer is who is logged in; nil for a guest.
func (a *Asker) Customer() *shop.Customer {
	if a.Session == nil {
		return nil
	}
	return &a.Session.Customer
}

// Prefix is the network the shopper is in, "" when unknown.
func (a *Asker) Prefix() string { return shop.Prefix(a.Addr) }

// Source is what limits count this request by.
func (a *Asker) Source() shop.Source {
	s := shop.Source{Prefix: a.Prefix()}
	if s.Prefix == "" && a.Token != nil {
		s.TokenID = a.Token.ID
	}
	return s
}

// Geography is the countries in the shopper's language.
func (a *Asker) Geography() *shop.Geography {
	a.once.Do(func() { a.geography = shop.GeographyIn(a.Language, a.Store.Locale) })
	return a.geography
}

// TokenHash names the session's row; nil for a guest.
func (a *Asker) TokenHash() []byte {
	if a.Session == nil {
		return nil
	}
	return a.Session.TokenHash
}
