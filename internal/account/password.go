package account

import (
	"context"
	"errors"

	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
)

// newPasswordField is the argument that a new password comes in.
const newPasswordField = "input.newPassword"

// ChangePassword replaces the password of a session's customer, and ends all
// other sessions. Wrong tries count as logins do. Refusals: BadUserInput for a
// password that breaks the store's rules, Forbidden for a wrong present one,
// NotFound when the account is gone, RateLimited.
func (a *Accounts) ChangePassword(ctx context.Context, store *shop.Store, s *shop.Session, from shop.Source, present, next string) error {
	if err := store.Settings.Passwords.Check(newPasswordField, next).Or(); err != nil {
		return err
	}
	tries, err := a.throttle(ctx, store, s.Customer.EmailKey, from)
	if err != nil {
		return err
	}
	c, there, err := a.db.CredentialsOf(ctx, store.ID, s.Customer.ID)
	if err != nil {
		return err
	}
	if !there {
		return shop.Errorf(shop.NotFound, "This account no longer exists.")
	}
	ok, _, err := a.verify(ctx, c.PasswordHash, present)
	if err != nil {
		return err
	}
	if !ok {
		return wrongPassword()
	}
	hash, err := a.hash(ctx, next)
	if err != nil {
		return err
	}
	ok, err = a.db.ChangePassword(ctx, store.ID, storage.NewPassword{
		CustomerID: s.Customer.ID, Verified: c.PasswordHash, Hash: hash, Session: s.TokenHash, Forgive: tries.perAccount.Key,
	})
	if err == nil && !ok {
		err = wrongPassword()
	}
	return err
}

func wrongPassword() error { return shop.Errorf(shop.Forbidden, "The current password is not right.") }

// verify is Hasher.Verify, with a full queue turned into an answer.
func (a *Accounts) verify(ctx context.Context, hash, text string) (ok, rehash bool, err error) {
	ok, rehash, err = a.hasher.Verify(ctx, hash, text)
	if errors.Is(err, password.ErrBusy) {
		err = busy(err)
	}
	return ok, rehash, err
}
