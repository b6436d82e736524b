// Package newsletter decides who may be signed up and signed off. Transports
// share it.
package newsletter

import (
	"context"
	"strconv"
	"time"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// Newsletter is safe for concurrent use.
type Newsletter struct {
	db   *storage.Store
	ring *keys.Ring
	set  Settings
}

// Settings are what an operator may change.
type Settings struct {
	// PerPrefix bounds sign-ups from one network: what a robot meets first.
	PerPrefix shop.Limit
	// PerToken is for storefronts' servers that forward no address.
	PerToken shop.Limit
}

// DefaultSettings suit a shop behind one office's or one café's address too.
func DefaultSettings() Settings {
	return Settings{PerPrefix: shop.Limit{Burst: 120, Window: time.Hour}, PerToken: shop.Limit{Burst: 3000, Window: 15 * time.Minute}}
}

// New makes a Newsletter.
func New(db *storage.Store, ring *keys.Ring, set Settings) *Newsletter {
	return &Newsletter{db, ring, set}
}

// Visit is where a request comes from.
type Visit struct {
	Store    *shop.Store
	Channel  *shop.Channel
	Customer *shop.Customer // nil for a guest
	From     shop.Source
	MayKnow  bool // an API client, who may hear that an address is subscribed
}

// Subscribe signs an address up. It answers alike for every address, known or
// not; Conflict comes only to who may know (shop.Customer.MayKnow, Visit.MayKnow).
// Forbidden: the newsletter is off. BadUserInput: every field that is wrong.
func (n *Newsletter) Subscribe(ctx context.Context, v Visit, in shop.SignUpInput) error {
	if !v.Store.Settings.Newsletter.ShowNewsletterSignup {
		return shop.Errorf(shop.Forbidden, "The newsletter of this store is switched off.")
	}
	email, err := in.Check()
	if err != nil {
		return err
	}
	signUp := storage.SignUp{Email: email, Input: in, ChannelID: v.Channel.ID, Customer: v.Customer, IPPrefix: v.From.Prefix, MayKnow: v.MayKnow}
	switch {
	case v.From.Prefix != "":
		signUp.Uses = []storage.Use{{Key: n.ring.HMAC("limit", "subscribe", v.Store.Hash, v.From.Prefix), Limit: n.set.PerPrefix}}
	case v.From.TokenID != 0:
		key := n.ring.HMAC("limit", "subscribe", v.Store.Hash, "token", strconv.FormatInt(v.From.TokenID, 10))
		signUp.Uses = []storage.Use{{Key: key, Limit: n.set.PerToken}}
	}
	return n.db.Subscribe(ctx, v.Store.ID, signUp)
}

// Unsubscribe signs an address off at once for a customer who may do so. For
// anybody else it changes nothing, and answers the same. BadUserInput: not an
// address. NotFound: the account that asks is gone.
func (n *Newsletter) Unsubscribe(ctx context.Context, v Visit, address string) error {
	email, ok := shop.ParseEmail(address)
	if !ok {
		return shop.Invalid("input.email", "Enter a valid email address.")
	}
	if v.Customer == nil || v.Customer.EmailKey != email.Key {
		return nil
	}
	return n.db.Unsubscribe(ctx, v.Store.ID, v.Channel.ID, v.Customer.ID, email, v.From.Prefix)
}
