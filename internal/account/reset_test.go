package account_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
)

// E4: from the lost password to the next login.
func TestResetByMail(t *testing.T) {
	t.Parallel()
	s := posted(t)
	must(t, s.DB.Owner(t), `UPDATE customers SET email_verified_at = NULL`)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	fine(t, s, "requestResetPassword", `email: "ADA@example.com", path: "/login.php?action=change_password"`,
		graphtest.Header{Name: "X-Forwarded-Host", Value: "evil.example"})
	u := link(t, s, ada)
	if u.Scheme+"://"+u.Host+u.Path != "http://localhost:8080/login.php" || u.Query().Get("action") != "change_password" || u.Query().Get("c") != "1" {
		t.Errorf("the link is %s", u)
	}
	refusedAs(t, s, "ValidationError", "resetPassword", resetInput(u, "password"))
	fine(t, s, "resetPassword", resetInput(u, fresh), cookie)
	refusedAs(t, s, "CustomerPasswordError", "resetPassword", resetInput(u, fresh+"!"))
	if got := me(t, s, cookie); got != "guest" {
		t.Errorf("the session is %s", got)
	}
	want(t, login(t, s, ada, right), refused)
	r := login(t, s, ada, fresh)
	want(t, r, "in")
	if got := me(t, s, graphtest.WithCookie(r.Cookie())); got != ada+" proved" {
		t.Errorf("got %s", got)
	}
	if got := subjects(t, s, ada); got != "Your new password at Demo Store; Your password at Demo Store was changed" {
		t.Errorf("mails: %s", got)
	}
}

// Contract 2.2: the right password alone has the mail sent.
func TestForcedResetSendsTheMail(t *testing.T) {
	t.Parallel()
	s := posted(t)
	must(t, s.DB.Owner(t), `UPDATE customers SET password_reset_required = true WHERE email_key = $1`, ada)
	want(t, login(t, s, ada, "wrong"), refused)
	if got := subjects(t, s, ada); got != "" {
		t.Errorf("mails: %s", got)
	}
	for range 3 { // within the budget
		if r := login(t, s, ada, right); r.Cookie() != "" || !strings.Contains(string(r.Body), `"Reset password"`) {
			t.Errorf("%s", r.Body)
		}
	}
	if got := subjects(t, s, ada); got != "Your new password at Demo Store" {
		t.Errorf("mails: %s", got)
	}
	u := link(t, s, ada)
	if u.Path != "/account/reset" {
		t.Errorf("the link is %s", u)
	}
	fine(t, s, "resetPassword", resetInput(u, fresh))
	want(t, login(t, s, ada, fresh), "in")
}

// Decision 13: one in two minutes and five at once a day, whoever asks and from
// wherever, counted for addresses that nobody has as well.
func TestResetsPerRecipient(t *testing.T) {
	t.Parallel()
	s := posted(t)
	ask := func(i int, email string) {
		t.Helper()
		fine(t, s, "requestResetPassword", `email: "`+email+`"`, from(fmt.Sprintf("198.51.%d.1", i)))
	}
	for i := range 9 {
		for j := range 3 {
			ask(3*i+j, ada)
			ask(3*i+j, "nobody@example.com")
		}
		s.Mails(t) // before a newer link makes it pointless
		elapse(t, s.DB, 2*time.Minute)
	}
	if got := len(s.Mails(t)); got != 5 {
		t.Errorf("%d mails", got)
	}
	// Other mails to the same address have budgets of their own.
	require(t, s)
	register(t, s, ada, fresh)
	if got := len(s.Mails(t)); got != 6 {
		t.Errorf("%d mails", got)
	}
	elapse(t, s.DB, 24*time.Hour)
	ask(0, ada)
	if got := len(s.Mails(t)); got != 7 {
		t.Errorf("%d mails a day later", got)
	}
}

// K1: neither the text of a token nor a password is ever logged.
func TestTokensAreNotLogged(t *testing.T) {
	t.Parallel()
	s := posted(t)
	fine(t, s, "requestResetPassword", `email: "`+ada+`"`)
	u := link(t, s, ada)
	s.Do(t, "GET", u.RequestURI(), nil)
	fine(t, s, "resetPassword", resetInput(u, fresh))
	cookie := graphtest.WithCookie(login(t, s, ada, fresh).Cookie())
	fine(t, s, "changePassword", `currentPassword: "`+fresh+`", newPassword: "`+right+`"`, cookie)
	fine(t, s, "updateCustomer", `email: "countess@example.com"`, cookie)
	move := link(t, s, "countess@example.com")
	s.Do(t, "GET", move.RequestURI(), nil)
	fine(t, s, "confirmEmail", tokenInput(move))
	s.Mails(t)
	log := s.Log.String()
	if !strings.Contains(log, `"path":"/account/reset"`) || !strings.Contains(log, `"path":"/account/confirm"`) {
		t.Errorf("the pages are not in the log: %s", log)
	}
	for _, canary := range []string{u.Query().Get("t"), move.Query().Get("t"), fresh, right, ada, "countess", strconv.Quote("t=")} {
		if strings.Contains(log, canary) {
			t.Errorf("%s is in the log", canary)
		}
	}
}
