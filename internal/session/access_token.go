package session

import (
	"net/http"
	"strings"

	"github.com/gorilla/sessions"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

const accessErrorHeader = "X-Bc-Error-On-Invalid-Customer-Access-Token"

// accessTokens are the customer access tokens that were sent, nil for none. An
// empty one is none: clients send that for guests.
func accessTokens(h http.Header) []string {
	if sent := h[accessTokenHeader]; len(sent) > 1 || len(sent) == 1 && sent[0] != "" {
		return sent
	}
	return nil
}

type accessKey struct{} // of a gorilla session's values: a customer access token was sent

// instead is New for a request with a customer access token: that one counts, and
// the cookie is not even looked at. What is no token, is over its time or stands
// there twice is a guest's.
func (c *Cookies) instead(r *http.Request, name string, sent []string) (*sessions.Session, error) {
	s := sessions.NewSession(c, name)
	s.IsNew = true
	s.Values[accessKey{}] = true
	secret, expires, ok := shop.ParseAccessToken(sent[0])
	if !ok || len(sent) > 1 {
		return s, nil
	}
	row, version, ok, err := c.db.Session(r.Context(), From(r.Context()).Store.ID, keys.Hash(secret))
	if err != nil {
		return s, err
	}
	if ok && row.Kind == shop.KindToken && row.ExpiresAt.Unix() == expires {
		s.Values[rowKey{}], s.Values[versionKey{}] = row, version
	}
	return s, nil
}

// accessHeader is what a request says about customer access tokens.
type accessHeader struct {
	sent    bool
	strict  bool // wants an error where it would be a guest's unawares
	nothing bool // neither a token nor a cookie of ours was sent; only where strict
}

func accessOf(r *http.Request, cookie *sessions.Session) (out accessHeader) {
	out.sent = cookie.Values[accessKey{}] != nil
	if strict := r.Header[accessErrorHeader]; len(strict) == 1 && strings.EqualFold(strict[0], "true") {
		out.strict, out.nothing = true, !out.sent && !mentioned(r)
	}
	return out
}

// AccessRefusal is what a caller wants to hear instead of an answer for a guest:
// nil unless it sent a customer access token that does not work (any more) and
// asked to be told.
func (a *Asker) AccessRefusal() *shop.Error {
	if a.Session == nil && a.access.sent && a.access.strict {
		return shop.Errorf(shop.InvalidAccessToken, "You are no longer logged in. Please log in again.")
	}
	return nil
}

// LacksAccess tells that a guest asked to be told where a customer access token
// is missing, and sent nothing that could be a session.
func (a *Asker) LacksAccess() bool { return a.Session == nil && a.access.nothing }
