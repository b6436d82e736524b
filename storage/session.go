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
s.store_id, s.token_hash, s.id, s.last_seen_at < now() - interval '1 minute' AS stale, st.config_version,
c.id AS "customer.id", c.email AS "customer.email", c.email_key AS "customer.email_key",
c.email_verified_at IS NOT NULL AS "customer.email_verified", c.first_name AS "customer.first_name",
c.last_name AS "customer.last_name", c.company AS "customer.company", c.phone AS "customer.phone",
c.tax_exempt_category AS "customer.tax_exempt_category", COALESCE(c.group_id, 0) AS "customer.group_id",
c.channel_ids AS "customer.channel_ids", COALESCE(c.cart_entity_id, '') AS "customer.cart_id",
c.version AS "customer.version"`

// A session lives while it is not revoked, not over its time, seen within $3
// seconds, of the customer's present epoch, and the customer is not disabled. A
// store may take less than $3, and count from the login.
const sessionLives = `
s.revoked_at IS NULL AND s.expires_at > now() AND s.epoch = c.session_epoch AND c.disabled_at IS NULL
AND CASE WHEN (st.settings #>> '{inactivity,fromLogin}')::boolean THEN s.created_at ELSE s.last_seen_at END
    > now() - make_interval(secs => LEAST($3, (st.settings #>> '{inactivity,seconds}')::double precision))`

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
	session := &shop.Session{ID: row.ID, TokenHash: row.TokenHash, Stale: row.Stale, Customer: row.Customer.customer()}
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

// Login is what a proved password turns into a session.
type Login struct {
	CustomerID int64
	// Verified is the password hash that was checked: the session is only made
	// while it is still the customer's.
	Verified string
	// Rehashed replaces it when its parameters were old; "" keeps it.
	Rehashed  string
	TokenHash [32]byte
	ID        string
	ChannelID int64
	Lifetime  time.Duration
	Device    shop.Device
	// CartID is recorded for the customer; "" keeps the recorded one.
	CartID string
	// Old is the session that the request came with; it ends. Nil for none.
	Old []byte
	// Forgive is a limit that this success pays back.
	Forgive []byte
	// Tell is the budget for telling the owner of a login from a network that is
	// new to the account; nil where this one is not.
	Tell *Use
}

const insertSession = `
INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at, user_agent, ip_prefix, origin)
SELECT c.store_id, $4, $5, c.id, c.session_epoch, $5, $6, 'cookie', now() + make_interval(secs => $7), $8, $9, $10
FROM   customers c
WHERE  c.store_id = $1 AND c.id = $2 AND c.password_hash = $3 AND c.disabled_at IS NULL AND NOT c.password_reset_required`

const revokeSession = `
UPDATE sessions SET revoked_at = now(), seq = seq + 1
WHERE  store_id = $1 AND token_hash = $2 AND revoked_at IS NULL`

const endOldestSessions = `
UPDATE sessions SET revoked_at = now(), seq = seq + 1
WHERE  store_id = $1 AND customer_id = $2 AND token_hash IN (
    SELECT token_hash FROM sessions
    WHERE  store_id = $1 AND customer_id = $2 AND revoked_at IS NULL AND expires_at > now()
    ORDER  BY created_at DESC, token_hash
    OFFSET $3)`

const recordLogin = `
UPDATE customers
SET    password_hash = COALESCE(NULLIF($3, ''), password_hash), cart_entity_id = COALESCE(NULLIF($4, ''), cart_entity_id)
WHERE  store_id = $1 AND id = $2`

// Login makes the session, ends the one before it and the oldest beyond
// shop.SessionsPerCustomer, and gives the customer as of then. ok is false when
// the password or the account changed since the check: the account may be disabled
// or gone, or its password have to be reset.
func (s *Store) Login(ctx context.Context, storeID int64, in Login) (customer shop.Customer, ok bool, err error) {
	defer explain(&err, "logging in customer %d of store %d", in.CustomerID, storeID)
	err = s.tx(ctx, func(t tx) error {
		n, err := t.exec(insertSession, storeID, in.CustomerID, in.Verified, in.TokenHash[:], in.ID, in.ChannelID,
			in.Lifetime.Seconds(), in.Device.UserAgent, in.Device.IPPrefix, in.Device.Origin)
		if orphaned(err) { // deleted while this waited: the next try finds nobody
			return errOvertaken
		}
		if ok = n == 1; err != nil || !ok {
			return err
		}
		// The customer's row before sessions' rows: so does whoever ends them all.
		if in.Rehashed != "" || in.CartID != "" {
			if _, err := t.exec(recordLogin, storeID, in.CustomerID, in.Rehashed, in.CartID); err != nil {
				return err
			}
		}
		if in.Old != nil {
			if _, err := t.exec(revokeSession, storeID, in.Old); err != nil {
				return err
			}
		}
		if _, err := t.exec(endOldestSessions, storeID, in.CustomerID, shop.SessionsPerCustomer); err != nil {
			return err
		}
		if _, err := t.exec(forgetLimit, storeID, in.Forgive); err != nil {
			return err
		}
		if err := t.tellOfLogin(storeID, in); err != nil {
			return err
		}
		customer, err = t.customer(storeID, in.CustomerID)
		return err
	})
	return customer, ok, err
}

// Sessions are kept for 90 days. Whoever had none in that time may have been
// away, and is not told of a first login.
const strangeLogin = `
SELECT EXISTS (SELECT 1 FROM sessions WHERE store_id = $1 AND customer_id = $2 AND token_hash <> $3)
AND    NOT EXISTS (SELECT 1 FROM sessions WHERE store_id = $1 AND customer_id = $2 AND token_hash <> $3 AND ip_prefix = $4
                   AND created_at > now() - interval '90 days')`

// tellOfLogin has the owner told of a login from where none was before, within
// the budget for that.
func (t tx) tellOfLogin(storeID int64, in Login) error {
	if in.Tell == nil {
		return nil
	}
	var strange bool
	if err := t.get(&strange, strangeLogin, storeID, in.CustomerID, in.TokenHash[:], in.Device.IPPrefix); err != nil || !strange {
		return err
	}
	if within, err := t.takeOne(storeID, *in.Tell); err != nil || !within {
		return err
	}
	return t.addEvent(storeID, event{scope: shop.EventNewDevice, entity: "customer", id: in.CustomerID},
		shop.EventData{ChannelID: in.ChannelID, Session: in.ID})
}

// EndSession revokes a session; one that is over stays as it is.
func (s *Store) EndSession(ctx context.Context, storeID int64, tokenHash []byte) (err error) {
	defer explain(&err, "ending a session of store %d", storeID)
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(revokeSession, storeID, tokenHash)
		return err
	})
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

const knownPrefix = `
SELECT EXISTS (
    SELECT 1
    FROM   customers c
    JOIN   sessions s ON s.store_id = c.store_id AND s.customer_id = c.id
    WHERE  c.store_id = $1 AND c.email_key = $2 AND s.ip_prefix = $3 AND s.created_at > now() - interval '90 days')`

// KnownPrefix tells whether somebody logged in to the account from that network
// within 90 days; false for an account that is not there.
func (s *Store) KnownPrefix(ctx context.Context, storeID int64, emailKey, prefix string) (known bool, err error) {
	defer explain(&err, "looking for earlier logins in store %d", storeID)
	err = s.get(ctx, &known, knownPrefix, storeID, emailKey, prefix)
	return known, err
}
