package account

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"regulars/internal/keys"
	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
)

// LoginInput is one attempt to log in.
type LoginInput struct {
	Store    *shop.Store
	Channel  *shop.Channel
	Email    string
	Password string
	// CartID is a guest's cart to be recorded for the customer; nil for none.
	CartID *string
	From   shop.Source
	Device shop.Device
	// Kind is what carries the session.
	Kind shop.SessionKind
	// Old is the token hash of the session that asks; it ends. Nil for none.
	Old []byte
}

// Login gives the secret of a new session. All reasons to refuse an attempt look
// alike (Unauthenticated, the same work, the same time) but for a right password
// that has to be reset first.
func (a *Accounts) Login(ctx context.Context, in LoginInput) (secret string, s shop.Session, err error) {
	started := time.Now()
	if in.Store.Status != shop.StatusLaunched {
		return "", s, shop.Errorf(shop.Forbidden, shop.TextNotLive)
	}
	cart, err := shop.CheckCartID("guestCartEntityId", in.CartID)
	if err != nil {
		return "", s, err
	}
	// An address that cannot be one has no account, and is refused like one that
	// has none.
	email := shop.EmailKey(in.Email)
	tries, err := a.throttle(ctx, in.Store, email, in.From)
	if err != nil {
		return "", s, err
	}
	found, rehash, err := a.check(ctx, in, email)
	if err != nil {
		return "", s, err
	}
	if found == nil {
		a.waitUntil(ctx, started.Add(max(a.set.WrongAnswerFloor, time.Duration(in.Store.Settings.WrongLoginFloorMS)*time.Millisecond)))
		return "", s, refused()
	}
	if found.ResetRequired {
		if err := a.mailReset(ctx, in.Store, in.Channel, email, found.Customer.ID, ""); err != nil {
			return "", s, err
		}
		return "", s, shop.Errorf(shop.Unauthenticated, shop.TextResetPassword)
	}
	login := storage.Login{
		NewSession: storage.NewSession{
			ID: strings.ToLower(rand.Text()), Kind: in.Kind, ChannelID: in.Channel.ID, Lifetime: a.lifetime(in.Kind), Device: in.Device,
		},
		CustomerID: found.Customer.ID, Verified: &found.PasswordHash, CartID: cart, Old: in.Old, Forgive: tries.perAccount.Key,
	}
	if in.From.Prefix != "" && !tries.known {
		tell := a.use(a.set.Limits.NewDevicePerCustomer, in.Store, "new device", strconv.FormatInt(found.Customer.ID, 10))
		login.Tell = &tell
	}
	if rehash {
		if login.Rehashed, err = a.hash(ctx, in.Password); err != nil {
			return "", s, err
		}
	}
	if in.Store.Settings.PersistentCart {
		return a.begin(ctx, in.Store.ID, login)
	}
	login.CartID = "" // this cart is for this login alone
	secret, s, err = a.begin(ctx, in.Store.ID, login)
	s.Customer.CartID = cart
	return secret, s, err
}

func refused() error { return shop.Errorf(shop.Unauthenticated, shop.TextInvalidCredentials) }

// begin stores the session under a secret that nobody has seen before.
func (a *Accounts) begin(ctx context.Context, storeID int64, login storage.Login) (secret string, s shop.Session, err error) {
	secret = keys.NewSecret(login.Kind)
	login.TokenHash = keys.Hash(secret)
	s, ok, err := a.db.Login(ctx, storeID, login)
	if err != nil {
		return "", s, err
	}
	if !ok {
		return "", s, refused()
	}
	return secret, s, nil
}

// tries are what was counted of an attempt.
type tries struct {
	perAccount storage.Use // that a success pays back
	known      bool        // the account was logged in to from this network before
}

// throttle counts an attempt at an account before anything is looked up.
func (a *Accounts) throttle(ctx context.Context, store *shop.Store, email string, from shop.Source) (t tries, err error) {
	l := a.set.Limits
	uses := a.useOf(l.LoginPerPrefix, store, "login prefix", from)
	if from.Prefix != "" {
		t.perAccount = a.use(l.LoginPerAccountAndPrefix, store, "login account prefix", email, from.Prefix)
		uses = append(uses, t.perAccount)
		if t.known, err = a.db.KnownPrefix(ctx, store.ID, email, from.Prefix); err != nil {
			return t, err
		}
	}
	if !t.known {
		uses = append(uses, a.perAccount(store, email, from))
	}
	return t, a.db.Take(ctx, store.ID, uses...)
}

// perAccount is one use of the limit of an account that networks new to it share.
// A server that forwards no addresses has one of its own: nobody else holds its
// token, so that strangers elsewhere cannot keep its shoppers out.
func (a *Accounts) perAccount(store *shop.Store, email string, from shop.Source) storage.Use {
	if from.TokenID != 0 {
		return a.use(a.set.Limits.LoginPerAccount, store, "login account", email, "token", strconv.FormatInt(from.TokenID, 10))
	}
	return a.use(a.set.Limits.LoginPerAccount, store, "login account", email)
}

// check verifies the password, or does the same work for nobody. It gives nil
// for every reason to refuse.
func (a *Accounts) check(ctx context.Context, in LoginInput, email string) (*storage.Credentials, bool, error) {
	c, there, err := a.db.Credentials(ctx, in.Store.ID, email)
	if err != nil {
		return nil, false, err
	}
	ok, rehash, err := a.verify(ctx, c.PasswordHash, in.Password)
	if err != nil {
		return nil, false, err
	}
	if !ok || !there || c.Disabled || !in.Channel.Admits(c.Customer.ChannelIDs) {
		return nil, false, nil
	}
	return &c, rehash, nil
}

func (a *Accounts) hash(ctx context.Context, text string) (string, error) {
	h, err := a.hasher.Hash(ctx, text)
	if errors.Is(err, password.ErrBusy) {
		return "", busy(err)
	}
	return h, err
}

func (a *Accounts) waitUntil(ctx context.Context, t time.Time) {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
