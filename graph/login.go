package graph

import (
	"context"
	"encoding/base64"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"regulars/graph/model"
	"regulars/internal/account"
	"regulars/internal/session"
	"regulars/internal/shop"
)

// success is what the contract's deprecated result fields say.
const success = "success"

func (r mutation) Login(ctx context.Context, email, password string, guestCartEntityID *string) (*model.LoginResult, error) {
	a := session.From(ctx)
	secret, s, err := r.Accounts.Login(ctx, account.LoginInput{
		Store: a.Store, Channel: a.Channel, Email: email, Password: password, CartID: guestCartEntityID,
		From: a.Source(), Device: a.Device(), Kind: a.KindOf(asksForToken(ctx)), Old: a.TokenHash(),
	})
	if err != nil {
		return nil, err
	}
	a.Begin(secret, s)
	return &model.LoginResult{
		Result: success, Customer: a.Customer(), Cart: cartOf(a.Customer().CartID), CustomerAccessToken: model.NewAccessToken(secret, s),
	}, nil
}

// LoginWithCustomerLoginJwt is what GET /login/token/{jwt} does, for storefronts
// that have a page of their own for it.
func (r mutation) LoginWithCustomerLoginJwt(ctx context.Context, jwt string, guestCartEntityID *string) (*model.LoginWithCustomerLoginJwtResult, error) {
	a := session.From(ctx)
	done, err := r.SSO.Login(ctx, a, jwt, guestCartEntityID, a.KindOf(asksForToken(ctx)))
	if err != nil {
		return nil, err
	}
	a.Begin(done.Token, done.Session)
	return &model.LoginWithCustomerLoginJwtResult{
		RedirectTo: done.Path, Customer: a.Customer(), Cart: cartOf(a.Customer().CartID), CustomerAccessToken: model.NewAccessToken(done.Token, done.Session),
	}, nil
}

// asksForToken tells whether the answer is to hold a customer access token.
func asksForToken(ctx context.Context) bool {
	return slices.Contains(graphql.CollectAllFields(ctx), "customerAccessToken")
}

func (loginResult) CustomerAccessToken(_ context.Context, r *model.LoginResult) (*model.CustomerAccessToken, error) {
	return orCookie(r.CustomerAccessToken)
}

func (signOnResult) CustomerAccessToken(_ context.Context, r *model.LoginWithCustomerLoginJwtResult) (*model.CustomerAccessToken, error) {
	return orCookie(r.CustomerAccessToken)
}

// orCookie is for those who asked for a token and got a cookie.
func orCookie(t *model.CustomerAccessToken) (*model.CustomerAccessToken, error) {
	if t == nil {
		return nil, shop.Errorf(shop.Forbidden, shop.TextTokenInBrowser)
	}
	return t, nil
}

// Logout ends sessions; what becomes of the cart cannot stop it.
func (r mutation) Logout(ctx context.Context, cartEntityID *string, scope shop.LogoutScope) (*model.LogoutResult, error) {
	a := session.From(ctx)
	cart, err := shop.CheckCartID("cartEntityId", cartEntityID)
	if err != nil {
		return nil, err
	}
	keeps := keepsCart(a, scope)
	release := cart
	if keeps != nil {
		release = ""
	}
	released, goesOn, err := r.endSessions(ctx, a, scope, release)
	if err != nil {
		return nil, err
	}
	if !goesOn {
		a.End()
	}
	out := &model.CartUnassignResult{Errors: []model.CartUnassignError{}}
	switch {
	case cart == "":
	case keeps != nil:
		out.Errors = append(out.Errors, model.CartUnassignNotAllowedError{Message: say(ctx, keeps)})
	case !released:
		text := say(ctx, shop.Errorf(shop.NotFound, "This cart is not the one that was recorded at login."))
		out.Errors = append(out.Errors, model.CartUnassignInaccessibleError{Message: text})
	default:
		out.Cart = cartOf(cart)
	}
	return &model.LogoutResult{Result: success, CartUnassignResult: out}, nil
}

// keepsCart tells why a logout releases no cart; nil when it may. A guest has no
// cart that could be released, so any that is named is not theirs.
func keepsCart(a *session.Asker, scope shop.LogoutScope) *shop.Error {
	switch {
	case a.Session == nil:
		return nil
	case scope == shop.LogoutOthers:
		return shop.Errorf(shop.Forbidden, "The cart is kept with the account while this session goes on.")
	case a.Class() == session.ClassBrowser:
		return shop.Errorf(shop.Forbidden, "The cart is kept with the account while a browser is used.")
	}
	return nil
}

// endSessions ends what a logout is to end, and tells whether the session that
// asks goes on.
func (r mutation) endSessions(ctx context.Context, a *session.Asker, scope shop.LogoutScope, cart string) (released, goesOn bool, err error) {
	if a.Session == nil {
		return false, false, nil
	}
	switch {
	case scope == shop.LogoutOthers && a.Session.Kind != shop.KindImpersonated: // to that one, all are others
		goesOn, err = r.Storage.EndOtherSessions(ctx, a.Store.ID, a.Session.Customer.ID, a.TokenHash())
	case scope != shop.LogoutThis:
		released, err = r.Storage.EndAllSessions(ctx, a.Store.ID, a.Session.Customer.ID, cart)
	default:
		released, err = r.Storage.EndSession(ctx, a.Store.ID, a.TokenHash(), cart)
	}
	return released, goesOn, err
}

// cartOf is nil for no cart. The global id is made of type and id, as the
// contract's clients are used to.
func cartOf(id string) *model.Cart {
	if id == "" {
		return nil
	}
	return &model.Cart{ID: base64.StdEncoding.EncodeToString([]byte("Cart:" + id)), EntityID: id}
}
