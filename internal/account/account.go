// Package account holds what shoppers do with their accounts: register, log in,
// change their data and their address book. Transports share it.
package account

import (
	"log/slog"
	"strconv"
	"time"

	"regulars/internal/captcha"
	"regulars/internal/keys"
	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
)

// Accounts is safe for concurrent use.
type Accounts struct {
	db     *storage.Store
	hasher *password.Hasher
	ring   *keys.Ring
	set    Settings
}

// Settings are what an operator may change.
type Settings struct {
	SessionLifetime time.Duration // of a cookie's
	TokenLifetime   time.Duration // of a customer access token's
	Limits          Limits
	// WrongAnswerFloor is how long a refused login takes at least, so that a
	// hash imported from elsewhere costs no visibly different time.
	WrongAnswerFloor time.Duration
	// Captcha is one with the usual patience when nil.
	Captcha *captcha.Verifier
	// Log is told when a service outside fails; nobody when nil.
	Log *slog.Logger
}

// Limits are throttles, counted by all servers together (decision 19).
type Limits struct {
	LoginPerAccountAndPrefix shop.Limit
	LoginPerAccount          shop.Limit // from networks that are new to the account
	LoginPerPrefix           shop.Limit
	RegisterPerPrefix        shop.Limit
	UpdatePerCustomer        shop.Limit
	// LinkPerPrefix is about all that mails a link or redeems one: new passwords
	// and confirmations.
	LinkPerPrefix shop.Limit
	// PerToken is for storefronts' servers that forward no address: logins,
	// registrations and links of all their shoppers, of each kind so many.
	PerToken shop.Limit
	// MailPerRecipient and MailPerRecipientDay are for each kind of mail that a
	// stranger can cause.
	MailPerRecipient     shop.Limit
	MailPerRecipientDay  shop.Limit
	NewDevicePerCustomer shop.Limit
}

// DefaultLimits are those of decisions 13 and 19; changing one's own data is
// bounded because a new address tells whether it is taken.
var DefaultLimits = Limits{
	LoginPerAccountAndPrefix: shop.Limit{Burst: 10, Window: 15 * time.Minute},
	LoginPerAccount:          shop.Limit{Burst: 50, Window: time.Hour},
	LoginPerPrefix:           shop.Limit{Burst: 100, Window: 15 * time.Minute},
	RegisterPerPrefix:        shop.Limit{Burst: 20, Window: time.Hour},
	UpdatePerCustomer:        shop.Limit{Burst: 60, Window: time.Hour},
	LinkPerPrefix:            shop.Limit{Burst: 30, Window: time.Hour},
	PerToken:                 shop.Limit{Burst: 3000, Window: 15 * time.Minute},
	MailPerRecipient:         shop.Limit{Burst: 1, Window: 2 * time.Minute},
	MailPerRecipientDay:      shop.Limit{Burst: 5, Window: 24 * time.Hour},
	NewDevicePerCustomer:     shop.Limit{Burst: 1, Window: 24 * time.Hour},
}

// DefaultSettings are decision 16's and 19's.
func DefaultSettings() Settings {
	return Settings{SessionLifetime: shop.SessionAbsolute, TokenLifetime: shop.TokenLifetime, Limits: DefaultLimits, WrongAnswerFloor: 150 * time.Millisecond}
}

// New makes Accounts.
func New(db *storage.Store, hasher *password.Hasher, ring *keys.Ring, set Settings) *Accounts {
	if set.Captcha == nil {
		set.Captcha = captcha.New(0)
	}
	if set.Log == nil {
		set.Log = slog.New(slog.DiscardHandler)
	}
	return &Accounts{db, hasher, ring, set}
}

// lifetime is how long a session lasts at most.
func (a *Accounts) lifetime(kind shop.SessionKind) time.Duration {
	if kind == shop.KindToken {
		return a.set.TokenLifetime
	}
	return a.set.SessionLifetime
}

// Lockout is after how long a login that failed too often can be tried again, at
// the latest: all tries of the account in its network are back by then, and one of
// each other limit.
func (a *Accounts) Lockout() time.Duration {
	l := a.set.Limits
	return max(l.LoginPerAccountAndPrefix.Window, l.LoginPerAccount.Every(), l.LoginPerPrefix.Every(), l.PerToken.Every())
}

// use is one use of a limit in one store.
func (a *Accounts) use(l shop.Limit, store *shop.Store, kind string, subject ...string) storage.Use {
	parts := append([]string{kind, store.Hash}, subject...)
	key := a.ring.HMAC("limit", parts...)
	key[0] = lockOrder[kind]
	return storage.Use{Key: key, Limit: l}
}

// useOf is one use of the limit of a network, or of a server's token where the
// network is unknown; none where that is unknown too, or its bucket would be
// everybody's.
func (a *Accounts) useOf(perPrefix shop.Limit, store *shop.Store, kind string, from shop.Source) []storage.Use {
	switch {
	case from.Prefix != "":
		return []storage.Use{a.use(perPrefix, store, kind, from.Prefix)}
	case from.TokenID != 0:
		return []storage.Use{a.use(a.set.Limits.PerToken, store, kind, "token", strconv.FormatInt(from.TokenID, 10))}
	}
	return nil
}

// lockOrder begins the keys of a login's limits, which are taken in their order:
// what all of a network share comes last and is held shortest, whatever the
// account. By hash alone some accounts would be slower than others.
var lockOrder = map[string]byte{"login account prefix": 1, "login account": 2, "login prefix": 3}

// busy turns a full hashing queue into an answer.
func busy(err error) error {
	e := shop.Errorf(shop.Unavailable, "The service is busy. Please try again in a moment.").Because(err)
	e.RetryAfter = 2 * time.Second
	return e
}
