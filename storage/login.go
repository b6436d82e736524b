package storage

import (
	"context"
	"time"

	"regulars/internal/shop"
)

// NewSession is a session that is about to begin.
type NewSession struct {
	TokenHash [32]byte
	ID        string
	Kind      shop.SessionKind
	ChannelID int64
	Lifetime  time.Duration
	Device    shop.Device
}

// Once is something that works one time. It is kept for as long as it could be
// tried again.
type Once struct {
	Issuer, ID string
	Keep       time.Duration
}

// Login is what turns into a session.
type Login struct {
	NewSession
	CustomerID int64
	// Verified is the password hash that was checked: the session is only made
	// while it is still the customer's. Nil when somebody vouches for the shopper.
	Verified *string
	// Once is what the shopper was vouched for with; nil for a password.
	Once *Once
	// Rehashed replaces it when its parameters were old; "" keeps it.
	Rehashed string
	// CartID is recorded for the customer; "" keeps the recorded one.
	CartID string
	// Old is the session that the request came with; it ends. Nil for none.
	Old []byte
	// Proves: the mailbox counts as proved from now on.
	Proves bool
	// Forgive is a limit that this success pays back; nil for none.
	Forgive []byte
	// Tell is the budget for telling the owner of a login from a network that is
	// new to the account; nil where this one is not.
	Tell *Use
}

// Whole seconds: a customer access token says them. The row is kept for as long
// as a login from its network counts as known, and as it lives.
const insertSession = `
INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at, keep_until, user_agent, ip_prefix, origin)
SELECT c.store_id, $4, $5, c.id, c.session_epoch, $5, $6, $7, date_trunc('second', now()) + make_interval(secs => $8),
       GREATEST(now() + interval '90 days', now() + make_interval(secs => $8) + interval '1 day'), $9, $10, $11
FROM   customers c
WHERE  c.store_id = $1 AND c.id = $2 AND c.disabled_at IS NULL
AND    ($3::text IS NULL OR (c.password_hash = $3 AND NOT c.password_reset_required))
RETURNING expires_at`

// beginSession gives the time at which the new session ends; ok is false when
// the account is not as it was when it was proved.
func (t tx) beginSession(storeID, customerID int64, verified *string, in NewSession) (expires time.Time, ok bool, err error) {
	ok, err = found(t.get(&expires, insertSession, storeID, customerID, verified, in.TokenHash[:], in.ID, in.ChannelID, in.Kind,
		in.Lifetime.Seconds(), in.Device.UserAgent, in.Device.IPPrefix, in.Device.Origin))
	if orphaned(err) { // deleted while this waited: the next try finds nobody
		err = errOvertaken
	}
	return expires, ok, err
}

const insertJTI = `
INSERT INTO jtis (store_id, issuer, jti, expires_at)
VALUES ($1, $2, $3, now() + make_interval(secs => $4))
ON CONFLICT (store_id, issuer, jti) DO NOTHING`

// useOnce tells whether this is the first time. A transaction that goes on to
// fail has used nothing.
func (t tx) useOnce(storeID int64, o Once) (first bool, err error) {
	n, err := t.exec(insertJTI, storeID, o.Issuer, o.ID, o.Keep.Seconds())
	return n == 1, err
}

// A better hash is one of the password that was checked: it has no business where
// there is another by now.
const recordLogin = `
UPDATE customers
SET    password_hash = CASE WHEN $3 <> '' AND password_hash = $5 THEN $3 ELSE password_hash END,
       cart_entity_id = COALESCE(NULLIF($4, ''), cart_entity_id)
WHERE  store_id = $1 AND id = $2`

// Login makes the session, ends the one before it and the oldest beyond
// shop.SessionsPerCustomer, and gives it with the customer as of then. ok is false
// when the password or the account changed since the check: the account may be
// disabled or gone, or its password have to be reset; and when what works once was
// used before.
func (s *Store) Login(ctx context.Context, storeID int64, in Login) (session shop.Session, ok bool, err error) {
	defer explain(&err, "logging in customer %d of store %d", in.CustomerID, storeID)
	session = shop.Session{ID: in.ID, TokenHash: in.TokenHash[:], Kind: in.Kind}
	err = s.tx(ctx, func(t tx) error {
		if in.Once != nil {
			if ok, err = t.useOnce(storeID, *in.Once); err != nil || !ok {
				return err
			}
		}
		if in.Old != nil {
			if _, err := t.lockOwner(storeID, in.Old); err != nil {
				return err
			}
		}
		if session.ExpiresAt, ok, err = t.beginSession(storeID, in.CustomerID, in.Verified, in.NewSession); err != nil || !ok {
			return err
		}
		// The customer's row before sessions' rows: so does whoever ends them all.
		if in.Rehashed != "" || in.CartID != "" {
			if _, err := t.exec(recordLogin, storeID, in.CustomerID, in.Rehashed, in.CartID, in.Verified); err != nil {
				return err
			}
		}
		if in.Proves {
			if err := t.proveMailbox(storeID, in.CustomerID); err != nil {
				return err
			}
		}
		if err := t.settleLogin(storeID, in); err != nil {
			return err
		}
		session.Customer, err = t.customer(storeID, in.CustomerID)
		return err
	})
	return session, ok, err
}

// settleLogin is what a login means for the sessions before it, for limits, and
// for the owner.
func (t tx) settleLogin(storeID int64, in Login) error {
	if in.Old != nil {
		if _, err := t.exec(endFamily, storeID, in.Old); err != nil {
			return err
		}
	}
	if _, err := t.exec(endOldestSessions, storeID, in.CustomerID, shop.SessionsPerCustomer); err != nil {
		return err
	}
	if in.Forgive != nil {
		if _, err := t.exec(forgetLimit, storeID, in.Forgive); err != nil {
			return err
		}
	}
	return t.tellOfLogin(storeID, in)
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
