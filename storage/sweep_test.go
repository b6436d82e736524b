package storage_test

import (
	"testing"
	"time"

	"regulars/internal/shop"
)

// sweep runs until nothing is left and says in how many rounds.
func (w *world) sweep(t *testing.T, store int64) (rounds int) {
	t.Helper()
	for more := true; more; rounds++ {
		var err error
		more, err = w.s.Sweep(t.Context(), store)
		must(t, err)
	}
	return rounds
}

func TestSweepTakesWhatIsOverAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	for _, store := range []int64{w.store, two} {
		ada := w.customer(t, store, "ada@example.com", true)
		for _, s := range []struct {
			id               string
			created, expires string // ago
		}{
			{"over", "91 days", "25 hours"}, {"known network", "89 days", "59 days"}, {"just over", "91 days", "1 hour"}, {"live", "1 day", "-29 days"},
		} {
			w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, created_at, expires_at, keep_until)
				VALUES ($1, sha256($2::text::bytea), $2, $3, 1, '', 1, 'cookie', now() - $4::interval, now() - $5::interval, now() - $4::interval + interval '90 days')`, store, s.id, ada.ID, s.created, s.expires)
		}
		for key, ahead := range map[string]string{"over": "-1 second", "counts": "1 hour"} {
			w.owner.MustExec(`INSERT INTO rate_limits VALUES ($1, $2, (EXTRACT(epoch FROM now() + $3::interval) * 1000000)::bigint)`, store, []byte(key), ahead)
		}
		for i, e := range []struct {
			entity, ago string
			numbered    bool
		}{{"over", "31 days", true}, {"fresh", "29 days", true}, {"unnumbered", "31 days", false}, {"to be told", "31 days", true}} {
			w.owner.MustExec(`INSERT INTO events (store_id, scope, entity, entity_id, entity_version, at, position)
				VALUES ($1, 'x', $2, 1, 1, now() - $3::interval, CASE WHEN $4 THEN $5::bigint END)`, store, e.entity, e.ago, e.numbered, i)
		}
		for _, j := range []struct{ entity, done string }{{"over", "8 days"}, {"fresh", "6 days"}, {"unnumbered", "8 days"}, {"to be told", ""}} {
			w.owner.MustExec(`INSERT INTO jobs (store_id, event_id, kind, target_id, done_at)
				SELECT store_id, id, 'mail', 1, now() - NULLIF($3, '')::interval FROM events WHERE store_id = $1 AND entity = $2`, store, j.entity, j.done)
		}
		for hash, expired := range map[string]string{"over": "8 days", "just over": "6 days", "live": "-1 minute"} {
			w.owner.MustExec(`INSERT INTO tokens (store_id, hash, purpose, subject_id, salt, key_id, expires_at)
				VALUES ($1, sha256($2::text::bytea), 'reset', 1, substr(sha256($2::text::bytea), 1, 16), $2, now() - $3::interval)`, store, hash, expired)
		}
		for form, ago := range map[string]time.Duration{"over": 91, "fresh": 89} {
			in := guest(form + "@example.com")
			in.Input.Form, in.At = form, time.Now().Add(-ago*24*time.Hour)
			must(t, w.s.Subscribe(t.Context(), store, in))
		}
	}
	w.sweep(t, w.store)

	for from, n := range map[string]int{
		`sessions WHERE id IN ('known network', 'just over', 'live')`: 3, `sessions`: 3,
		`rate_limits WHERE key = 'counts'`: 1, `rate_limits`: 1,
		`events WHERE entity IN ('fresh', 'unnumbered', 'to be told')`: 3, `events WHERE entity = 'over'`: 0,
		`jobs`: 2, `jobs WHERE done_at IS NULL`: 1, `tokens WHERE key_id IN ('just over', 'live')`: 2, `tokens`: 2,
		`customers`: 1, `subscribers`: 2, `consents`: 2, `consent_texts`: 1,
		`consents WHERE form = 'over' AND ip_salt IS NULL AND ip_prefix IS NULL AND ip_digest IS NOT NULL AND email_salt IS NOT NULL`:          1,
		`consents WHERE form = 'fresh' AND ip_salt IS NOT NULL AND ip_prefix IS NOT NULL AND ip_digest IS NOT NULL AND email_salt IS NOT NULL`: 1,
	} {
		if got := w.count(t, `(SELECT * FROM `+from+`) x WHERE store_id = $1`, w.store); got != n {
			t.Errorf("%d rows of %s, want %d", got, from, n)
		}
	}
	for from, n := range map[string]int{`sessions`: 4, `rate_limits`: 2, `events WHERE entity IN ('over', 'fresh')`: 2, `jobs`: 4, `tokens`: 3, `consents WHERE ip_salt IS NOT NULL`: 2} {
		if got := w.count(t, `(SELECT * FROM `+from+`) x WHERE store_id = $1`, two); got != n {
			t.Errorf("the other store: %d rows of %s, want %d", got, from, n)
		}
	}
	checkChains(t, w)
}

func TestSweepGoesOnUntilAllIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`INSERT INTO events (store_id, scope, entity, entity_id, entity_version, at, position)
		SELECT $1, 'x', 'x', n, 1, now() - interval '31 days', n FROM generate_series(1, 2500) n`, w.store)
	if rounds := w.sweep(t, w.store); rounds != 3 {
		t.Errorf("%d rounds for 2,500 rows", rounds)
	}
	w.wantCount(t, 0, `events`)
}

func TestSweepOfPendingSignUps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 120 // more than one batch
	allFine(t, together(n, func(i int) error { return w.s.Subscribe(t.Context(), w.store, guest(mail(i))) }))
	w.owner.MustExec(`UPDATE subscribers SET state = 'PENDING', pending_until = now() - interval '1 minute',
		state_before = CASE WHEN id % 2 = 0 THEN 'UNSUBSCRIBED' ELSE '' END`)
	// Two servers sweep at once: each row is expired by one of them.
	other := w.s2(t)
	allFine(t, together(8, func(i int) error {
		s := w.s
		if i%2 == 0 {
			s = other
		}
		_, err := s.Sweep(t.Context(), w.store)
		return err
	}))
	w.sweep(t, w.store)
	w.wantCount(t, n/2, `subscribers WHERE state = 'UNSUBSCRIBED'`)
	w.wantCount(t, n/2, `subscribers`)
	w.wantCount(t, n, `consents WHERE action = 'EXPIRED' AND actor = 'system'`)
	w.wantCount(t, n/2, `events WHERE scope = 'store/subscriber/deleted'`)
	w.wantCount(t, n/2, `events WHERE scope = 'store/subscriber/updated'`)
	checkProjection(t, w)
	checkChains(t, w)
	signUp(t, w, guest(mail(0))) // whoever was forgotten starts a new chain
	checkChains(t, w)
	if shop.PendingFor != 7*24*time.Hour {
		t.Error("a pending sign-up waits seven days")
	}
}
