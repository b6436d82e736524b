package storage

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

const nextSubscriberIDs = `
SELECT nextval(pg_get_serial_sequence('subscribers', 'id')::regclass) FROM generate_series(1, $1)`

// subscriberJSON is one element of what the statement below unfolds: a new
// subscriber and the consent row that made it.
type subscriberJSON struct {
	ID          int64     `json:"id"`
	Email       string    `json:"email"`
	EmailKey    string    `json:"email_key"`
	FirstName   string    `json:"first_name"`
	LastName    string    `json:"last_name"`
	State       string    `json:"state"`
	Purposes    []string  `json:"purposes"`
	Origin      string    `json:"origin"`
	Source      *string   `json:"source"`
	OrderID     *int64    `json:"order_id"`
	ChannelID   int64     `json:"channel_id"`
	DateCreated time.Time `json:"date_created"`
	Reason      string    `json:"suppressed_reason"`
	Action      string    `json:"action"`
	At          time.Time `json:"at"`
	EmailDigest string    `json:"email_digest"`
	EmailSalt   string    `json:"email_salt"`
	Hash        string    `json:"hash"`
}

const insertSubscribers = `
WITH d AS (
    SELECT d.id, d.email, d.email_key, d.first_name, d.last_name, d.state, d.purposes, d.origin, d.source, d.order_id, d.channel_id,
           d.date_created, d.suppressed_reason, d.action, d.at, d.email_digest, d.email_salt, d.hash
    FROM   json_to_recordset($2::json) AS d (id bigint, email text, email_key text, first_name text, last_name text, state text,
                           purposes text[], origin text, source text, order_id bigint, channel_id bigint, date_created timestamptz,
                           suppressed_reason text, action text, at timestamptz, email_digest bytea, email_salt bytea, hash bytea)
), made AS (
    INSERT INTO subscribers (store_id, id, email, email_key, first_name, last_name, state, state_since, purposes, origin, source,
                             order_id, channel_id, suppressed_reason, next_seq, head_hash, date_created)
    SELECT $1, d.id, d.email, d.email_key, d.first_name, d.last_name, d.state, d.at, d.purposes, d.origin, d.source,
           d.order_id, d.channel_id, NULLIF(d.suppressed_reason, ''), 2, d.hash, d.date_created
    FROM   d
    ON CONFLICT (store_id, email_key) DO NOTHING
    RETURNING id
), kept AS (
    INSERT INTO consents (store_id, subscriber_id, seq, action, purpose, origin, channel_id, order_id, actor, at, email_digest,
                          email_salt, hash)
    SELECT $1, d.id, 1, d.action, $3, d.origin, d.channel_id, d.order_id, $4, d.at, d.email_digest, d.email_salt, d.hash
    FROM   d JOIN made m ON m.id = d.id
)
INSERT INTO events (store_id, scope, entity, entity_id, entity_version, data)
SELECT $1, 'store/subscriber/created', 'subscriber', m.id, 1, jsonb_build_object('type', 'subscriber', 'id', m.id)
FROM   made m
ORDER  BY m.id`

const suppressedBecause = `
UPDATE subscribers SET suppressed_reason = $3 WHERE store_id = $1 AND id = $2`

// write stores what was taken: subscriber, consent row and event, each chain
// sealed.
func (n *news) write(t tx) error {
	if len(n.order) > 0 {
		if err := n.writeFresh(t); err != nil {
			return err
		}
	}
	for _, s := range n.steps {
		b := s.b.lockedSubscriber
		b.State, b.StateBefore, b.fresh = s.from, s.before, false
		row := n.consent(b, s.step, &s.said)
		err := t.append(b, s.step, &row)
		if err == nil && s.step.To == shop.StateSuppressed {
			_, err = t.exec(suppressedBecause, n.run.StoreID, b.ID, s.said.SuppressedReason)
		}
		if err != nil {
			return fmt.Errorf("subscriber %d: %w", b.ID, err)
		}
		s.b.NextSeq, s.b.HeadHash, s.b.Version = b.NextSeq+1, row.Hash, b.Version+1
	}
	return nil
}

// number gives ids to those who are new.
func (n *news) number(t tx) error {
	fresh := make([]*int64, len(n.order))
	for i, b := range n.order {
		fresh[i] = &b.ID
	}
	return t.number(nextSubscriberIDs, fresh)
}

const present = `
SELECT now()`

func (n *news) writeFresh(t tx) error {
	var now time.Time
	if err := t.get(&now, present); err != nil {
		return err
	}
	rows := make([]subscriberJSON, len(n.order))
	for i, b := range n.order {
		b.Now = now
		rows[i] = n.fresh(b)
	}
	return execJSON(t, insertSubscribers, n.run.StoreID, rows, shop.PurposeNewsletter, shop.ActorImport)
}

func (n *news) consent(b lockedSubscriber, step shop.Step, said *shop.ImportedSubscriber) shop.Consent {
	c := shop.Consent{
		StoreID: n.run.StoreID, SubscriberID: b.ID, Seq: max(1, b.NextSeq), Action: step.Action, Purpose: shop.PurposeNewsletter,
		Origin: said.Origin, ChannelID: said.ChannelID, OrderID: deref(said.OrderID), Actor: shop.ActorImport, At: b.Now.UTC(),
	}
	if said.Since != nil {
		c.At = said.Since.UTC()
	}
	c.At = c.At.Truncate(time.Microsecond)
	c.SaltEmail(said.Email.Key)
	return c
}

func (n *news) fresh(b *knownSubscriber) subscriberJSON {
	step := shop.Import(shop.StateNone, shop.StateNone, b.said.State)
	c := n.consent(b.lockedSubscriber, step, &b.said)
	c.Seal(nil)
	b.NextSeq, b.HeadHash, b.Version = 2, c.Hash, 1 // the file may speak of it again
	out := subscriberJSON{
		ID: b.ID, Email: b.said.Email.Text, EmailKey: b.said.Email.Key, FirstName: b.FirstName, LastName: b.LastName,
		State: string(step.To), Purposes: purposes(step), Origin: string(b.said.Origin), OrderID: b.said.OrderID,
		ChannelID: b.said.ChannelID, Reason: b.said.SuppressedReason, DateCreated: c.At, Action: string(c.Action), At: c.At,
		EmailDigest: hexOf(c.EmailDigest), EmailSalt: hexOf(c.EmailSalt), Hash: hexOf(c.Hash),
	}
	if b.Source != "" {
		out.Source = &b.Source
	}
	if b.said.DateCreated != nil {
		out.DateCreated = *b.said.DateCreated
	}
	return out
}

// hexOf is bytes as Postgres reads them in JSON.
func hexOf(b []byte) string { return `\x` + hex.EncodeToString(b) }

const updateSubscriberNames = `
UPDATE subscribers
SET    first_name = $3, last_name = $4, source = NULLIF($5, ''), version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2
RETURNING version`

// renameSubscriber has an event of its own: no agreement changed.
func (t tx) renameSubscriber(storeID int64, b *knownSubscriber) error {
	var version int64
	if err := t.get(&version, updateSubscriberNames, storeID, b.ID, b.FirstName, b.LastName, b.Source); err != nil {
		return err
	}
	return t.addEvent(storeID, event{"store/subscriber/updated", "subscriber", b.ID, version, pq.StringArray{"names"}})
}
