package storage

import (
	"github.com/lib/pq"

	"regulars/internal/shop"
)

// appendConsent writes the row, moves the projection and tells the world, in one
// round trip.
const appendConsent = `
WITH told AS (
    INSERT INTO events (store_id, scope, entity, entity_id, entity_version, changed, data)
    VALUES ($1, $25, 'subscriber', $2, $26, $27, jsonb_build_object('type', 'subscriber', 'id', $2::bigint))
), kept AS (
    INSERT INTO consents (store_id, subscriber_id, seq, action, purpose, origin, form, locale, text_hash, channel_id,
                          customer_id, order_id, order_claimed, actor, at, email_digest, email_salt, ip_digest, ip_salt,
                          ip_prefix, prev_hash, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULLIF($11, 0), NULLIF($12, 0), $13, $14, $15, $16, $17, $18, $19,
            NULLIF($20, ''), $21, $22)
)
UPDATE subscribers
SET    state = $23, state_before = $24, next_seq = $3 + 1, head_hash = $22, version = $26, date_modified = now(),
       state_since = CASE WHEN state = $23 AND $3 > 1 THEN state_since ELSE $15 END,
       purposes = $28, pending_until = CASE WHEN $23 = 'PENDING' THEN now() + make_interval(secs => $29) END,
       sole_customer_id = CASE WHEN $14 = 'system' OR sole_customer_id = $11 THEN sole_customer_id END
WHERE  store_id = $1 AND id = $2`

const forgetSubscriber = `
DELETE FROM subscribers WHERE store_id = $1 AND id = $2`

// append writes one consent row to the chain of a subscriber that this
// transaction holds, and what follows from it.
func (t tx) append(b lockedSubscriber, step shop.Step, row *shop.Consent) error {
	row.Seal(b.HeadHash)
	scope, version, changed := "store/subscriber/updated", b.Version+1, []string{"touches"}
	switch {
	case b.fresh:
		scope, version, changed = "store/subscriber/created", b.Version, nil
	case step.Forget:
		scope, changed = "store/subscriber/deleted", nil
	case step.To != b.State:
		changed = []string{"state"}
	}
	to := step.To
	if step.Forget {
		to = b.State // the row goes below; its check knows no empty state
	}
	*t.tells = row.StoreID
	_, err := t.exec(appendConsent, row.StoreID, row.SubscriberID, row.Seq, row.Action, row.Purpose, row.Origin, row.Form,
		row.Locale, row.TextHash, row.ChannelID, row.CustomerID, row.OrderID, row.OrderClaimed, row.Actor, row.At,
		row.EmailDigest, row.EmailSalt, row.IPDigest, row.IPSalt, row.IPPrefix, row.PrevHash, row.Hash,
		to, step.Before, scope, version, pq.StringArray(nonNil(changed)), pq.StringArray(purposes(step)), shop.PendingFor.Seconds())
	if err != nil || !step.Forget {
		return err
	}
	_, err = t.exec(forgetSubscriber, row.StoreID, row.SubscriberID)
	return err
}

// purposes are those agreed to after a step; while pending, the state before it
// still counts.
func purposes(step shop.Step) []string {
	state := step.To
	if state == shop.StatePending {
		state = step.Before
	}
	if state == shop.StateSubscribed {
		return []string{shop.PurposeNewsletter}
	}
	return []string{}
}

const consentColumns = `
store_id, subscriber_id, seq, action, purpose, origin, form, locale, text_hash, channel_id,
COALESCE(customer_id, 0) AS customer_id, COALESCE(order_id, 0) AS order_id, order_claimed, actor, at, email_digest,
email_salt, ip_digest, ip_salt, COALESCE(ip_prefix, '') AS ip_prefix, prev_hash, hash`

const consentAt = `
SELECT ` + consentColumns + `
FROM   consents
WHERE  store_id = $1 AND subscriber_id = $2 AND seq = $3`

func (t tx) lastConsent(storeID int64, b lockedSubscriber) (shop.Consent, error) {
	var c shop.Consent
	err := t.get(&c, consentAt, storeID, b.ID, b.NextSeq-1)
	return c, err
}

// Wordings are kept once, and up to a bound per channel: what a storefront
// generates anew for each visitor must not fill the disk. Beyond it the consent
// row still has the wording's hash.
const insertConsentText = `
INSERT INTO consent_texts (store_id, hash, channel_id, text, locale)
SELECT $1, $2, $3, $4, $5
WHERE  (SELECT count(*) FROM consent_texts WHERE store_id = $1 AND channel_id = $3) < 500
ON CONFLICT (store_id, hash) DO NOTHING`

func (t tx) keepText(storeID int64, in SignUp, hash []byte) error {
	if hash == nil {
		return nil
	}
	_, err := t.exec(insertConsentText, storeID, hash, in.ChannelID, in.Input.Text, in.Input.Locale)
	return err
}
