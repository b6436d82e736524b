package account

import (
	"context"
	"slices"
	"strconv"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// Update changes a customer's own data. Another address waits for its proof
// (PendingEmail) and is mailed a link; the present one is told. Refusals:
// BadUserInput, also for a required form field that would be left empty, Conflict
// for an address that is taken, NotFound when the account is gone, RateLimited,
// those of the captcha.
func (a *Accounts) Update(ctx context.Context, store *shop.Store, channel *shop.Channel, s *shop.Session, p Proof, u shop.CustomerUpdate) (shop.Customer, error) {
	_, claimed, err := u.Apply(s.Customer)
	if err := append(shop.ErrorsIn(err), u.Fields.Check(store.Forms, shop.FormCustomer, shop.FieldsPath)...).Or(); err != nil {
		return shop.Customer{}, err
	}
	if err := a.mayChange(ctx, store, s, p); err != nil {
		return shop.Customer{}, err
	}
	if claimed != nil {
		waits, err := a.mayClaim(ctx, store, s, *claimed)
		if err != nil {
			return shop.Customer{}, err
		}
		if waits {
			u.Email = nil
		}
	}
	if err := a.hashFields(ctx, &u.Fields); err != nil {
		return shop.Customer{}, err
	}
	return a.db.UpdateCustomer(ctx, store.ID, s.Customer.ID, u, storage.Move{
		Token: a.ring.Mint(store.ID, shop.TokenEmail, s.Customer.ID), ChannelID: channel.ID,
	})
}

// mayClaim counts the mails of a move to another address: the one to it, and the
// notice to the present one. waits tells that the mail was sent a moment ago and
// there is nothing more to do.
func (a *Accounts) mayClaim(ctx context.Context, store *shop.Store, s *shop.Session, claimed shop.Email) (waits bool, err error) {
	uses := append(a.budget(store, "email", claimed.Key), a.use(a.set.Limits.MailPerRecipientDay, store, "email of customer", strconv.FormatInt(s.Customer.ID, 10)))
	err = a.db.Take(ctx, store.ID, uses...)
	if err == nil || shop.CodeOf(err) != shop.RateLimited {
		return false, err
	}
	pending, ok, failed := a.db.PendingEmail(ctx, store.ID, s.Customer.ID)
	if failed != nil {
		return false, failed
	}
	if ok && pending == claimed.Text {
		return true, nil
	}
	return false, err
}

// Link is what the link of a mail says, and who follows it.
type Link struct {
	Token   string
	From    shop.Source
	Session []byte // token hash of who presents it, nil for a guest
}

// ConfirmEmail does what a mail asked its reader to confirm, and tells what that
// was. A move to another address ends all other sessions. Refusals: NotFound for
// a link that does not work (any more), Conflict when the address is another
// account's by now, RateLimited.
func (a *Accounts) ConfirmEmail(ctx context.Context, store *shop.Store, in Link) (shop.TokenPurpose, error) {
	if err := a.takeLink(ctx, store, "confirm", in.From); err != nil {
		return "", err
	}
	return a.db.ConfirmEmail(ctx, store.ID, storage.Confirmation{
		Token: keys.Hash(in.Token), KeyIDs: a.ring.KeyIDs(), Session: in.Session, NoGroup: !store.Plan.HasGroups(),
	})
}

// ProofWorks tells what ConfirmEmail would confirm now, without using the token
// up; ok is false when it would refuse.
func (a *Accounts) ProofWorks(ctx context.Context, store *shop.Store, token string) (shop.TokenPurpose, bool, error) {
	tok, ok, err := a.token(ctx, store, token, shop.ProofPurposes...)
	return tok.Purpose, ok, err
}

// token reads a token that somebody presents; works is false when it is good for
// none of the purposes.
func (a *Accounts) token(ctx context.Context, store *shop.Store, text string, purposes ...shop.TokenPurpose) (tok shop.Token, works bool, err error) {
	hash := keys.Hash(text)
	tok, live, _, err := a.db.Token(ctx, store.ID, hash[:])
	return tok, live && slices.Contains(purposes, tok.Purpose) && slices.Contains(a.ring.KeyIDs(), tok.KeyID), err
}

// ResendConfirmation mails another link to an address that has yet to prove
// itself: for a sign-up that waits, or an account that is there. The answer and
// the work are the same for every address. Refusals: BadUserInput, RateLimited
// for the network, those of the captcha.
func (a *Accounts) ResendConfirmation(ctx context.Context, in LinkRequest) error {
	email, ok := shop.ParseEmail(in.Email)
	if !ok {
		return shop.Invalid("input.email", "Enter a valid email address.")
	}
	if err := a.mayAsk(ctx, "resend", in); err != nil {
		return err
	}
	u, err := a.db.Unproved(ctx, in.Store.ID, email.Key)
	if err != nil {
		return err
	}
	purpose, scope, subject := shop.TokenMailbox, shop.EventProofRequested, u.CustomerID
	switch {
	case u.RegistrationID != 0:
		purpose, scope, subject = shop.TokenRegistration, shop.EventRegistrationRequested, u.RegistrationID
	case subject == 0:
		subject = a.nobody(in.Store, email.Key)
	}
	tok := a.ring.Mint(in.Store.ID, purpose, subject)
	tok.Payload = shop.TokenPayload{Email: u.Email, Locale: u.Locale}
	return a.db.IssueToken(ctx, in.Store.ID, tok, scope, shop.EventData{ChannelID: in.Channel.ID}, a.budget(in.Store, mailConfirm, email.Key)...)
}
