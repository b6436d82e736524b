package account

import (
	"context"
	"encoding/binary"

	"regulars/internal/shop"
	"regulars/storage"
)

// budget is that of a recipient for one kind of mail that strangers can cause,
// whether or not there is such a recipient.
func (a *Accounts) budget(store *shop.Store, kind, recipient string) []storage.Use {
	return []storage.Use{
		a.use(a.set.Limits.MailPerRecipient, store, "mail "+kind, recipient),
		a.use(a.set.Limits.MailPerRecipientDay, store, "mail a day "+kind, recipient),
	}
}

// takeLink counts a request for a link, or the use of one.
func (a *Accounts) takeLink(ctx context.Context, store *shop.Store, kind string, from shop.Source) error {
	return a.db.Take(ctx, store.ID, a.useOf(a.set.Limits.LinkPerPrefix, store, kind, from)...)
}

// nobody stands for the customer with an address where there is none: the same
// for one address each time, and negative, which no id is. Tokens are issued to
// nobody as well, so that it takes as long as for somebody.
func (a *Accounts) nobody(store *shop.Store, email string) int64 {
	sum := a.ring.HMAC("nobody", store.Hash, email)
	return -1 - int64(binary.BigEndian.Uint64(sum)>>1) //nolint:gosec // 63 bits fit
}

// mint makes tokens of one purpose.
func (a *Accounts) mint(store *shop.Store, purpose shop.TokenPurpose) func(int64) shop.Token {
	return func(subjectID int64) shop.Token { return a.ring.Mint(store.ID, purpose, subjectID) }
}
