package session

import (
	"net/http"
	"strconv"

	"regulars/internal/shop"
)

const (
	customerIDHeader  = "X-Bc-Customer-Id"
	accessTokenHeader = "X-Bc-Customer-Access-Token"
)

// impersonate makes the request one of the customer that a server with the token
// for it names. There is no session row: the token is the proof. An id that
// nobody has, or nobody who could log in here, leaves a guest; mutations tell.
func (a *Asker) impersonate(r *http.Request) error {
	if a.Token != nil && a.Token.Kind != shop.TokenStorefront {
		a.cookie = nil // a server has none to keep
	}
	named, sent := r.Header[customerIDHeader]
	if !sent || a.refusal != nil || a.Token == nil || a.Token.Kind != shop.TokenImpersonation {
		return nil
	}
	if accessTokens(r.Header) != nil {
		a.refusal = shop.Errorf(shop.BadUserInput, "Send X-Bc-Customer-Id or X-Bc-Customer-Access-Token, not both.")
		return nil
	}
	a.impersonates, a.Session = true, nil
	id, err := strconv.ParseInt(named[0], 10, 32)
	if err != nil || len(named) != 1 || id < 1 {
		return nil
	}
	c, ok, err := a.db.OpenCustomer(r.Context(), a.Store.ID, id)
	if err != nil {
		return err
	}
	if ok && a.Channel.Admits(c.ChannelIDs) {
		// The hash is nobody's: no row is touched or ended for it.
		a.Session = &shop.Session{Kind: shop.KindImpersonated, TokenHash: []byte{}, Customer: c}
	}
	return nil
}

// NamesNobody tells that a server acts for a customer who is not there.
func (a *Asker) NamesNobody() bool { return a.impersonates && a.Session == nil }

// IsAPIClient tells that a server asks for itself (decision 6): it holds a private
// token with scope Customer or an impersonation token, and names no shopper. With
// one it is that shopper, or a guest where that one is over.
func (a *Asker) IsAPIClient() bool {
	return a.Token != nil && a.Session == nil && !a.impersonates && !a.access.sent &&
		(a.Token.Kind == shop.TokenImpersonation || a.Token.Kind == shop.TokenPrivate && a.Token.Has(shop.ScopeCustomer))
}

// MayImpersonate tells whether the caller holds the token that may act as anybody.
func (a *Asker) MayImpersonate() bool {
	return a.Token != nil && a.Token.Kind == shop.TokenImpersonation
}
