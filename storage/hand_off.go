package storage

import (
	"context"
	"time"

	"regulars/internal/shop"
)

// HandOff is a session that goes on in another channel.
type HandOff struct {
	NewSession
	// Source is the id of the session that is handed on; "" for a guest.
	Source string
	// Global tells that the channel takes customers of all channels.
	Global bool
	// Once is the token that says so.
	Once Once
	// Old is the session that the request came with; it ends. Nil for none.
	Old []byte
}

const lockSource = `
SELECT c.id
FROM   customers c
WHERE  c.store_id = $1 AND c.id = (SELECT customer_id FROM sessions WHERE store_id = $1 AND id = $2)
FOR    UPDATE`

// Not beyond the end of the one it comes from.
const insertRelative = `
INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at, user_agent, ip_prefix, origin)
SELECT s.store_id, $4, $5, s.customer_id, s.epoch, s.family, $6, $7,
       LEAST(s.expires_at, date_trunc('second', now()) + make_interval(secs => $8)), $9, $10, $11
FROM   sessions s
JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
JOIN   stores st ON st.id = s.store_id
WHERE  s.store_id = $1 AND s.id = $2 AND (CASE WHEN c.channel_ids IS NULL THEN $12 ELSE $6 = ANY (c.channel_ids) END) AND ` + sessionLives + `
RETURNING expires_at, family`

// A shopper who is handed on twice replaces the relative of the first time; its
// family goes on.
const endReplaced = `
UPDATE sessions s SET revoked_at = now(), seq = s.seq + 1
FROM   sessions o
WHERE  s.store_id = $1 AND o.store_id = $1 AND o.token_hash = $2 AND s.customer_id = o.customer_id AND s.family = o.family
AND    s.revoked_at IS NULL AND (s.family <> $3 OR s.token_hash = $2)`

// HandOff makes a session of the source's family, which ends with it. For a guest
// it only uses the token up. ok is false when that was used before, the source is
// over, or the channel does not admit its customer.
func (s *Store) HandOff(ctx context.Context, storeID int64, in HandOff) (session shop.Session, ok bool, err error) {
	defer explain(&err, "handing on a session of store %d", storeID)
	session = shop.Session{ID: in.ID, TokenHash: in.TokenHash[:], Kind: in.Kind}
	err = s.tx(ctx, func(t tx) error {
		if ok, err = t.useOnce(storeID, in.Once); err != nil || !ok {
			return err
		}
		if in.Source != "" {
			if ok, err = t.handOn(storeID, s.idle, in, &session); err != nil || !ok {
				return err
			}
		}
		return nil
	})
	return session, ok, err
}

func (t tx) handOn(storeID int64, idle time.Duration, in HandOff, session *shop.Session) (ok bool, err error) {
	if in.Old != nil {
		if _, err := t.lockOwner(storeID, in.Old); err != nil {
			return false, err
		}
	}
	var customerID int64
	if ok, err = found(t.get(&customerID, lockSource, storeID, in.Source)); err != nil || !ok {
		return false, err
	}
	var made struct {
		ExpiresAt time.Time
		Family    string
	}
	ok, err = found(t.get(&made, insertRelative, storeID, in.Source, idle.Seconds(), in.TokenHash[:], in.ID, in.ChannelID, in.Kind,
		in.Lifetime.Seconds(), in.Device.UserAgent, in.Device.IPPrefix, in.Device.Origin, in.Global))
	if err != nil || !ok {
		return false, err
	}
	session.ExpiresAt = made.ExpiresAt
	if in.Old != nil {
		if _, err := t.exec(endReplaced, storeID, in.Old, made.Family); err != nil {
			return false, err
		}
	}
	if _, err := t.exec(endOldestSessions, storeID, customerID, shop.SessionsPerCustomer); err != nil {
		return false, err
	}
	session.Customer, err = t.customer(storeID, customerID)
	return true, err
}

const clock = `
SELECT now()`

// Now is the database's clock, which decides what is over its time.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	defer explain(&err, "asking for the time")
	err = s.get(ctx, &now, clock)
	return now, err
}
