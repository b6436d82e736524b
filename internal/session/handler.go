package session

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/sessions"

	"regulars/internal/shop"
	"regulars/storage"
)

// Handler makes middleware that finds out who is asking and lets what comes next
// know by From. A host that no channel has is 421; a database that does not answer
// is 503. All that one call's middleware stands before shares what it knows.
func Handler(db *storage.Store, cookies *Cookies, log *slog.Logger) func(http.Handler) http.Handler {
	channels := newChannels(db, log)
	return func(next http.Handler) http.Handler { return &handler{db, channels, cookies, log, next} }
}

type handler struct {
	db       *storage.Store
	channels *channels
	cookies  *Cookies
	log      *slog.Logger
	next     http.Handler
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := hostName(r.Host)
	snapshot, channel, err := h.channels.find(r.Context(), host)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if channel == nil {
		misdirected(w, host)
		return
	}
	a := &Asker{Language: r.Header.Get("Accept-Language"), db: h.db}
	a.at(snapshot, channel)
	r = r.WithContext(With(r.Context(), a))
	if isPreflight(r) {
		h.lookAgain(r, a, snapshot, host)
		h.next.ServeHTTP(w, r)
		return
	}
	if err := h.identify(r, a, host); err != nil {
		h.fail(w, r, err)
		return
	}
	if a.Channel == nil {
		misdirected(w, host)
		return
	}
	h.touch(r, a)
	cw := &cookieWriter{ResponseWriter: w, before: func() { h.saveCookie(w, r, a) }}
	h.next.ServeHTTP(cw, r)
	cw.now()
}

// lookAgain is all the database work of preflights, and happens only where what
// is known would refuse one: the origin may have been listed a moment ago, and a
// page that gets no further sends nothing else that this server would learn from.
func (h *handler) lookAgain(r *http.Request, a *Asker, snapshot *shop.Snapshot, host string) {
	if !foreign(r) || !h.channels.doubt(a.Store.ID) {
		return
	}
	version, there, err := h.db.ConfigVersion(r.Context(), a.Store.ID)
	if err != nil {
		return // the request that follows will say so
	}
	now, channel, err := h.channels.refresh(r.Context(), host, snapshot, version, there)
	if err == nil && channel != nil {
		a.at(now, channel)
	}
}

// maxMoves bounds how often a request follows a host from store to store.
const maxMoves = 3

// identify loads the session, or for a guest the configuration's version alone,
// and makes sure that store and channel are of that version. A host that belongs
// to another store by now is asked about again there, and so is a cookie that is
// another one by now: so may the session be.
func (h *handler) identify(r *http.Request, a *Asker, host string) error {
	for range maxMoves {
		before, shape := a.snapshot, shapeOf(r)
		cookie, version, there, err := h.load(r, shape.Name)
		if err != nil {
			return err
		}
		now, channel, err := h.channels.refresh(r.Context(), host, before, version, there)
		if err != nil {
			return err
		}
		if channel == nil {
			break
		}
		a.at(now, channel)
		if now == before || now.Store.ID == before.Store.ID && shapeOf(r) == shape {
			if err := a.heedToken(r); err != nil {
				return err
			}
			a.know(r, cookie)
			return nil
		}
	}
	a.Channel = nil
	return nil
}

// load reads the session and the version of the store's configuration; there is
// false for a store that is gone.
func (h *handler) load(r *http.Request, name string) (cookie *sessions.Session, version int64, there bool, err error) {
	if sent := accessTokens(r.Header); sent != nil {
		cookie, err = h.cookies.instead(r, name, sent)
	} else {
		cookie, err = h.cookies.New(r, name)
	}
	if err != nil {
		return nil, 0, false, err
	}
	if version, there = cookie.Values[versionKey{}].(int64); !there {
		version, there, err = h.db.ConfigVersion(r.Context(), From(r.Context()).Store.ID)
	}
	return cookie, version, there, err
}

// know takes what a request says about its asker, now that the channel is known.
func (a *Asker) know(r *http.Request, cookie *sessions.Session) {
	a.Addr = shopperAddr(r, a)
	a.userAgent, a.origin = r.UserAgent(), r.Header.Get("Origin")
	if a.Foreign = foreign(r); a.Foreign {
		return // no session, and no cookie in the answer
	}
	a.classify(r)
	// Whom the channel does not admit is a guest here, wherever the login was.
	if s, ok := cookie.Values[rowKey{}].(*shop.Session); ok && a.Channel.Admits(s.Customer.ChannelIDs) {
		a.Session = s
	}
	a.access = accessOf(r, cookie)
	a.cookie = cookie
	a.dirty = cookie.Values[spoiledKey{}] != nil || // take a useless cookie away
		cookie.Values[movedKey{}] != nil && a.Session != nil
}

// touch notes that a session was seen. It is no reason to fail a request.
func (h *handler) touch(r *http.Request, a *Asker) {
	if a.Session == nil || !a.Session.Stale || r.URL.Path == DoctorPath {
		return
	}
	if err := h.db.TouchSession(r.Context(), a.Store.ID, a.Session.TokenHash); err != nil {
		h.log.WarnContext(r.Context(), "session not touched", "request_id", shop.RequestFrom(r.Context()).ID, "error", err)
	}
}

func (h *handler) saveCookie(w http.ResponseWriter, r *http.Request, a *Asker) {
	if a.dirty || a.began {
		w.Header().Set("Cache-Control", "private, no-store")
	}
	if !a.dirty {
		return
	}
	if err := h.cookies.Save(r, w, a.cookie); err != nil {
		h.log.ErrorContext(r.Context(), "cookie not written", "request_id", shop.RequestFrom(r.Context()).ID, "error", err)
	}
}

func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) { fail(h.log, w, r, err) }

// fail answers for a database that did not: before GraphQL, so that a guest's
// page fails the same way as a shopper's.
func fail(log *slog.Logger, w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody listens any more
	}
	id := shop.RequestFrom(r.Context()).ID
	log.ErrorContext(r.Context(), "cannot tell who is asking", "request_id", id, "error", err, "cause", unwrapped(err))
	refusal := shop.ErrorsIn(err)
	if len(refusal) == 0 {
		refuse(w, http.StatusInternalServerError, shop.Internal, "Something went wrong on our side.", id)
		return
	}
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(refusal[0].RetryAfter.Seconds()))))
	refuse(w, http.StatusServiceUnavailable, shop.Unavailable, refusal[0].Error(), id)
}

func unwrapped(err error) error {
	if es := shop.ErrorsIn(err); len(es) > 0 {
		return es[0].Unwrap()
	}
	return nil
}

// misdirected says how to mend it: whoever sees this set up the host.
func misdirected(w http.ResponseWriter, host string) {
	if !pasteable(host) {
		host = "HOST"
	}
	refuse(w, http.StatusMisdirectedRequest, shop.NotFound,
		"No storefront answers to the host "+strconv.Quote(host)+". To add it: regulars channel add-host STORE CHANNEL "+host, "")
}

// pasteable tells whether a host can stand in a command: it is the caller's word.
func pasteable(host string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' && r != ':'
	}
	return host != "" && len(host) <= 253 && !strings.ContainsFunc(host, odd)
}

func refuse(w http.ResponseWriter, status int, code shop.Code, text, requestID string) {
	w.Header().Add("Vary", "Origin")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(shop.ErrorBody(code, text, requestID))
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// Device is what a login notes.
func (a *Asker) Device() shop.Device {
	return shop.Device{UserAgent: note(a.userAgent), IPPrefix: a.Prefix(), Origin: note(a.origin)}
}

// note shortens a header that is kept; headers may hold any bytes.
func note(s string) string {
	if len(s) > 255 {
		s = s[:255]
	}
	out := []byte{}
	for i := range len(s) {
		if s[i] >= ' ' && s[i] < 0x7f {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// cookieWriter runs before once, just before the first byte goes out: resolvers
// that log in or out have no response to write a cookie to.
type cookieWriter struct {
	http.ResponseWriter
	before func()
	done   bool
}

func (w *cookieWriter) now() {
	if !w.done {
		w.done = true
		w.before()
	}
}

// WriteHeader implements http.ResponseWriter.
func (w *cookieWriter) WriteHeader(status int) {
	w.now()
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *cookieWriter) Write(b []byte) (int, error) {
	w.now()
	return w.ResponseWriter.Write(b)
}

// Unwrap is how http.ResponseController finds the server's writer.
func (w *cookieWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
