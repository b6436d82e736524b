package account_test

import (
	"fmt"
	"strings"
	"testing"

	"regulars/graph/graphtest"
)

// Decisions 10 and 12: both addresses are told when it is asked for, and when it
// happened.
func TestMoveToAnotherAddress(t *testing.T) {
	t.Parallel()
	s := posted(t)
	here, there := graphtest.WithCookie(s.Login(t, ada)), graphtest.WithCookie(s.Login(t, ada))
	fine(t, s, "updateCustomer", `email: "Countess@example.com"`, here)
	if got := me(t, s, there); got != ada+" proved pending Countess@example.com" {
		t.Errorf("got %s", got)
	}
	first := link(t, s, "Countess@example.com")
	if first.Path != "/account/confirm" || first.Query().Get("c") != "" {
		t.Errorf("the link is %s", first)
	}
	// Asked for twice is asked for once; another one takes its place.
	fine(t, s, "updateCustomer", `email: "Countess@example.com"`, here)
	fine(t, s, "updateCustomer", `email: "augusta@example.com"`, here)
	refusedAs(t, s, "InvalidTokenError", "confirmEmail", tokenInput(first))
	fine(t, s, "confirmEmail", tokenInput(link(t, s, "augusta@example.com")), here)
	if a, b := me(t, s, here), me(t, s, there); a != "augusta@example.com proved" || b != "guest" {
		t.Errorf("here %s, there %s", a, b)
	}
	want(t, login(t, s, ada, right), refused)
	want(t, login(t, s, "augusta@example.com", right), "in")
	for to, want := range map[string]string{
		ada: "Your account at Demo Store is to get another address; Your account at Demo Store is to get another address; " +
			"Your account at Demo Store has another address now",
		"Countess@example.com": "Confirm your new address for Demo Store",
		"augusta@example.com":  "Confirm your new address for Demo Store; Your new address at Demo Store",
	} {
		if got := subjects(t, s, to); got != want {
			t.Errorf("%s: %s", to, got)
		}
	}
}

// Whoever has a session for a moment cannot take the account over with it: the
// owner is told and has a way that ends it all.
func TestMoveIsEndedByAReset(t *testing.T) {
	t.Parallel()
	s := posted(t)
	thief := graphtest.WithCookie(s.Login(t, ada))
	fine(t, s, "updateCustomer", `email: "thief@example.com"`, thief)
	u := link(t, s, "thief@example.com")
	fine(t, s, "requestResetPassword", `email: "`+ada+`"`)
	fine(t, s, "resetPassword", resetInput(link(t, s, ada), fresh))
	refusedAs(t, s, "InvalidTokenError", "confirmEmail", tokenInput(u))
	if got := me(t, s, thief); got != "guest" {
		t.Errorf("the thief is %s", got)
	}
	want(t, login(t, s, ada, fresh), "in")
}

// A move to an address is mailed within the recipient's budget, and the account's.
func TestMovesPerRecipientAndCustomer(t *testing.T) {
	t.Parallel()
	s := posted(t)
	cookies := []graphtest.Header{graphtest.WithCookie(s.Login(t, ada)), graphtest.WithCookie(s.Login(t, "grace@example.com"))}
	fine(t, s, "updateCustomer", `email: "x@example.com"`, cookies[0])
	refusedAs(t, s, "UnexpectedUpdateCustomerError", "updateCustomer", `email: "x@example.com"`, cookies[1])
	for i := range 4 {
		fine(t, s, "updateCustomer", fmt.Sprintf(`email: "x%d@example.com"`, i), cookies[0])
	}
	refusedAs(t, s, "UnexpectedUpdateCustomerError", "updateCustomer", `email: "x9@example.com"`, cookies[0])
	// The rest of a profile is not mail.
	fine(t, s, "updateCustomer", `company: "Engines", email: "ada@example.com"`, cookies[0])
	if got := strings.Count(subjects(t, s, ada), "is to get another address"); got != 5 {
		t.Errorf("the owner was told %d times", got)
	}
	if got := subjects(t, s, "x9@example.com") + subjects(t, s, "grace@example.com"); got != "" {
		t.Errorf("mails: %s", got)
	}
}
