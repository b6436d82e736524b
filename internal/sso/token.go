package sso

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"regulars/internal/session"
	"regulars/internal/shop"
)

// refusal says which check failed. It is for the log: outside all look alike.
type refusal string

func (r refusal) Error() string { return string(r) }

// maxToken is far more than the claims need.
const maxToken = 8 << 10

// looksSigned tells whether text can be a token in the one spelling that we take:
// decoders let line feeds pass.
func looksSigned(text string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	}
	return len(text) <= maxToken && strings.Count(text, ".") == 2 && !strings.ContainsFunc(text, odd)
}

// The claims of time are checked by the database's clock, not here. Numbers stay
// as they were written: 1e9 is none of ours.
var parser = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(),
	jwt.WithJSONNumber(), jwt.WithoutClaimsValidation())

// signed is a token whose app signed it.
type signed struct {
	app    shop.App
	now    time.Time
	claims jwt.MapClaims
}

// open finds the app that a token names and checks the signature against its
// secrets. A refusal may come with the app.
func (s *SSO) open(ctx context.Context, a *session.Asker, text string) (out signed, err error) {
	if !looksSigned(text) {
		return out, refusal("form")
	}
	out.claims = jwt.MapClaims{}
	var why error // of ours
	asked := false
	_, err = parser.ParseWithClaims(text, out.claims, func(t *jwt.Token) (any, error) {
		asked = true
		var set jwt.VerificationKeySet
		set, why = s.keysFor(ctx, a, t.Header, &out)
		return set, why
	})
	switch {
	case why != nil:
		return out, why
	case errors.Is(err, jwt.ErrTokenMalformed):
		return out, refusal("form")
	case err != nil && !asked: // the parser takes HS256 alone, before it needs a key
		return out, refusal("alg")
	case err != nil:
		return out, refusal("signature")
	}
	return out, nil
}

// keysFor are those of the app that the claims name, which nothing vouches for
// yet.
func (s *SSO) keysFor(ctx context.Context, a *session.Asker, header map[string]any, out *signed) (set jwt.VerificationKeySet, err error) {
	if !plainHeader(header) {
		return set, refusal("header")
	}
	issuer, ok := out.claims["iss"].(string)
	if !ok || !shop.IsClientID(issuer) {
		return set, refusal("iss")
	}
	if out.app, out.now, ok, err = s.db.App(ctx, a.Store.ID, issuer); err != nil {
		return set, err
	}
	if !ok {
		return set, refusal("app")
	}
	for _, secret := range s.secrets(a, out.app) {
		set.Keys = append(set.Keys, []byte(secret))
	}
	if len(set.Keys) == 0 {
		return set, refusal("secret")
	}
	return set, nil
}

// plainHeader takes what the contract has and nothing beyond it: no kid, jku,
// x5u, jwk or crit that could ask for another key or another meaning. typ may be
// left out, as RFC 7519 has it.
func plainHeader(h map[string]any) bool {
	for name, value := range h {
		text, _ := value.(string)
		switch {
		case name == "alg": // the parser knows
		case name == "typ" && strings.EqualFold(text, "JWT"):
		default:
			return false
		}
	}
	return true
}
