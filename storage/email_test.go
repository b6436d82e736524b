package storage_test

import (
	"sync/atomic"
	"testing"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// moveTo asks for another address, and gives the token that its mail would have.
func (w *world) moveTo(t testing.TB, customer int64, email string) string {
	t.Helper()
	ring := ringOf("a")
	tok := ring.Mint(w.store, shop.TokenEmail, customer)
	_, err := w.s.UpdateCustomer(t.Context(), w.store, customer, shop.CustomerUpdate{Email: &email}, storage.Move{Token: tok, ChannelID: 1})
	must(t, err)
	text, _ := ring.Text(w.store, tok)
	return text
}

func confirmation(text string) storage.Confirmation {
	return storage.Confirmation{Token: keys.Hash(text), KeyIDs: ringOf("a").KeyIDs()}
}

func (w *world) confirm(t testing.TB, text string) (shop.TokenPurpose, error) {
	t.Helper()
	return w.s.ConfirmEmail(t.Context(), w.store, confirmation(text))
}

// pending is the address that waits, "" for none.
func (w *world) pending(t testing.TB, customer int64) string {
	t.Helper()
	email, _, err := w.s.PendingEmail(t.Context(), w.store, customer)
	must(t, err)
	return email
}

// Decision 12: a new address waits for its proof, and nothing else does.
func TestAnotherAddressWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.customer(t, w.store, "bob@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	update := func(email, company string) (shop.Customer, error) {
		return w.s.UpdateCustomer(t.Context(), w.store, ada.ID, shop.CustomerUpdate{Email: &email, Company: &company},
			storage.Move{Token: ringOf("a").Mint(w.store, shop.TokenEmail, ada.ID), ChannelID: 1})
	}
	got, err := update("Countess@example.com", "Engines")
	must(t, err)
	if got.Email != "ada@example.com" || got.EmailKey != got.Email || !got.EmailVerified || got.Company != "Engines" || got.Version != 2 {
		t.Errorf("got %+v", got)
	}
	if p := w.pending(t, ada.ID); p != "Countess@example.com" || !w.alive(t, w.store, "here") {
		t.Errorf("pending %q", p)
	}
	w.wantCount(t, 1, `events WHERE scope = 'account/email/requested' AND entity_version = 0 AND changed = '{}' AND data ->> 'channelId' = '1' AND data ->> 'token' <> ''`)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND changed = '{company}'`)
	w.wantCount(t, 1, `tokens WHERE payload = '{"email": "Countess@example.com", "former": "ada@example.com"}' AND used_at IS NULL`)
	for email, code := range map[string]shop.Code{"BOB@example.com": shop.Conflict, "no address": shop.BadUserInput} {
		_, err := update(email, "Other")
		wantCode(t, err, code)
	}
	if p := w.pending(t, ada.ID); p != "Countess@example.com" {
		t.Errorf("a refusal left %q pending", p)
	}
	w.wantCount(t, 0, `customers WHERE company = 'Other'`)
	// Another spelling of the present one is applied, and withdraws the other.
	if got, err := update("ADA@example.com", "Engines"); err != nil || got.Email != "ADA@example.com" || !got.EmailVerified || w.pending(t, ada.ID) != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND changed = '{email}'`)
	// What only folds together is another mailbox.
	if got, err := update("\uff21da@example.com", "Engines"); err != nil || got.Email != "ADA@example.com" || w.pending(t, ada.ID) != "\uff21da@example.com" {
		t.Errorf("got %+v, %v", got, err)
	}
	w.owner.MustExec(`UPDATE tokens SET expires_at = now()`)
	if p := w.pending(t, ada.ID); p != "" {
		t.Errorf("%q is pending for ever", p)
	}
}

func TestOnlyTheNewestAddressWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	first, second := w.moveTo(t, ada.ID, "one@example.com"), w.moveTo(t, ada.ID, "two@example.com")
	_, err := w.confirm(t, first)
	wantCode(t, err, shop.NotFound)
	if purpose, err := w.confirm(t, second); err != nil || purpose != shop.TokenEmail {
		t.Errorf("%s, %v", purpose, err)
	}
	w.wantCount(t, 1, `customers WHERE email = 'two@example.com'`)
}

// C4: a move ends all sessions but the one that confirms it, and all links.
func TestAMoveEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	bob := w.customer(t, w.store, "bob@example.com", true)
	for _, secret := range []string{"here", "there", "ended"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.login(t, w.store, bob.ID, "bob")
	ended, ring := tokenOf("ended"), ringOf("a")
	w.end(t, ended[:])
	reset, mailbox := w.issue(t, ring, shop.TokenReset, ada.ID), w.issue(t, ring, shop.TokenMailbox, ada.ID)
	text, here := w.moveTo(t, ada.ID, "Countess@example.com"), tokenOf("here")
	in := storage.Confirmation{Token: keys.Hash(text), KeyIDs: ring.KeyIDs(), Session: here[:]}
	purpose, err := w.s.ConfirmEmail(t.Context(), w.store, in)
	if err != nil || purpose != shop.TokenEmail {
		t.Fatal(purpose, err)
	}
	for secret, want := range map[string]bool{"here": true, "there": false, "ended": false, "bob": true} {
		if got := w.alive(t, w.store, secret); got != want {
			t.Errorf("session %s lives: %v, want %v", secret, got, want)
		}
	}
	if w.works(t, reset) || w.works(t, mailbox) || w.works(t, text) {
		t.Error("a link works")
	}
	w.wantCount(t, 1, `customers WHERE email = 'Countess@example.com' AND email_key = 'countess@example.com' AND email_verified_at IS NOT NULL AND version = 2`)
	w.wantCount(t, 1, `events e JOIN tokens t ON t.hash = decode(e.data ->> 'token', 'base64') WHERE e.changed = '{email}' AND t.payload ->> 'former' = 'ada@example.com'`)
	// A stranger's session lives on where it was, and renews nobody's.
	text, in.Session = w.moveTo(t, ada.ID, "ada@example.com"), nil
	bobs := tokenOf("bob")
	in.Token, in.Session = keys.Hash(text), bobs[:]
	if _, err := w.s.ConfirmEmail(t.Context(), w.store, in); err != nil || w.alive(t, w.store, "here") || !w.alive(t, w.store, "bob") {
		t.Errorf("moved back: %v", err)
	}
}

// An address that somebody took meanwhile is refused, and the link is not used
// up by that.
func TestAMoveToAnAddressThatWasTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	text := w.moveTo(t, ada.ID, "countess@example.com")
	w.customer(t, w.store, "countess@example.com", true)
	_, err := w.confirm(t, text)
	wantCode(t, err, shop.Conflict)
	if !w.alive(t, w.store, "here") || !w.works(t, text) {
		t.Error("something happened")
	}
	w.wantCount(t, 1, `customers WHERE email = 'ada@example.com' AND version = 1`)
}

func TestProofOfTheMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := person(t, "ada@example.com")
	ring := ringOf("a")
	var text string
	in.Mint = func(id int64) shop.Token {
		tok := ring.Mint(w.store, shop.TokenMailbox, id)
		text, _ = ring.Text(w.store, tok)
		return tok
	}
	in.Registered = true
	ada, err := w.s.CreateCustomer(t.Context(), w.store, in)
	must(t, err)
	w.wantCount(t, 1, `events e JOIN tokens t ON t.hash = decode(e.data ->> 'token', 'base64')
		WHERE e.scope = 'store/customer/created' AND t.purpose = 'mailbox' AND t.subject_id = $1 AND t.payload ->> 'email' = 'ada@example.com'`, ada.ID)
	w.login(t, w.store, ada.ID, "here")
	if purpose, err := w.confirm(t, text); err != nil || purpose != shop.TokenMailbox || !w.alive(t, w.store, "here") {
		t.Errorf("%s, %v", purpose, err)
	}
	w.wantCount(t, 1, `customers WHERE email_verified_at IS NOT NULL AND version = 2`)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND changed = '{email_verified_at}' AND entity_version = 2`)
	_, err = w.confirm(t, text)
	wantCode(t, err, shop.NotFound)
	// Whoever proved it otherwise has nothing left to prove.
	again := w.prove(t, ada.ID, "ada@example.com")
	if _, err := w.confirm(t, again); err != nil {
		t.Error(err)
	}
	w.wantCount(t, 1, `customers WHERE version = 2`)
}

// prove makes the token of a mail that asks the present address for its proof.
func (w *world) prove(t testing.TB, customer int64, email string) string {
	t.Helper()
	ring := ringOf("a")
	tok := ring.Mint(w.store, shop.TokenMailbox, customer)
	tok.Payload.Email = email
	must(t, w.s.IssueToken(t.Context(), w.store, tok, shop.EventProofRequested, shop.EventData{ChannelID: 1}))
	text, _ := ring.Text(w.store, tok)
	return text
}

func TestProofsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(w *world, ada int64, text *string){
		"another text":  func(_ *world, _ int64, text *string) { *text += "x" },
		"nothing":       func(_ *world, _ int64, text *string) { *text = "" },
		"a reset":       func(w *world, ada int64, text *string) { *text = w.issue(t, ringOf("a"), shop.TokenReset, ada) },
		"used":          func(w *world, _ int64, text *string) { _, err := w.confirm(t, *text); must(t, err) },
		"over its time": func(w *world, _ int64, _ *string) { w.owner.MustExec(`UPDATE tokens SET expires_at = now()`) },
		"another store": func(w *world, _ int64, _ *string) { w.store = w.addStore(t, "two") },
		"disabled":      func(w *world, _ int64, _ *string) { w.owner.MustExec(`UPDATE customers SET disabled_at = now()`) },
		"deleted":       func(w *world, _ int64, _ *string) { w.owner.MustExec(`DELETE FROM customers`) },
		"no address":    func(w *world, _ int64, _ *string) { w.owner.MustExec(`UPDATE tokens SET payload = '{}'`) },
		"withdrawn": func(w *world, ada int64, _ *string) {
			email := "ada@example.com"
			_, err := w.s.UpdateCustomer(t.Context(), w.store, ada, shop.CustomerUpdate{Email: &email}, storage.Move{})
			must(t, err)
		},
		"the password changed": func(w *world, ada int64, _ *string) {
			_, err := w.s.ChangePassword(t.Context(), w.store, storage.NewPassword{CustomerID: ada, Verified: "hash", Hash: "new"})
			must(t, err)
		},
		"of an address before": func(w *world, ada int64, text *string) { *text = w.prove(t, ada, "former@example.com") },
		"its secret gone":      func(w *world, _ int64, _ *string) { w.owner.MustExec(`UPDATE tokens SET key_id = 'x'`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada := w.customer(t, w.store, "ada@example.com", false)
			text := w.moveTo(t, ada.ID, "countess@example.com")
			spoil(w, ada.ID, &text)
			_, err := w.confirm(t, text)
			wantCode(t, err, shop.NotFound)
			if err == nil || err.Error() != "This link does not work any more." {
				t.Errorf("got %v", err)
			}
			if name != "used" {
				w.wantCount(t, 0, `customers WHERE email_verified_at IS NOT NULL`)
			}
		})
	}
}

// One of fifty, on two servers.
func TestConfirmationOfFifty(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]func(w *world) string{
		"move": func(w *world) string {
			return w.moveTo(t, w.customer(t, w.store, "ada@example.com", true).ID, "countess@example.com")
		},
		"mailbox": func(w *world) string {
			return w.prove(t, w.customer(t, w.store, "ada@example.com", false).ID, "ada@example.com")
		},
		"registration": func(w *world) string { return w.wait(t, "ada@example.com", "hash") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			text, stores := link(w), []*storage.Store{w.s, w.s2(t)}
			var won atomic.Int32
			allFine(t, together(50, func(i int) error {
				_, err := stores[i%2].ConfirmEmail(t.Context(), w.store, storage.Confirmation{Token: keys.Hash(text), KeyIDs: ringOf("a").KeyIDs()})
				if err == nil {
					won.Add(1)
				}
				return late(err)
			}))
			if won.Load() != 1 {
				t.Errorf("%d of 50 got in", won.Load())
			}
			w.wantCount(t, 1, `customers WHERE email_verified_at IS NOT NULL`)
			w.wantCount(t, 1, `customers`)
			w.wantCount(t, 1, `events WHERE scope LIKE 'store/%' AND entity_version = (SELECT version FROM customers)`)
		})
	}
}
