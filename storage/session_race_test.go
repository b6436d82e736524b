package storage_test

import (
	"context"
	"testing"
)

// A login that was checked before the password changed, and has a better hash of
// the old one to keep, keeps nothing.
func TestALoginUnderWayKeepsNoOldPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	change, waited := w.hold(t, `SELECT id FROM customers FOR UPDATE`)
	change.MustExec(`UPDATE customers SET password_hash = 'new', session_epoch = session_epoch + 1`)
	done := make(chan error, 1)
	in := loginOf(ada.ID, "late")
	in.Rehashed = "the old one, stronger"
	go func() {
		_, _, err := w.s.Login(context.WithoutCancel(t.Context()), w.store, in)
		done <- err
	}()
	eventually(t, "the login waits", waited)
	must(t, change.Commit())
	must(t, <-done)
	if got := w.text(t, `SELECT password_hash FROM customers`); got != "new" {
		t.Errorf("the password is %q", got)
	}
	w.wantAlive(t, map[string]bool{"late": false})
}

// Of two devices that log each other out at once, one goes on.
func TestOthersAreNotEndedByWhoTheyEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	for _, secret := range []string{"here", "there", "over", "idle"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.owner.MustExec(`UPDATE sessions SET expires_at = now() WHERE id = 'id-over'`)
	w.owner.MustExec(`UPDATE sessions SET last_seen_at = now() - interval '15 days' WHERE id = 'id-idle'`)
	ok, err := w.s.EndOtherSessions(t.Context(), w.store, ada.ID, hashOf("here"))
	must(t, wanted(err, ok))
	w.owner.MustExec(`UPDATE sessions SET epoch = (SELECT session_epoch FROM customers) WHERE id IN ('id-over', 'id-idle')`)
	for _, secret := range []string{"there", "over", "idle"} {
		if ok, err := w.s.EndOtherSessions(t.Context(), w.store, ada.ID, hashOf(secret)); ok || err != nil {
			t.Errorf("%s: %v, %v", secret, ok, err)
		}
	}
	w.wantAlive(t, map[string]bool{"here": true, "there": false, "over": false, "idle": false})
}

// What an epoch has ended takes no place from what lives on.
func TestSessionsThatAreOverCountForNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at)
		SELECT $1, sha256(n::text::bytea), n, $2, 1, n, 1, 'cookie', now() + interval '1 day' FROM generate_series(1, 99) n`, w.store, ada.ID)
	ok, err := w.s.EndOtherSessions(t.Context(), w.store, ada.ID, hashOf("here"))
	must(t, wanted(err, ok))
	w.login(t, w.store, ada.ID, "next")
	w.wantAlive(t, map[string]bool{"here": true, "next": true, "1": false})
	w.wantCount(t, 2, `sessions WHERE revoked_at IS NULL`)
}
