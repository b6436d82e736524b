package storage_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// handOn gives a session a relative on another domain, as a hand-off does.
func (w *world) handOn(t testing.TB, from, to string) {
	t.Helper()
	w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, created_at, expires_at)
		SELECT store_id, $2, $3, customer_id, epoch, family, 1, kind, created_at, expires_at FROM sessions WHERE id = $1`,
		"id-"+from, hashOf(to), "id-"+to)
}

func hashOf(secret string) []byte {
	hash := tokenOf(secret)
	return hash[:]
}

func (w *world) wantAlive(t testing.TB, want map[string]bool) {
	t.Helper()
	for secret, alive := range want {
		if got := w.alive(t, w.store, secret); got != alive {
			t.Errorf("session %s lives: %v, want %v", secret, got, alive)
		}
	}
}

// Whichever member ends, by whatever, the family ends.
func TestAFamilyEndsTogether(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, ada int64, member string) error{
		"logout": func(w *world, _ int64, member string) error {
			_, err := w.s.EndSession(t.Context(), w.store, hashOf(member), "")
			return err
		},
		"revoked by another": func(w *world, ada int64, member string) error {
			ok, self, err := w.s.EndSessionByID(t.Context(), w.store, ada, "id-"+member, hashOf("other"))
			return wanted(err, ok && !self)
		},
		"revoked by a member": func(w *world, ada int64, member string) error {
			ok, self, err := w.s.EndSessionByID(t.Context(), w.store, ada, "id-"+member, hashOf("child"))
			return wanted(err, ok && self)
		},
		"a login on top": func(w *world, ada int64, member string) error {
			in := loginOf(ada, "next")
			in.Old = hashOf(member)
			_, ok, err := w.s.Login(t.Context(), w.store, in)
			return wanted(err, ok)
		},
		"too many": func(w *world, ada int64, member string) error {
			w.owner.MustExec(`UPDATE sessions SET created_at = now() - interval '1 day' WHERE id = $1`, "id-"+member)
			w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at)
				SELECT $1, sha256(n::text::bytea), n, $2, 1, n, 1, 'cookie', now() + interval '1 day' FROM generate_series(1, 96) n`, w.store, ada)
			_, ok, err := w.s.Login(t.Context(), w.store, loginOf(ada, "next"))
			return wanted(err, ok)
		},
	} {
		for _, member := range []string{"root", "child", "grandchild"} {
			t.Run(name+", "+member, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				ada := w.customer(t, w.store, "ada@example.com", true)
				w.login(t, w.store, ada.ID, "root")
				w.login(t, w.store, ada.ID, "other")
				w.handOn(t, "root", "child")
				w.handOn(t, "child", "grandchild")
				must(t, end(w, ada.ID, member))
				w.wantAlive(t, map[string]bool{"root": false, "child": false, "grandchild": false, "other": true})
				w.wantCount(t, 3, `sessions WHERE revoked_at IS NOT NULL AND seq = 1`)
			})
		}
	}
}

func (w *world) end(t testing.TB, tokenHash []byte) {
	t.Helper()
	_, err := w.s.EndSession(t.Context(), w.store, tokenHash, "")
	must(t, err)
}

func wanted(err error, ok bool) error {
	if err == nil && !ok {
		err = errors.New("not as expected")
	}
	return err
}

// A session is ended by its owner, in its store, while it lives; else nothing is
// done, and nothing said about which it was.
func TestSessionsThatCannotBeRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
	for _, secret := range []string{"here", "over", "idle", "past", "revoked"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.login(t, w.store, bob.ID, "bob")
	w.owner.MustExec(`UPDATE sessions SET expires_at = now() WHERE id = 'id-over'`)
	w.owner.MustExec(`UPDATE sessions SET last_seen_at = now() - interval '15 days' WHERE id = 'id-idle'`)
	w.owner.MustExec(`UPDATE sessions SET epoch = 0 WHERE id = 'id-past'`)
	w.owner.MustExec(`UPDATE sessions SET revoked_at = now() WHERE id = 'id-revoked'`)
	other := w.addStore(t, "two")
	for name, c := range map[string]struct {
		store, customer int64
		id              string
	}{
		"over": {w.store, ada.ID, "id-over"}, "idle": {w.store, ada.ID, "id-idle"}, "of an older epoch": {w.store, ada.ID, "id-past"},
		"ended": {w.store, ada.ID, "id-revoked"}, "somebody else's": {w.store, ada.ID, "id-bob"}, "of another store": {other, ada.ID, "id-here"},
		"nobody's": {w.store, 12345, "id-here"}, "unknown": {w.store, ada.ID, "id-nowhere"}, "none": {w.store, ada.ID, ""},
	} {
		if ok, self, err := w.s.EndSessionByID(t.Context(), c.store, c.customer, c.id, hashOf("here")); ok || self || err != nil {
			t.Errorf("%s: %v, %v, %v", name, ok, self, err)
		}
	}
	w.wantAlive(t, map[string]bool{"here": true, "bob": true})
	w.wantCount(t, 0, `sessions WHERE seq > 0`)
}

// What changes an account ends its other sessions in the same transaction. The
// family of the session that asks is one with it.
func TestChangesEndTheOtherSessions(t *testing.T) {
	t.Parallel()
	everywhere := func(w *world, ada int64) error {
		_, err := w.s.EndAllSessions(t.Context(), w.store, ada, "")
		return err
	}
	for name, c := range map[string]struct {
		asking bool // whether the session that asks goes on
		do     func(w *world, ada int64) error
	}{
		"another password": {true, func(w *world, ada int64) error {
			ok, err := w.s.ChangePassword(t.Context(), w.store, storage.NewPassword{CustomerID: ada, Verified: "hash", Hash: "new", Session: hashOf("here")})
			return wanted(err, ok)
		}},
		"another address": {true, func(w *world, ada int64) error {
			_, err := w.s.ConfirmEmail(t.Context(), w.store, storage.Confirmation{Token: keys.Hash(w.moveTo(t, ada, "new@example.com")),
				KeyIDs: ringOf("a").KeyIDs(), Session: hashOf("here")})
			return err
		}},
		"logout of others": {true, func(w *world, ada int64) error {
			ok, err := w.s.EndOtherSessions(t.Context(), w.store, ada, hashOf("here"))
			return wanted(err, ok)
		}},
		"logout everywhere": {false, everywhere},
		"reset": {false, func(w *world, ada int64) error {
			ring := ringOf("a")
			text := w.issue(t, ring, shop.TokenReset, ada)
			return w.s.ResetPassword(t.Context(), w.store, storage.Reset{CustomerID: ada, Token: keys.Hash(text), KeyIDs: ring.KeyIDs(), Hash: "new"})
		}},
		"disabled": {false, func(w *world, ada int64) error {
			_, err := w.s.DisableCustomer(t.Context(), w.store, ada)
			return err
		}},
		"forced reset": {false, func(w *world, ada int64) error {
			_, err := w.s.ForcePasswordReset(t.Context(), w.store, ada)
			return err
		}},
		"deleted": {false, func(w *world, ada int64) error { return w.s.DeleteCustomer(t.Context(), w.store, ada) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
			for _, secret := range []string{"here", "there", "ended"} {
				w.login(t, w.store, ada.ID, secret)
			}
			w.handOn(t, "here", "here too")
			w.handOn(t, "there", "there too")
			w.login(t, w.store, bob.ID, "bob")
			w.end(t, hashOf("ended"))
			must(t, c.do(w, ada.ID))
			w.wantAlive(t, map[string]bool{"here": c.asking, "here too": c.asking, "there": false, "there too": false, "ended": false, "bob": true})
			list, err := w.s.LiveSessions(t.Context(), w.store, ada.ID)
			if want := map[bool]int{true: 2}[c.asking]; err != nil || len(list) != want {
				t.Errorf("%d listed, want %d: %v", len(list), want, err)
			}
		})
	}
}

// A session that is over ends no others.
func TestOthersAreEndedByALiveSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
	for _, secret := range []string{"here", "there"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.login(t, w.store, bob.ID, "bob")
	w.end(t, hashOf("here"))
	for _, secret := range []string{"here", "bob", "nowhere"} {
		if ok, err := w.s.EndOtherSessions(t.Context(), w.store, ada.ID, hashOf(secret)); ok || err != nil {
			t.Errorf("%s: %v, %v", secret, ok, err)
		}
	}
	w.wantAlive(t, map[string]bool{"there": true, "bob": true})
}

// A login that has read the epoch before all sessions end is over when it is in.
func TestALoginUnderWayDoesNotOutliveTheEnd(t *testing.T) {
	t.Parallel()
	everywhere := func(w *world, ada int64) error {
		_, err := w.s.EndAllSessions(t.Context(), w.store, ada, "")
		return err
	}
	for name, end := range map[string]func(w *world, ada int64) error{
		"everywhere": everywhere,
		"others": func(w *world, ada int64) error {
			ok, err := w.s.EndOtherSessions(t.Context(), w.store, ada, hashOf("here"))
			return wanted(err, ok)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada := w.customer(t, w.store, "ada@example.com", true)
			w.login(t, w.store, ada.ID, "here")
			login := w.owner.MustBegin()
			defer func() { _ = login.Rollback() }()
			login.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at)
				SELECT store_id, $2, 'id-late', id, session_epoch, 'id-late', 1, 'cookie', now() + interval '1 day' FROM customers WHERE id = $1`, ada.ID, hashOf("late"))
			done := make(chan error, 1)
			go func() { done <- end(w, ada.ID) }()
			if name == "others" { // holds the customer's row, and so waits for whoever adds a session
				eventually(t, "it waits", func() bool { return w.count(t, `pg_locks WHERE NOT granted`) > 0 })
				must(t, login.Commit())
				must(t, <-done)
			} else {
				must(t, <-done)
				must(t, login.Commit())
			}
			w.wantAlive(t, map[string]bool{"here": name == "others", "late": false})
		})
	}
}

// "A late write can never revive a session": a thousand pairs of a touch and a
// logout, on two pools, in every order that comes about.
func TestALateTouchRevivesNothing(t *testing.T) {
	t.Parallel()
	const pairs = 1000
	w := newWorld(t)
	other := w.Store(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, last_seen_at, expires_at)
		SELECT $1, sha256(('s' || n)::bytea), 's' || n, $2, 1, 's' || n, 1, 'cookie', now() - interval '1 hour', now() + interval '1 day'
		FROM generate_series(1, $3::int) n`, w.store, ada.ID, pairs)
	turns := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for n := 1; n <= pairs; n++ {
		hash := hashOf(fmt.Sprint("s", n))
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			touch := func() error { return other.TouchSession(context.Background(), w.store, hash) }
			end := func() error {
				_, err := w.s.EndSession(context.Background(), w.store, hash, "")
				return err
			}
			allFine(t, together(2, func(i int) error {
				if (i+n)%2 == 0 {
					return end()
				}
				return touch()
			}))
			if err := touch(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.wantCount(t, pairs, `sessions WHERE revoked_at IS NOT NULL AND seq BETWEEN 1 AND 2`)
	list, err := w.s.LiveSessions(t.Context(), w.store, ada.ID)
	if err != nil || len(list) != 0 || w.alive(t, w.store, "s1") || w.alive(t, w.store, "s1000") {
		t.Errorf("%d live on, %v", len(list), err)
	}
}

// A logout releases the recorded cart, when it is named, and nobody else's.
func TestCartsAreReleased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
	for _, secret := range []string{"one", "two", "three"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.owner.MustExec(`UPDATE customers SET cart_entity_id = 'cart-' || id`)
	adas, bobs := fmt.Sprint("cart-", ada.ID), fmt.Sprint("cart-", bob.ID)
	for _, c := range []struct {
		secret, cart string
		want         bool
	}{{"one", bobs, false}, {"one", "", false}, {"nowhere", adas, false}, {"two", adas, true}, {"three", adas, false}} {
		if got, err := w.s.EndSession(t.Context(), w.store, hashOf(c.secret), c.cart); got != c.want || err != nil {
			t.Errorf("%s with %q: %v, %v", c.secret, c.cart, got, err)
		}
	}
	w.wantAlive(t, map[string]bool{"one": false, "two": false, "three": false})
	w.wantCount(t, 1, `customers WHERE cart_entity_id IS NULL AND id = $1`, ada.ID)
	if got, err := w.s.EndAllSessions(t.Context(), w.store, bob.ID, adas); got || err != nil {
		t.Errorf("somebody else's: %v, %v", got, err)
	}
	if got, err := w.s.EndAllSessions(t.Context(), w.store, bob.ID, bobs); !got || err != nil {
		t.Errorf("one's own: %v, %v", got, err)
	}
}

// A customer access token is not kept alive by being seen, nor ended by not being
// seen, but where the store says how long a session may be idle.
func TestTokensHaveNoIdleEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	for _, secret := range []string{"cookie", "token"} {
		in := loginOf(ada.ID, secret)
		in.Kind = shop.SessionKind(secret)
		_, ok, err := w.s.Login(t.Context(), w.store, in)
		must(t, wanted(err, ok))
	}
	w.owner.MustExec(`UPDATE sessions SET created_at = now() - interval '20 days', last_seen_at = now() - interval '20 days', expires_at = now() + interval '1 day'`)
	w.wantAlive(t, map[string]bool{"cookie": false, "token": true})
	list, err := w.s.LiveSessions(t.Context(), w.store, ada.ID)
	if err != nil || len(list) != 1 || list[0].Kind != shop.KindToken {
		t.Fatalf("%+v, %v", list, err)
	}
	w.wantCount(t, 1, `sessions WHERE kind = 'token' AND expires_at = $1`, list[0].ExpiresAt)
	w.owner.MustExec(`UPDATE stores SET settings = jsonb_set(settings, '{inactivity}', '{"seconds": 3600}')`)
	w.wantAlive(t, map[string]bool{"token": false})
	w.owner.MustExec(`UPDATE sessions SET last_seen_at = now() - interval '50 minutes'`)
	w.wantAlive(t, map[string]bool{"token": true, "cookie": true})
	list, err = w.s.LiveSessions(t.Context(), w.store, ada.ID)
	must(t, err)
	for _, l := range list {
		w.wantCount(t, 1, `sessions WHERE id = $1 AND last_seen_at + interval '1 hour' = $2`, l.ID, l.ExpiresAt)
	}
}
