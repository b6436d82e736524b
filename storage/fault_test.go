package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

// act is one write. It is called until it succeeds, with the number of the try.
type act struct {
	tags  string // what the server calls its statements
	call  func(s *storage.Store, try int) error
	count map[string]int // rows afterwards
}

func acts(t *testing.T, w *world) map[string]act {
	ctx := t.Context()
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.login(t, w.store, ada.ID, "old")
	signUp(t, w, guest("ada@example.com"))
	old, company, moved := tokenOf("old"), "Engines", "countess@example.com"
	leased := sync.OnceValue(func() shop.Job { number(t, w.s, w.store, oneJob); return w.claim(t, "mine") })
	reset := sync.OnceValue(func() string { return w.issue(t, ringOf("a"), shop.TokenReset, ada.ID) })
	asked := sync.OnceValue(func() string { return w.wait(t, "new@example.com", "hash") })
	limit := storage.Use{Key: []byte("k"), Limit: shop.Limit{Burst: 9, Window: time.Hour}}
	return map[string]act{
		"CreateCustomer": {"BEGIN INSERT SELECT COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.CreateCustomer(ctx, w.store, person(t, "new@example.com"))
			return err
		}, map[string]int{`customers`: 2, `events WHERE scope = 'store/customer/created'`: 2}},
		"Login": {"BEGIN INSERT UPDATE DELETE SELECT COMMIT", func(s *storage.Store, try int) error {
			in := loginOf(ada.ID, fmt.Sprint("new", try))
			in.Old, in.CartID, in.Forgive = old[:], "cart", []byte("k")
			_, ok, err := s.Login(ctx, w.store, in)
			if err == nil && !ok {
				err = errors.New("refused")
			}
			return err
		}, map[string]int{`customers WHERE cart_entity_id = 'cart' AND version = 1`: 1, `sessions WHERE id = 'id-old' AND revoked_at IS NULL`: 0}},
		"EndOtherSessions": {"BEGIN SELECT UPDATE COMMIT", func(s *storage.Store, try int) error {
			ok, err := s.EndOtherSessions(ctx, w.store, ada.ID, old[:])
			return wanted(err, ok)
		}, map[string]int{`sessions s JOIN customers c ON c.id = s.customer_id WHERE s.epoch = c.session_epoch AND s.epoch > 1`: 1}},
		"EndSession": {"BEGIN SELECT UPDATE COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.EndSession(ctx, w.store, old[:], "")
			return err
		}, map[string]int{`sessions WHERE revoked_at IS NOT NULL AND seq = 1`: 1}},
		"UpdateCustomer": {"BEGIN SELECT UPDATE INSERT COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.UpdateCustomer(ctx, w.store, ada.ID, shop.CustomerUpdate{Company: &company, Email: &moved},
				storage.Move{Token: ringOf("a").Mint(w.store, shop.TokenEmail, ada.ID)})
			return err
		}, map[string]int{`customers WHERE version = 2 AND email_key = 'ada@example.com'`: 1, `tokens WHERE used_at IS NULL`: 1,
			`events WHERE scope = 'store/customer/updated' AND entity_version = 2`: 1}},
		// Once it is done, the same again is refused.
		"ChangePassword": {"BEGIN SELECT UPDATE INSERT COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.ChangePassword(ctx, w.store, storage.NewPassword{CustomerID: ada.ID, Verified: "hash", Hash: "new", Session: old[:]})
			return err
		}, map[string]int{`customers WHERE version = 2 AND session_epoch = 2 AND password_hash = 'new'`: 1, `sessions WHERE epoch = 2 AND seq = 1`: 1,
			`events WHERE scope = 'store/customer/updated' AND entity_version = 2`: 1}},
		"ResetPassword": {"BEGIN SELECT UPDATE INSERT COMMIT", func(s *storage.Store, _ int) error {
			ring := ringOf("a")
			return s.ResetPassword(ctx, w.store, storage.Reset{CustomerID: ada.ID, Token: keys.Hash(reset()), KeyIDs: ring.KeyIDs(), Hash: "new"})
		}, map[string]int{`customers WHERE version = 2 AND session_epoch = 2 AND password_hash = 'new'`: 1, `tokens WHERE used_at IS NULL`: 0,
			`events WHERE scope = 'store/customer/updated' AND entity_version = 2`: 1}},
		"KeepWaiting": {"BEGIN SELECT INSERT UPDATE COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.KeepWaiting(ctx, w.store, waiting(t, w, "new@example.com", "hash"))
			return err
		}, map[string]int{`registrations`: 1, `tokens WHERE used_at IS NULL AND purpose = 'registration'`: 1, `customers`: 1}},
		"ConfirmEmail": {"BEGIN SELECT UPDATE INSERT DELETE COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.ConfirmEmail(ctx, w.store, confirmation(asked()))
			return err
		}, map[string]int{`registrations`: 0, `tokens WHERE used_at IS NULL`: 0, `customers WHERE email_verified_at IS NOT NULL`: 2,
			`events WHERE scope = 'store/customer/created'`: 2}},
		"Subscribe": {"BEGIN INSERT UPDATE COMMIT", func(s *storage.Store, _ int) error {
			return s.Subscribe(ctx, w.store, guest("new@example.com"))
		}, map[string]int{`subscribers WHERE next_seq = 2 AND version = 1`: 2, `consents`: 2, `consent_texts`: 1, `events WHERE entity = 'subscriber'`: 2}},
		"touch": {"BEGIN INSERT SELECT UPDATE COMMIT", func(s *storage.Store, _ int) error {
			in := guest("ada@example.com")
			in.Input.Form = "popup"
			return s.Subscribe(ctx, w.store, in)
		}, map[string]int{`subscribers WHERE next_seq = 3 AND version = 2`: 1, `consents`: 2, `events WHERE entity = 'subscriber'`: 2}},
		"Unsubscribe": {"BEGIN SELECT UPDATE COMMIT", func(s *storage.Store, _ int) error {
			return s.Unsubscribe(ctx, w.store, 1, ada.ID, address(t, "ada@example.com"), "")
		}, map[string]int{`subscribers WHERE state = 'UNSUBSCRIBED' AND version = 2`: 1, `consents`: 2, `events WHERE entity = 'subscriber'`: 2}},
		"DisableCustomer": {"BEGIN UPDATE INSERT COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.DisableCustomer(ctx, w.store, ada.ID)
			return err
		}, map[string]int{`customers WHERE version = 2 AND session_epoch = 2 AND disabled_at IS NOT NULL`: 1, `sessions WHERE revoked_at IS NOT NULL AND seq = 1`: 1,
			`events WHERE scope = 'store/customer/updated' AND entity_version = 2`: 1}},
		"DeleteCustomer": {"BEGIN DELETE UPDATE INSERT COMMIT", func(s *storage.Store, _ int) error {
			return s.DeleteCustomer(ctx, w.store, ada.ID)
		}, map[string]int{`customers`: 0, `sessions`: 0, `subscribers`: 1, `events WHERE scope = 'store/customer/deleted' AND entity_version = 2`: 1}},
		"EditChannel": {"BEGIN UPDATE SELECT INSERT COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.EditChannel(ctx, w.store, 1, func(c *shop.Channel) { c.Name, c.Hosts = "new", []string{"new.example.com"} })
			return err
		}, map[string]int{`channels WHERE name = 'new'`: 1, `hosts`: 2}},
		// An attempt whose answer was lost has been counted: the safe side.
		"Take": {"BEGIN INSERT COMMIT", func(s *storage.Store, _ int) error {
			return s.Take(ctx, w.store, limit)
		}, map[string]int{`rate_limits`: 1}},
		"NumberEvents": {"BEGIN INSERT SELECT UPDATE COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.NumberEvents(ctx, w.store, oneJob)
			return err
		}, map[string]int{`events WHERE position IN (1, 2)`: 2, `jobs`: 2, `event_heads WHERE next_position = 3`: 1}},
		// A lease whose answer was lost ends by itself, and so do all that came of
		// asking again: none has two jobs.
		"ClaimJob": {"BEGIN SELECT UPDATE COMMIT", func(s *storage.Store, try int) error {
			number(t, w.s, w.store, oneJob)
			_, _, err := s.ClaimJob(ctx, w.store, storage.Claim{Kind: shop.JobMail, Lease: fmt.Sprint(try), For: time.Minute})
			return err
		}, map[string]int{`jobs`: 2, `(SELECT lease_token FROM jobs GROUP BY lease_token HAVING lease_token IS NOT NULL AND count(*) > 1) x`: 0}},
		"FinishJob": {"BEGIN UPDATE COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.FinishJob(ctx, w.store, leased())
			return err
		}, map[string]int{`jobs WHERE done_at IS NOT NULL`: 1}},
		"FailJob": {"BEGIN UPDATE COMMIT", func(s *storage.Store, _ int) error {
			_, err := s.FailJob(ctx, w.store, leased(), shop.Undelivered{Reason: "x"}, storage.Retry{In: time.Minute, Within: time.Hour})
			return err
		}, map[string]int{`jobs WHERE last_error = 'x' AND attempts = 1`: 1}},
		"IssueToken": {"BEGIN UPDATE INSERT COMMIT", func(s *storage.Store, _ int) error {
			return s.IssueToken(ctx, w.store, ringOf("a").Mint(w.store, shop.TokenReset, ada.ID), shop.EventResetRequested, shop.EventData{})
		}, map[string]int{`tokens WHERE used_at IS NULL`: 1, `events e JOIN tokens t ON t.hash = decode(e.data ->> 'token', 'base64') WHERE t.used_at IS NULL`: 1}},
		"sessions of Login": {"INSERT UPDATE DELETE SELECT", func(s *storage.Store, try int) error {
			in := loginOf(ada.ID, fmt.Sprint("new", try))
			in.Forgive = []byte("tries")
			_, _, err := s.Login(ctx, w.store, in)
			return err
		}, map[string]int{`sessions`: 2}},
	}
}

// onceOnly are the refusals of what can be done once, when it is asked for again.
var onceOnly = map[string]shop.Code{"CreateCustomer": shop.Conflict, "DeleteCustomer": shop.NotFound, "ResetPassword": shop.NotFound,
	"ConfirmEmail": shop.NotFound}

// J1: a reply that is lost, twice in a row, never makes two rows of one.
func TestLostRepliesDoNothingTwice(t *testing.T) {
	t.Parallel()
	names := acts(t, newWorld(t))
	for name := range names {
		for _, tag := range []string{"BEGIN", "INSERT", "UPDATE", "DELETE", "SELECT", "COMMIT"} {
			if !slices.Contains(strings.Fields(names[name].tags), tag) {
				continue
			}
			t.Run(name+"/"+tag, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				a := acts(t, w)[name]
				p := storagetest.NewProxy(t, w.DB)
				s := p.Store(t)
				must(t, s.Ping(t.Context()))
				p.CutReplies(tag, 2)
				var err error
				for try := 1; try <= 4; try++ {
					if err = a.call(s, try); err == nil || shop.CodeOf(err) == onceOnly[name] {
						break
					}
					wantCode(t, err, shop.Unavailable)
				}
				if err != nil && tag != "COMMIT" {
					t.Errorf("in the end: %v", err)
				}
				// It was done by then: the second try has nothing to commit.
				cuts := 2
				if err != nil {
					cuts = 1
				}
				if p.Cuts() != cuts {
					t.Errorf("%d replies cut, want %d", p.Cuts(), cuts)
				}
				for from, n := range a.count {
					w.wantCount(t, n, from)
				}
			})
		}
	}
}

// J3: a network that swallows everything.
func TestBlackHoleEndsAndHeals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storagetest.NewProxy(t, w.DB)
	warm, cold := p.Store(t), p.Store(t)
	calls := func(s *storage.Store, n int) []func() error {
		return []func() error{
			func() error { _, _, err := s.Credentials(t.Context(), w.store, "ada@example.com"); return err },
			func() error { _, _, _, err := s.Session(t.Context(), w.store, tokenOf("x")); return err },
			func() error { return s.Subscribe(t.Context(), w.store, guest(mail(n))) },
			func() error { return s.Ping(t.Context()) },
		}
	}
	all := func(s *storage.Store, n int) []error {
		fs := calls(s, n)
		return together(len(fs), func(i int) error { return fs[i]() })
	}
	allFine(t, all(warm, 0))
	p.BlackHole(true)
	began := time.Now()
	broken := together(2, func(i int) error {
		for _, err := range all([]*storage.Store{warm, cold}[i], 1) {
			if shop.CodeOf(err) != shop.Unavailable {
				return fmt.Errorf("store %d answered %w", i, err)
			}
		}
		return nil
	})
	allFine(t, broken)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("gave up after %s", took)
	}
	p.BlackHole(false)
	began = time.Now()
	allFine(t, all(warm, 2))
	allFine(t, all(cold, 2))
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("healed after %s", took)
	}
	w.wantCount(t, 2, `subscribers`)
}

// J5: Postgres ends every idle connection, as a restart of a pooler does.
func TestEndedConnectionsAreNotNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, err := sqlx.Open("postgres", w.URL)
	must(t, err)
	t.Cleanup(func() { app.Close() })
	for round := range 20 {
		// More than database/sql tries by itself before it makes a new one.
		allFine(t, together(6, func(int) error { _, _, err := w.s.Credentials(t.Context(), w.store, "x"); return err }))
		const ours = ` FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`
		app.MustExec(`SELECT pg_terminate_backend(pid)` + ours)
		eventually(t, "all have ended", func() bool {
			var n int
			must(t, app.Get(&n, `SELECT count(*)`+ours))
			return n == 0
		})
		must(t, w.s.Subscribe(t.Context(), w.store, guest(mail(round))))
		_, _, err := w.s.Subscriber(t.Context(), w.store, mail(round))
		must(t, err)
		must(t, w.s.Take(t.Context(), w.store, storage.Use{Key: []byte("k"), Limit: shop.Limit{Burst: 20, Window: time.Hour}}))
	}
	w.wantCount(t, 20, `consents`)
}
