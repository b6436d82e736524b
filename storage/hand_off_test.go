package storage_test

import (
	"context"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

func handOffOf(from, to string) storage.HandOff {
	return storage.HandOff{Source: "id-" + from, Global: true, Once: storage.Once{Issuer: "session sync", ID: to, Keep: time.Minute},
		NewSession: storage.NewSession{TokenHash: tokenOf(to), ID: "id-" + to, Kind: shop.KindCookie, ChannelID: 1, Lifetime: 30 * 24 * time.Hour}}
}

// The relative has the family, the epoch and at most the time of where it comes
// from.
func TestHandOffMakesARelative(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "here") // for an hour
	s, ok, err := w.s.HandOff(t.Context(), w.store, handOffOf("here", "there"))
	if err != nil || !ok || s.Customer.ID != ada.ID || s.ID != "id-there" {
		t.Fatalf("%+v, %v, %v", s, ok, err)
	}
	w.wantCount(t, 1, `sessions a JOIN sessions b USING (store_id, customer_id, epoch, family, expires_at) WHERE a.id = 'id-here' AND b.id = 'id-there' AND b.expires_at = $1`, s.ExpiresAt)
	short := handOffOf("there", "further")
	short.Lifetime = time.Minute
	s, ok, err = w.s.HandOff(t.Context(), w.store, short)
	must(t, wanted(err, ok))
	w.wantCount(t, 1, `sessions WHERE id = 'id-further' AND family = 'id-here' AND expires_at = $1 AND expires_at < now() + interval '1 minute'`, s.ExpiresAt)
	w.wantAlive(t, map[string]bool{"here": true, "there": true, "further": true})
	w.end(t, hashOf("there"))
	w.wantAlive(t, map[string]bool{"here": false, "there": false, "further": false})
}

// Whoever was handed on before replaces that relative, and ends nothing else of
// the family; somebody else's login ends whole.
func TestHandOffReplacesWhatWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	w.login(t, w.store, bob.ID, "bob")
	w.handOn(t, "bob", "bob's other")
	w.handOn(t, "here", "first")
	for _, c := range []struct{ old, to string }{{"first", "second"}, {"bob's other", "third"}, {"here", "fourth"}} {
		in := handOffOf("here", c.to)
		in.Old = hashOf(c.old)
		_, ok, err := w.s.HandOff(t.Context(), w.store, in)
		must(t, wanted(err, ok))
	}
	w.wantAlive(t, map[string]bool{"here": false, "first": false, "second": true, "third": true, "fourth": true, "bob": false, "bob's other": false})
}

// Nothing comes of a session that is over, of a token that was used, or in a
// channel that does not admit the customer.
func TestHandOffThatComesToNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	for _, secret := range []string{"here", "ended", "over", "idle", "past"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.end(t, hashOf("ended"))
	w.owner.MustExec(`UPDATE sessions SET expires_at = now() WHERE id = 'id-over'`)
	w.owner.MustExec(`UPDATE sessions SET last_seen_at = now() - interval '15 days' WHERE id = 'id-idle'`)
	w.owner.MustExec(`UPDATE sessions SET epoch = 0 WHERE id = 'id-past'`)
	local := handOffOf("here", "local")
	local.Global = false
	used := handOffOf("here", "used")
	used.Once.ID = "local"
	for name, in := range map[string]storage.HandOff{
		"ended": handOffOf("ended", "1"), "over": handOffOf("over", "2"), "idle": handOffOf("idle", "3"), "past": handOffOf("past", "4"),
		"unknown": handOffOf("nowhere", "5"), "a channel of its own accounts": local,
	} {
		if _, ok, err := w.s.HandOff(t.Context(), w.store, in); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	if _, ok, err := w.s.HandOff(t.Context(), w.store, used); ok || err != nil {
		t.Errorf("used: %v, %v", ok, err)
	}
	if _, ok, err := w.s.HandOff(t.Context(), w.addStore(t, "two"), handOffOf("here", "6")); ok || err != nil {
		t.Errorf("of another store: %v, %v", ok, err)
	}
	w.wantCount(t, 5, `sessions`)
	w.owner.MustExec(`UPDATE customers SET channel_ids = '{1}'`)
	local.Once.ID = "again"
	if _, ok, err := w.s.HandOff(t.Context(), w.store, local); !ok || err != nil {
		t.Errorf("a channel that admits by name: %v, %v", ok, err)
	}
}

// Of fifty tries of one token at once one works; and a guest's makes no session.
func TestHandOffWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	worked := make(chan bool, 50)
	allFine(t, together(50, func(i int) error {
		in := handOffOf("here", string(rune('A'+i)))
		in.Once.ID = "once"
		_, ok, err := w.s.HandOff(t.Context(), w.store, in)
		worked <- ok
		return late(err)
	}))
	close(worked)
	n := 0
	for ok := range worked {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("worked %d times", n)
	}
	w.wantCount(t, 2, `sessions`)
	guest := storage.HandOff{Once: storage.Once{Issuer: "session sync", ID: "guest", Keep: time.Minute}}
	for want := range 2 {
		if s, ok, err := w.s.HandOff(t.Context(), w.store, guest); ok != (want == 0) || err != nil || s.ID != "" {
			t.Errorf("a guest: %+v, %v, %v", s, ok, err)
		}
	}
	w.wantCount(t, 2, `sessions`)
}

// A logout and a hand-off of the same session leave nobody in, whoever is first.
func TestHandOffDoesNotOutliveALogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	for _, secret := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		w.login(t, w.store, ada.ID, secret)
		allFine(t, together(3, func(i int) error {
			if i == 0 {
				_, err := w.s.EndSession(t.Context(), w.store, hashOf(secret), "")
				return err
			}
			_, _, err := w.s.HandOff(t.Context(), w.store, handOffOf(secret, secret+string(rune('0'+i))))
			return err
		}))
	}
	w.wantCount(t, 0, `sessions WHERE revoked_at IS NULL`)
}

// A relative that is on its way into the family that ends ends with it.
func TestHandOffEndsAWholeFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
	w.login(t, w.store, ada.ID, "here")
	w.login(t, w.store, bob.ID, "bob")
	late, waited := w.hold(t, `INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at)
		SELECT store_id, sha256('late'), 'id-late', customer_id, epoch, family, 1, kind, expires_at FROM sessions WHERE id = 'id-bob'`)
	in := handOffOf("here", "there")
	in.Old = hashOf("bob")
	done := make(chan error, 1)
	go func() {
		_, ok, err := w.s.HandOff(context.WithoutCancel(t.Context()), w.store, in)
		done <- wanted(err, ok)
	}()
	eventually(t, "it waits", waited)
	must(t, late.Commit())
	must(t, <-done)
	w.wantAlive(t, map[string]bool{"here": true, "there": true, "bob": false, "late": false})
}
