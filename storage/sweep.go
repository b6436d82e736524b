package storage

import (
	"context"
	"slices"
	"time"

	"regulars/internal/shop"
)

// sweepBatch is how many rows one statement of the sweep takes: locks stay
// short, however much has piled up.
const sweepBatch = 1000

// Ended sessions are kept until a login from their network no longer counts as
// known (90 days after they began). That of rows from before the column may be too
// early for a long life.
const sweepSessions = `
DELETE FROM sessions
WHERE  store_id = $1 AND token_hash IN (
    SELECT token_hash FROM sessions
    WHERE  store_id = $1 AND keep_until < now() AND expires_at < now() - interval '1 day'
    ORDER  BY keep_until LIMIT $2)`

const sweepLimits = `
DELETE FROM rate_limits
WHERE  store_id = $1 AND key IN (
    SELECT key FROM rate_limits WHERE store_id = $1 AND tat < (EXTRACT(epoch FROM now()) * 1000000)::bigint LIMIT $2)`

// An event goes once it has its place in the feed and nothing of it is left to
// be delivered.
const sweepEvents = `
DELETE FROM events
WHERE  store_id = $1 AND id IN (
    SELECT id FROM events e
    WHERE  e.store_id = $1 AND e.at < now() - interval '30 days' AND e.position IS NOT NULL
    AND    NOT EXISTS (SELECT 1 FROM jobs j WHERE j.store_id = e.store_id AND j.event_id = e.id AND j.done_at IS NULL)
    LIMIT  $2)`

const sweepJobs = `
DELETE FROM jobs
WHERE  store_id = $1 AND id IN (
    SELECT id FROM jobs WHERE store_id = $1 AND done_at < now() - interval '7 days' LIMIT $2)`

// Tokens outlive their time as long as a mail may still have to say what was
// done with one.
const sweepTokens = `
DELETE FROM tokens
WHERE  store_id = $1 AND hash IN (
    SELECT hash FROM tokens WHERE store_id = $1 AND expires_at < now() - interval '7 days' LIMIT $2)`

const sweepRegistrations = `
DELETE FROM registrations
WHERE  store_id = $1 AND id IN (
    SELECT id FROM registrations WHERE store_id = $1 AND asked_at < now() - interval '7 days' LIMIT $2)`

const sweepJTIs = `
DELETE FROM jtis
WHERE  store_id = $1 AND (issuer, jti) IN (
    SELECT issuer, jti FROM jtis WHERE store_id = $1 AND expires_at < now() LIMIT $2)`

// The network an agreement came from is kept for 90 days; its digest stays, so
// that the chain still verifies.
const sweepPrefixes = `
UPDATE consents SET ip_prefix = NULL, ip_salt = NULL
WHERE  store_id = $1 AND (subscriber_id, seq) IN (
    SELECT subscriber_id, seq FROM consents
    WHERE  store_id = $1 AND ip_salt IS NOT NULL AND at < now() - interval '90 days' LIMIT $2)`

// Lines that a dead import left behind, of one at a time. A bound and not IN: see
// dropLeftovers.
const sweepImports = `
WITH dead AS MATERIALIZED (
    SELECT r.run_id, r.line
    FROM   import_runs i
    JOIN   import_rows r ON r.store_id = i.store_id AND r.run_id = i.id
    WHERE  i.store_id = $1 AND i.started_at < now() - interval '7 days'
    ORDER  BY r.run_id, r.line LIMIT $2
), oldest AS MATERIALIZED (
    SELECT run_id, max(line) AS line FROM dead GROUP BY run_id ORDER BY run_id LIMIT 1
)
DELETE FROM import_rows
WHERE  store_id = $1 AND run_id = (SELECT run_id FROM oldest) AND line <= (SELECT line FROM oldest)`

// Sweep removes what is over its time in one store, a batch of each kind. more
// tells that a batch was full.
func (s *Store) Sweep(ctx context.Context, storeID int64) (more bool, err error) {
	defer explain(&err, "sweeping store %d", storeID)
	for _, statement := range []string{sweepSessions, sweepLimits, sweepJobs, sweepEvents, sweepTokens, sweepRegistrations, sweepJTIs, sweepPrefixes, sweepImports} {
		err := s.tx(ctx, func(t tx) error {
			n, err := t.exec(statement, storeID, sweepBatch)
			more = more || n == sweepBatch
			return err
		})
		if err != nil {
			return false, err
		}
	}
	n, err := s.expirePending(ctx, storeID)
	return more || n == expireBatch, err
}

// drain runs a statement that takes a number of rows as its last argument, until
// none are left.
func (s *Store) drain(ctx context.Context, statement string, args ...any) error {
	for {
		var n int64
		err := s.tx(ctx, func(t tx) (err error) {
			n, err = t.exec(statement, append(slices.Clone(args), sweepBatch)...)
			return err
		})
		if err != nil || n < sweepBatch {
			return err
		}
	}
}

// expireBatch is small: each pending sign-up takes several statements.
const expireBatch = 100

const overduePending = `
SELECT ` + lockedColumns + `
FROM   subscribers
WHERE  store_id = $1 AND state = 'PENDING' AND pending_until < now()
ORDER  BY pending_until
LIMIT  $2
FOR    UPDATE SKIP LOCKED`

// expirePending puts sign-ups that nobody confirmed back to where they came
// from, and forgets those that came from nowhere.
func (s *Store) expirePending(ctx context.Context, storeID int64) (n int, err error) {
	err = s.tx(ctx, func(t tx) error {
		var overdue []lockedSubscriber
		if err := t.list(&overdue, overduePending, storeID, expireBatch); err != nil {
			return err
		}
		n = len(overdue)
		for _, b := range overdue {
			last, err := t.lastConsent(storeID, b)
			if err != nil {
				return err
			}
			step := shop.Expire(b.StateBefore)
			row := shop.Consent{
				StoreID: storeID, SubscriberID: b.ID, Seq: b.NextSeq, Action: step.Action, Purpose: shop.PurposeNewsletter,
				Origin: last.Origin, ChannelID: last.ChannelID, Actor: shop.ActorSystem, At: b.Now.Truncate(time.Microsecond),
			}
			row.SaltEmail(b.EmailKey)
			if err := t.append(b, step, &row); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
