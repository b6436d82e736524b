package sso

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"regulars/internal/session"
	"regulars/internal/shop"
)

// currentLifetime is how long a current customer token counts.
const currentLifetime = 15 * time.Minute

// current is what an app hears of who is logged in, in the contract's order
// (contract/apps.md e).
type current struct {
	Customer struct {
		ID      int64  `json:"id"`
		Email   string `json:"email"`
		GroupID string `json:"group_id"`
	} `json:"customer"`
	Iss           string `json:"iss"`
	Sub           string `json:"sub"`
	Iat           int64  `json:"iat"`
	Exp           int64  `json:"exp"`
	Version       int    `json:"version"`
	Aud           string `json:"aud"`
	ApplicationID string `json:"application_id"`
	StoreHash     string `json:"store_hash"`
	Operation     string `json:"operation"`
}

// CurrentCustomer gives a token that tells an app who is logged in, signed with
// the app's newest secret. ok is false for a guest and for an app that is not
// known here; and where a server only says who its shopper is, nobody is.
func (s *SSO) CurrentCustomer(ctx context.Context, a *session.Asker, clientID string) (token string, ok bool, err error) {
	if a.Session == nil || a.Session.Kind == shop.KindImpersonated || !shop.IsClientID(clientID) {
		return "", false, nil
	}
	app, now, ok, err := s.db.App(ctx, a.Store.ID, clientID)
	if err != nil || !ok || !app.Serves(a.Channel.ID) {
		return "", false, err
	}
	secrets := s.secrets(a, app)
	if len(secrets) == 0 {
		return "", false, nil
	}
	c, group := a.Session.Customer, int64(0)
	if a.Store.Plan.HasGroups() {
		group = c.GroupID
	}
	out := current{
		Iss: "bc/apps", Sub: a.Store.Hash, Iat: now.Unix(), Exp: now.Add(currentLifetime).Unix(), Version: 1,
		Aud: clientID, ApplicationID: clientID, StoreHash: a.Store.Hash, Operation: "current_customer",
	}
	out.Customer.ID, out.Customer.Email, out.Customer.GroupID = c.ID, c.Email, strconv.FormatInt(group, 10)
	token, err = sign(out, secrets[0])
	return token, err == nil, err
}

// sign writes header and payload letter by letter as the contract's do; the
// library would sort their keys.
func sign(payload any, secret string) (string, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(payload); err != nil {
		return "", err
	}
	text := encode([]byte(`{"typ":"JWT","alg":"HS512"}`)) + "." + encode(bytes.TrimRight(body.Bytes(), "\n"))
	signature, err := jwt.SigningMethodHS512.Sign(text, []byte(secret))
	return text + "." + encode(signature), err
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
