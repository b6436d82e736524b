package page_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/command"
	"regulars/internal/shop"
)

const (
	ada   = "ada@example.com"
	fresh = "an engine of my own"
)

// browser is what a browser says of a form on a page of ours: the Origin is null
// under the pages' referrer policy.
var browser = []graphtest.Header{{Name: "Sec-Fetch-Site", Value: "same-origin"}, {Name: "Origin", Value: "null"}}

func get(t testing.TB, s *graphtest.Server, path string, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	return s.Do(t, http.MethodGet, path, nil, headers...)
}

func post(t testing.TB, s *graphtest.Server, path string, form url.Values, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	headers = append([]graphtest.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}, headers...)
	return s.Do(t, http.MethodPost, path, strings.NewReader(form.Encode()), headers...)
}

// says wants a status, and texts in their order.
func says(t testing.TB, r *graphtest.Reply, status int, texts ...string) {
	t.Helper()
	body := string(r.Body)
	if r.Status != status {
		t.Errorf("status %d, want %d", r.Status, status)
	}
	rest := body
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("no %q (in this place) in\n%s", text, body)
		}
		rest = after
	}
}

// press sends a page's form as a browser does, with what a person fills in.
func press(t testing.TB, s *graphtest.Server, page *graphtest.Reply, fill url.Values, headers ...graphtest.Header) *graphtest.Reply {
	t.Helper()
	action := regexp.MustCompile(`<form method="post" action="([^"]+)">`).FindSubmatch(page.Body)
	if action == nil {
		t.Fatalf("no form in\n%s", page.Body)
	}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllSubmatch(page.Body, -1) {
		fill.Set(string(m[1]), string(m[2]))
	}
	return post(t, s, string(action[1]), fill, append(headers, browser...)...)
}

// posted is a server whose mails are read.
func posted(t testing.TB) *graphtest.Server {
	t.Helper()
	set := account.DefaultSettings()
	set.WrongAnswerFloor = 0
	set.Limits.LinkPerPrefix = shop.Limit{Burst: 1000, Window: time.Hour}
	return graphtest.New(t, graphtest.Options{Mail: true, Account: set})
}

// linkTo is path and query of the newest mail's link to somebody.
func linkTo(t testing.TB, s *graphtest.Server, to string) string {
	t.Helper()
	for _, m := range s.Mails(t) {
		if m.To == to {
			u, err := url.Parse(regexp.MustCompile(`https?://\S+`).FindString(m.Text))
			if err != nil {
				t.Fatal(err)
			}
			return u.RequestURI()
		}
	}
	t.Fatalf("no mail to %s", to)
	return ""
}

func exec(t testing.TB, s *graphtest.Server, sql string, args ...any) {
	t.Helper()
	if _, err := s.DB.Owner(t).Exec(sql, args...); err != nil {
		t.Fatal(err)
	}
}

func login(t testing.TB, s *graphtest.Server, email, password string) *graphtest.Reply {
	t.Helper()
	return s.Query(t, fmt.Sprintf(`mutation { login(email: %q, password: %q) { result } }`, email, password))
}

func register(t testing.TB, s *graphtest.Server, email string) {
	t.Helper()
	s.Query(t, fmt.Sprintf(`mutation { customer { registerCustomer(input: {firstName: "M", lastName: "S", email: %q, password: %q}) { errors { __typename } } } }`, email, fresh))
}

// A person with a lost password needs nothing but these pages.
func TestResetByPages(t *testing.T) {
	t.Parallel()
	s := posted(t)
	asks := get(t, s, "/account/reset")
	says(t, asks, 200, `<html lang="en">`, "Demo Store", "<h1>Choose a new password</h1>", `name="email" type="email"`, "Send the link")
	says(t, press(t, s, asks, url.Values{"email": {"no address"}}), 422, "Enter a valid email address.", `name="email"`)
	says(t, press(t, s, asks, url.Values{"email": {"nobody@example.com"}}), 200, "Look into your mailbox")
	says(t, press(t, s, asks, url.Values{"email": {"ADA@example.com"}}), 200, "Look into your mailbox")
	link := linkTo(t, s, ada)
	// Scanners open links as often as they like.
	for range 5 {
		get(t, s, link)
		s.Do(t, http.MethodHead, link, nil)
	}
	page := get(t, s, link)
	says(t, page, 200, "<h1>Choose a new password</h1>", `autocomplete="new-password"`, "at least 8 characters", "Set the password")
	bad := press(t, s, page, url.Values{"password": {"password"}})
	says(t, bad, 422, `role="alert"`, "This password is too well known. Choose another one.", "Set the password")
	says(t, press(t, s, bad, url.Values{"password": {fresh}}), 200, "Your new password is set", "All sessions are ended.", `href="http://localhost:8080"`, "Go to Demo Store")
	says(t, press(t, s, page, url.Values{"password": {fresh}}), 410, "This link does not work any more.", `href="/account/reset"`)
	says(t, get(t, s, link), 410, "This link does not work any more.")
	if r := login(t, s, ada, fresh); r.Cookie() == "" {
		t.Errorf("%s", r.Body)
	}
}

// A sign-up that waits, by pages alone.
func TestConfirmByPages(t *testing.T) {
	t.Parallel()
	s := posted(t)
	exec(t, s, `UPDATE stores SET settings = settings || '{"emailVerification": "REQUIRED"}', config_version = config_version + 1`)
	register(t, s, "mary@example.com")
	asks := get(t, s, "/account/confirm")
	says(t, asks, 200, "<h1>Confirm your address</h1>", "We can send you the link again.", `name="email"`)
	exec(t, s, `DELETE FROM rate_limits`)
	says(t, press(t, s, asks, url.Values{"email": {"mary@example.com"}}), 200, "Look into your mailbox")
	link := linkTo(t, s, "mary@example.com")
	page := get(t, s, link)
	says(t, page, 200, "Press the button, and your account is ready.", `<input type="hidden" name="t"`, "Confirm")
	if r := login(t, s, "mary@example.com", fresh); r.Cookie() != "" {
		t.Error("reading the page was enough")
	}
	says(t, press(t, s, page, url.Values{}), 200, "Your account is ready", "You can log in now.", "Go to Demo Store")
	if r := login(t, s, "mary@example.com", fresh); r.Cookie() == "" {
		t.Errorf("%s", r.Body)
	}
	says(t, press(t, s, page, url.Values{}), 410, "This link does not work any more.", `href="/account/confirm"`)
}

// The other two things that are confirmed; a move keeps the session that
// confirms it.
func TestConfirmOfAnAccount(t *testing.T) {
	t.Parallel()
	s := posted(t)
	register(t, s, "mary@example.com")
	page := get(t, s, linkTo(t, s, "mary@example.com"))
	says(t, page, 200, "Press the button if it was you who made the account.")
	says(t, press(t, s, page, url.Values{}), 200, "Your address is confirmed")

	here, there := graphtest.WithCookie(s.Login(t, ada)), graphtest.WithCookie(s.Login(t, ada))
	move := func(email string) *graphtest.Reply {
		s.Query(t, fmt.Sprintf(`mutation { customer { updateCustomer(input: {email: %q}) { errors { __typename } } } }`, email), here)
		return get(t, s, linkTo(t, s, email))
	}
	page = move("countess@example.com")
	says(t, page, 200, "Press the button, and your account moves to this address.")
	says(t, press(t, s, page, url.Values{}, here), 200, "Your account has a new address", "All other sessions are ended.")
	for cookie, want := range map[graphtest.Header]string{here: `{"data":{"currentCustomer":{"email":"countess@example.com"}}}`, there: `{"data":{"currentCustomer":null}}`} {
		if r := s.Query(t, `{ currentCustomer { email } }`, cookie); string(r.Body) != want {
			t.Errorf("%s", r.Body)
		}
	}
	page = move("augusta@example.com")
	register(t, s, "augusta@example.com")
	says(t, press(t, s, page, url.Values{}), 409, "The email address is already in use.")
}

// A captcha takes script: the pages do not offer what they cannot ask it for, and
// do not go around it either.
func TestPagesOfAStoreWithACaptcha(t *testing.T) {
	t.Parallel()
	s := posted(t)
	s.UseCaptcha(t, true)
	for _, path := range []string{"/account/reset", "/account/confirm"} {
		r := get(t, s, path)
		says(t, r, 200, "own site can send you the link.", "Go to Demo Store")
		if strings.Contains(string(r.Body), "<form") {
			t.Errorf("%s", r.Body)
		}
		says(t, post(t, s, path, url.Values{"email": {ada}}, browser...), 422, "Please solve the captcha.")
	}
	if n := len(s.Mails(t)); n != 0 {
		t.Errorf("%d mails", n)
	}
	// Whoever has a link needs no captcha.
	exec(t, s, `UPDATE customers SET password_reset_required = true`)
	login(t, s, ada, command.DemoPassword)
	says(t, press(t, s, get(t, s, linkTo(t, s, ada)), url.Values{"password": {fresh}}), 200, "Your new password is set")
}

func TestPagesSpeakTheVisitorsLanguage(t *testing.T) {
	t.Parallel()
	s := posted(t)
	german := graphtest.Header{Name: "Accept-Language", Value: "de-AT,en;q=0.5"}
	says(t, get(t, s, "/account/reset", german), 200, `<html lang="de">`, "Neues Passwort wählen", "E-Mail-Adresse", "Link schicken")
	says(t, get(t, s, "/account/confirm?t=x", german), 410, "Dieser Link funktioniert nicht mehr.", "Neuen Link schicken")
	says(t, post(t, s, "/account/reset", url.Values{"email": {"x"}}, german), 422, "Bitte eine gültige E-Mail-Adresse angeben.")
	exec(t, s, `UPDATE stores SET locale = 'de', config_version = config_version + 1`)
	says(t, get(t, s, "/account/confirm"), 200, `<html lang="de">`)
	says(t, get(t, s, "/account/confirm", graphtest.Header{Name: "Accept-Language", Value: "en"}), 200, `<html lang="en">`)
}

func TestPagesAreThrottled(t *testing.T) {
	t.Parallel()
	set := account.DefaultSettings()
	set.Limits.LinkPerPrefix = shop.Limit{Burst: 1, Window: time.Hour}
	s := graphtest.New(t, graphtest.Options{Account: set})
	post(t, s, "/account/reset", url.Values{"email": {ada}})
	r := post(t, s, "/account/reset", url.Values{"email": {ada}})
	says(t, r, 429, "Too many attempts. Please wait a while and try again.", `name="email"`)
	if r.Header.Get("Retry-After") == "" {
		t.Error("no word about when")
	}
	post(t, s, "/account/confirm", url.Values{"t": {"x"}})
	says(t, post(t, s, "/account/confirm", url.Values{"t": {"x"}}), 429, "Too many attempts", `name="t" value="x"`)
}
