package graphtest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"regulars/internal/shop"
)

// App is an API account of a store, as its owner knows it.
type App struct {
	ClientID, Secret string
	store            string
	s                *Server
	owner            *sqlx.DB // one for all tokens: each would keep a connection until the test ends
}

// App makes an app of a store that may log shoppers in on these channels; on all
// when there are none.
func (s *Server) App(t testing.TB, store string, channels ...int64) *App {
	t.Helper()
	a := &App{ClientID: shop.ClientIDPrefix + strings.ToLower(rand.Text()), Secret: rand.Text() + rand.Text() + rand.Text(), store: store, s: s, owner: s.DB.Owner(t)}
	snapshot, err := s.Storage.SnapshotByHash(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	in := shop.App{ClientID: a.ClientID, Name: "App", Scopes: []shop.AppScope{shop.ScopeCustomersLogin}, ChannelIDs: channels}
	if err := s.Storage.CreateApp(t.Context(), snapshot.Store.ID, in, a.Seal(a.Secret)); err != nil {
		t.Fatal(err)
	}
	return a
}

// Seal seals a secret as the command line does.
func (a *App) Seal(secret string) string {
	return a.s.ring.Seal(shop.SealAppSecret, secret, a.store, a.ClientID)
}

// Claims are those of a customer login token that works, from now on, with some
// changed; a nil value takes one out.
func (a *App) Claims(t testing.TB, customerID int64, changed map[string]any) map[string]any {
	t.Helper()
	var now int64
	if err := a.owner.Get(&now, `SELECT floor(EXTRACT(epoch FROM now()))::bigint`); err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{
		"iss": a.ClientID, "iat": now, "jti": rand.Text(), "operation": "customer_login", "store_hash": a.store, "customer_id": customerID,
	}
	maps.Copy(claims, changed)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

// LoginToken is a customer login token with these claims, as the contract has it.
func (a *App) LoginToken(t testing.TB, customerID int64, changed map[string]any) string {
	t.Helper()
	claims, err := json.Marshal(a.Claims(t, customerID, changed))
	if err != nil {
		t.Fatal(err)
	}
	return SignHS256(`{"typ":"JWT","alg":"HS256"}`, string(claims), a.Secret)
}

// SignHS256 signs any header and payload, with no library in between.
func SignHS256(header, payload, secret string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
