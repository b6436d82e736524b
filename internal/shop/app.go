package shop

import (
	"slices"
	"strings"
	"time"
)

// AppScope is something that an app may do.
type AppScope string

// ScopeCustomersLogin lets an app vouch for shoppers who log in with it.
const ScopeCustomersLogin AppScope = "store_v2_customers_login"

// AppScopes are all that mean something to this server.
var AppScopes = []AppScope{ScopeCustomersLogin}

// App is an API account of a store: somebody outside who proves who they are by
// a secret that we share with them.
type App struct {
	ID         int64
	ClientID   string // public
	Name       string
	Scopes     []AppScope
	ChannelIDs []int64 // nil: all, those to come too
	CreatedAt  time.Time
	RevokedAt  *time.Time
	Secrets    []AppSecret // those that count, newest first
}

// AppSecret is a secret as it is kept. Two count while an app rotates them.
type AppSecret struct {
	ID        int64
	Sealed    string // keys.Ring's, for SealAppSecret
	CreatedAt time.Time
	ExpiresAt *time.Time // nil for the newest
}

// SealAppSecret is the purpose for which secrets of apps are sealed. They belong
// to the store's hash and the app's client id.
const SealAppSecret = "app secret"

// Has tells whether the app may do that.
func (a *App) Has(scope AppScope) bool { return slices.Contains(a.Scopes, scope) }

// Serves tells whether the app may act on that channel.
func (a *App) Serves(channelID int64) bool {
	return a.ChannelIDs == nil || slices.Contains(a.ChannelIDs, channelID)
}

// ClientIDPrefix begins every client id, so that one can be found wherever it
// was left.
const ClientIDPrefix = "app_"

// IsClientID tells whether s can be one: what cannot is not looked for.
func IsClientID(s string) bool {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }
	return strings.HasPrefix(s, ClientIDPrefix) && len(s) <= 64 && !strings.ContainsFunc(s, odd)
}
