package graph

import (
	"context"
	"encoding/base64"

	"regulars/graph/model"
	"regulars/internal/account"
	"regulars/internal/session"
	"regulars/internal/shop"
)

// success is what the contract's deprecated result fields say.
const success = "success"

func (r mutation) Login(ctx context.Context, email, password string, guestCartEntityID *string) (*model.LoginResult, error) {
	a := session.From(ctx)
	token, s, err := r.Accounts.Login(ctx, account.LoginInput{
		Store: a.Store, Channel: a.Channel, Email: email, Password: password, CartID: guestCartEntityID,
		From: a.Source(), Device: a.Device(), Old: a.TokenHash(),
	})
	if err != nil {
		return nil, err
	}
	a.Begin(token, s)
	return &model.LoginResult{Result: success, Customer: a.Customer(), Cart: cartOf(a.Customer().CartID)}, nil
}

// LoginWithCustomerLoginJwt is what GET /login/token/{jwt} does, for storefronts
// that have a page of their own for it.
func (r mutation) LoginWithCustomerLoginJwt(ctx context.Context, jwt string, guestCartEntityID *string) (*model.LoginWithCustomerLoginJwtResult, error) {
	a := session.From(ctx)
	done, err := r.SSO.Login(ctx, a, jwt, guestCartEntityID)
	if err != nil {
		return nil, err
	}
	a.Begin(done.Token, done.Session)
	return &model.LoginWithCustomerLoginJwtResult{RedirectTo: done.Path, Customer: a.Customer(), Cart: cartOf(a.Customer().CartID)}, nil
}

// Logout ends sessions first; what becomes of the cart cannot stop it. A guest
// has no cart that could be released, so any that is named is not theirs.
func (r mutation) Logout(ctx context.Context, cartEntityID *string, scope model.LogoutScope) (*model.LogoutResult, error) {
	a := session.From(ctx)
	cart, err := shop.CheckCartID("cartEntityId", cartEntityID)
	if err != nil {
		return nil, err
	}
	loggedIn := a.Session != nil
	goesOn, err := r.endSessions(ctx, a, scope)
	if err != nil {
		return nil, err
	}
	if !goesOn {
		a.End()
	}
	unassigned := &model.CartUnassignResult{Errors: []model.CartUnassignError{}}
	switch {
	case cart == "":
	case goesOn:
		text := say(ctx, shop.Errorf(shop.Forbidden, "The cart is kept with the account while this session goes on."))
		unassigned.Errors = append(unassigned.Errors, model.CartUnassignNotAllowedError{Message: text})
	case loggedIn:
		text := say(ctx, shop.Errorf(shop.Forbidden, "The cart is kept with the account while a browser is used."))
		unassigned.Errors = append(unassigned.Errors, model.CartUnassignNotAllowedError{Message: text})
	default:
		text := say(ctx, shop.Errorf(shop.NotFound, "This cart is not the one that was recorded at login."))
		unassigned.Errors = append(unassigned.Errors, model.CartUnassignInaccessibleError{Message: text})
	}
	return &model.LogoutResult{Result: success, CartUnassignResult: unassigned}, nil
}

// endSessions ends what a logout is to end, and tells whether the session that
// asks goes on.
func (r mutation) endSessions(ctx context.Context, a *session.Asker, scope model.LogoutScope) (goesOn bool, err error) {
	if a.Session == nil {
		return false, nil
	}
	if scope == model.LogoutScopeOthers && a.Session.Kind == shop.KindImpersonated {
		scope = model.LogoutScopeEverywhere // a server that names the shopper has no session of its own
	}
	switch scope {
	case model.LogoutScopeOthers:
		return r.Storage.EndOtherSessions(ctx, a.Store.ID, a.Session.Customer.ID, a.TokenHash())
	case model.LogoutScopeEverywhere:
		return false, r.Storage.EndAllSessions(ctx, a.Store.ID, a.Session.Customer.ID)
	}
	return false, r.Storage.EndSession(ctx, a.Store.ID, a.TokenHash())
}

// cartOf is nil for no cart. The global id is made of type and id, as the
// contract's clients are used to.
func cartOf(id string) *model.Cart {
	if id == "" {
		return nil
	}
	return &model.Cart{ID: base64.StdEncoding.EncodeToString([]byte("Cart:" + id)), EntityID: id}
}
