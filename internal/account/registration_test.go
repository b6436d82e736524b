package account_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
)

// A new account is welcomed, with a link that proves the mailbox.
func TestWelcomeProvesTheMailbox(t *testing.T) {
	t.Parallel()
	s := posted(t)
	register(t, s, "mary@example.com", fresh)
	cookie := graphtest.WithCookie(login(t, s, "mary@example.com", fresh).Cookie())
	if got := me(t, s, cookie); got != "mary@example.com" {
		t.Errorf("got %s", got)
	}
	u := link(t, s, "mary@example.com")
	// The link can be had again, and the newest one works.
	elapse(t, s.DB, 2*time.Minute)
	fine(t, s, "resendEmailConfirmation", `email: "Mary@example.com"`)
	again := link(t, s, "mary@example.com")
	refusedAs(t, s, "InvalidTokenError", "confirmEmail", tokenInput(u))
	fine(t, s, "confirmEmail", tokenInput(again))
	if got := me(t, s, cookie); got != "mary@example.com proved" {
		t.Errorf("got %s", got)
	}
	elapse(t, s.DB, 2*time.Minute)
	fine(t, s, "resendEmailConfirmation", `email: "mary@example.com"`)
	if got := subjects(t, s, "mary@example.com"); got != "Welcome to Demo Store; Confirm your address at Demo Store" {
		t.Errorf("mails: %s", got)
	}
}

// Decision 11, from the sign-up to the login, and what a second one changes.
func TestRegistrationThatWaits(t *testing.T) {
	t.Parallel()
	s := posted(t)
	require(t, s)
	for range 3 {
		register(t, s, "Mary@example.com", fresh)
	}
	want(t, login(t, s, "mary@example.com", fresh), refused)
	if got := subjects(t, s, "Mary@example.com"); got != "Confirm your address for Demo Store" {
		t.Errorf("mails: %s", got)
	}
	first := link(t, s, "Mary@example.com")
	elapse(t, s.DB, 2*time.Minute)
	fine(t, s, "resendEmailConfirmation", `email: "mary@example.com"`)
	second := link(t, s, "Mary@example.com")
	elapse(t, s.DB, 2*time.Minute)
	register(t, s, "mary@example.com", fresh)
	third := link(t, s, "mary@example.com")
	for _, old := range []*url.URL{first, second} {
		refusedAs(t, s, "InvalidTokenError", "confirmEmail", tokenInput(old))
	}
	fine(t, s, "confirmEmail", tokenInput(third))
	r := login(t, s, "mary@example.com", fresh)
	want(t, r, "in")
	if got := me(t, s, graphtest.WithCookie(r.Cookie())); got != "mary@example.com proved" {
		t.Errorf("got %s", got)
	}
	if got := subjects(t, s, "mary@example.com"); got != "Confirm your address for Demo Store; Welcome to Demo Store" {
		t.Errorf("mails: %s", got)
	}
	if text := newest(t, s, "mary@example.com").Text; !strings.Contains(text, "http://localhost:8080\n") {
		t.Errorf("there is nothing left to be confirmed: %s", text)
	}
}

// A stranger who signs somebody's address up with a password of his own gets no
// account that the owner confirms for him.
func TestRegistrationByTwo(t *testing.T) {
	t.Parallel()
	s := posted(t)
	require(t, s)
	register(t, s, "mary@example.com", fresh)
	elapse(t, s.DB, 2*time.Minute)
	register(t, s, "mary@example.com", "the stranger's own")
	fine(t, s, "confirmEmail", tokenInput(link(t, s, "mary@example.com")))
	want(t, login(t, s, "mary@example.com", fresh), refused)
	if r := login(t, s, "mary@example.com", "the stranger's own"); r.Cookie() != "" || !strings.Contains(string(r.Body), `"Reset password"`) {
		t.Errorf("%s", r.Body)
	}
	// Only who has the mailbox gets further.
	fine(t, s, "resetPassword", resetInput(link(t, s, "mary@example.com"), fresh))
	want(t, login(t, s, "mary@example.com", fresh), "in")
}

// The owner of an account hears of a sign-up with its address, within the budget.
func TestRegistrationOfAKnownAddressTellsItsOwner(t *testing.T) {
	t.Parallel()
	s := posted(t)
	require(t, s)
	for range 3 {
		register(t, s, "ADA@example.com", fresh)
	}
	if got := subjects(t, s, ada); got != "You already have an account at Demo Store" || len(s.Mails(t)) != 1 {
		t.Errorf("mails: %s", got)
	}
	want(t, login(t, s, ada, right), "in")
}

// All of a sign-up waits: address and form fields, of passwords their hashes. A
// field that is deleted meanwhile stands in nobody's way.
func TestRegistrationThatWaitsWithEverything(t *testing.T) {
	t.Parallel()
	s := posted(t)
	require(t, s)
	db := s.DB.Owner(t)
	must(t, db, `INSERT INTO form_fields (store_id, id, form, kind, label) VALUES
		(1, 26, 'CUSTOMER', 'TEXT', 'Nickname'), (1, 27, 'CUSTOMER', 'PASSWORD', 'PIN'), (1, 28, 'CUSTOMER', 'TEXT', 'Gone'), (1, 29, 'ADDRESS', 'TEXT', 'Doorbell')`)
	must(t, db, `UPDATE stores SET next_form_field_id = 30, config_version = config_version + 1`)
	fine(t, s, "registerCustomer", `firstName: "Mary", lastName: "Shelley", email: "mary@example.com", password: "`+fresh+`", company: "Engines",
		formFields: {texts: [{fieldEntityId: 26, text: "Ace"}, {fieldEntityId: 28, text: "soon gone"}], passwords: [{fieldEntityId: 27, password: "pin-canary"}]},
		address: {firstName: "Mary", lastName: "Shelley", address1: "1 Main Street", city: "Berlin", countryCode: "DE",
			formFields: {texts: [{fieldEntityId: 29, text: "Shelley"}]}}`)
	var kept string
	if err := db.Get(&kept, `SELECT data::text FROM registrations`); err != nil || strings.Contains(kept, "canary") || strings.Contains(kept, fresh) {
		t.Errorf("%s, %v", kept, err)
	}
	must(t, db, `DELETE FROM form_fields WHERE id = 28`)
	must(t, db, `UPDATE stores SET config_version = config_version + 1`)
	fine(t, s, "confirmEmail", tokenInput(link(t, s, "mary@example.com")))
	cookie := graphtest.WithCookie(login(t, s, "mary@example.com", fresh).Cookie())
	r := s.Query(t, `{ currentCustomer { company formFields { name ... on TextFormFieldValue { text } } addresses { edges { node { city formFields { name ... on TextFormFieldValue { text } } } } } } }`, cookie)
	if want := `{"data":{"currentCustomer":{"company":"Engines","formFields":[{"name":"Nickname","text":"Ace"},{"name":"PIN"}],` +
		`"addresses":{"edges":[{"node":{"city":"Berlin","formFields":[{"name":"Doorbell","text":"Shelley"}]}}]}}}}`; string(r.Body) != want {
		t.Errorf("got %s", r.Body)
	}
}
