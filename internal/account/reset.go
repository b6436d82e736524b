package account

import (
	"context"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// LinkRequest asks for the mail with a link.
type LinkRequest struct {
	Store   *shop.Store
	Channel *shop.Channel
	Email   string
	// Path is where the link of a reset leads on the storefront; "" for our own
	// page.
	Path  string
	From  shop.Source
	Proof Proof
}

// mayAsk counts a request for a link, and asks for the captcha.
func (a *Accounts) mayAsk(ctx context.Context, kind string, in LinkRequest) error {
	if err := a.takeLink(ctx, in.Store, kind, in.From); err != nil {
		return err
	}
	return a.CheckCaptcha(ctx, in.Store, in.Proof)
}

// RequestReset mails a link with which a password can be chosen anew. The answer
// and the work are the same whether or not there is an account. Refusals:
// BadUserInput, RateLimited for the network, those of the captcha.
func (a *Accounts) RequestReset(ctx context.Context, in LinkRequest) error {
	var errs shop.Errors
	email, ok := shop.ParseEmail(in.Email)
	if !ok {
		errs = append(errs, shop.Invalid("input.email", "Enter a valid email address."))
	}
	if in.Path != "" && !shop.SafePath(in.Path) {
		errs = append(errs, shop.Invalid("input.path", "The path has to be one of this site, such as /reset."))
	}
	if err := errs.Or(); err != nil {
		return err
	}
	if err := a.mayAsk(ctx, "reset", in); err != nil {
		return err
	}
	c, there, err := a.db.Credentials(ctx, in.Store.ID, email.Key)
	if err != nil {
		return err
	}
	subject := c.Customer.ID
	if !there || c.Disabled || !in.Channel.Admits(c.Customer.ChannelIDs) {
		subject = a.nobody(in.Store, email.Key)
	}
	return a.mailReset(ctx, in.Store, in.Channel, email.Key, subject, in.Path)
}

// mailReset has the mail sent, unless the recipient had enough of them.
func (a *Accounts) mailReset(ctx context.Context, store *shop.Store, channel *shop.Channel, emailKey string, subjectID int64, path string) error {
	tok := a.ring.Mint(store.ID, shop.TokenReset, subjectID)
	tok.Payload.Path = path
	return a.db.IssueToken(ctx, store.ID, tok, shop.EventResetRequested, shop.EventData{ChannelID: channel.ID}, a.budget(store, "reset", emailKey)...)
}

// NewPassword is a password that is chosen by the link of a mail.
type NewPassword struct {
	CustomerID int64
	Token      string
	Password   string
	From       shop.Source
}

// ResetPassword ends all sessions and logs nobody in. Refusals: BadUserInput for
// a password that breaks the store's rules, Forbidden for a link that does not
// work (any more), RateLimited.
func (a *Accounts) ResetPassword(ctx context.Context, store *shop.Store, in NewPassword) error {
	if err := store.Settings.Passwords.Check(newPasswordField, in.Password).Or(); err != nil {
		return err
	}
	if err := a.takeLink(ctx, store, "reset by link", in.From); err != nil {
		return err
	}
	// Before the hash: whoever makes tokens up does not get that much work for it.
	works, err := a.ResetWorks(ctx, store, in.CustomerID, in.Token)
	if err != nil {
		return err
	}
	if !works {
		return deadLink()
	}
	hash, err := a.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	err = a.db.ResetPassword(ctx, store.ID, storage.Reset{
		CustomerID: in.CustomerID, Token: keys.Hash(in.Token), KeyIDs: a.ring.KeyIDs(), Hash: hash,
	})
	if err != nil && shop.CodeOf(err) == shop.NotFound {
		return deadLink()
	}
	return err
}

func deadLink() error { return shop.Errorf(shop.Forbidden, "This link does not work any more.") }

// ResetWorks tells whether ResetPassword would take the token now, without using
// it up.
func (a *Accounts) ResetWorks(ctx context.Context, store *shop.Store, customerID int64, token string) (bool, error) {
	tok, works, err := a.token(ctx, store, token, shop.TokenReset)
	return works && customerID > 0 && tok.SubjectID == customerID, err
}
