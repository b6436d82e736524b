package command

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/shop"
)

// App holds the commands about the apps of a store.
type App struct {
	Create AppCreate `cmd:"" help:"Make an app: an id and a secret for somebody who signs for shoppers, or reads who they are."`
	List   AppList   `cmd:"" help:"List the apps of a store."`
	Rotate AppRotate `cmd:"" help:"Give an app another secret; the one before it goes on for a while."`
	Revoke AppRevoke `cmd:"" help:"End an app, or one of its secrets; running servers heed it with their next request."`
}

// AppCreate makes an app.
type AppCreate struct {
	Store   string   `arg:"" help:"Hash of the store."`
	Name    string   `required:"" help:"What it is called; for people."`
	Scope   []string `placeholder:"store_v2_customers_login" help:"What it may do: store_v2_customers_login lets it log shoppers in. To read who is logged in needs none."`
	Channel []int64  `help:"Ids of the channels that it may act on; all when empty."`
	shownOnce
}

// Run implements kong's command.
func (c *AppCreate) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	app := shop.App{ClientID: newClientID()}
	var errs [3]error
	if app.Name, errs[0] = shop.CheckName("name", c.Name); errs[0] != nil {
		errs[0] = fmt.Errorf("--name: %w", errs[0])
	}
	app.Scopes, errs[1] = appScopes(c.Scope)
	app.ChannelIDs, errs[2] = channelsOf(s, c.Channel)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	secret, sealed, err := e.newAppSecret(c.Store, app.ClientID)
	if err != nil {
		return err
	}
	if err := e.Storage.CreateApp(e.Ctx, s.Store.ID, app, sealed); err != nil {
		return err
	}
	if c.JSON {
		return e.sayJSON(struct {
			ClientID string          `json:"client_id"`
			Secret   string          `json:"client_secret"`
			Name     string          `json:"name"`
			Scopes   []shop.AppScope `json:"scopes"`
			Channels []int64         `json:"channel_ids"` // null: all
		}{app.ClientID, secret, app.Name, append([]shop.AppScope{}, app.Scopes...), app.ChannelIDs})
	}
	e.say("Created app %s in store %s.", printable(app.Name), c.Store)
	e.say("Client id:      %s", app.ClientID)
	e.say("Client secret:  %s", secret)
	e.say("The secret is shown once. The app signs with it as it stands there.")
	return nil
}

func newClientID() string { return shop.ClientIDPrefix + strings.ToLower(rand.Text()) }

// newAppSecret is 256 random bits, in hex: some JWT libraries refuse a key for
// HS512 of less than 64 bytes.
func (e *Env) newAppSecret(storeHash, clientID string) (secret, sealed string, err error) {
	ring, err := e.Keys()
	if err != nil {
		return "", "", err
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand crashes the process instead
	secret = hex.EncodeToString(b)
	return secret, ring.Seal(shop.SealAppSecret, secret, storeHash, clientID), nil
}

// appScopes refuses what means nothing to this server.
func appScopes(names []string) (out []shop.AppScope, err error) {
	known := make([]string, len(shop.AppScopes))
	for i, s := range shop.AppScopes {
		known[i] = string(s)
	}
	for _, name := range names {
		scope := shop.AppScope(name)
		if !slices.Contains(shop.AppScopes, scope) {
			return nil, fmt.Errorf("there is no scope %q here, only %s", name, strings.Join(known, ", "))
		}
		if !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out, nil
}

// channelsOf checks the ids of channels; nil for none.
func channelsOf(s *shop.Snapshot, ids []int64) (out []int64, err error) {
	for _, id := range ids {
		if !slices.ContainsFunc(s.Channels, func(c *shop.Channel) bool { return c.ID == id }) {
			return nil, fmt.Errorf("store %s has no channel %d", s.Store.Hash, id)
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// appTarget is the app that a command is about.
type appTarget struct {
	Store    string `arg:"" help:"Hash of the store."`
	ClientID string `arg:"" help:"The app's client id."`
}

// orMissing is err, but names what was looked for.
func (c appTarget) orMissing(err error) error {
	if shop.CodeOf(err) == shop.NotFound {
		return fmt.Errorf("store %s has no app %s, or it is revoked", c.Store, printable(c.ClientID))
	}
	return err
}

// AppRotate makes another secret.
type AppRotate struct {
	appTarget
	Overlap time.Duration `default:"24h" help:"How long the secret before it goes on, 2160h at most; 0s ends it at once. Older ones end anyway."`
	shownOnce
}

// maxOverlap keeps a rotation from never ending.
const maxOverlap = 90 * 24 * time.Hour

// Run implements kong's command.
func (c *AppRotate) Run(e *Env) error {
	if c.Overlap < 0 || c.Overlap > maxOverlap {
		return fmt.Errorf("--overlap can be 0s to %s", strings.TrimSuffix(maxOverlap.String(), "0m0s"))
	}
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	secret, sealed, err := e.newAppSecret(c.Store, c.ClientID)
	if err != nil {
		return err
	}
	ends, err := e.Storage.RotateAppSecret(e.Ctx, s.ID, c.ClientID, sealed, c.Overlap)
	if err != nil {
		return c.orMissing(err)
	}
	if c.JSON {
		return e.sayJSON(struct {
			ClientID string     `json:"client_id"`
			Secret   string     `json:"client_secret"`
			Before   *time.Time `json:"date_previous_expires"` // null: only the new one counts
		}{c.ClientID, secret, utc(unlessNever(ends))})
	}
	e.say("Client secret:  %s", secret)
	if ends.IsZero() {
		e.say("It is shown once, and the only one that counts.")
	} else {
		e.say("It is shown once. The one before it counts until %s.", moment(ends))
	}
	return nil
}

func unlessNever(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// AppRevoke ends an app or a secret.
type AppRevoke struct {
	appTarget
	Secret *int64 `help:"Only the secret with this id; regulars app list has it."`
}

// Run implements kong's command.
func (c *AppRevoke) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	if c.Secret == nil {
		if err := e.Storage.RevokeApp(e.Ctx, s.ID, c.ClientID); err != nil {
			return c.orMissing(err)
		}
		e.say("Revoked app %s and its secrets. Shoppers whom it logged in stay so.", c.ClientID)
		return nil
	}
	left, err := e.Storage.RevokeAppSecret(e.Ctx, s.ID, c.ClientID, *c.Secret)
	if shop.CodeOf(err) == shop.NotFound {
		return fmt.Errorf("store %s has no app %s with a secret %d", c.Store, printable(c.ClientID), *c.Secret)
	}
	if err != nil {
		return err
	}
	e.say("Revoked secret %d of app %s.", *c.Secret, c.ClientID)
	if left == 0 {
		e.say("It has none left. To give it one: regulars app rotate %s %s", c.Store, c.ClientID)
	}
	return nil
}
