package storage

import (
	"context"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// Move is what another address for an account needs beyond itself.
type Move struct {
	Token     shop.Token // that the mail to the new address carries
	ChannelID int64
}

// emailOfAnother tells that a new address cannot be the account's, as of now.
const emailOfAnother = `
SELECT EXISTS (SELECT 1 FROM customers WHERE store_id = $1 AND email_key = $2 AND id <> $3)`

// move lets a new address wait for its proof, in the place of one that waits
// already. To ask for the present one is to want no other.
func (t tx) move(storeID int64, c shop.Customer, claimed *shop.Email, in Move) error {
	if claimed == nil {
		return t.killTokens(storeID, c.ID, shop.TokenEmail)
	}
	var taken bool
	if err := t.get(&taken, emailOfAnother, storeID, claimed.Key, c.ID); err != nil {
		return err
	}
	if taken {
		return emailTaken()
	}
	tok := in.Token
	tok.Payload.Email, tok.Payload.Former = claimed.Text, c.Email
	if err := t.issueToken(storeID, tok); err != nil {
		return err
	}
	return t.addEvent(storeID, event{scope: shop.EventEmailRequested, entity: "customer", id: c.ID},
		shop.EventData{ChannelID: in.ChannelID, Token: tok.Hash})
}

const pendingEmail = `
SELECT payload ->> 'email'
FROM   tokens
WHERE  store_id = $1 AND purpose = 'email' AND subject_id = $2 AND used_at IS NULL AND expires_at > now()
ORDER  BY expires_at DESC
LIMIT  1`

// PendingEmail is the address that an account has yet to prove before it moves
// there; ok is false where none is.
func (s *Store) PendingEmail(ctx context.Context, storeID, customerID int64) (email string, ok bool, err error) {
	defer explain(&err, "reading the pending address of customer %d of store %d", customerID, storeID)
	ok, err = found(s.get(ctx, &email, pendingEmail, storeID, customerID))
	return email, ok, err
}

// Confirmation is somebody who presents the token of a mail that asked for a
// proof.
type Confirmation struct {
	Token  [32]byte // keys.Hash of it
	KeyIDs []string // keys.Ring's
	// Session is the token hash of who presents it; a move to another address ends
	// all sessions but this one. Nil for none.
	Session []byte
	// NoGroup: the store's plan has none for a new account.
	NoGroup bool
}

const proofByHash = `
SELECT purpose, subject_id FROM tokens WHERE store_id = $1 AND hash = $2 AND purpose = ANY ($3)`

// ConfirmEmail uses the token up for what it stands for, and tells what that was.
// NotFound: the link does not work (any more). Conflict: the address is another
// account's by now.
func (s *Store) ConfirmEmail(ctx context.Context, storeID int64, in Confirmation) (purpose shop.TokenPurpose, err error) {
	defer explain(&err, "confirming an address in store %d", storeID)
	purposes := make(pq.StringArray, len(shop.ProofPurposes))
	for i, p := range shop.ProofPurposes {
		purposes[i] = string(p)
	}
	err = s.tx(ctx, func(t tx) error {
		var row struct {
			Purpose   shop.TokenPurpose
			SubjectID int64
		}
		if ok, err := found(t.get(&row, proofByHash, storeID, in.Token[:], purposes)); err != nil || !ok {
			return deadLink(err)
		}
		purpose = row.Purpose
		if purpose == shop.TokenRegistration {
			return t.confirmRegistration(storeID, row.SubjectID, in)
		}
		return t.confirmAddress(storeID, row.SubjectID, purpose, in)
	})
	return purpose, err
}

func (t tx) confirmAddress(storeID, id int64, purpose shop.TokenPurpose, in Confirmation) error {
	c, ok, err := t.lockAccount(storeID, id)
	if err != nil || !ok || c.Disabled {
		return deadLink(err)
	}
	tok, err := t.redeemToken(storeID, redemption{Purpose: purpose, Hash: in.Token, KeyIDs: in.KeyIDs, SubjectID: id})
	if err != nil {
		return err
	}
	email, ok := shop.ParseEmail(tok.Payload.Email)
	if !ok {
		return deadLink(nil)
	}
	if purpose == shop.TokenEmail {
		return t.moveCustomer(storeID, id, email, tok, in.Session)
	}
	if email.Text != c.Customer.Email {
		return deadLink(nil)
	}
	return t.proveMailbox(storeID, id)
}

// Whoever had the account's links and sessions had them by the old address.
const moveCustomer = `
UPDATE customers
SET    email = $3, email_key = $4, email_verified_at = now(), session_epoch = session_epoch + 1, version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2
RETURNING version`

func (t tx) moveCustomer(storeID, id int64, email shop.Email, tok shop.Token, session []byte) error {
	var version int64
	err := t.get(&version, moveCustomer, storeID, id, email.Text, email.Key)
	if violates(err, "customers_email") {
		return emailTaken()
	}
	if err != nil {
		return err
	}
	if err := t.killTokens(storeID, id, shop.TokenReset, shop.TokenEmail, shop.TokenMailbox); err != nil {
		return err
	}
	if session != nil { // the only one that outlives that
		if _, err := t.exec(renewEpoch, storeID, session, id); err != nil {
			return err
		}
	}
	return t.addEvent(storeID, event{shop.EventCustomerUpdated, "customer", id, version, []string{"email"}}, shop.EventData{Token: tok.Hash})
}

const proveMailbox = `
UPDATE customers
SET    email_verified_at = now(), version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2 AND email_verified_at IS NULL
RETURNING version`

func (t tx) proveMailbox(storeID, id int64) error {
	var version int64
	if ok, err := found(t.get(&version, proveMailbox, storeID, id)); err != nil || !ok {
		return err
	}
	return t.addEvent(storeID, event{shop.EventCustomerUpdated, "customer", id, version, []string{"email_verified_at"}})
}
