package sso

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"regulars/internal/session"
	"regulars/internal/shop"
)

// How old a token may be, and how far ahead of ours its app's clock may go
// (decision 17).
const (
	maxAge  = 30 * time.Second
	maxSkew = 5 * time.Second
)

const (
	loginOperation = "customer_login"
	maxJTI         = 255 // characters
	// firstChannel is meant where a token names none.
	firstChannel = 1
)

// voucher is what an app says by a customer login token, all of it checked but
// for the customer, and for whether it was said before.
type voucher struct {
	clientID   string
	jti        string
	customerID int64
	path       string // where the shopper goes on
}

// vouch reads the claims (contract/apps.md d). Those that it does not know say
// nothing to us.
func (t signed) vouch(a *session.Asker) (v voucher, err error) {
	v.clientID = t.app.ClientID
	jti, isText := t.claims["jti"].(string)
	if isText && goodJTI(jti) {
		v.jti = jti
	}
	for _, check := range []struct {
		name string
		ok   bool
	}{
		{"jti", v.jti != ""},
		{"operation", t.claims["operation"] == loginOperation},
		{"store_hash", t.claims["store_hash"] == a.Store.Hash},
		{"scope", t.app.Has(shop.ScopeCustomersLogin)},
		{"iat", t.fresh()},
		{"nbf", t.begun()},
		{"exp", t.going()},
		{"channel_id", t.channel() == a.Channel.ID && t.app.Serves(a.Channel.ID)},
		{"request_ip", t.sameAddress(a.Addr)},
	} {
		if !check.ok {
			return v, refusal(check.name)
		}
	}
	var ok bool
	if v.customerID, ok = whole(t.claims["customer_id"]); !ok || v.customerID < 1 || v.customerID > 1<<31-1 {
		return v, refusal("customer_id")
	}
	if v.path, ok = t.path(a.Channel); !ok {
		return v, refusal("redirect_to")
	}
	return v, nil
}

func goodJTI(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= maxJTI && !strings.ContainsFunc(s, unicode.IsControl)
}

// whole is a number that was written as a whole one.
func whole(claim any) (n int64, ok bool) {
	text, ok := claim.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(text.String(), 10, 64)
	return n, err == nil
}

// fresh: iat is required, in whole seconds.
func (t signed) fresh() bool {
	iat, ok := whole(t.claims["iat"])
	now := t.now.Unix()
	return ok && iat >= now-int64(maxAge.Seconds()) && iat <= now+int64(maxSkew.Seconds())
}

// begun and going: nbf and exp count where they are given.
func (t signed) begun() bool {
	nbf, given, ok := moment(t.claims["nbf"])
	return !given || ok && nbf <= seconds(t.now.Add(maxSkew))
}

func (t signed) going() bool {
	exp, given, ok := moment(t.claims["exp"])
	return !given || ok && exp > seconds(t.now)
}

// moment reads a time that RFC 7519 lets have a fraction.
func moment(claim any) (at float64, given, ok bool) {
	if claim == nil {
		return 0, false, true
	}
	text, ok := claim.(json.Number)
	if !ok {
		return 0, true, false
	}
	at, err := text.Float64()
	return at, true, err == nil
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// channel is 0 where the claim is none.
func (t signed) channel() int64 {
	if t.claims["channel_id"] == nil {
		return firstChannel
	}
	id, _ := whole(t.claims["channel_id"])
	return id
}

// sameAddress: request_ip has to be the shopper's, as far as that is known; an
// app that does not say it accepts any.
func (t signed) sameAddress(addr netip.Addr) bool {
	claim := t.claims["request_ip"]
	if claim == nil {
		return true
	}
	text, _ := claim.(string)
	said, err := netip.ParseAddr(text)
	return err == nil && addr.IsValid() && said.Unmap().WithZone("") == addr.Unmap().WithZone("")
}

// path is where the shopper goes on; what leads off the storefront is refused.
func (t signed) path(c *shop.Channel) (string, bool) {
	claim := t.claims["redirect_to"]
	if claim == nil || claim == "" {
		return shop.AccountPath, true
	}
	to, isText := claim.(string)
	if !isText {
		return "", false
	}
	return shop.LocalPath(to, func(host string) bool {
		u, err := url.Parse(c.URL)
		return c.AnswersTo(host) || err == nil && host != "" && strings.EqualFold(u.Hostname(), host)
	})
}
