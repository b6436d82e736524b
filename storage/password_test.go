package storage_test

import (
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// C4: of all sessions the one that asked goes on.
func TestChangeOfThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	bob := w.customer(t, w.store, "bob@example.com", true)
	for _, secret := range []string{"here", "there"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.login(t, w.store, bob.ID, "bob")
	ring := ringOf("a")
	reset, move := w.issue(t, ring, shop.TokenReset, ada.ID), w.issue(t, ring, shop.TokenEmail, ada.ID)
	mailbox, others := w.issue(t, ring, shop.TokenMailbox, ada.ID), w.issue(t, ring, shop.TokenReset, bob.ID)
	w.owner.MustExec(`UPDATE customers SET password_reset_required = true WHERE id = $1`, ada.ID)
	must(t, w.s.Take(t.Context(), w.store, storage.Use{Key: []byte("tries"), Limit: shop.Limit{Burst: 9, Window: time.Hour}}))
	here := tokenOf("here")
	in := storage.NewPassword{CustomerID: ada.ID, Verified: "hash", Hash: "new", Session: here[:], Forgive: []byte("tries")}
	change := func(want bool) {
		t.Helper()
		if ok, err := w.s.ChangePassword(t.Context(), w.store, in); ok != want || err != nil {
			t.Errorf("changed: %v, %v", ok, err)
		}
	}
	in.Verified = "another"
	change(false)
	if !w.alive(t, w.store, "there") {
		t.Error("a refused change ended a session")
	}
	in.Verified = "hash"
	change(true)
	change(false) // the hash that was checked is the customer's no more
	for secret, want := range map[string]bool{"here": true, "there": false, "bob": true} {
		if got := w.alive(t, w.store, secret); got != want {
			t.Errorf("session %s lives: %v, want %v", secret, got, want)
		}
	}
	w.wantCount(t, 1, `customers WHERE id = $1 AND password_hash = 'new' AND NOT password_reset_required AND version = 2 AND email_verified_at IS NULL`, ada.ID)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND changed = '{password}' AND entity_version = 2`)
	w.wantCount(t, 0, `rate_limits`)
	for text, live := range map[string]bool{reset: false, move: false, mailbox: true, others: true} {
		if got := w.works(t, text); got != live {
			t.Errorf("a link works: %v, want %v", got, live)
		}
	}
}

// works tells whether the token of a mail is live.
func (w *world) works(t testing.TB, text string) bool {
	t.Helper()
	hash := keys.Hash(text)
	_, live, _, err := w.s.Token(t.Context(), w.store, hash[:])
	must(t, err)
	return live
}

func TestChangeOfNobodysPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	in := storage.NewPassword{CustomerID: ada.ID, Verified: "hash", Hash: "new"}
	_, err := w.s.ChangePassword(t.Context(), w.addStore(t, "two"), in)
	wantCode(t, err, shop.NotFound)
	w.owner.MustExec(`UPDATE customers SET disabled_at = now()`)
	_, err = w.s.ChangePassword(t.Context(), w.store, in)
	wantCode(t, err, shop.NotFound)
	w.owner.MustExec(`DELETE FROM customers`)
	_, err = w.s.ChangePassword(t.Context(), w.store, in)
	wantCode(t, err, shop.NotFound)
}

// E4, C4: all sessions end, and the mailbox is proved.
func TestReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	w.login(t, w.store, ada.ID, "here")
	w.owner.MustExec(`UPDATE customers SET password_reset_required = true`)
	ring := ringOf("a")
	text, move := w.issue(t, ring, shop.TokenReset, ada.ID), w.issue(t, ring, shop.TokenEmail, ada.ID)
	in := storage.Reset{CustomerID: ada.ID, Token: keys.Hash(text), KeyIDs: ring.KeyIDs(), Hash: "new"}
	must(t, w.s.ResetPassword(t.Context(), w.store, in))
	wantCode(t, w.s.ResetPassword(t.Context(), w.store, in), shop.NotFound)
	if w.alive(t, w.store, "here") || w.works(t, move) {
		t.Error("a session or another link lives")
	}
	w.wantCount(t, 1, `customers WHERE password_hash = 'new' AND NOT password_reset_required AND version = 2 AND email_verified_at IS NOT NULL`)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND changed = '{password,email_verified_at}'`)
	// Whoever had proved it did so then.
	w.owner.MustExec(`UPDATE customers SET email_verified_at = '2020-01-01Z'`)
	in.Token = keys.Hash(w.issue(t, ring, shop.TokenReset, ada.ID))
	must(t, w.s.ResetPassword(t.Context(), w.store, in))
	w.wantCount(t, 1, `customers WHERE email_verified_at = '2020-01-01Z'`)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND changed = '{password}'`)
}

func TestResetThatIsRefused(t *testing.T) {
	t.Parallel()
	ring := ringOf("a")
	for name, spoil := range map[string]func(w *world, ada int64, in *storage.Reset){
		"another's link": func(w *world, _ int64, in *storage.Reset) {
			in.CustomerID = w.customer(t, w.store, "bob@example.com", true).ID
		},
		"nobody": func(_ *world, _ int64, in *storage.Reset) { in.CustomerID = 12345 },
		"another purpose": func(w *world, ada int64, in *storage.Reset) {
			in.Token = keys.Hash(w.issue(t, ring, shop.TokenMailbox, ada))
		},
		"another store": func(w *world, _ int64, _ *storage.Reset) { w.store = w.addStore(t, "two") },
		"disabled": func(w *world, _ int64, _ *storage.Reset) {
			w.owner.MustExec(`UPDATE customers SET disabled_at = now()`)
		},
		"deleted":         func(w *world, _ int64, _ *storage.Reset) { w.owner.MustExec(`DELETE FROM customers`) },
		"over its time":   func(w *world, _ int64, _ *storage.Reset) { w.owner.MustExec(`UPDATE tokens SET expires_at = now()`) },
		"a newer one":     func(w *world, ada int64, _ *storage.Reset) { w.issue(t, ring, shop.TokenReset, ada) },
		"its secret gone": func(_ *world, _ int64, in *storage.Reset) { in.KeyIDs = ringOf("b").KeyIDs() },
		"the password changed": func(w *world, ada int64, _ *storage.Reset) {
			_, err := w.s.ChangePassword(t.Context(), w.store, storage.NewPassword{CustomerID: ada, Verified: "hash", Hash: "changed"})
			must(t, err)
		},
		"the address changed": func(w *world, ada int64, _ *storage.Reset) {
			tok := w.moveTo(t, ada, "countess@example.com")
			_, err := w.s.ConfirmEmail(t.Context(), w.store, storage.Confirmation{Token: keys.Hash(tok), KeyIDs: ring.KeyIDs()})
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada := w.customer(t, w.store, "ada@example.com", false)
			in := storage.Reset{CustomerID: ada.ID, Token: keys.Hash(w.issue(t, ring, shop.TokenReset, ada.ID)), KeyIDs: ring.KeyIDs(), Hash: "new"}
			spoil(w, ada.ID, &in)
			err := w.s.ResetPassword(t.Context(), w.store, in)
			wantCode(t, err, shop.NotFound)
			if err == nil || err.Error() != "This link does not work any more." {
				t.Errorf("got %v", err)
			}
			w.wantCount(t, 0, `customers WHERE password_hash = 'new'`)
		})
	}
}

// E4: one of fifty, on two servers.
func TestResetOfFifty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	ring := ringOf("a")
	stores := []*storage.Store{w.s, w.s2(t)}
	in := storage.Reset{CustomerID: ada.ID, Token: keys.Hash(w.issue(t, ring, shop.TokenReset, ada.ID)), KeyIDs: ring.KeyIDs(), Hash: "new"}
	var won atomic.Int32
	allFine(t, together(50, func(i int) error {
		err := stores[i%2].ResetPassword(t.Context(), w.store, in)
		if err == nil {
			won.Add(1)
		}
		return late(err)
	}))
	if won.Load() != 1 {
		t.Errorf("%d of 50 got in", won.Load())
	}
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated'`)
	w.wantCount(t, 1, `customers WHERE version = 2 AND session_epoch = 2`)
}

// Changes of one account from all sides neither wait crosswise nor get lost.
func TestAccountUnderFire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	here, ring, email := tokenOf("here"), ringOf("a"), "countess@example.com"
	reset := w.issue(t, ring, shop.TokenReset, ada.ID)
	move := w.moveTo(t, ada.ID, email)
	allFine(t, together(40, func(i int) (err error) {
		switch i % 5 {
		case 0:
			_, err = w.s.ChangePassword(t.Context(), w.store, storage.NewPassword{CustomerID: ada.ID, Verified: "hash", Hash: "hash", Session: here[:]})
		case 1:
			err = w.s.ResetPassword(t.Context(), w.store, storage.Reset{CustomerID: ada.ID, Token: keys.Hash(reset), KeyIDs: ring.KeyIDs(), Hash: "hash"})
		case 2:
			_, err = w.s.ConfirmEmail(t.Context(), w.store, storage.Confirmation{Token: keys.Hash(move), KeyIDs: ring.KeyIDs(), Session: here[:]})
		case 3:
			_, err = w.s.UpdateCustomer(t.Context(), w.store, ada.ID, shop.CustomerUpdate{Email: &email}, storage.Move{Token: ring.Mint(w.store, shop.TokenEmail, ada.ID)})
		case 4:
			err = w.s.IssueToken(t.Context(), w.store, ring.Mint(w.store, shop.TokenReset, ada.ID), shop.EventResetRequested, shop.EventData{})
		}
		return late(err)
	}))
	w.wantCount(t, 1, `customers c WHERE c.version = 1 + (SELECT count(*) FROM events e WHERE e.scope = 'store/customer/updated')`)
	w.wantCount(t, 0, `tokens WHERE used_at IS NULL AND purpose NOT IN ('reset', 'email')`)
}

// What the links of an account say of it goes with it.
func TestLinksGoWithTheirAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", false), w.customer(t, w.store, "bob@example.com", false)
	for _, id := range []int64{ada.ID, bob.ID} {
		w.issue(t, ringOf("a"), shop.TokenReset, id)
		w.prove(t, id, "x@example.com")
		w.moveTo(t, id, "y@example.com")
	}
	w.issue(t, ringOf("a"), shop.TokenRegistration, ada.ID) // of a sign-up that has the same number
	must(t, w.s.DeleteCustomer(t.Context(), w.store, ada.ID))
	w.wantCount(t, 1, `tokens WHERE subject_id = $1`, ada.ID)
	w.wantCount(t, 3, `tokens WHERE subject_id = $1`, bob.ID)
}
