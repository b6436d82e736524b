package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"net/http"
	"time"

	"regulars/internal/shop"
)

const takeLimit = `
INSERT INTO rate_limits AS r (store_id, key, tat)
VALUES ($1, $2, (EXTRACT(epoch FROM now()) * 1000000)::bigint + 30000000)
ON CONFLICT (store_id, key) DO UPDATE SET tat = GREATEST(r.tat, EXCLUDED.tat - 30000000) + 30000000
WHERE  r.tat <= EXCLUDED.tat + 3540000000
RETURNING tat`

const addSubscriber = `
INSERT INTO subscribers (store_id, email, email_key, state, origin, channel_id)
VALUES ($1, $2, $2, 'SUBSCRIBED', $3, 1)
RETURNING id, date_created`

// addTouch writes what Regulars writes for a new address, and as Regulars does
// in one statement: the consent row, the event, and the head of the chain.
const addTouch = `
WITH told AS (
    INSERT INTO events (store_id, scope, entity, entity_id, entity_version, data)
    VALUES ($1, 'store/subscriber/created', 'subscriber', $2, 1, jsonb_build_object('type', 'subscriber', 'id', $2::bigint))
), kept AS (
    INSERT INTO consents (store_id, subscriber_id, seq, action, purpose, origin, channel_id, actor, at, email_digest, email_salt,
                          ip_digest, ip_salt, ip_prefix, hash)
    VALUES ($1, $2, 1, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12, $13)
)
UPDATE subscribers
SET    next_seq = 2, head_hash = $13, purposes = ARRAY[$4], state_since = $7
WHERE  store_id = $1 AND id = $2`

// subscribe signs a new address up: limit, subscriber, consent row and event in
// one transaction.
func (s *server) subscribe(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Email  string                `json:"email"`
		Origin shop.SubscriberOrigin `json:"origin"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	if err := s.signUp(in.Email, in.Origin, shop.Prefix(caller(r))); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, map[string]string{"email": in.Email})
}

func (s *server) signUp(email string, origin shop.SubscriberOrigin, prefix string) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	key := sha256.Sum256([]byte("raw subscribe " + prefix))
	var tat int64
	//nolint:sqlclosecheck // the transaction closes its statements
	if err := tx.Stmt(s.takeLimit).QueryRow(s.store, key[:]).Scan(&tat); err != nil {
		return err // no row: too many
	}
	var id int64
	var at time.Time
	//nolint:sqlclosecheck // as above
	if err := tx.Stmt(s.addSubscriber).QueryRow(s.store, email, origin).Scan(&id, &at); err != nil {
		return err
	}
	if err := s.touch(tx, id, at, email, origin, prefix); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *server) touch(tx *sql.Tx, id int64, at time.Time, email string, origin shop.SubscriberOrigin, prefix string) error {
	c := shop.Consent{
		StoreID: s.store, SubscriberID: id, Seq: 1, Action: shop.ActionSubscribed, Purpose: shop.PurposeNewsletter,
		Origin: origin, ChannelID: 1, Actor: shop.ActorShopper, At: at,
	}
	c.SaltEmail(email)
	c.SaltIP(prefix)
	c.Seal(nil)
	//nolint:sqlclosecheck // the transaction closes it
	_, err := tx.Stmt(s.addTouch).Exec(c.StoreID, c.SubscriberID, c.Action, c.Purpose, c.Origin, c.Actor, c.At,
		c.EmailDigest, c.EmailSalt, c.IPDigest, c.IPSalt, c.IPPrefix, c.Hash)
	return err
}
