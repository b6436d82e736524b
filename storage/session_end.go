package storage

import (
	"bytes"
	"context"
)

// A session ends together with its family: the sessions on other domains that
// came from the same login. Whoever ends one, or adds one (a hand-off), holds the
// customer's row meanwhile, so that no session slips in between.
const lockOwner = `
SELECT c.id
FROM   customers c
WHERE  c.store_id = $1 AND c.id = (SELECT customer_id FROM sessions WHERE store_id = $1 AND token_hash = $2)
FOR    UPDATE`

const endFamily = `
UPDATE sessions SET revoked_at = now(), seq = seq + 1
WHERE  store_id = $1 AND revoked_at IS NULL
AND    (customer_id, family) = (SELECT customer_id, family FROM sessions WHERE store_id = $1 AND token_hash = $2)`

// lockOwner gives the customer of a session whatever state that is in; 0 when
// there is none.
func (t tx) lockOwner(storeID int64, tokenHash []byte) (customerID int64, err error) {
	_, err = found(t.get(&customerID, lockOwner, storeID, tokenHash))
	return customerID, err
}

// EndSession ends a session and its family; one that is over stays as it is.
// released tells that cart was the one that is recorded for the customer, and is a
// guest's again; "" releases none.
func (s *Store) EndSession(ctx context.Context, storeID int64, tokenHash []byte, cart string) (released bool, err error) {
	defer explain(&err, "ending a session of store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		customerID, err := t.lockOwner(storeID, tokenHash)
		if err != nil {
			return err
		}
		if released, err = t.releaseCart(storeID, customerID, cart); err != nil {
			return err
		}
		_, err = t.exec(endFamily, storeID, tokenHash)
		return err
	})
	return released, err
}

const releaseCart = `
UPDATE customers SET cart_entity_id = NULL WHERE store_id = $1 AND id = $2 AND cart_entity_id = $3`

func (t tx) releaseCart(storeID, customerID int64, cart string) (released bool, err error) {
	if cart == "" {
		return false, nil
	}
	n, err := t.exec(releaseCart, storeID, customerID, cart)
	return n == 1, err
}

const lockCustomer = `
SELECT session_epoch FROM customers WHERE store_id = $1 AND id = $2
FOR    UPDATE`

const endFamilyByID = `
UPDATE sessions SET revoked_at = now(), seq = seq + 1
WHERE  store_id = $1 AND customer_id = $2 AND revoked_at IS NULL AND family = (
    SELECT s.family
    FROM   sessions s
    JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
    JOIN   stores st ON st.id = s.store_id
    WHERE  s.store_id = $1 AND s.customer_id = $2 AND s.id = $4 AND ` + sessionLives + `)
RETURNING token_hash`

// EndSessionByID ends a live session of a customer's, and its family, by the id
// that people see. ok is false when the customer has no such session; self tells
// that the session with that token hash was among them.
func (s *Store) EndSessionByID(ctx context.Context, storeID, customerID int64, id string, tokenHash []byte) (ok, self bool, err error) {
	defer explain(&err, "ending a session of customer %d of store %d", customerID, storeID)
	err = s.tx(ctx, func(t tx) error {
		ok, self = false, false
		var epoch int64
		if there, err := found(t.get(&epoch, lockCustomer, storeID, customerID)); err != nil || !there {
			return err
		}
		var ended [][]byte
		if err := t.list(&ended, endFamilyByID, storeID, customerID, s.idle.Seconds(), id); err != nil {
			return err
		}
		for _, hash := range ended {
			ok, self = true, self || bytes.Equal(hash, tokenHash)
		}
		return nil
	})
	return ok, self, err
}

// A login that runs at the same time may add a row that has read the epoch
// before: hence the epoch, and not the rows that are there by now.
const raiseEpoch = `
UPDATE customers SET session_epoch = session_epoch + 1 WHERE store_id = $1 AND id = $2`

// EndAllSessions ends every session of a customer; cart is as with EndSession.
func (s *Store) EndAllSessions(ctx context.Context, storeID, customerID int64, cart string) (released bool, err error) {
	defer explain(&err, "ending all sessions of customer %d of store %d", customerID, storeID)
	err = s.tx(ctx, func(t tx) error {
		if released, err = t.releaseCart(storeID, customerID, cart); err != nil {
			return err
		}
		_, err := t.exec(raiseEpoch, storeID, customerID)
		return err
	})
	return released, err
}

const isLive = `
SELECT EXISTS (
    SELECT 1
    FROM   sessions s
    JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
    JOIN   stores st ON st.id = s.store_id
    WHERE  s.store_id = $1 AND s.token_hash = $2 AND s.customer_id = $4 AND ` + sessionLives + `)`

// EndOtherSessions ends every session of a customer but one and its family. ok is
// false when that one is over: then nothing happens.
func (s *Store) EndOtherSessions(ctx context.Context, storeID, customerID int64, tokenHash []byte) (ok bool, err error) {
	defer explain(&err, "ending other sessions of customer %d of store %d", customerID, storeID)
	err = s.tx(ctx, func(t tx) error {
		var epoch int64
		if ok, err = found(t.get(&epoch, lockCustomer, storeID, customerID)); err != nil || !ok {
			return err
		}
		if err := t.get(&ok, isLive, storeID, tokenHash, s.idle.Seconds(), customerID); err != nil || !ok {
			return err
		}
		if _, err := t.exec(renewEpoch, storeID, tokenHash, customerID); err != nil {
			return err
		}
		_, err = t.exec(raiseEpoch, storeID, customerID)
		return err
	})
	return ok, err
}

// renewEpoch lets a session and its family outlive that the customer's epoch
// rises, in the same transaction. One that was of an older epoch stays dead.
const renewEpoch = `
UPDATE sessions SET epoch = epoch + 1, seq = seq + 1
WHERE  store_id = $1 AND customer_id = $3 AND revoked_at IS NULL
AND    family = (SELECT family FROM sessions WHERE store_id = $1 AND token_hash = $2 AND customer_id = $3 AND revoked_at IS NULL)`

// What an epoch has ended goes as well: it counts for none of those that live.
const endOldestSessions = `
UPDATE sessions SET revoked_at = now(), seq = seq + 1
WHERE  store_id = $1 AND customer_id = $2 AND revoked_at IS NULL
AND    (epoch < (SELECT session_epoch FROM customers WHERE store_id = $1 AND id = $2) OR family IN (
    SELECT family FROM sessions
    WHERE  store_id = $1 AND customer_id = $2 AND revoked_at IS NULL AND expires_at > now()
    AND    epoch = (SELECT session_epoch FROM customers WHERE store_id = $1 AND id = $2)
    ORDER  BY created_at DESC, token_hash
    OFFSET $3))`
