package page

import (
	"net/http"
	"net/url"
	"strings"

	"regulars/internal/shop"
)

// signOn logs in whom an app sends here, and sends them on: to where the app
// asks, or to the storefront's login page with what to say there. Nothing but a
// plain GET uses a token up: scanners of links and browsers that guess what comes
// next ask as well.
func (v *visit) signOn() {
	v.private()
	switch {
	case v.r.Method == http.MethodGet && !speculative(v.r.Header):
	case v.r.Method == http.MethodGet, v.r.Method == http.MethodHead, v.r.Method == http.MethodOptions:
		v.w.Header().Set("Allow", signOnMethods)
		v.w.WriteHeader(http.StatusNoContent)
		return
	default:
		v.w.Header().Set("Allow", signOnMethods)
		v.show(http.StatusMethodNotAllowed, view{Title: v.say(notLoggedIn)})
		return
	}
	done, err := v.sso.Login(v.r.Context(), v.a, v.r.PathValue("token"), nil, shop.KindCookie)
	switch code := shop.CodeOf(err); {
	case err == nil:
		v.a.Begin(done.Token, done.Session)
		v.goTo(done.Path)
	case code == shop.Unauthenticated, code == shop.Forbidden: // a storefront that is not live logs in nobody
		v.goTo(shop.LoginPath + "?error=" + invalidToken)
	default:
		v.refuse(err, view{Title: v.say(notLoggedIn)})
	}
}

const (
	signOnMethods = "GET, HEAD, OPTIONS"
	notLoggedIn   = "You could not be logged in"
	invalidToken  = "invalid_token" // contract/apps.md, resolution 5
)

// showLogin says in words what became of a sign-on, where the storefront has no
// login page of its own on this host.
func (v *visit) showLogin() {
	if v.r.URL.Query().Get("error") != invalidToken {
		http.NotFound(v.w, v.r)
		return
	}
	v.show(http.StatusOK, view{
		Title: v.say(notLoggedIn), Next: v.home(),
		Text: []string{v.say("The link that led here is over, was used before or is not for this store. Please go back to where it was and try again.")},
	})
}

// showAccount is where a sign-on leads that asks for no other page.
func (v *visit) showAccount() {
	c := v.a.Customer()
	if c == nil {
		v.show(http.StatusOK, view{Title: v.say("Nobody is logged in here"), Next: v.home()})
		return
	}
	v.show(http.StatusOK, view{Title: v.say("You are logged in"), Text: []string{v.say("This browser is now logged in to %s as %s.", v.a.Store.Name, c.Email)}, Next: v.home()})
}

// speculative tells that a browser loads a page before anybody asked for it.
func speculative(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		for _, value := range h.Values(name) {
			if value = strings.ToLower(value); strings.Contains(value, "prefetch") || strings.Contains(value, "prerender") || strings.Contains(value, "preview") {
				return true
			}
		}
	}
	return false
}

// private keeps an answer out of caches, and its address from other sites.
func (v *visit) private() {
	v.w.Header().Set("Cache-Control", "private, no-store")
	v.w.Header().Set("Referrer-Policy", "no-referrer")
}

// goTo sends on to a path of the storefront: on this host, or where the channel
// says that its pages are, when no host of ours has them.
func (v *visit) goTo(path string) {
	u, err := url.Parse(v.a.Channel.URL)
	if err == nil && u.Host != "" && !v.a.Channel.AnswersTo(strings.ToLower(u.Hostname())) {
		path = u.Scheme + "://" + u.Host + path
	}
	v.w.Header().Set("Location", path)
	v.w.WriteHeader(http.StatusSeeOther)
}
