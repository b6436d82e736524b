// Package page serves what browsers meet outside of GraphQL. Plain pages, which
// work without script, are where the links of mails lead for stores without pages
// of their own; reading one changes nothing, because mailboxes open links on their
// own, but its button does. And there is what apps send shoppers to.
package page

import (
	"bytes"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"

	"regulars/internal/account"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/internal/sso"
	"regulars/internal/web"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// policy lets a page load its style, post to its own origin and nothing else.
const policy = "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// maxForm is more than any form of ours has.
const maxForm = 16 << 10

// Handler serves the pages below /account/ and /login/token/, the two that a
// sign-on leads to (shop.LoginPath, shop.AccountPath), and /customer/current.jwt. Who asks is in the context (session.Handler).
func Handler(accounts *account.Accounts, signOn *sso.SSO, log *slog.Logger) http.Handler {
	p := &pages{accounts, signOn, log}
	mux := http.NewServeMux()
	mux.Handle("GET /account/style.css", web.PageStyle())
	mux.HandleFunc("GET /account/confirm", p.on((*visit).showConfirm))
	mux.HandleFunc("POST /account/confirm", p.form((*visit).confirm))
	mux.HandleFunc("GET /account/reset", p.on((*visit).showReset))
	mux.HandleFunc("POST /account/reset", p.form((*visit).reset))
	mux.HandleFunc("/login/token/{token}", p.on((*visit).signOn))
	mux.HandleFunc("GET "+shop.LoginPath, p.on((*visit).showLogin))
	mux.HandleFunc("GET "+shop.AccountPath, p.on((*visit).showAccount))
	mux.HandleFunc("GET /customer/current.jwt", p.on((*visit).currentCustomer))
	return mux
}

type pages struct {
	accounts *account.Accounts
	sso      *sso.SSO
	log      *slog.Logger
}

// visit is one request for a page.
type visit struct {
	*pages
	w http.ResponseWriter
	r *http.Request
	a *session.Asker
}

// view is what a page shows.
type view struct {
	Language, Store, Title string
	Wrong                  []string // what has to be mended
	Text                   []string
	Form                   *form
	Next                   *link
}

type form struct {
	Action, Button string
	Hidden         []hidden
	Field          *field
}

type hidden struct{ Name, Value string }

type field struct{ Name, Type, Complete, Label, Hint string }

type link struct{ URL, Label string }

func (p *pages) on(do func(*visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { do(&visit{p, w, r, session.From(r.Context())}) }
}

// form is on for forms: only pages of ours may send one.
func (p *pages) form(do func(*visit)) http.HandlerFunc {
	return p.on(func(v *visit) {
		if !session.SameOrigin(v.r) {
			v.show(http.StatusForbidden, view{Title: v.say("This did not come from a page of ours")})
			return
		}
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
		if err := v.r.ParseForm(); err != nil {
			v.show(http.StatusBadRequest, view{Title: v.say("This form cannot be read")})
			return
		}
		do(v)
	})
}

// say is a text in the visitor's language.
func (v *visit) say(key string, args ...any) string {
	return shop.Printer(v.a.Language, v.a.Store.Locale).Sprintf(key, args...)
}

func (v *visit) show(status int, out view) {
	out.Language = shop.Spoken(v.a.Language, v.a.Store.Locale).String()
	out.Store = v.a.Store.Name
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, out); err != nil {
		panic("page: " + err.Error()) // the template is compiled in
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	v.private() // the address of this page is a secret
	h.Add("Vary", "Accept-Language")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes())
}

// refuse shows why something did not happen, in the page out where there is
// something to mend.
func (v *visit) refuse(err error, out view) {
	refusals := shop.ErrorsIn(err)
	if len(refusals) == 0 {
		v.fail(err)
		return
	}
	status := http.StatusUnprocessableEntity
	switch first := refusals[0]; first.Code {
	case shop.RateLimited:
		status = http.StatusTooManyRequests
		v.retryAfter(first)
	case shop.Unavailable:
		status = http.StatusServiceUnavailable
		v.retryAfter(first)
		v.logFailure("unavailable", first.Unwrap())
	case shop.Conflict:
		status = http.StatusConflict
	}
	for _, e := range refusals {
		out.Wrong = append(out.Wrong, e.Text(shop.Printer(v.a.Language, v.a.Store.Locale)))
	}
	v.show(status, out)
}

func (v *visit) retryAfter(e *shop.Error) {
	v.w.Header().Set("Retry-After", strconv.Itoa(max(1, int(e.RetryAfter.Seconds()))))
}

// fail answers for a fault of ours.
func (v *visit) fail(err error) {
	if v.r.Context().Err() != nil {
		return // nobody listens any more
	}
	v.logFailure("internal error", err)
	v.show(http.StatusInternalServerError, view{
		Title: v.say("Something went wrong on our side."),
		Text:  []string{v.say("If it stays like this, tell the store this number: %s", shop.RequestFrom(v.r.Context()).ID)},
	})
}

func (v *visit) logFailure(what string, err error) {
	v.log.ErrorContext(v.r.Context(), what, "request_id", shop.RequestFrom(v.r.Context()).ID, "store", v.a.Store.Hash,
		"route", v.r.Pattern, "error", err) // not the path: a token may stand in it
}

// home leads to the storefront, where it is known.
func (v *visit) home() *link {
	if v.a.Channel.URL == "" {
		return nil
	}
	return &link{v.a.Channel.URL, v.say("Go to %s", v.a.Store.Name)}
}
