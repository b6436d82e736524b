package storage_test

import (
	"fmt"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

// guest is a sign-up in the footer by somebody who is not logged in.
func guest(email string) storage.SignUp {
	e, _ := shop.ParseEmail(email)
	return storage.SignUp{Email: e, ChannelID: 1, IPPrefix: "192.0.2.0/24",
		Input: shop.SignUpInput{Origin: shop.OriginStorefront, Form: "footer", Text: "Send me news.", Locale: "en"}}
}

func signUp(t testing.TB, w *world, in storage.SignUp) {
	t.Helper()
	must(t, w.s.Subscribe(t.Context(), w.store, in))
}

// by is the sign-up of a customer for their own address.
func by(c *shop.Customer, form string) storage.SignUp {
	in := guest(c.Email)
	in.Customer, in.Input.Form, in.Input.Origin = c, form, shop.OriginAccount
	return in
}

// befall lets one event of data.md's table happen to ada@example.com.
func befall(t *testing.T, w *world, ada *shop.Customer, event string) error {
	switch event {
	case "sign-up":
		in := guest("ADA@example.com")
		in.Input.Form = "popup"
		return w.s.Subscribe(t.Context(), w.store, in)
	case "sign-up, proved":
		return w.s.Subscribe(t.Context(), w.store, by(ada, "account"))
	case "unsubscribe, proved":
		return w.s.Unsubscribe(t.Context(), w.store, 1, ada.ID, address(t, "Ada@example.com"), "192.0.2.0/24")
	case "import":
		in := guest("ada@example.com")
		in.Actor, in.Source, in.Input.Origin, in.At = shop.ActorImport, "mailchimp", shop.OriginImport, time.Now().Add(-time.Hour)
		return w.s.Subscribe(t.Context(), w.store, in)
	case "7 days":
		w.owner.MustExec(`UPDATE subscribers SET pending_until = now() - interval '1 second' WHERE pending_until IS NOT NULL`)
	case "6 days":
		w.owner.MustExec(`UPDATE subscribers SET pending_until = pending_until - interval '6 days 23 hours'`)
	}
	_, err := w.s.Sweep(t.Context(), w.store)
	return err
}

// bring makes ada@example.com's row be in a state.
func bring(t *testing.T, w *world, ada *shop.Customer, state string) {
	t.Helper()
	pretend := func(state, before string) {
		w.owner.MustExec(`UPDATE subscribers SET state = $1, state_before = $2, purposes = '{}',
			pending_until = CASE WHEN $1 = 'PENDING' THEN now() + interval '7 days' END`, state, before)
	}
	if state == "none" {
		return
	}
	signUp(t, w, guest("ada@example.com"))
	switch state {
	case "UNSUBSCRIBED", "PENDING after UNSUBSCRIBED":
		must(t, befall(t, w, ada, "unsubscribe, proved"))
		if state != "UNSUBSCRIBED" {
			in := guest("ada@example.com")
			in.Input.Form = "stranger"
			signUp(t, w, in)
		}
	case "PENDING after none": // double opt-in brings these
		pretend("PENDING", "")
	case "PENDING after SUPPRESSED":
		pretend("PENDING", "SUPPRESSED")
	case "SUPPRESSED": // bounces bring these
		pretend("SUPPRESSED", "")
	}
}

func TestStatesOfASubscriber(t *testing.T) {
	t.Parallel()
	const nothing = ""
	for _, c := range []struct {
		from, event string
		to          string // "" is no row
		action      string
		changed     string
		code        shop.Code
	}{
		{"none", "sign-up", "SUBSCRIBED", "SUBSCRIBED", "created", ""},
		{"none", "sign-up, proved", "SUBSCRIBED", "SUBSCRIBED", "created", ""},
		{"none", "unsubscribe, proved", "", nothing, "", ""},
		{"none", "import", "SUBSCRIBED", "SUBSCRIBED", "created", ""},
		{"PENDING after none", "sign-up", "SUBSCRIBED", "SUBSCRIBED", "updated {state}", ""},
		{"PENDING after none", "sign-up, proved", "SUBSCRIBED", "SUBSCRIBED", "updated {state}", ""},
		{"PENDING after none", "unsubscribe, proved", "", "UNSUBSCRIBED", "deleted {}", ""},
		{"PENDING after none", "import", "SUBSCRIBED", "SUBSCRIBED", "updated {state}", ""},
		{"PENDING after none", "7 days", "", "EXPIRED", "deleted {}", ""},
		{"PENDING after none", "6 days", "PENDING", nothing, "", ""},
		{"PENDING after UNSUBSCRIBED", "sign-up", "PENDING", "REQUESTED", "updated {touches}", ""},
		{"PENDING after UNSUBSCRIBED", "sign-up, proved", "SUBSCRIBED", "SUBSCRIBED", "updated {state}", ""},
		{"PENDING after UNSUBSCRIBED", "unsubscribe, proved", "UNSUBSCRIBED", "UNSUBSCRIBED", "updated {state}", ""},
		{"PENDING after UNSUBSCRIBED", "import", "PENDING", nothing, "", ""},
		{"PENDING after UNSUBSCRIBED", "7 days", "UNSUBSCRIBED", "EXPIRED", "updated {state}", ""},
		{"PENDING after SUPPRESSED", "sign-up", "PENDING", "REQUESTED", "updated {touches}", ""},
		{"PENDING after SUPPRESSED", "sign-up, proved", "PENDING", "REQUESTED", "updated {touches}", ""},
		{"PENDING after SUPPRESSED", "7 days", "SUPPRESSED", "EXPIRED", "updated {state}", ""},
		{"SUBSCRIBED", "sign-up", "SUBSCRIBED", "SUBSCRIBED", "updated {touches}", ""},
		{"SUBSCRIBED", "sign-up, proved", "SUBSCRIBED", nothing, "", shop.Conflict},
		{"SUBSCRIBED", "unsubscribe, proved", "UNSUBSCRIBED", "UNSUBSCRIBED", "updated {state}", ""},
		{"SUBSCRIBED", "import", "SUBSCRIBED", nothing, "", ""},
		{"SUBSCRIBED", "7 days", "SUBSCRIBED", nothing, "", ""},
		{"UNSUBSCRIBED", "sign-up", "PENDING", "REQUESTED", "updated {state}", ""},
		{"UNSUBSCRIBED", "sign-up, proved", "SUBSCRIBED", "SUBSCRIBED", "updated {state}", ""},
		{"UNSUBSCRIBED", "unsubscribe, proved", "UNSUBSCRIBED", nothing, "", ""},
		{"UNSUBSCRIBED", "import", "UNSUBSCRIBED", nothing, "", ""},
		{"SUPPRESSED", "sign-up", "PENDING", "REQUESTED", "updated {state}", ""},
		{"SUPPRESSED", "sign-up, proved", "PENDING", "REQUESTED", "updated {state}", ""},
		{"SUPPRESSED", "unsubscribe, proved", "SUPPRESSED", nothing, "", ""},
		{"SUPPRESSED", "import", "SUPPRESSED", nothing, "", ""},
	} {
		t.Run(c.from+"/"+c.event, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada := w.customer(t, w.store, "ada@example.com", true)
			bring(t, w, ada, c.from)
			rows, events := w.count(t, `consents`), w.count(t, `events WHERE entity = 'subscriber'`)
			version := w.text(t, `SELECT max(entity_version) FROM events WHERE entity = 'subscriber'`)

			err := befall(t, w, ada, c.event)
			if got := shop.CodeOf(err); (c.code != "" || err != nil) && got != c.code {
				t.Errorf("answered %v", err)
			}
			if got := w.text(t, `SELECT state FROM subscribers`); got != c.to {
				t.Errorf("state %s, want %s", got, c.to)
			}
			if c.action == nothing {
				w.wantCount(t, rows, `consents`)
				w.wantCount(t, events, `events WHERE entity = 'subscriber'`)
				return
			}
			w.wantCount(t, rows+1, `consents`)
			w.wantCount(t, events+1, `events WHERE entity = 'subscriber'`)
			if got := w.text(t, `SELECT action FROM consents ORDER BY seq DESC LIMIT 1`); got != c.action {
				t.Errorf("action %s, want %s", got, c.action)
			}
			want := "store/subscriber/" + c.changed
			if c.changed == "created" {
				want += " {}"
			}
			last := `FROM events WHERE entity = 'subscriber' ORDER BY id DESC LIMIT 1`
			if got := w.text(t, `SELECT scope || ' ' || changed::text `+last); got != want {
				t.Errorf("event %s, want %s", got, want)
			}
			if version != "" && w.text(t, `SELECT entity_version > $1::bigint `+last, version) != "true" {
				t.Error("the version did not rise")
			}
			w.wantCount(t, w.count(t, `subscribers`), `subscribers WHERE version = (SELECT max(entity_version) FROM events WHERE entity = 'subscriber')`)
			checkProjection(t, w)
			checkChains(t, w)
		})
	}
}

// checkProjection holds what a row says of its state against the rules.
func checkProjection(t *testing.T, w *world) {
	t.Helper()
	for what, where := range map[string]string{
		"pending_until goes with PENDING":          `(state = 'PENDING') <> (pending_until IS NOT NULL)`,
		"state_before is only kept while PENDING":  `state <> 'PENDING' AND state_before <> ''`,
		"purposes follow the state":                `(state = 'SUBSCRIBED') <> (purposes = '{MARKETING_NEWSLETTER}')`,
		"head_hash is the last consent's":          `head_hash <> (SELECT hash FROM consents c WHERE c.store_id = b.store_id AND c.subscriber_id = b.id ORDER BY seq DESC LIMIT 1)`,
		"next_seq follows the last consent's":      `next_seq <> 1 + (SELECT max(seq) FROM consents c WHERE c.store_id = b.store_id AND c.subscriber_id = b.id)`,
		"a week, from the last time it was asked":  `pending_until NOT BETWEEN now() + interval '6 days' AND now() + interval '7 days'`,
		"state_since is no later than the changes": `state_since > date_modified`,
	} {
		if n := w.count(t, `subscribers b WHERE `+where); n > 0 {
			t.Errorf("%d rows break: %s", n, what)
		}
	}
}

func TestBareAddressCannotUnsubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	bob := w.customer(t, w.store, "bob@example.com", true)
	signUp(t, w, guest("ada@example.com"))
	for name, c := range map[string]*shop.Customer{"registered, not proved": ada, "somebody else": bob} {
		if err := w.s.Unsubscribe(t.Context(), w.store, 1, c.ID, address(t, "ada@example.com"), ""); err != nil {
			t.Errorf("%s heard %v", name, err)
		}
	}
	w.wantCount(t, 1, `subscribers WHERE state = 'SUBSCRIBED' AND version = 1`)
	wantCode(t, w.s.Unsubscribe(t.Context(), w.store, 1, 4711, address(t, "ada@example.com"), ""), shop.NotFound)
	wantCode(t, w.s.Unsubscribe(t.Context(), w.addStore(t, "two"), 1, bob.ID, address(t, "bob@example.com"), ""), shop.NotFound)
}

// The account that made every row may know and act, though it proved nothing.
func TestTheAccountThatSignedUpMayKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	signUp(t, w, by(ada, "account"))
	wantCode(t, w.s.Subscribe(t.Context(), w.store, by(ada, "other")), shop.Conflict)
	must(t, befall(t, w, ada, "unsubscribe, proved"))
	w.wantCount(t, 1, `subscribers WHERE state = 'UNSUBSCRIBED'`)

	for i, stranger := range []*shop.Customer{nil, w.customer(t, w.store, "bob@example.com", true)} {
		email := mail(i)
		eve := w.customer(t, w.store, email, false)
		signUp(t, w, by(eve, "account"))
		in := guest(email)
		in.Customer = stranger
		signUp(t, w, in)
		signUp(t, w, by(eve, "again")) // not alone any more: hears nothing
		must(t, w.s.Unsubscribe(t.Context(), w.store, 1, eve.ID, address(t, email), ""))
		w.wantCount(t, 1, `subscribers WHERE state = 'SUBSCRIBED' AND email_key = $1 AND sole_customer_id IS NULL`, email)
	}
}

func TestSignUpsAtOnceAreOneRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spellings := []string{"ada@example.com", "ADA@example.com", "ａda@example.com"}
	allFine(t, together(50, func(i int) error {
		return w.s.Subscribe(t.Context(), w.store, guest(spellings[i%len(spellings)]))
	}))
	for _, from := range []string{`subscribers`, `consents`, `consent_texts`, `events`} {
		w.wantCount(t, 1, from)
	}
	allFine(t, together(50, func(i int) error {
		in := guest("ada@example.com")
		in.Input.Form = fmt.Sprint("form", i)
		return w.s.Subscribe(t.Context(), w.store, in)
	}))
	w.wantCount(t, 51, `consents`)
	checkProjection(t, w)
	checkChains(t, w)
}
