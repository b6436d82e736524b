package storage_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"sync/atomic"
	"testing"

	"regulars/internal/shop"
)

const siblings = 200

// crowd fills two stores with customers of the same ids. What belongs to
// customer c of a store is marked with the store and c.
func crowd(t *testing.T) (*world, [2]int64) {
	t.Helper()
	w := newWorld(t)
	stores := [2]int64{w.store, w.addStore(t, "two")}
	for _, statement := range []string{
		`INSERT INTO customer_groups (store_id, id, name) SELECT s, c, s || '-' || c FROM unnest($1::bigint[]) s, generate_series(1, $2::int) c`,
		`INSERT INTO customer_group_rules (store_id, group_id, type, method, amount) SELECT store_id, id, 'ALL', 'PERCENT', id % 100 FROM customer_groups
		 WHERE store_id = ANY ($1) AND id <= $2`,
		`INSERT INTO customers (store_id, id, email, email_key, first_name, last_name, group_id, channel_ids)
		 SELECT s, c, c || '@example.com', c || '@example.com', s || '-' || c, '', c, '{1,2}' FROM unnest($1::bigint[]) s, generate_series(1, $2::int) c`,
		`INSERT INTO addresses (store_id, customer_id, fingerprint, first_name, last_name, address1, city, country_code, company)
		 SELECT s, c, n::text::bytea, s || '-' || c, '', '', '', 'DE', 'Ltd' FROM unnest($1::bigint[]) s, generate_series(1, $2::int) c, generate_series(1, c % 4) n`,
		`INSERT INTO subscribers (store_id, id, email, email_key, state, origin, channel_id, order_id)
		 SELECT s, s * 1000 + c, c || '@example.com', c || '@example.com', 'SUBSCRIBED', 'CHECKOUT', 1, c FROM unnest($1::bigint[]) s, generate_series(1, $2::int) c`,
		`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at)
		 SELECT store_id, sha256((store_id || '-' || id)::bytea), id, id, 1, id, 1, 'cookie', now() + interval '1 day' FROM customers
		 WHERE store_id = ANY ($1) AND id <= $2`,
	} {
		w.owner.MustExec(statement, fmt.Sprintf("{%d,%d}", stores[0], stores[1]), siblings)
	}
	w.fillFields(stores)
	return w, stores
}

func (w *world) mark(store, c int64) string { return fmt.Sprintf("%d-%d", store, c) }

// whileLocked makes n calls at once, and holds up their queries until all have
// been made: under load too, queries in flight take their time.
func (w *world) whileLocked(t *testing.T, table string, n int, call func(i int) error) {
	t.Helper()
	holder := w.owner.MustBegin()
	defer func() { _ = holder.Rollback() }()
	holder.MustExec(`LOCK TABLE ` + table + ` IN ACCESS EXCLUSIVE MODE`)
	var asked atomic.Int64
	done := make(chan []error, 1)
	go func() {
		done <- together(n, func(i int) error {
			asked.Add(1)
			return call(i)
		})
	}()
	eventually(t, "all have asked", func() bool {
		return asked.Load() == int64(n) &&
			w.count(t, `pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT granted`) > 0
	})
	must(t, holder.Rollback())
	allFine(t, <-done)
}

// load is a field that siblings ask for, saying what it got.
type load struct {
	table string
	load  func(ctx context.Context, store, c int64) (got, want string, err error)
}

func (w *world) loads() map[string]load {
	out := w.fieldLoads()
	maps.Copy(out, map[string]load{
		"groups": {"customer_groups", func(ctx context.Context, store, c int64) (string, string, error) {
			g, _, ok, err := w.s.Group(ctx, store, c)
			return fmt.Sprint(g.Name, ok, len(g.DiscountRules)), fmt.Sprint(w.mark(store, c), true, 1), err
		}},
		"addresses": {"addresses", func(ctx context.Context, store, c int64) (string, string, error) {
			p, err := w.s.Addresses(ctx, store, c, shop.Window{Before: math.MaxInt64, Limit: 2})
			got, want := fmt.Sprint(len(p.Items), p.HasNext), fmt.Sprint(min(2, c%4), c%4 > 2)
			for _, a := range p.Items {
				got, want = got+a.FirstName, want+w.mark(store, c)
			}
			return got, want, err
		}},
		"address counts": {"addresses", func(ctx context.Context, store, c int64) (string, string, error) {
			n, err := w.s.CountAddresses(ctx, store, c)
			return fmt.Sprint(n), fmt.Sprint(c % 4), err
		}},
		"subscribers": {"subscribers", func(ctx context.Context, store, c int64) (string, string, error) {
			b, ok, err := w.s.Subscriber(ctx, store, fmt.Sprintf("%d@example.com", c))
			return fmt.Sprint(b.ID, ok), fmt.Sprint(store*1000+c, true), err
		}},
		"sessions of a customer": {"sessions", func(ctx context.Context, store, c int64) (string, string, error) {
			list, err := w.s.LiveSessions(ctx, store, c)
			if len(list) != 1 || err != nil {
				return fmt.Sprint(len(list)), "1", err
			}
			return list[0].ID, fmt.Sprint(c), nil
		}},
		"sessions": {"sessions", func(ctx context.Context, store, c int64) (string, string, error) {
			s, _, ok, err := w.s.Session(ctx, store, sha256.Sum256([]byte(w.mark(store, c))))
			if !ok || err != nil {
				return "none", "one", err
			}
			return s.Customer.FirstName, w.mark(store, c), nil
		}},
	})
	return out
}

// Decision 35.
func TestSiblingsShareStatements(t *testing.T) {
	t.Parallel()
	w, stores := crowd(t)
	for name, kind := range w.loads() {
		for _, n := range []int{1, 2, 50, siblings} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				before := w.s.Executed()
				w.whileLocked(t, kind.table, n, func(i int) error {
					got, want, err := kind.load(t.Context(), stores[i%2], int64(i+1))
					if err == nil && got != want {
						err = fmt.Errorf("customer %d of store %d got %q, not %q", i+1, stores[i%2], got, want)
					}
					return err
				})
				if sent, most := w.s.Executed()-before, int64(2+(n+63)/64); sent > most {
					t.Errorf("%d statements for %d siblings, at most %d allowed", sent, n, most)
				}
			})
		}
	}
}

// Askers of the same key in one batch must not see each other's changes.
func TestAnswersAreCopies(t *testing.T) {
	t.Parallel()
	w, stores := crowd(t)
	ctx, store := t.Context(), stores[0]
	scribble := w.fieldScribbles(ctx, store)
	maps.Copy(scribble, map[string]func() error{
		"customer_groups": func() error {
			g, _, _, err := w.s.Group(ctx, store, 3)
			if err != nil {
				return err
			}
			if g.DiscountRules[0].Type != shop.RuleAll || *g.DiscountRules[0].Amount != "3.0000" {
				err = fmt.Errorf("a foreign change: %+v", g)
			}
			g.DiscountRules[0].Type, *g.DiscountRules[0].Amount, *g.DiscountRules[0].Method = "x", "x", "x"
			return err
		},
		"addresses": func() error {
			p, err := w.s.Addresses(ctx, store, 3, shop.Window{Before: math.MaxInt64, Limit: 5})
			if err != nil {
				return err
			}
			if p.Items[0].City != "" || *p.Items[1].Company != "Ltd" {
				err = fmt.Errorf("a foreign change: %+v", p)
			}
			p.Items[0].City, *p.Items[1].Company = "x", "x"
			return err
		},
		"subscribers": func() error {
			b, _, err := w.s.Subscriber(ctx, store, "3@example.com")
			if err != nil {
				return err
			}
			if *b.OrderID != 3 {
				err = fmt.Errorf("a foreign change: %d", *b.OrderID)
			}
			*b.OrderID = 9
			return err
		},
		"sessions": func() error {
			hash := sha256.Sum256([]byte(w.mark(store, 3)))
			s, _, _, err := w.s.Session(ctx, store, hash)
			if err != nil {
				return err
			}
			if string(s.TokenHash) != string(hash[:]) || s.Customer.ChannelIDs[0] != 1 {
				return fmt.Errorf("a foreign change: %+v", s)
			}
			list, err := w.s.LiveSessions(ctx, store, 3)
			if err != nil {
				return err
			}
			if list[0].ID != "3" {
				err = fmt.Errorf("a foreign change: %+v", list)
			}
			list[0].ID = "x"
			s.TokenHash[0]++
			s.Customer.ChannelIDs[0] = 9
			return err
		},
	})
	for table, call := range scribble {
		t.Run(table, func(t *testing.T) {
			w.whileLocked(t, table, 30, func(int) error { return call() })
		})
	}
}
