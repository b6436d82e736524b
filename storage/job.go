package storage

import (
	"context"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

const storesWithJobs = `
SELECT DISTINCT store_id
FROM   jobs
WHERE  kind = $1 AND done_at IS NULL AND next_at <= now() AND (lease_until IS NULL OR lease_until <= now())`

// StoresWithJobs lists the stores where a job of that kind is due.
func (s *Store) StoresWithJobs(ctx context.Context, kind string) (ids []int64, err error) {
	defer explain(&err, "looking for due jobs")
	err = s.list(ctx, &ids, storesWithJobs, kind)
	return ids, err
}

const dueJob = `
SELECT j.id, j.kind, j.target_id, j.template, j.attempts + 1 AS attempts, ` + eventColumns + `
FROM   jobs j
JOIN   events e ON e.store_id = j.store_id AND e.id = j.event_id
WHERE  j.store_id = $1 AND j.kind = $2 AND j.done_at IS NULL AND j.next_at <= now()
AND    (j.lease_until IS NULL OR j.lease_until <= now()) AND j.target_id <> ALL ($3)
ORDER  BY j.next_at
LIMIT  1
FOR    UPDATE OF j SKIP LOCKED`

const leaseJob = `
UPDATE jobs
SET    lease_until = now() + make_interval(secs => $4), lease_token = $3, attempts = attempts + 1
WHERE  store_id = $1 AND id = $2`

// Claim asks for a job.
type Claim struct {
	Kind  string
	Lease string        // a token that nobody else uses
	For   time.Duration // how long nobody else gets the job
	Not   []int64       // targets that are to be left alone
}

// ClaimJob leases the job that is due longest; ok is false when there is none.
func (s *Store) ClaimJob(ctx context.Context, storeID int64, c Claim) (job shop.Job, ok bool, err error) {
	defer explain(&err, "claiming a job of store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		var row struct {
			ID, TargetID   int64
			Kind, Template string
			Attempts       int
			eventRow
		}
		ok, err = found(t.get(&row, dueJob, storeID, c.Kind, pq.Int64Array(nonNilIDs(c.Not))))
		if err != nil || !ok {
			return err
		}
		job = shop.Job{ID: row.ID, Kind: row.Kind, TargetID: row.TargetID, Template: row.Template, Attempts: row.Attempts, Lease: c.Lease}
		if job.Event, err = row.event(); err != nil {
			return err
		}
		_, err = t.exec(leaseJob, storeID, row.ID, c.Lease, c.For.Seconds())
		return err
	})
	return job, ok && err == nil, err
}

// nonNilIDs keeps a nil slice from becoming NULL, which no id is known to differ
// from.
func nonNilIDs(ids []int64) []int64 {
	if ids == nil {
		return []int64{}
	}
	return ids
}

const finishJob = `
UPDATE jobs
SET    done_at = now(), lease_until = NULL, lease_token = NULL
WHERE  store_id = $1 AND id = $2 AND lease_token = $3`

// FinishJob marks a job as done; ok is false when its lease is somebody else's
// by now.
func (s *Store) FinishJob(ctx context.Context, storeID int64, j shop.Job) (ok bool, err error) {
	defer explain(&err, "finishing job %d of store %d", j.ID, storeID)
	err = s.tx(ctx, func(t tx) error {
		n, err := t.exec(finishJob, storeID, j.ID, j.Lease)
		ok = n == 1
		return err
	})
	return ok, err
}

// A job that would be tried again only after its time is given up.
const failJob = `
UPDATE jobs
SET    next_at = now() + make_interval(secs => $4), lease_until = NULL, lease_token = NULL, last_error = $5, bounced = $6,
       done_at = CASE WHEN $7 OR now() + make_interval(secs => $4) > created_at + make_interval(secs => $8) THEN now() END,
       gave_up_at = CASE WHEN $7 OR now() + make_interval(secs => $4) > created_at + make_interval(secs => $8) THEN now() END
WHERE  store_id = $1 AND id = $2 AND lease_token = $3
RETURNING gave_up_at IS NOT NULL`

// Retry says when a failed job is tried again.
type Retry struct {
	In     time.Duration
	Within time.Duration // of the job's making; then it is given up
}

// FailJob takes down why a job could not be done; gaveUp tells that it will not
// be tried again. Nothing happens when its lease is somebody else's by now.
func (s *Store) FailJob(ctx context.Context, storeID int64, j shop.Job, why shop.Undelivered, r Retry) (gaveUp bool, err error) {
	defer explain(&err, "failing job %d of store %d", j.ID, storeID)
	err = s.tx(ctx, func(t tx) error {
		gaveUp = false
		_, err := found(t.get(&gaveUp, failJob, storeID, j.ID, j.Lease, r.In.Seconds(), why.Reason, why.Bounced, why.ForGood, r.Within.Seconds()))
		return err
	})
	return gaveUp, err
}

const releaseJob = `
UPDATE jobs
SET    lease_until = NULL, lease_token = NULL, attempts = attempts - 1
WHERE  store_id = $1 AND id = $2 AND lease_token = $3`

// ReleaseJob hands a lease back, as if it had not been taken.
func (s *Store) ReleaseJob(ctx context.Context, storeID int64, j shop.Job) (err error) {
	defer explain(&err, "releasing job %d of store %d", j.ID, storeID)
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(releaseJob, storeID, j.ID, j.Lease)
		return err
	})
}
