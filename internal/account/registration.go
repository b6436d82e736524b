package account

import (
	"context"

	"regulars/internal/shop"
	"regulars/storage"
)

// mailConfirm is the kind of mails that a sign-up causes.
const mailConfirm = "confirm"

// maxReads bounds how often a sign-up looks again at one that waits for the same
// address and keeps changing.
const maxReads = 3

// wait keeps a sign-up until its mailbox is proved, or has the owner of an
// account with the address told. Both take the same work: two hashes, whatever
// there is to compare with.
func (a *Accounts) wait(ctx context.Context, store *shop.Store, password string, c storage.NewCustomer) error {
	in := storage.Waiting{Customer: c, Nobody: a.nobody(store, c.Email.Key), Mint: a.mint(store, shop.TokenRegistration),
		Budget: a.budget(store, mailConfirm, c.Email.Key)}
	for range maxReads {
		var err error
		if in.Seen, err = a.db.WaitingPassword(ctx, store.ID, c.Email.Key); err != nil {
			return err
		}
		if in.Same, _, err = a.verify(ctx, in.Seen, password); err != nil {
			return err
		}
		if ok, err := a.db.KeepWaiting(ctx, store.ID, in); err != nil || ok {
			return err
		}
	}
	return busy(nil)
}
