package sso

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"regulars/internal/keys"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/storage"
)

// SignedOn is a session that an app vouched for.
type SignedOn struct {
	Token   string // of the session; for the cookie
	Session shop.Session
	Path    string // where the shopper goes on, on the storefront
}

// Login logs in whom an app of the store vouches for with a customer login token.
// All reasons to refuse a token look alike (Unauthenticated); the log has which
// it was. cartID is a guest's cart to be recorded for the customer; nil for none. kind
// is what carries the session.
func (s *SSO) Login(ctx context.Context, a *session.Asker, token string, cartID *string, kind shop.SessionKind) (out SignedOn, err error) {
	if a.Store.Status != shop.StatusLaunched {
		s.tell(ctx, a, voucher{}, "not live")
		return out, shop.Errorf(shop.Forbidden, shop.TextNotLive)
	}
	cart, err := shop.CheckCartID("guestCartEntityId", cartID)
	if err != nil {
		return out, err
	}
	v, err := s.verify(ctx, a, token)
	if err == nil {
		out, err = s.begin(ctx, a, v, cart, kind)
	}
	if why, refused := errors.AsType[refusal](err); refused {
		s.tell(ctx, a, v, why)
		if err := s.count(ctx, a, s.set.FailuresPerPrefix, "login token prefix"); err != nil {
			return SignedOn{}, err
		}
		return SignedOn{}, shop.Errorf(shop.Unauthenticated, shop.TextInvalidLogin)
	}
	return out, err
}

// count takes a try from those that the network has. A token that works needs
// none: nobody can guess one, and a neighbour, or a page full of images, would keep
// everybody out.
func (s *SSO) count(ctx context.Context, a *session.Asker, l shop.Limit, kind string) error {
	prefix := a.Prefix()
	if prefix == "" || a.Foreign { // without one, a bucket of it would be everybody's
		return nil
	}
	return s.db.Take(ctx, a.Store.ID, *s.use(l, a, kind, prefix))
}

func (s *SSO) verify(ctx context.Context, a *session.Asker, token string) (voucher, error) {
	if a.Foreign { // a link is nobody's page; this was something else
		return voucher{}, refusal("origin")
	}
	t, err := s.open(ctx, a, token)
	if err != nil {
		return voucher{clientID: t.app.ClientID}, err
	}
	return t.vouch(a)
}

// keepJTI is far longer than a token can count and a request can take.
const keepJTI = 10 * time.Minute

// begin makes the session. The shopper needs no password, and may have one that
// has to be reset: it is the app that vouches.
func (s *SSO) begin(ctx context.Context, a *session.Asker, v voucher, cart string, kind shop.SessionKind) (out SignedOn, err error) {
	c, there, err := s.db.CredentialsOf(ctx, a.Store.ID, v.customerID)
	if err != nil {
		return out, err
	}
	if !there || c.Disabled || !a.Channel.Admits(c.Customer.ChannelIDs) {
		return out, refusal("customer")
	}
	out.Token, out.Path = keys.NewSecret(kind), v.path
	login := storage.Login{
		NewSession: storage.NewSession{
			TokenHash: keys.Hash(out.Token), ID: strings.ToLower(rand.Text()), Kind: kind, ChannelID: a.Channel.ID,
			Lifetime: s.set.lifetime(kind), Device: a.Device(),
		},
		CustomerID: v.customerID, Once: &storage.Once{Issuer: v.clientID, ID: v.jti, Keep: keepJTI}, Proves: true, Old: a.TokenHash(),
	}
	if a.Store.Settings.PersistentCart {
		login.CartID = cart
	}
	if a.Prefix() != "" {
		login.Tell = s.use(s.set.NewDevicePerCustomer, a, "new device", strconv.FormatInt(v.customerID, 10))
	}
	var ok bool
	if out.Session, ok, err = s.db.Login(ctx, a.Store.ID, login); err != nil {
		return out, err
	}
	if !ok { // or the account went a moment ago
		return out, refusal("jti used")
	}
	if !a.Store.Settings.PersistentCart {
		out.Session.Customer.CartID = cart // this cart is for this login alone
	}
	return out, nil
}

// tell logs which check failed, and of the token only what finds it again at the
// app.
func (s *SSO) tell(ctx context.Context, a *session.Asker, v voucher, why refusal) {
	attrs := []slog.Attr{
		slog.String("request_id", shop.RequestFrom(ctx).ID), slog.String("store", a.Store.Hash), slog.String("check", string(why)),
	}
	if v.clientID != "" {
		attrs = append(attrs, slog.String("client_id", v.clientID))
	}
	if v.jti != "" {
		hash := keys.Hash(v.jti)
		attrs = append(attrs, slog.String("jti_sha256", hex.EncodeToString(hash[:])))
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "customer login token refused", attrs...)
}
