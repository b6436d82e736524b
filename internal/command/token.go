package command

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// Token holds the commands about storefront tokens.
type Token struct {
	Create TokenCreate `cmd:"" help:"Make a token, which is shown once."`
	List   TokenList   `cmd:"" help:"List the tokens of a store; the tokens themselves are not kept."`
	Revoke TokenRevoke `cmd:"" help:"End a token; running servers heed it with their next request."`
}

// TokenCreate makes a token.
type TokenCreate struct {
	Store   string   `arg:"" help:"Hash of the store."`
	Kind    string   `required:"" enum:"storefront,private,impersonation" placeholder:"storefront|private|impersonation" help:"storefront is no secret, and may be in pages; private and impersonation are for servers."`
	Channel []int64  `required:"" help:"Ids of the channels that it is for."`
	Scope   []string `enum:"Unauthenticated,Customer" placeholder:"Unauthenticated|Customer" help:"What a private token may do; Customer is all about customers and their sessions."`
	Origin  []string `help:"Whose pages may send a storefront token, 2 at most. A token that is in any page needs one: without, it is for servers."`
	Expires string   `required:"" help:"When it ends: in 720h, or at 2030-12-31T00:00:00Z."`
	Name    string   `help:"What to know it by."`
	shownOnce
}

// Run implements kong's command.
func (c *TokenCreate) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	token, err := c.token(s)
	if err != nil {
		return err
	}
	ring, err := e.Keys()
	if err != nil {
		return err
	}
	var text string
	token.Opens = func(key shop.SigningKey) bool { return ring.CanSign(&s.Store, key) }
	token.Pair = func() (shop.SigningKey, error) { return ring.NewSigningKey(s.Store.Hash) }
	token.Sign = func(key shop.SigningKey, t shop.StorefrontToken) ([32]byte, error) {
		var err error
		text, err = ring.SignToken(&s.Store, key, t)
		return keys.Hash(text), err
	}
	made, err := e.Storage.CreateStorefrontToken(e.Ctx, s.Store.ID, token)
	if err != nil {
		return err
	}
	warnings := originWarnings(s, made)
	if c.JSON {
		return e.sayJSON(struct {
			tokenLine
			Token    string   `json:"token"`
			Warnings []string `json:"warnings"`
		}{tokenLineOf(made), text, warnings})
	}
	for _, w := range warnings {
		e.say("%s", w)
	}
	e.say("Send this as Authorization: Bearer, until %s. It is token %d, and shown once:\n%s", moment(made.ExpiresAt), made.ID, text)
	return nil
}

// originWarnings say what a token alone does not let pages do.
func originWarnings(s *shop.Snapshot, t shop.StorefrontToken) []string {
	out := []string{}
	for _, c := range s.Channels {
		for _, o := range t.Origins {
			if !t.Speaks(c.ID) || slices.Contains(c.Origins, o) {
				continue
			}
			unless := ""
			if u, err := url.Parse(o); err == nil && slices.Contains(c.Hosts, u.Hostname()) {
				if u.Port() == "" {
					continue // the server's own pages
				}
				unless = ", unless this server itself is at that port"
			}
			out = append(out, fmt.Sprintf("Pages of %s cannot act for shoppers of channel %d yet%s: regulars channel add-origin %s %d %s", o, c.ID, unless, s.Store.Hash, c.ID, o))
		}
	}
	return out
}

// checkOrigins refuses for a token what its channels could not list.
func checkOrigins(s *shop.Snapshot, t shop.StorefrontToken) error {
	var errs []error
	for _, o := range t.Origins {
		for _, c := range s.Channels {
			found := c.CheckOrigin(o)
			if i := slices.IndexFunc(found, func(f shop.Finding) bool { return f.Level == shop.LevelError }); i >= 0 && t.Speaks(c.ID) {
				errs = append(errs, fmt.Errorf("--origin: %s", found[i].Text))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// token checks what was asked for: all mistakes are reported together.
func (c *TokenCreate) token(s *shop.Snapshot) (t storage.NewStorefrontToken, err error) {
	t.StorefrontToken = shop.StorefrontToken{Kind: shop.StorefrontTokenKind(c.Kind)}
	var errs []error
	fail := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for _, id := range c.Channel {
		there := slices.ContainsFunc(s.Channels, func(ch *shop.Channel) bool { return ch.ID == id })
		fail(there, "store %s has no channel %d", s.Store.Hash, id)
		if !t.Speaks(id) {
			t.ChannelIDs = append(t.ChannelIDs, id)
		}
	}
	for _, scope := range c.Scope {
		if !slices.Contains(t.Scopes, shop.TokenScope(scope)) {
			t.Scopes = append(t.Scopes, shop.TokenScope(scope))
		}
	}
	private := t.Kind == shop.TokenPrivate
	fail(!private || len(t.Scopes) > 0, "a private token needs --scope: Unauthenticated, Customer or both")
	fail(private || len(t.Scopes) == 0, "--scope is for private tokens")
	t.Origins, err = cleanOrigins(c.Origin)
	fail(err == nil, "--origin: %w", err)
	err = checkOrigins(s, t.StorefrontToken)
	fail(err == nil, "%w", err)
	fail(len(t.Origins) <= shop.MaxTokenOrigins, "a token has at most %d origins", shop.MaxTokenOrigins)
	fail(t.Kind == shop.TokenStorefront || len(t.Origins) == 0, "--origin is for storefront tokens: the others are not for pages")
	if c.Name != "" {
		t.Name, err = channelName(c.Name)
		fail(err == nil, "%w", err)
	}
	t.Lifetime, t.ExpiresAt, err = lifetime(c.Expires)
	fail(err == nil, "--expires: %w", err)
	return t, errors.Join(errs...)
}

// lifetime reads a duration or a moment.
func lifetime(s string) (time.Duration, time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil {
		if d < time.Second {
			return 0, time.Time{}, errors.New("a token lasts a second at least")
		}
		return d.Truncate(time.Second), time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Year() > 9999 {
		return 0, time.Time{}, errors.New("give a duration such as 720h, or a moment such as 2030-12-31T00:00:00Z")
	}
	return 0, at, nil
}

// TokenRevoke ends a token.
type TokenRevoke struct {
	Store     string `arg:"" help:"Hash of the store."`
	ID        int64  `arg:"" optional:"" help:"Id of the token."`
	TokenFile []byte `type:"filecontent" placeholder:"FILE" help:"File with the token itself, in place of its id; - reads it from standard input."`
}

// Run implements kong's command.
func (c *TokenRevoke) Run(e *Env) error {
	if (c.ID != 0) == (c.TokenFile != nil) {
		return errors.New("give the token's id, or --token-file")
	}
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	id := c.ID
	if id != 0 {
		err = e.Storage.RevokeStorefrontToken(e.Ctx, s.Store.ID, id)
	} else {
		id, err = e.Storage.RevokeStorefrontTokenText(e.Ctx, s.Store.ID, keys.Hash(strings.TrimSpace(string(c.TokenFile))))
	}
	if err != nil {
		return err
	}
	e.say("Token %d of store %s is revoked.", id, c.Store)
	return nil
}
