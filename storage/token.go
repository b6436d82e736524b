package storage

import (
	"context"
	"encoding/json"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

const insertToken = `
INSERT INTO tokens (store_id, hash, purpose, subject_id, salt, key_id, payload, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))`

// issueToken keeps a token in the place of older ones with its purpose and
// subject: only the newest mail's link works.
func (t tx) issueToken(storeID int64, tok shop.Token) error {
	if err := t.killTokens(storeID, tok.SubjectID, tok.Purpose); err != nil {
		return err
	}
	payload, err := json.Marshal(tok.Payload)
	if err != nil {
		return err
	}
	_, err = t.exec(insertToken, storeID, tok.Hash, tok.Purpose, tok.SubjectID, tok.Salt, tok.KeyID, string(payload),
		tok.Purpose.Lifetime().Seconds())
	return err
}

const killTokens = `
UPDATE tokens SET used_at = now()
WHERE  store_id = $1 AND subject_id = $2 AND purpose = ANY ($3) AND used_at IS NULL`

// killTokens ends what mails gave a subject, say because its password or address
// is another one now.
func (t tx) killTokens(storeID, subjectID int64, purposes ...shop.TokenPurpose) error {
	names := make(pq.StringArray, len(purposes))
	for i, p := range purposes {
		names[i] = string(p)
	}
	_, err := t.exec(killTokens, storeID, subjectID, names)
	return err
}

// redemption is a token that somebody presents.
type redemption struct {
	Purpose shop.TokenPurpose
	Hash    [32]byte // keys.Hash of what was presented
	KeyIDs  []string // keys.Ring's
	// SubjectID that the token has to be for; 0 where only the token tells.
	SubjectID int64
}

// The row's lock lets one of many in; the others see used_at.
const redeemToken = `
UPDATE tokens SET used_at = now()
WHERE  store_id = $1 AND hash = $2 AND purpose = $3 AND key_id = ANY ($4) AND subject_id = COALESCE(NULLIF($5, 0), subject_id)
AND    used_at IS NULL AND expires_at > now()
RETURNING purpose, subject_id, salt, key_id, hash, payload`

// redeemToken uses a token up, in the transaction that does what it stands for.
// NotFound covers every reason alike: never issued, for something else, used,
// over its time.
func (t tx) redeemToken(storeID int64, r redemption) (shop.Token, error) {
	var row tokenRow
	ok, err := found(t.get(&row, redeemToken, storeID, r.Hash[:], r.Purpose, pq.StringArray(r.KeyIDs), r.SubjectID))
	if err != nil || !ok {
		return shop.Token{}, deadLink(err)
	}
	return row.token()
}

// deadLink is err, or the one answer to everybody whose token does not fit.
func deadLink(err error) error { return orMissing(err, "This link does not work any more.") }

type tokenRow struct {
	shop.Token
	Payload []byte
	Live    bool
}

func (r tokenRow) token() (shop.Token, error) {
	tok := r.Token
	return tok, json.Unmarshal(r.Payload, &tok.Payload)
}

// IssueToken keeps a token in the place of older ones with its purpose and
// subject, and writes the event that has it mailed; data says where. Beyond the
// budget nothing happens, and nobody is told.
func (s *Store) IssueToken(ctx context.Context, storeID int64, tok shop.Token, scope string, data shop.EventData, budget ...Use) (err error) {
	defer explain(&err, "issuing a token in store %d", storeID)
	entity := "customer"
	if tok.Purpose == shop.TokenRegistration {
		entity = "registration"
	}
	return s.tx(ctx, func(t tx) error {
		if within, err := t.within(storeID, budget); err != nil || !within {
			return err
		}
		if err := t.issueToken(storeID, tok); err != nil {
			return err
		}
		data.Token = tok.Hash
		return t.addEvent(storeID, event{scope: scope, entity: entity, id: tok.SubjectID}, data)
	})
}

const tokenByHash = `
SELECT purpose, subject_id, salt, key_id, hash, payload, used_at IS NULL AND expires_at > now() AS live
FROM   tokens
WHERE  store_id = $1 AND hash = $2`

// Token reads a token for its mail; live is false when it was used or its time
// is over. ok is false when it is gone.
func (s *Store) Token(ctx context.Context, storeID int64, hash []byte) (tok shop.Token, live, ok bool, err error) {
	defer explain(&err, "reading a token of store %d", storeID)
	var row tokenRow
	if ok, err = found(s.get(ctx, &row, tokenByHash, storeID, hash)); err != nil || !ok {
		return tok, false, false, err
	}
	tok, err = row.token()
	return tok, row.Live, true, err
}
