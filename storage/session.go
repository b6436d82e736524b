package storage

import (
	"context"
	"slices"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

type sessionKey struct {
	store int64
	hash  [32]byte
}

// sessionRow is a live session, the customer behind it, and the version of the
// store's configuration, all of one moment.
type sessionRow struct {
	StoreID       int64
	TokenHash     []byte
	ID            string
	Kind          shop.SessionKind
	ExpiresAt     time.Time
	Stale         bool
	Customer      customerRow
	ConfigVersion int64
}

func (r *sessionRow) clone() *sessionRow {
	c := *r
	c.TokenHash = slices.Clone(c.TokenHash)
	c.Customer.ChannelIDs = slices.Clone(c.Customer.ChannelIDs)
	return &c
}

const sessionColumns = `
s.store_id, s.token_hash, s.id, s.kind, s.expires_at, s.last_seen_at < now() - interval '1 minute' AS stale, st.config_version,
c.id AS "customer.id", c.email AS "customer.email", c.email_key AS "customer.email_key",
c.email_verified_at IS NOT NULL AS "customer.email_verified", c.first_name AS "customer.first_name",
c.last_name AS "customer.last_name", c.company AS "customer.company", c.phone AS "customer.phone",
c.tax_exempt_category AS "customer.tax_exempt_category", COALESCE(c.group_id, 0) AS "customer.group_id",
c.channel_ids AS "customer.channel_ids", COALESCE(c.cart_entity_id, '') AS "customer.cart_id",
c.version AS "customer.version"`

// Where its store counts inactivity from, and how long it takes: $3 seconds, or
// less if the store says so. A customer access token has the store's alone, since
// no browser was closed over it.
const (
	sessionSeen     = `CASE WHEN (st.settings #>> '{inactivity,fromLogin}')::boolean THEN s.created_at ELSE s.last_seen_at END`
	sessionPatience = `make_interval(secs => LEAST(CASE s.kind WHEN 'token' THEN 1e9 ELSE $3 END,
    (st.settings #>> '{inactivity,seconds}')::double precision))`
)

// A session lives while it is not revoked, not over its time, seen recently
// enough, of the customer's present epoch, and the customer is not disabled.
const sessionLives = `
s.revoked_at IS NULL AND s.expires_at > now() AND s.epoch = c.session_epoch AND c.disabled_at IS NULL
AND ` + sessionSeen + ` > now() - ` + sessionPatience

const oneSession = `
SELECT ` + sessionColumns + `
FROM   sessions s
JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
JOIN   stores st ON st.id = s.store_id
WHERE  s.store_id = $1 AND s.token_hash = $2 AND ` + sessionLives
const manySessions = `
SELECT ` + sessionColumns + `
FROM   unnest($1::bigint[], $2::bytea[]) AS k (store_id, token_hash)
JOIN   sessions s ON s.store_id = k.store_id AND s.token_hash = k.token_hash
JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
JOIN   stores st ON st.id = s.store_id
WHERE  ` + sessionLives

// Session finds the live session of a token's SHA-256, and the version of the
// store's configuration of the same moment.
func (s *Store) Session(ctx context.Context, storeID int64, tokenHash [32]byte) (_ *shop.Session, configVersion int64, ok bool, err error) {
	defer explain(&err, "loading a session of store %d", storeID)
	row, ok, err := s.sessions.Load(ctx, sessionKey{storeID, tokenHash})
	if err != nil || !ok {
		return nil, 0, false, err
	}
	session := &shop.Session{
		ID: row.ID, TokenHash: row.TokenHash, Kind: row.Kind, ExpiresAt: row.ExpiresAt, Stale: row.Stale, Customer: row.Customer.customer(),
	}
	return session, row.ConfigVersion, true, nil
}

func (s *Store) fetchSessions(ctx context.Context, keys []sessionKey) (map[sessionKey]*sessionRow, error) {
	rows := make([]sessionRow, 0, len(keys))
	var err error
	if len(keys) == 1 {
		err = s.list(ctx, &rows, oneSession, keys[0].store, keys[0].hash[:], s.idle.Seconds())
	} else {
		stores, hashes := make(pq.Int64Array, len(keys)), make(pq.ByteaArray, len(keys))
		for i := range keys {
			stores[i], hashes[i] = keys[i].store, keys[i].hash[:]
		}
		err = s.list(ctx, &rows, manySessions, stores, hashes, s.idle.Seconds())
	}
	if err != nil {
		return nil, err
	}
	out := make(map[sessionKey]*sessionRow, len(rows))
	for i := range rows {
		out[sessionKey{rows[i].StoreID, [32]byte(rows[i].TokenHash)}] = &rows[i]
	}
	return out, nil
}

// The conditions make a late touch harmless: it can neither revive a session nor
// write more than once a minute, however many requests run at once.
const touchSession = `
UPDATE sessions SET last_seen_at = now(), seq = seq + 1
WHERE  store_id = $1 AND token_hash = $2 AND revoked_at IS NULL AND last_seen_at < now() - interval '1 minute'`

// TouchSession notes that a session was seen.
func (s *Store) TouchSession(ctx context.Context, storeID int64, tokenHash []byte) (err error) {
	defer explain(&err, "touching a session of store %d", storeID)
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(touchSession, storeID, tokenHash)
		return err
	})
}
