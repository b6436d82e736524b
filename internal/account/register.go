package account

import (
	"context"

	"regulars/internal/shop"
	"regulars/storage"
)

// Register makes an account, without logging in; where the store wants the
// mailbox proved first there is none yet (ok is false), and the answer is the same
// for every address. Refusals: Forbidden where the store takes no new accounts,
// RateLimited, BadUserInput with every field that is wrong, those of the captcha,
// Conflict for an address that is taken.
func (a *Accounts) Register(ctx context.Context, store *shop.Store, channel *shop.Channel, from shop.Source, p Proof, in shop.Registration) (c shop.Customer, ok bool, err error) {
	if !store.Settings.AccountCreation {
		return c, false, shop.Errorf(shop.Forbidden, "This store does not take new accounts at the moment.")
	}
	email, err := in.Check(store.Settings.Passwords, store.Forms)
	if err != nil {
		return c, false, err
	}
	if err := a.db.Take(ctx, store.ID, a.useOf(a.set.Limits.RegisterPerPrefix, store, "register", from)...); err != nil {
		return c, false, err
	}
	if err := a.CheckCaptcha(ctx, store, p); err != nil {
		return c, false, err
	}
	hash, err := a.hash(ctx, in.Password)
	if err != nil {
		return c, false, err
	}
	if err := a.hashFields(ctx, &in.Fields); err != nil {
		return c, false, err
	}
	if in.Address != nil {
		if err := a.hashFields(ctx, &in.Address.Fields); err != nil {
			return c, false, err
		}
	}
	account := storage.NewCustomer{
		Email: email, Profile: in.Profile, PasswordHash: hash, Locale: shop.LocaleOf(in.Language, store.Locale), Registered: true, Fields: in.Fields,
		GroupID: channel.DefaultGroupID, NoGroup: !store.Plan.HasGroups(),
		ChannelID: channel.ID, ChannelIDs: homeOf(channel), Address: in.Address,
	}
	if store.Settings.EmailVerification == shop.VerificationRequired {
		return c, false, a.wait(ctx, store, in.Password, account)
	}
	account.Mint = a.mint(store, shop.TokenMailbox)
	c, err = a.db.CreateCustomer(ctx, store.ID, account)
	return c, err == nil, err
}

// homeOf is where a new account may log in: everywhere, unless its channel keeps
// to itself.
func homeOf(c *shop.Channel) []int64 {
	if c.AllowGlobalLogin {
		return nil
	}
	return []int64{c.ID}
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
