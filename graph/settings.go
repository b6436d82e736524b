package graph

import (
	"context"
	"strings"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

// Site needs no query: the snapshot holds all of it.
func (r query) Site(ctx context.Context) (*model.Site, error) {
	a := session.From(ctx)
	set := &a.Store.Settings
	return &model.Site{Settings: &model.Settings{
		StoreName:        a.Store.Name,
		StoreHash:        a.Store.Hash,
		StoreCountryCode: a.Store.Country,
		Status:           a.Store.Status,
		StatusMessage:    orNull(set.StatusMessage),
		ChannelID:        a.Channel.ID,
		ReCaptcha:        r.reCaptcha(set.Captcha),
		Checkout: &model.CheckoutSettings{
			ReCaptchaEnabled: set.Captcha.OnCheckout, PersistentCartEnabled: set.PersistentCart,
		},
		Customers: &model.CustomersSettings{
			IsAccountCreationEnabled: set.AccountCreation, PasswordComplexitySettings: &set.Passwords,
			IsEmailVerificationRequired: set.EmailVerification == shop.VerificationRequired,
		},
		Locales:    locales(a),
		Privacy:    &set.Privacy,
		Inactivity: r.inactivity(set.Inactivity),
		Newsletter: &set.Newsletter,
		FormFields: &model.FormFields{},
	}}, nil
}

func (r query) reCaptcha(set shop.CaptchaSettings) *model.ReCaptchaSettings {
	lockout := int64(r.Accounts.Lockout().Seconds())
	return &model.ReCaptchaSettings{
		SiteKey: set.SiteKey, IsEnabledOnStorefront: set.OnStorefront, IsEnabledOnCheckout: set.OnCheckout,
		FailedLoginLockoutDurationSeconds: &lockout,
	}
}

// inactivity is what really ends a session: the store's wish, but no longer than
// the server's.
func (r query) inactivity(set shop.ShopperInactivity) *model.InactivitySettings {
	seconds, extends := int64(r.Storage.SessionIdle().Seconds()), !set.FromLogin
	if set.Seconds > 0 {
		seconds = min(seconds, set.Seconds)
	}
	return &model.InactivitySettings{ShopperInactivityDurationSeconds: &seconds, ShopperActivityExtendsDuration: &extends}
}

func locales(a *session.Asker) (out []model.Locale) {
	base := strings.TrimRight(a.Channel.URL, "/")
	for _, l := range a.Store.AllLocales() {
		out = append(out, model.Locale{Code: l.Code, IsDefault: l.Code == a.Store.Locale, Path: l.Path, FullPath: base + l.Path})
	}
	return out
}

func (query) Channel(ctx context.Context) (*shop.Channel, error) {
	return session.From(ctx).Channel, nil
}

func (query) Store(ctx context.Context) (*shop.Store, error) { return session.From(ctx).Store, nil }

// orNull is nil for a text that is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
