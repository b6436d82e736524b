package storage

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// numberBatch is how many events are numbered in one transaction: the head of a
// store is held briefly, however much has piled up.
const numberBatch = 200

const storesWithEvents = `
SELECT DISTINCT store_id FROM events WHERE position IS NULL`

// StoresWithEvents lists the stores where events wait for their position.
func (s *Store) StoresWithEvents(ctx context.Context) (ids []int64, err error) {
	defer explain(&err, "looking for new events")
	err = s.list(ctx, &ids, storesWithEvents)
	return ids, err
}

const insertHead = `
INSERT INTO event_heads (store_id) VALUES ($1) ON CONFLICT (store_id) DO NOTHING`

// Whoever holds the head numbers the store's events; nobody waits for that.
const lockHead = `
SELECT next_position FROM event_heads WHERE store_id = $1 FOR UPDATE SKIP LOCKED`

// Positions are given to committed rows only and in one order, so a reader that
// saw one never misses a smaller one. Ids would not do: they are drawn before
// the commit.
const numberEvents = `
UPDATE events e
SET    position = $2 + w.n - 1
FROM   (SELECT id, row_number() OVER (ORDER BY id) AS n
        FROM   events
        WHERE  store_id = $1 AND position IS NULL
        ORDER  BY id
        LIMIT  $3) w
WHERE  e.store_id = $1 AND e.id = w.id
RETURNING e.position, ` + eventColumns

const moveHead = `
UPDATE event_heads SET next_position = $2 WHERE store_id = $1`

const insertJobs = `
INSERT INTO jobs (store_id, event_id, kind, target_id, template)
SELECT $1, n.event_id, n.kind, n.target_id, n.template
FROM   unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[]) AS n (event_id, kind, target_id, template)
ON CONFLICT (store_id, event_id, kind, target_id) DO NOTHING`

// Numbered is what NumberEvents did.
type Numbered struct {
	Events, Jobs int
	More         bool // the batch was full
}

// NumberEvents gives the next events of a store their positions and makes the
// jobs that plan wants for each, in one transaction: a numbered event has its
// jobs. One caller at a time does so for a store; another one does nothing. plan
// must not use the database: it is called inside the transaction, and maybe more
// than once.
func (s *Store) NumberEvents(ctx context.Context, storeID int64, plan func(shop.Event) []shop.NewJob) (done Numbered, err error) {
	defer explain(&err, "numbering the events of store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		done = Numbered{}
		if _, err := t.exec(insertHead, storeID); err != nil {
			return err
		}
		var next int64
		if mine, err := found(t.get(&next, lockHead, storeID)); err != nil || !mine {
			return err
		}
		events, next, err := t.place(storeID, next)
		if err != nil || len(events) == 0 {
			return err
		}
		if _, err := t.exec(moveHead, storeID, next); err != nil {
			return err
		}
		done.Events, done.More = len(events), len(events) == numberBatch
		var jobs []shop.NewJob
		for _, e := range events {
			jobs = append(jobs, plan(e)...)
		}
		done.Jobs = len(jobs)
		return t.addJobs(storeID, jobs)
	})
	return done, err
}

// place gives the events in the order of their positions, and the position that
// comes next.
func (t tx) place(storeID, next int64) ([]shop.Event, int64, error) {
	var rows []struct {
		Position int64
		eventRow
	}
	if err := t.list(&rows, numberEvents, storeID, next, numberBatch); err != nil || len(rows) == 0 {
		return nil, next, err
	}
	events := make([]shop.Event, len(rows))
	for _, r := range rows {
		i := r.Position - next
		if i >= int64(len(events)) { // an event vanished meanwhile: there would be a gap
			return nil, next, errOvertaken
		}
		var err error
		if events[i], err = r.event(); err != nil {
			return nil, next, err
		}
	}
	return events, next + int64(len(events)), nil
}

func (t tx) addJobs(storeID int64, jobs []shop.NewJob) error {
	if len(jobs) == 0 {
		return nil
	}
	events, targets := make(pq.Int64Array, len(jobs)), make(pq.Int64Array, len(jobs))
	kinds, templates := make(pq.StringArray, len(jobs)), make(pq.StringArray, len(jobs))
	for i, j := range jobs {
		events[i], targets[i], kinds[i], templates[i] = j.EventID, j.TargetID, j.Kind, j.Template
	}
	_, err := t.exec(insertJobs, storeID, events, kinds, targets, templates)
	return err
}

const eventColumns = `
e.id AS event_id, e.store_id, e.scope, e.entity, e.entity_id, e.entity_version, e.changed, e.data, e.at`

// eventRow scans eventColumns.
type eventRow struct {
	EventID       int64
	StoreID       int64
	Scope         string
	Entity        string
	EntityID      int64
	EntityVersion int64
	Changed       pq.StringArray
	Data          []byte
	At            time.Time
}

func (r eventRow) event() (shop.Event, error) {
	e := shop.Event{ID: r.EventID, StoreID: r.StoreID, Scope: r.Scope, Entity: r.Entity, EntityID: r.EntityID,
		Version: r.EntityVersion, Changed: slices.Clone([]string(r.Changed)), At: r.At}
	return e, json.Unmarshal(r.Data, &e.Data)
}
