package account

import (
	"context"

	"regulars/internal/shop"
	"regulars/storage"
)

// Register makes an account, without logging in. Refusals: Forbidden where the
// store takes no new accounts, RateLimited, BadUserInput with every field that is
// wrong, those of the captcha, Conflict for an address that is taken.
func (a *Accounts) Register(ctx context.Context, store *shop.Store, channel *shop.Channel, prefix string, p Proof, in shop.Registration) (shop.Customer, error) {
	if !store.Settings.AccountCreation {
		return shop.Customer{}, shop.Errorf(shop.Forbidden, "This store does not take new accounts at the moment.")
	}
	email, err := in.Check(store.Settings.Passwords, store.Forms)
	if err != nil {
		return shop.Customer{}, err
	}
	if prefix != "" {
		if err := a.db.Take(ctx, store.ID, a.use(a.set.Limits.RegisterPerPrefix, store, "register", prefix)); err != nil {
			return shop.Customer{}, err
		}
	}
	if err := a.CheckCaptcha(ctx, store, p); err != nil {
		return shop.Customer{}, err
	}
	hash, err := a.hash(ctx, in.Password)
	if err != nil {
		return shop.Customer{}, err
	}
	if err := a.hashFields(ctx, &in.Fields); err != nil {
		return shop.Customer{}, err
	}
	if in.Address != nil {
		if err := a.hashFields(ctx, &in.Address.Fields); err != nil {
			return shop.Customer{}, err
		}
	}
	return a.db.CreateCustomer(ctx, store.ID, storage.NewCustomer{
		Email: email, Profile: in.Profile, PasswordHash: hash, Locale: shop.LocaleOf(in.Language, store.Locale), Registered: true, Fields: in.Fields,
		GroupID: channel.DefaultGroupID, NoGroup: !store.Plan.HasGroups(),
		ChannelID: channel.ID, ChannelIDs: homeOf(channel), Address: in.Address,
	})
}

// homeOf is where a new account may log in: everywhere, unless its channel keeps
// to itself.
func homeOf(c *shop.Channel) []int64 {
	if c.AllowGlobalLogin {
		return nil
	}
	return []int64{c.ID}
}

// Update changes a customer's own data. tokenHash names the session that asks: a
// new address ends all others. Refusals: BadUserInput, also for a required form
// field that would be left empty, Conflict for an address that is taken, NotFound
// when the account is gone, RateLimited, those of the captcha.
func (a *Accounts) Update(ctx context.Context, store *shop.Store, s *shop.Session, p Proof, u shop.CustomerUpdate) (shop.Customer, error) {
	_, _, err := u.Apply(s.Customer)
	if err := append(shop.ErrorsIn(err), u.Fields.Check(store.Forms, shop.FormCustomer, shop.FieldsPath)...).Or(); err != nil {
		return shop.Customer{}, err
	}
	if err := a.mayChange(ctx, store, s, p); err != nil {
		return shop.Customer{}, err
	}
	if err := a.hashFields(ctx, &u.Fields); err != nil {
		return shop.Customer{}, err
	}
	return a.db.UpdateCustomer(ctx, store.ID, s.Customer.ID, s.TokenHash, u)
}

// hashFields hashes what was given for password fields, as a password is.
func (a *Accounts) hashFields(ctx context.Context, u *shop.FieldUpdate) (err error) {
	for _, v := range u.Secrets() {
		if v.Hash, err = a.hash(ctx, v.Secret); err != nil {
			return err
		}
		v.Secret = ""
	}
	return nil
}

// EndSession ends one session; one that is over stays as it is.
func (a *Accounts) EndSession(ctx context.Context, store *shop.Store, tokenHash []byte) error {
	return a.db.EndSession(ctx, store.ID, tokenHash)
}
