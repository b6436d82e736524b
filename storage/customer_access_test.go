package storage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"

	"regulars/internal/shop"
	"regulars/storage"
)

// switches are the changes that end sessions.
func switches(s *storage.Store) map[string]func(ctx context.Context, storeID, id int64) (storage.Switched, error) {
	return map[string]func(ctx context.Context, storeID, id int64) (storage.Switched, error){
		"disabled_at": s.DisableCustomer, "password_reset_required": s.ForcePasswordReset,
	}
}

func TestASwitchEndsAllSessionsAndTellsOnce(t *testing.T) {
	t.Parallel()
	for field := range switches(nil) {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			do := switches(w.s)[field]
			ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
			for _, secret := range []string{"here", "there", "idle"} {
				w.login(t, w.store, ada.ID, secret)
			}
			w.login(t, w.store, bob.ID, "bob")
			w.owner.MustExec(`UPDATE sessions SET last_seen_at = now() - interval '15 days' WHERE id = 'id-idle'`)
			got, err := do(t.Context(), w.store, ada.ID)
			if err != nil || !got.Changed || got.Ended != 2 {
				t.Errorf("%+v, %v", got, err)
			}
			for secret, want := range map[string]bool{"here": false, "there": false, "idle": false, "bob": true} {
				if w.alive(t, w.store, secret) != want {
					t.Errorf("session %s lives: %v", secret, !want)
				}
			}
			w.wantCount(t, 3, `sessions WHERE revoked_at IS NOT NULL AND seq = 1`)
			for range 2 {
				if got, err := do(t.Context(), w.store, ada.ID); err != nil || got.Changed || got.Ended != 0 {
					t.Errorf("again: %+v, %v", got, err)
				}
			}
			w.wantCount(t, 1, `customers WHERE version = 2 AND session_epoch = 2 AND date_modified > date_created`)
			w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND entity = 'customer' AND entity_version = 2 AND changed = ARRAY[$1]
				AND data = jsonb_build_object('type', 'customer', 'id', entity_id) AND entity_id = $2`, field, ada.ID)
			w.wantCount(t, 3, `events`)
			if _, ok, err := w.s.Login(t.Context(), w.store, loginOf(ada.ID, "again")); ok || err != nil {
				t.Errorf("logged in all the same: %v, %v", ok, err)
			}
			_, err = do(t.Context(), w.store, 12345)
			wantCode(t, err, shop.NotFound)
			_, err = do(t.Context(), w.addStore(t, "two"), bob.ID)
			wantCode(t, err, shop.NotFound)
			if !w.alive(t, w.store, "bob") {
				t.Error("a store reached into another one")
			}
		})
	}
}

// Whoever forces a reset means that nobody stays in, also where an import said
// before that the password has to be reset.
func TestAForcedResetEndsWhatWasLeftOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	w.owner.MustExec(`UPDATE customers SET password_reset_required = true`)
	got, err := w.s.ForcePasswordReset(t.Context(), w.store, ada.ID)
	if err != nil || got.Changed || got.Ended != 1 || w.alive(t, w.store, "here") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEnablingRevivesNoSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "before")
	if got, err := w.s.EnableCustomer(t.Context(), w.store, ada.ID); err != nil || got.Changed || !w.alive(t, w.store, "before") {
		t.Errorf("not disabled: %+v, %v", got, err)
	}
	_, err := w.s.DisableCustomer(t.Context(), w.store, ada.ID)
	must(t, err)
	for i := range 2 {
		if got, err := w.s.EnableCustomer(t.Context(), w.store, ada.ID); err != nil || got.Changed != (i == 0) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if w.alive(t, w.store, "before") {
		t.Error("a session came back")
	}
	w.login(t, w.store, ada.ID, "after")
	if !w.alive(t, w.store, "after") {
		t.Error("nobody can log in")
	}
	w.wantCount(t, 1, `events WHERE entity_version = 3 AND changed = '{disabled_at}'`)
	_, err = w.s.EnableCustomer(t.Context(), w.store, 12345)
	wantCode(t, err, shop.NotFound)
}

func TestDeletingKeepsTheSubscriber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	w.login(t, w.store, ada.ID, "here")
	_, err := w.s.AddAddress(t.Context(), w.store, ada.ID, shop.NewAddress{CustomerAddress: shop.CustomerAddress{FirstName: "Ada", CountryCode: "DE"}})
	must(t, err)
	in := guest("ada@example.com")
	in.Customer = ada
	signUp(t, w, in)
	w.wantCount(t, 1, `subscribers WHERE sole_customer_id = $1`, ada.ID)
	before := w.text(t, `SELECT string_agg(c::text, '|') FROM consents c`)
	subscriber := `SELECT (to_jsonb(s) - 'sole_customer_id')::text FROM subscribers s`
	was := w.text(t, subscriber)

	wantCode(t, w.s.DeleteCustomer(t.Context(), w.addStore(t, "two"), ada.ID), shop.NotFound)
	must(t, w.s.DeleteCustomer(t.Context(), w.store, ada.ID))
	if w.alive(t, w.store, "here") {
		t.Error("the session lives")
	}
	for _, table := range []string{"customers", "addresses", "sessions"} {
		w.wantCount(t, 0, table)
	}
	w.wantCount(t, 1, `subscribers WHERE sole_customer_id IS NULL`)
	if now := w.text(t, subscriber); now != was {
		t.Errorf("the subscriber changed from %s to %s", was, now)
	}
	if now := w.text(t, `SELECT string_agg(c::text, '|') FROM consents c`); now != before || now == "" {
		t.Errorf("consents were %s and are %s", before, now)
	}
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/deleted' AND entity_id = $1 AND entity_version = 2`, ada.ID)
	wantCode(t, w.s.DeleteCustomer(t.Context(), w.store, ada.ID), shop.NotFound)
	w.wantCount(t, 4, `events`) // the customer, the address, the subscriber, the end

	// Who takes the address next has proved nothing, and may not know.
	again := w.customer(t, w.store, "ada@example.com", false)
	b, ok, err := w.s.Subscriber(t.Context(), w.store, "ada@example.com")
	if err != nil || !ok || again.MayKnow(&b) {
		t.Errorf("%+v, %v, %v", b, ok, err)
	}
}

// hold runs a statement and leaves its transaction open. waited gives whether
// somebody waits for it.
func (w *world) hold(t *testing.T, statement string) (held *sqlx.Tx, waited func() bool) {
	t.Helper()
	held, err := w.owner.Beginx()
	must(t, err)
	t.Cleanup(func() { _ = held.Rollback() })
	var pid int
	must(t, held.Get(&pid, `SELECT pg_backend_pid()`))
	held.MustExec(statement)
	return held, func() bool {
		return w.count(t, `pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))`, pid) > 0
	}
}

func TestALoginThatOverlapsADeletionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	deletion, waited := w.hold(t, `DELETE FROM customers`)
	done := make(chan error)
	go func() {
		_, ok, err := w.s.Login(context.WithoutCancel(t.Context()), w.store, loginOf(ada.ID, "late"))
		if ok {
			err = errors.Join(err, errors.New("logged in"))
		}
		done <- err
	}()
	eventually(t, "the login waits", waited)
	must(t, deletion.Commit())
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.wantCount(t, 0, `sessions`)
}

// The row of a login that commits after the switch is not among those that the
// switch revokes; its epoch is over all the same.
func TestALoginThatOverlapsASwitchIsOverAtOnce(t *testing.T) {
	t.Parallel()
	for field := range switches(nil) {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
			w.login(t, w.store, bob.ID, "bob")
			old := tokenOf("bob")
			held, waited := w.hold(t, `SELECT FROM sessions FOR UPDATE`)
			done := make(chan error)
			go func() {
				in := loginOf(ada.ID, "late")
				in.Old = old[:]
				_, ok, err := w.s.Login(context.WithoutCancel(t.Context()), w.store, in)
				if !ok {
					err = errors.Join(err, errors.New("was refused"))
				}
				done <- err
			}()
			eventually(t, "the login waits", waited)
			got, err := switches(w.s)[field](t.Context(), w.store, ada.ID)
			if err != nil || !got.Changed || got.Ended != 0 {
				t.Errorf("%+v, %v", got, err)
			}
			must(t, held.Rollback())
			must(t, <-done)
			w.wantCount(t, 1, `sessions WHERE id = 'id-late'`)
			if w.alive(t, w.store, "late") {
				t.Error("it is logged in")
			}
		})
	}
}

// Twenty at once, in all mixtures: whatever comes first, nobody is logged in
// afterwards, nothing is told twice, and nobody sees an error.
func TestAccessRaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 12 {
		ada := w.customer(t, w.store, mail(round), true)
		secret := func(i int) string { return fmt.Sprint("s", round, "-", i) }
		for i := range 3 {
			w.login(t, w.store, ada.ID, secret(-i-1))
		}
		acts := []func(i int) error{
			func(i int) error {
				in, old := loginOf(ada.ID, secret(i)), tokenOf(secret(-i%3-1))
				in.Old, in.CartID = old[:], "cart"
				if _, _, err := w.s.Login(t.Context(), w.store, in); err != nil {
					return fmt.Errorf("round %d, login: %w", round, err)
				}
				return nil
			},
			func(int) error { _, err := w.s.DisableCustomer(t.Context(), w.store, ada.ID); return err },
			func(int) error { _, err := w.s.ForcePasswordReset(t.Context(), w.store, ada.ID); return err },
			func(int) error { return w.s.DeleteCustomer(t.Context(), w.store, ada.ID) },
		}[:2+round%3]
		deleted := len(acts) == 4
		allFine(t, together(20, func(i int) error {
			err := acts[i%len(acts)](i)
			if deleted && i%len(acts) > 0 && shop.CodeOf(err) == shop.NotFound {
				return nil
			}
			return err
		}))
		for i := -3; i < 20; i++ {
			if w.alive(t, w.store, secret(i)) {
				t.Errorf("round %d: session %d lives", round, i)
			}
		}
		w.wantCount(t, 0, `(SELECT FROM events WHERE entity_id = $1 GROUP BY entity_version HAVING count(*) > 1) e`, ada.ID)
		w.wantCount(t, 0, `(SELECT FROM events WHERE entity_id = $1 GROUP BY scope, changed HAVING count(*) > 1) e`, ada.ID)
		if deleted {
			w.wantCount(t, 1, `events WHERE entity_id = $1 AND scope = 'store/customer/deleted'`, ada.ID)
			w.wantCount(t, 0, `customers WHERE id = $1`, ada.ID)
		} else {
			w.wantCount(t, 1, `customers WHERE id = $1 AND disabled_at IS NOT NULL`, ada.ID)
			w.wantCount(t, len(acts)-1, `events WHERE entity_id = $1 AND scope = 'store/customer/updated'`, ada.ID)
		}
	}
}
