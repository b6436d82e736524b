package session

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

// heedToken takes the storefront token that a request for GraphQL brings, if any;
// pages of ours know none. What is wrong with it is for Gate to say. An error is
// the database's.
func (a *Asker) heedToken(r *http.Request) error {
	text, sent := bearer(r.Header)
	if !sent || r.URL.Path != "/graphql" {
		return nil
	}
	known, err := a.token(r.Context(), text)
	if known == nil {
		if refusal := shop.ErrorsIn(err); len(refusal) > 0 && refusal[0].Code == shop.Unauthenticated {
			a.refusal, err = refusal[0], nil
		}
		return err
	}
	if a.refusal = a.refuses(r, known); a.refusal == nil {
		a.Token = &known.StorefrontToken
	}
	return nil
}

// bearer is the token of an Authorization header, however many spaces are before
// it. Other schemes are somebody else's, such as a gate before a storefront that
// is not open yet. Two headers are no token.
func bearer(h http.Header) (text string, sent bool) {
	lines := h["Authorization"]
	for _, line := range lines {
		scheme, rest, _ := strings.Cut(line, " ")
		if strings.EqualFold(scheme, "Bearer") {
			text, sent = strings.TrimSpace(rest), true
		}
	}
	if len(lines) > 1 {
		text = ""
	}
	return text, sent
}

// token finds what a text is. The signature is checked before the database is
// asked: whoever makes texts up causes no statement and no memory. What was found
// is remembered, and then costs a hash.
func (a *Asker) token(ctx context.Context, text string) (*shop.KnownToken, error) {
	hash, now := keys.Hash(text), time.Now()
	known := a.snapshot.Token(hash)
	if known != nil && !known.Stale(now) {
		return known, nil
	}
	if known == nil {
		if err := keys.CheckToken(text, a.Store.ID, a.snapshot.Signers); err != nil {
			return nil, err
		}
	}
	row, version, ok, err := a.db.StorefrontToken(ctx, a.Store.ID, hash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, shop.Errorf(shop.Unauthenticated, shop.TextUnknownToken)
	}
	a.snapshot.RememberToken(hash, version, &row)
	return &row, nil
}

// refuses tells why a token that is ours does not count here; nil when it does.
func (a *Asker) refuses(r *http.Request, t *shop.KnownToken) *shop.Error {
	switch {
	case !t.Speaks(a.Channel.ID):
		return shop.Errorf(shop.Unauthenticated, shop.TextOtherChannel)
	case t.RevokedAt != nil:
		return shop.Errorf(shop.Unauthenticated, shop.TextUnknownToken)
	case t.Expired(time.Now()):
		return shop.Errorf(shop.Unauthenticated, shop.TextTokenExpired)
	case t.Kind == shop.TokenImpersonation && fromBrowser(r):
		return shop.Errorf(shop.Forbidden, shop.TextImpersonationInBrowser)
	case t.Kind == shop.TokenPrivate && fromBrowser(r):
		return shop.Errorf(shop.Forbidden, shop.TextPrivateInBrowser)
	case len(t.Origins) == 0 && fromPage(r):
		return shop.Errorf(shop.Forbidden, "This token is for servers: it names no origins whose pages may send it.")
	case !fits(r, &t.StorefrontToken):
		return shop.Errorf(shop.Forbidden, "Pages of this origin may not send this token.")
	}
	return nil
}

// fromPage tells that a script or a form of some page sent this.
func fromPage(r *http.Request) bool {
	return len(r.Header["Origin"]) > 0 || r.Header.Get("Sec-Fetch-Site") != ""
}

// fits tells whether a request may bring a storefront token. Its origins only
// narrow: what a page of an origin may do is for the channel's list to say.
// Servers send no origin, and a storefront's own pages need not be named.
func fits(r *http.Request, t *shop.StorefrontToken) bool {
	sent := r.Header["Origin"]
	return len(sent) == 0 || len(sent) == 1 && (sent[0] == ownOrigin(r) || slices.Contains(t.Origins, sent[0]))
}

// Gate stands before GraphQL, behind CORS, so that pages can read its answers: a
// token that was sent has to be good, and the channel may ask for one.
func Gate(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := From(r.Context())
		if err := a.impersonate(r); err != nil {
			fail(log, w, r, err)
			return
		}
		refusal := a.refusal
		if refusal == nil && a.Token == nil && a.Channel.Policy.TokenRequired {
			refusal = shop.Errorf(shop.Unauthenticated, shop.TextNoToken)
		}
		if refusal == nil {
			if over := a.AccessRefusal(); over != nil {
				a.answer(w, http.StatusOK, over)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		log.InfoContext(r.Context(), "token refused", "request_id", shop.RequestFrom(r.Context()).ID, "store", a.Store.Hash,
			"channel", a.Channel.ID, "reason", refusal.Error())
		status := http.StatusForbidden
		switch refusal.Code {
		case shop.Unauthenticated:
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", "Bearer")
		case shop.BadUserInput:
			status = http.StatusBadRequest
		}
		a.answer(w, status, refusal)
	})
}

// answer is all of an answer; what shoppers read is in their language.
func (a *Asker) answer(w http.ResponseWriter, status int, e *shop.Error) {
	w.Header().Add("Vary", "Accept-Language")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(shop.ErrorBody(e.Code, e.Text(shop.Printer(a.Language, a.Store.Locale)), ""))
}
