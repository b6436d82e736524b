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
