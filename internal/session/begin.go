package session

import "regulars/internal/shop"

// Begin lets the rest of this request be the customer's of a session whose row is
// stored by now. One of KindCookie goes out in the response's cookie, with secret
// in it; one of KindToken is for the caller to hand out.
func (a *Asker) Begin(secret string, s shop.Session) {
	a.Session, a.began = &s, true
	if a.cookie == nil {
		return
	}
	switch {
	case s.Kind == shop.KindCookie:
		a.cookie.ID, a.dirty = secret, true
	case a.cookie.ID != "": // that one ended
		a.cookie.ID, a.dirty = "", true
	}
}

// End makes the rest of this request a guest's, and the response take the cookie
// away. One that the session did not come in stays: it is another session.
func (a *Asker) End() {
	a.Session = nil
	if a.cookie != nil && !a.access.sent && a.class == ClassBrowser {
		a.cookie.ID, a.dirty = "", true
	}
}
