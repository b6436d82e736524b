package account

import (
	"context"
	"strconv"

	"regulars/internal/shop"
)

// AddAddress adds to the address book of the session's customer; an address that
// is there already is the one that is answered. Refusals: BadUserInput with every
// field that is wrong, Conflict for a full book, RateLimited, those of the
// captcha, Unauthenticated when the account is gone.
func (a *Accounts) AddAddress(ctx context.Context, store *shop.Store, s *shop.Session, p Proof, in shop.NewAddress) (shop.CustomerAddress, error) {
	if err := in.CheckNew(store.Forms, "input").Or(); err != nil {
		return shop.CustomerAddress{}, err
	}
	if err := a.mayChange(ctx, store, s, p); err != nil {
		return shop.CustomerAddress{}, err
	}
	if err := a.hashFields(ctx, &in.Fields); err != nil {
		return shop.CustomerAddress{}, err
	}
	return a.db.AddAddress(ctx, store.ID, s.Customer.ID, in)
}

// UpdateAddress changes an address of the session's customer. Refusals as
// AddAddress's, but Conflict for an address that would stand there twice, and
// NotFound for one that is not theirs, whether it is there or not.
func (a *Accounts) UpdateAddress(ctx context.Context, store *shop.Store, s *shop.Session, p Proof, id int64, u shop.AddressUpdate) (shop.CustomerAddress, error) {
	if err := a.mayChange(ctx, store, s, p); err != nil {
		return shop.CustomerAddress{}, err
	}
	u.Check(store.Forms)
	if err := a.hashFields(ctx, &u.Fields); err != nil {
		return shop.CustomerAddress{}, err
	}
	return a.db.UpdateAddress(ctx, store.ID, s.Customer.ID, id, u)
}

// DeleteAddress deletes an address of the session's customer. Refusals:
// NotFound for one that is not theirs, RateLimited, those of the captcha,
// Unauthenticated when the account is gone.
func (a *Accounts) DeleteAddress(ctx context.Context, store *shop.Store, s *shop.Session, p Proof, id int64) error {
	if err := a.mayChange(ctx, store, s, p); err != nil {
		return err
	}
	return a.db.DeleteAddress(ctx, store.ID, s.Customer.ID, id)
}

// mayChange counts a change of one's own data, and asks for the captcha.
func (a *Accounts) mayChange(ctx context.Context, store *shop.Store, s *shop.Session, p Proof) error {
	use := a.use(a.set.Limits.UpdatePerCustomer, store, "update", strconv.FormatInt(s.Customer.ID, 10))
	if err := a.db.Take(ctx, store.ID, use); err != nil {
		return err
	}
	return a.CheckCaptcha(ctx, store, p)
}
