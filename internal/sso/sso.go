// Package sso is what apps and we tell each other about shoppers: customer login
// tokens come in, current customer tokens go out.
package sso

import (
	"log/slog"
	"time"

	"regulars/internal/keys"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/storage"
)

// SSO is safe for concurrent use.
type SSO struct {
	db   *storage.Store
	ring *keys.Ring
	log  *slog.Logger
	set  Settings
}

// Settings are what an operator may change.
type Settings struct {
	SessionLifetime time.Duration // of a cookie's
	TokenLifetime   time.Duration // of a customer access token's
	// FailuresPerPrefix counts tokens that did not work, per network.
	FailuresPerPrefix shop.Limit
	// NewDevicePerCustomer is the budget that other logins share.
	NewDevicePerCustomer shop.Limit
	// HandOffFailuresPerPrefix counts tokens of hand-offs that did not work.
	HandOffFailuresPerPrefix shop.Limit
}

func (s Settings) lifetime(kind shop.SessionKind) time.Duration {
	if kind == shop.KindToken {
		return s.TokenLifetime
	}
	return s.SessionLifetime
}

// HandOffLimit is the platform's: three that do not work, in five minutes.
var HandOffLimit = shop.Limit{Burst: 3, Window: 5 * time.Minute}

// DefaultSettings are those of other logins.
func DefaultSettings() Settings {
	return Settings{
		SessionLifetime:      shop.SessionAbsolute,
		TokenLifetime:        shop.TokenLifetime,
		FailuresPerPrefix:    shop.Limit{Burst: 100, Window: 15 * time.Minute},
		NewDevicePerCustomer: shop.Limit{Burst: 1, Window: 24 * time.Hour},

		HandOffFailuresPerPrefix: HandOffLimit,
	}
}

// New makes an SSO. log hears why tokens are refused, which nobody outside does.
func New(db *storage.Store, ring *keys.Ring, log *slog.Logger, set Settings) *SSO {
	return &SSO{db, ring, log, set}
}

// use is one use of a limit in one store; kinds that package account has too are
// the same limit.
func (s *SSO) use(l shop.Limit, a *session.Asker, kind, subject string) *storage.Use {
	key := s.ring.HMAC("limit", kind, a.Store.Hash, subject)
	key[0] = 0 // limits of which one is taken at a time have no order
	return &storage.Use{Key: key, Limit: l}
}

// secrets are the app's, newest first. One that cannot be opened, because its key
// is gone, is left out.
func (s *SSO) secrets(a *session.Asker, app shop.App) (out []string) {
	for _, secret := range app.Secrets {
		text, err := s.ring.Open(shop.SealAppSecret, secret.Sealed, a.Store.Hash, app.ClientID)
		if err != nil {
			s.log.Error("secret of an app cannot be opened", "store", a.Store.Hash, "client_id", app.ClientID, "secret", secret.ID, "error", err)
			continue
		}
		out = append(out, text)
	}
	return out
}
