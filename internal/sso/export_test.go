package sso

import (
	"encoding/json"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Counts tells whether a token of these times counts at now.
func Counts(now time.Time, iat, nbf, exp string) bool {
	t := signed{now: now, claims: jwt.MapClaims{}}
	for name, text := range map[string]string{"iat": iat, "nbf": nbf, "exp": exp} {
		if text != "" {
			t.claims[name] = json.Number(text)
		}
	}
	return t.fresh() && t.begun() && t.going()
}
