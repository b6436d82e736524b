package storage_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"

	"regulars/internal/shop"
	"regulars/storage"
)

// tell writes an event outside of the methods that do so for a reason.
func (w *world) tell(t testing.TB, db sqlx.Execer, store int64, entity string, version int) {
	t.Helper()
	_, err := db.Exec(`INSERT INTO events (store_id, scope, entity, entity_id, entity_version) VALUES ($1, 'x', $2, 1, $3)`, store, entity, version)
	must(t, err)
}

// oneJob plans one mail for every event.
func oneJob(e shop.Event) []shop.NewJob {
	return []shop.NewJob{{EventID: e.ID, Kind: shop.JobMail, TargetID: 1, Template: "x"}}
}

func noJob(shop.Event) []shop.NewJob { return nil }

// number numbers all that is there, and gives how many events that were.
func number(t testing.TB, s *storage.Store, store int64, plan func(shop.Event) []shop.NewJob) (n int) {
	t.Helper()
	for {
		done, err := s.NumberEvents(t.Context(), store, plan)
		must(t, err)
		if n += done.Events; !done.More {
			return n
		}
	}
}

// feed reads what came after a position, as a consumer does.
func (w *world) feed(t testing.TB, store, after int64) (rows []fed) {
	t.Helper()
	must(t, w.owner.Select(&rows, `SELECT position, id, entity, entity_version AS version FROM events
		WHERE store_id = $1 AND position > $2 ORDER BY position`, store, after))
	return rows
}

type fed struct {
	Position, ID, Version int64
	Entity                string
}

// I7: positions follow the commits, not the ids.
func TestWhoCommitsLateComesLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slow, err := w.owner.Beginx()
	must(t, err)
	w.tell(t, slow, w.store, "slow", 1)
	w.tell(t, w.owner, w.store, "quick", 1)
	if n := number(t, w.s, w.store, noJob); n != 1 {
		t.Fatalf("numbered %d events", n)
	}
	first := w.feed(t, w.store, 0)
	must(t, slow.Commit())
	number(t, w.s, w.store, noJob)
	rest := w.feed(t, w.store, first[0].Position)
	if len(rest) != 1 || rest[0].Entity != "slow" || rest[0].Position != 2 || rest[0].ID >= first[0].ID {
		t.Errorf("first %v, then %v", first, rest)
	}
}

// I7: 20 writers, some of which roll back, three who number and one who reads.
func TestPositionsHaveNoGapsAndNoLateComers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two, other := w.addStore(t, "two"), w.s2(t)
	const writers, each = 20, 15
	var writing, working sync.WaitGroup
	var over atomic.Bool
	for i := range writers {
		writing.Go(func() {
			for version := 1; version <= each; version++ {
				tx, err := w.owner.Beginx()
				if err != nil {
					t.Error(err)
					return
				}
				w.tell(t, tx, w.store, fmt.Sprint("writer ", i), version)
				w.tell(t, tx, two, fmt.Sprint("writer ", i), version)
				if _, err := tx.Exec(`SELECT count(*) FROM events`); err != nil {
					t.Error(err)
				}
				if (i+version)%4 == 0 { // it did not happen, so it is tried again
					must(t, tx.Rollback())
					tx = w.owner.MustBegin()
					w.tell(t, tx, w.store, fmt.Sprint("writer ", i), version)
				}
				must(t, tx.Commit())
			}
		})
	}
	for i := range 3 {
		working.Go(func() {
			s := []*storage.Store{w.s, other, w.s}[i]
			for last := false; !last; {
				last = over.Load()
				number(t, s, w.store, oneJob)
				number(t, s, two, noJob)
			}
		})
	}
	var read []fed
	working.Go(func() {
		for last := false; !last; {
			last = over.Load()
			after := int64(0)
			if len(read) > 0 {
				after = read[len(read)-1].Position
			}
			read = append(read, w.feed(t, w.store, after)...)
		}
	})
	writing.Wait()
	over.Store(true)
	working.Wait()
	number(t, w.s, w.store, oneJob)
	number(t, w.s, two, noJob)
	if len(read) > 0 {
		read = append(read, w.feed(t, w.store, read[len(read)-1].Position)...)
	}
	checkFeed(t, w, w.store, read, writers*each)
	checkFeed(t, w, two, w.feed(t, two, 0), w.count(t, `events WHERE store_id = $1`, two))
	w.wantCount(t, writers*each, `jobs`)
	w.wantCount(t, 2, `event_heads h WHERE next_position = 1 + (SELECT count(*) FROM events e WHERE e.store_id = h.store_id)`)
}

// checkFeed wants every event once, at positions from 1 without a gap, and those
// of one entity in the order of their versions.
func checkFeed(t *testing.T, w *world, store int64, read []fed, n int) {
	t.Helper()
	if len(read) != n {
		t.Errorf("store %d: read %d events, want %d", store, len(read), n)
	}
	versions := map[string]int64{}
	for i, e := range read {
		if e.Position != int64(i)+1 {
			t.Fatalf("store %d: event %d of the feed has position %d", store, i+1, e.Position)
		}
		if e.Version <= versions[e.Entity] {
			t.Errorf("store %d: version %d of %s comes after %d", store, e.Version, e.Entity, versions[e.Entity])
		}
		versions[e.Entity] = e.Version
	}
	w.wantCount(t, n, `events WHERE store_id = $1 AND position IS NOT NULL`, store)
}

func TestNobodyWaitsForWhoeverNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tell(t, w.owner, w.store, "x", 1)
	number(t, w.s, w.store, noJob)
	w.tell(t, w.owner, w.store, "x", 2)
	holder := w.owner.MustBegin()
	holder.MustExec(`SELECT 1 FROM event_heads WHERE store_id = $1 FOR UPDATE`, w.store)
	if n := number(t, w.s, w.store, noJob); n != 0 {
		t.Errorf("numbered %d events while another one held the head", n)
	}
	must(t, holder.Rollback())
	if n := number(t, w.s, w.store, noJob); n != 1 {
		t.Errorf("numbered %d events afterwards", n)
	}
}

func TestManyEventsAreNumberedInBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`INSERT INTO events (store_id, scope, entity, entity_id, entity_version) SELECT $1, 'x', 'x', 1, n FROM generate_series(1, 450) n`, w.store)
	var batches []storage.Numbered
	for more := true; more; {
		done, err := w.s.NumberEvents(t.Context(), w.store, oneJob)
		must(t, err)
		batches = append(batches, done)
		more = done.More
	}
	want := []storage.Numbered{{Events: 200, Jobs: 200, More: true}, {Events: 200, Jobs: 200, More: true}, {Events: 50, Jobs: 50}}
	if !slices.Equal(batches, want) {
		t.Errorf("got %+v", batches)
	}
	checkFeed(t, w, w.store, w.feed(t, w.store, 0), 450)
}
