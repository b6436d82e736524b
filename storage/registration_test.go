package storage_test

import (
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

// waiting is a sign-up with a password, as the account layer makes it.
func waiting(t testing.TB, w *world, email, hash string) storage.Waiting {
	t.Helper()
	in := person(t, email)
	in.PasswordHash, in.Registered, in.Locale = hash, true, "fr"
	return storage.Waiting{Customer: in, Nobody: -5, Mint: func(id int64) shop.Token { return ringOf("a").Mint(w.store, shop.TokenRegistration, id) }}
}

// wait keeps a sign-up, and gives the token of its mail.
func (w *world) wait(t testing.TB, email, hash string) (text string) {
	t.Helper()
	ring, in := ringOf("a"), waiting(t, w, email, hash)
	seen, err := w.s.WaitingPassword(t.Context(), w.store, in.Customer.Email.Key)
	must(t, err)
	in.Seen, in.Same = seen, seen == hash
	in.Mint = func(id int64) shop.Token {
		tok := ring.Mint(w.store, shop.TokenRegistration, id)
		text, _ = ring.Text(w.store, tok)
		return tok
	}
	if ok, err := w.s.KeepWaiting(t.Context(), w.store, in); err != nil || !ok {
		t.Fatal(ok, err)
	}
	return text
}

// Decision 11: what waits is no customer and holds nothing.
func TestASignUpThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := w.wait(t, "Ada@example.com", "hash")
	w.wantCount(t, 0, `customers`)
	w.wantCount(t, 1, `registrations WHERE email_key = 'ada@example.com' AND NOT contested`)
	w.wantCount(t, 1, `events e JOIN tokens t ON t.hash = decode(e.data ->> 'token', 'base64') WHERE e.scope = 'account/registration/requested'
		AND e.entity = 'registration' AND e.entity_id = t.subject_id AND t.purpose = 'registration' AND t.payload = '{"email": "Ada@example.com", "locale": "fr"}'`)
	w.wantCount(t, 0, `events WHERE data::text LIKE '%@%'`)
	// The owner is not blocked by it.
	owner := w.customer(t, w.store, "ada@example.com", true)
	_, err := w.confirm(t, text)
	wantCode(t, err, shop.Conflict)
	w.owner.MustExec(`DELETE FROM customers WHERE id = $1`, owner.ID)
	if purpose, err := w.confirm(t, text); err != nil || purpose != shop.TokenRegistration {
		t.Errorf("%s, %v", purpose, err)
	}
	w.wantCount(t, 0, `registrations`)
	w.wantCount(t, 1, `customers WHERE email = 'Ada@example.com' AND email_verified_at IS NOT NULL AND password_hash = 'hash' AND NOT password_reset_required
		AND first_name = 'Ada' AND locale = 'fr' AND version = 1 AND origin_channel_id = 1 AND channel_ids IS NULL`)
	w.wantCount(t, 2, `events WHERE scope = 'store/customer/created'`)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/created' AND data ->> 'cause' = 'registration' AND data ->> 'channelId' = '1'`)
	_, err = w.confirm(t, text)
	wantCode(t, err, shop.NotFound)
}

// The group is the channel's default one, or the store's, as of the proof.
func TestGroupOfASignUpThatWaited(t *testing.T) {
	t.Parallel()
	all := shop.CustomerGroupCategoryAccess{Type: shop.AccessAll}
	for name, c := range map[string]struct {
		sql     string
		noGroup bool
		want    string
	}{
		"the store's":   {"", false, "Retail"},
		"the channel's": {`UPDATE channels SET default_group_id = (SELECT id FROM customer_groups WHERE name = 'VIP')`, false, "VIP"},
		"none":          {`UPDATE customer_groups SET is_default = false`, false, ""},
		"no groups":     {`UPDATE channels SET default_group_id = (SELECT id FROM customer_groups WHERE name = 'VIP')`, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, g := range []shop.CustomerGroup{{Name: "Retail", IsDefault: true, CategoryAccess: all}, {Name: "VIP", CategoryAccess: all}, {Name: "Gone", CategoryAccess: all}} {
				_, err := w.s.CreateGroup(t.Context(), w.store, g)
				must(t, err)
			}
			w.owner.MustExec(`UPDATE channels SET default_group_id = (SELECT id FROM customer_groups WHERE name = 'Gone')`)
			text := w.wait(t, "ada@example.com", "hash")
			w.owner.MustExec(`UPDATE channels SET default_group_id = NULL`)
			w.owner.MustExec(`DELETE FROM customer_groups WHERE name = 'Gone'`)
			w.owner.MustExec(c.sql)
			in := confirmation(text)
			in.NoGroup = c.noGroup
			_, err := w.s.ConfirmEmail(t.Context(), w.store, in)
			must(t, err)
			if got := w.text(t, `SELECT name FROM customer_groups g JOIN customers c ON c.group_id = g.id`); got != c.want {
				t.Errorf("in %q, want %q", got, c.want)
			}
		})
	}
}

// Asking again is harmless: the newest link works, for the newest data. Who has
// another password may be another person, and then the password that is kept is
// not known to belong to whoever has the mailbox.
func TestASignUpThatIsRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		again     []string
		contested bool
	}{
		"by the same person": {[]string{"hash", "hash"}, false},
		"by another":         {[]string{"other"}, true},
		"by both":            {[]string{"other", "hash", "hash"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			texts := []string{w.wait(t, "ada@example.com", "hash")}
			for _, hash := range c.again {
				texts = append(texts, w.wait(t, "ADA@example.com", hash))
			}
			w.wantCount(t, 1, `registrations`)
			last := len(texts) - 1
			for _, text := range texts[:last] {
				_, err := w.confirm(t, text)
				wantCode(t, err, shop.NotFound)
			}
			_, err := w.confirm(t, texts[last])
			must(t, err)
			w.wantCount(t, 1, `customers WHERE email = 'ADA@example.com' AND password_hash = $1 AND password_reset_required = $2`, c.again[len(c.again)-1], c.contested)
		})
	}
	t.Run("a week later", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.wait(t, "ada@example.com", "hash")
		w.owner.MustExec(`UPDATE registrations SET asked_at = now() - interval '8 days', contested = true`)
		if hash, err := w.s.WaitingPassword(t.Context(), w.store, "ada@example.com"); hash != "" || err != nil {
			t.Errorf("%q still waits, %v", hash, err)
		}
		_, err := w.confirm(t, w.wait(t, "ada@example.com", "other"))
		must(t, err)
		w.wantCount(t, 1, `customers WHERE NOT password_reset_required AND password_hash = 'other'`)
	})
}

// Whoever compared with what is no longer there has to look again.
func TestASignUpThatWasOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var kept atomic.Int32
	allFine(t, together(20, func(int) error {
		ok, err := w.s.KeepWaiting(t.Context(), w.store, waiting(t, w, "ada@example.com", "hash"))
		if ok {
			kept.Add(1)
		}
		return late(err)
	}))
	if kept.Load() != 1 {
		t.Errorf("%d of 20 were kept", kept.Load())
	}
	w.wantCount(t, 1, `registrations WHERE NOT contested`)
	w.wantCount(t, 1, `events`)
}

// Beyond the budget there is no mail, and the link before it leads to the newest
// data.
func TestASignUpBeyondTheBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := waiting(t, w, "ada@example.com", "hash")
	var text string
	in.Mint = func(id int64) shop.Token {
		tok := ringOf("a").Mint(w.store, shop.TokenRegistration, id)
		text, _ = ringOf("a").Text(w.store, tok)
		return tok
	}
	in.Budget = []storage.Use{{Key: []byte("k"), Limit: shop.Limit{Burst: 1, Window: time.Hour}}}
	keep := func() {
		t.Helper()
		if ok, err := w.s.KeepWaiting(t.Context(), w.store, in); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	keep()
	in.Seen, in.Same, in.Customer.Profile.FirstName, in.Customer.PasswordHash = "hash", true, "Augusta", "hash with another salt"
	keep()
	w.wantCount(t, 1, `events`)
	w.wantCount(t, 1, `tokens`)
	_, err := w.confirm(t, text)
	must(t, err)
	w.wantCount(t, 1, `customers WHERE first_name = 'Augusta' AND password_hash = 'hash'`)
}

// The narrowest limit is counted first, and alone when it is spent: a moment's
// impatience does not cost the day.
func TestBudgetOfLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	budget := []storage.Use{{Key: []byte("z"), Limit: shop.Limit{Burst: 1, Window: time.Hour}}, {Key: []byte("a"), Limit: shop.Limit{Burst: 2, Window: 24 * time.Hour}}}
	issue := func() {
		t.Helper()
		must(t, w.s.IssueToken(t.Context(), w.store, ringOf("a").Mint(w.store, shop.TokenReset, 7), shop.EventResetRequested, shop.EventData{}, budget...))
	}
	for range 3 {
		for range 5 {
			issue()
		}
		w.owner.MustExec(`UPDATE rate_limits SET tat = 0 WHERE key = 'z'`)
	}
	w.wantCount(t, 2, `tokens`)
	w.wantCount(t, 2, `events`)
}

// A known address: its owner is told, and nothing waits.
func TestASignUpForAKnownAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	for range 2 {
		in := waiting(t, w, "ADA@example.com", "guess")
		in.Seen, in.Budget = "whatever", []storage.Use{{Key: []byte("k"), Limit: shop.Limit{Burst: 1, Window: time.Hour}}}
		if ok, err := w.s.KeepWaiting(t.Context(), w.store, in); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	w.wantCount(t, 0, `registrations`)
	w.wantCount(t, 1, `customers WHERE password_hash = 'hash'`)
	w.wantCount(t, 1, `events WHERE scope = 'account/registration/repeated' AND entity = 'customer' AND entity_id = $1 AND data ->> 'token' IS NULL`, ada.ID)
	w.wantCount(t, 1, `tokens WHERE subject_id = -5`)
}

func TestWhatIsUnproved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customer(t, w.store, "proved@example.com", true)
	open := w.customer(t, w.store, "Open@example.com", false)
	w.customer(t, w.store, "disabled@example.com", false)
	w.owner.MustExec(`UPDATE customers SET disabled_at = now() WHERE email_key = 'disabled@example.com'`)
	for _, email := range []string{"Waits@example.com", "late@example.com", "proved@example.com", "open@example.com"} {
		w.wait(t, "x"+email, "hash")
		w.owner.MustExec(`UPDATE registrations SET email_key = $1 WHERE email_key = $2`, shop.EmailKey(email), shop.EmailKey("x"+email))
	}
	w.owner.MustExec(`UPDATE registrations SET asked_at = now() - interval '8 days' WHERE email_key = 'late@example.com'`)
	for email, want := range map[string]storage.Unproved{
		"proved@example.com": {}, "open@example.com": {CustomerID: open.ID, Email: "Open@example.com"}, "disabled@example.com": {},
		"waits@example.com": {RegistrationID: 1, Email: "xWaits@example.com", Locale: "fr"}, "late@example.com": {}, "nobody@example.com": {},
	} {
		if got, err := w.s.Unproved(t.Context(), w.store, email); err != nil || got != want {
			t.Errorf("%s: %+v, %v", email, got, err)
		}
		if got, err := w.s.Unproved(t.Context(), w.store+1, email); err != nil || got != (storage.Unproved{}) {
			t.Errorf("%s elsewhere: %+v, %v", email, got, err)
		}
	}
}

func TestSweepOfSignUps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wait(t, "over@example.com", "hash")
	w.wait(t, "fresh@example.com", "hash")
	w.owner.MustExec(`UPDATE registrations SET asked_at = now() - CASE email_key WHEN 'over@example.com' THEN interval '8 days' ELSE interval '6 days' END`)
	w.sweep(t, w.store)
	w.wantCount(t, 1, `registrations`)
	w.wantCount(t, 1, `registrations WHERE email_key = 'fresh@example.com'`)
}
