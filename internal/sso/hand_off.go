package sso

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"regulars/internal/keys"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/storage"
)

// A hand-off takes a shopper from one storefront of a store to another, on a
// domain that sees no cookie of the first. Its token stands in a URL: it lasts
// half a minute and works once, in one channel, and the session that it names is
// sealed.
const (
	handOff     = "session sync" // purpose of its keys, and issuer of what it used up
	handOffTime = 30 * time.Second
	// HandOffParameter is where the token stands in the URL.
	HandOffParameter = "jwt"
)

type handOffClaims struct {
	Store   string `json:"store_hash"`
	Channel int64  `json:"channel_id"`
	Session string `json:"session,omitempty"` // sealed; none for a guest
	Network string `json:"network,omitempty"`
	Cart    string `json:"cart_id,omitempty"`
	To      string `json:"redirect_to"`
	jwt.RegisteredClaims
}

// HandOut is a hand-off that begins.
type HandOut struct{ Token, URL string }

// HandOut makes the token that takes whoever asks to another storefront's page.
// to is a path of this one, or a whole address on a host of the store. Refusals:
// BadUserInput for a page that is none of the store's, NotFound for a cart that is
// not the recorded one.
func (s *SSO) HandOut(ctx context.Context, a *session.Asker, to string, cart string) (out HandOut, err error) {
	channel, page, ok := target(a, to)
	if !ok {
		return out, shop.Invalid("redirectTo", "The address has to be a path, or that of a page of this store.")
	}
	if cart != "" && (a.Session == nil || a.Session.Customer.CartID != cart) {
		return out, shop.Errorf(shop.NotFound, "This cart is not the one that was recorded at login.")
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return out, err
	}
	c := handOffClaims{Store: a.Store.Hash, Channel: channel.ID, Network: a.Prefix(), Cart: cart, To: to}
	c.ID, c.ExpiresAt = strings.ToLower(rand.Text()), jwt.NewNumericDate(now.Add(handOffTime))
	if a.Session != nil && a.Session.ID != "" {
		c.Session = s.ring.Seal(handOff, a.Session.ID, a.Store.Hash, c.ID)
	}
	if out.Token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(s.ring.MACKeys(handOff, a.Store.Hash)[0]); err != nil {
		return out, err
	}
	q := page.Query()
	q.Set(HandOffParameter, out.Token)
	page.RawQuery = q.Encode()
	out.URL = page.String()
	return out, nil
}

// target is the channel that a page is of, and the page. Plain http is for this
// very machine: a token is no better than a cookie there.
func target(a *session.Asker, to string) (c *shop.Channel, page *url.URL, ok bool) {
	c = a.Channel
	local, ok := shop.LocalPath(to, func(host string) bool {
		c = a.ChannelAt(host)
		return c != nil
	})
	if !ok {
		return nil, nil, false
	}
	page, err := url.Parse(local)
	if err != nil {
		return nil, nil, false
	}
	whole, err := url.Parse(to)
	if err == nil && whole.Host == "" { // a path is one of the host that the storefront's pages are on, where that is known
		whole, err = url.Parse(a.Channel.URL)
	}
	if err != nil || whole.Scheme == "http" && !shop.IsLoopback(whole.Hostname()) {
		return nil, nil, false
	}
	page.Scheme, page.Host = whole.Scheme, whole.Host
	return c, page, true
}

// Problem is what may be said about a token of a hand-off that does not work.
type Problem string

// The problems; the log has more.
const (
	ProblemOther   Problem = "OTHER"
	ProblemNetwork Problem = "SHOPPER_IP_MISMATCH"
	ProblemStore   Problem = "STORE_ID_MISMATCH"
	ProblemExpired Problem = "EXPIRED"
)

// HandedIn is a hand-off that arrived. Token and Session are for a shopper who was
// logged in; Session.ID is "" for a guest.
type HandedIn struct {
	Token    string
	Session  shop.Session
	Cart, To string
}

// HandIn makes a session of the one that a token names, of its family. A problem
// is for the shopper; an error may be RateLimited, after three of them.
func (s *SSO) HandIn(ctx context.Context, a *session.Asker, token string, kind shop.SessionKind) (out HandedIn, problem Problem, err error) {
	if a.Store.Status != shop.StatusLaunched {
		return out, "", shop.Errorf(shop.Forbidden, shop.TextNotLive)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return out, "", err
	}
	c, problem := s.read(a, token, now)
	if problem == "" {
		out, problem, err = s.handIn(ctx, a, c, kind)
	}
	if problem != "" {
		s.log.InfoContext(ctx, "hand-off refused", "request_id", shop.RequestFrom(ctx).ID, "store", a.Store.Hash, "channel", a.Channel.ID, "problem", string(problem))
		if err := s.count(ctx, a, s.set.HandOffFailuresPerPrefix, handOff); err != nil {
			return out, "", err
		}
	}
	return out, problem, err
}

// read checks all that a token says by itself. Whose store it is comes first: the
// key is that store's.
func (s *SSO) read(a *session.Asker, token string, now time.Time) (c handOffClaims, problem Problem) {
	if !looksSigned(token) {
		return c, ProblemOther
	}
	_, err := parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		if !plainHeader(t.Header) {
			return nil, errors.New("a header that is none of ours")
		}
		var set jwt.VerificationKeySet
		for _, key := range s.ring.MACKeys(handOff, c.Store) {
			set.Keys = append(set.Keys, key)
		}
		return set, nil
	})
	switch {
	case err != nil || c.ExpiresAt == nil || c.ID == "":
		return c, ProblemOther
	case c.Store != a.Store.Hash:
		return c, ProblemStore
	case !now.Before(c.ExpiresAt.Time):
		return c, ProblemExpired
	case c.Channel != a.Channel.ID:
		return c, ProblemOther
	case elsewhere(c.Network, a.Prefix()):
		return c, ProblemNetwork
	}
	return c, ""
}

// elsewhere tells that a shopper moved to another network meanwhile. Where one of
// both is not known, or one is IPv4 and the other IPv6, nobody can tell: a device
// may have both.
func elsewhere(before, now string) bool {
	sameKind := strings.Contains(before, ":") == strings.Contains(now, ":")
	return before != "" && now != "" && sameKind && before != now
}

func (s *SSO) handIn(ctx context.Context, a *session.Asker, c handOffClaims, kind shop.SessionKind) (out HandedIn, problem Problem, err error) {
	in := storage.HandOff{
		Global: a.Channel.AllowGlobalLogin, Once: storage.Once{Issuer: handOff, ID: c.ID, Keep: keepJTI}, Old: a.TokenHash(),
	}
	out.Cart, out.To = c.Cart, c.To
	if c.Session != "" {
		if in.Source, err = s.ring.Open(handOff, c.Session, a.Store.Hash, c.ID); err != nil {
			return out, ProblemOther, nil //nolint:nilerr // its key is gone: the token is as good as any other
		}
		out.Token = keys.NewSecret(kind)
		in.NewSession = storage.NewSession{
			TokenHash: keys.Hash(out.Token), ID: strings.ToLower(rand.Text()), Kind: kind, ChannelID: a.Channel.ID,
			Lifetime: s.set.lifetime(kind), Device: a.Device(),
		}
	}
	var ok bool
	if out.Session, ok, err = s.db.HandOff(ctx, a.Store.ID, in); err == nil && !ok {
		problem = ProblemOther
	}
	return out, problem, err
}
