package session

import (
	"net/http"
	"slices"
	"strings"

	"regulars/internal/shop"
)

// Class says what carries a caller's session.
type Class int

// ClassBrowser gets a cookie, which scripts cannot read. ClassServer is a
// storefront's own server: it gets a customer access token, and keeps it for its
// shopper.
const (
	ClassBrowser Class = iota
	ClassServer
)

// Signs are what tells that a browser sent a request, or somebody who passes on
// what one sent.
type Signs struct{ Origin, FetchSite, Cookie bool }

// ClassOf is the class of whoever sends a storefront token, or none, and shows
// these signs. All that is not surely a server is a browser.
func ClassOf(sentToken bool, s Signs) Class {
	if sentToken && s == (Signs{}) {
		return ClassServer
	}
	return ClassBrowser
}

func signsOf(r *http.Request) Signs {
	return Signs{
		Origin: len(r.Header["Origin"]) > 0, FetchSite: len(r.Header["Sec-Fetch-Site"]) > 0,
		Cookie: slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, shop.CookiePlain) }),
	}
}

// fromBrowser tells that a browser sent this, or somebody who passes on what a
// browser sent.
func fromBrowser(r *http.Request) bool { return ClassOf(true, signsOf(r)) == ClassBrowser }

// Class is the class of whoever asks.
func (a *Asker) Class() Class { return a.class }

// KindOf is what a session that begins now is carried by. asked tells that the
// answer has room for a customer access token: pages get one instead of a cookie
// where the channel lists them and lets them.
func (a *Asker) KindOf(asked bool) shop.SessionKind {
	if a.class == ClassServer || asked && a.mayHoldToken {
		return shop.KindToken
	}
	return shop.KindCookie
}

// classify is part of know.
func (a *Asker) classify(r *http.Request) {
	if a.Token != nil { // without one, there is nothing to find out
		a.class = ClassOf(true, signsOf(r))
	}
	// Listed by name: a page of this very host has its cookie.
	a.mayHoldToken = a.Channel.Policy.BrowserTokens && slices.Contains(a.Channel.Origins, a.origin)
}
