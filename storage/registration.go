package storage

import (
	"context"
	"encoding/json"

	"regulars/internal/shop"
)

// A sign-up waits for a week after it was asked for last.
const waitingPassword = `
SELECT COALESCE(data ->> 'PasswordHash', '')
FROM   registrations
WHERE  store_id = $1 AND email_key = $2 AND asked_at > now() - interval '7 days'`

// WaitingPassword is the password hash of the sign-up that waits for an address;
// "" where none does.
func (s *Store) WaitingPassword(ctx context.Context, storeID int64, emailKey string) (hash string, err error) {
	defer explain(&err, "looking for a sign-up in store %d", storeID)
	_, err = found(s.get(ctx, &hash, waitingPassword, storeID, emailKey))
	return hash, err
}

// Waiting is a sign-up that is to wait for the proof of its mailbox.
type Waiting struct {
	Customer NewCustomer
	// Seen is what WaitingPassword gave, and Same tells that the password fits it:
	// whoever asks again is most likely whoever asked before.
	Seen string
	Same bool
	// Mint makes the token of the mail.
	Mint func(subjectID int64) shop.Token
	// Nobody is a subject that there is none of.
	Nobody int64
	// Budget is the recipient's; beyond it there is no mail.
	Budget []Use
}

// KeepWaiting keeps a sign-up in the place of one for the same address, and has
// its owner told; an address that has an account is told that instead. ok is false
// when another sign-up was faster: what was seen is out of date.
func (s *Store) KeepWaiting(ctx context.Context, storeID int64, in Waiting) (ok bool, err error) {
	defer explain(&err, "keeping a sign-up in store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		owner, err := t.ownerOf(storeID, in.Customer.Email.Key)
		if err != nil {
			return err
		}
		before, err := t.lockWaiting(storeID, in.Customer.Email.Key)
		if err != nil {
			return err
		}
		if ok = owner != 0 || before.Hash == in.Seen; !ok {
			return nil
		}
		id := in.Nobody
		if owner == 0 {
			if id, err = t.keep(storeID, before, in); err != nil {
				return err
			}
		}
		if within, err := t.within(storeID, in.Budget); err != nil || !within {
			return err
		}
		return t.tellOfSignUp(storeID, owner, id, in)
	})
	return ok, err
}

// tellOfSignUp has the mail sent that a sign-up causes. For the owner of an
// account as much is written as for a sign-up, so that it takes as long: the token
// is nobody's.
func (t tx) tellOfSignUp(storeID, owner, id int64, in Waiting) error {
	tok, about := in.Mint(id), shop.EventData{ChannelID: in.Customer.ChannelID}
	e := event{scope: shop.EventRegistrationRepeated, entity: "customer", id: owner}
	if owner == 0 {
		tok.Payload = shop.TokenPayload{Email: in.Customer.Email.Text, Locale: in.Customer.Locale}
		e, about.Token = event{scope: shop.EventRegistrationRequested, entity: "registration", id: id}, tok.Hash
	}
	if err := t.issueToken(storeID, tok); err != nil {
		return err
	}
	return t.addEvent(storeID, e, about)
}

const ownerOfEmail = `
SELECT id FROM customers WHERE store_id = $1 AND email_key = $2`

// ownerOf is the customer with an address; 0 for none.
func (t tx) ownerOf(storeID int64, emailKey string) (id int64, err error) {
	_, err = found(t.get(&id, ownerOfEmail, storeID, emailKey))
	return id, err
}

// waitingRow is a sign-up as it waits.
type waitingRow struct {
	ID        int64
	Hash      string // of its password; "" once its time is over
	Data      []byte
	Contested bool
}

const waitingColumns = `
id, data, contested, CASE WHEN asked_at > now() - interval '7 days' THEN COALESCE(data ->> 'PasswordHash', '') ELSE '' END AS hash`

const lockWaiting = `
SELECT ` + waitingColumns + `
FROM   registrations
WHERE  store_id = $1 AND email_key = $2
FOR    UPDATE`

// lockWaiting has ID 0 where no sign-up waits.
func (t tx) lockWaiting(storeID int64, emailKey string) (row waitingRow, err error) {
	_, err = found(t.get(&row, lockWaiting, storeID, emailKey))
	return row, err
}

const insertWaiting = `
INSERT INTO registrations (store_id, email_key, data) VALUES ($1, $2, $3)
ON CONFLICT (store_id, email_key) DO NOTHING
RETURNING id`

const updateWaiting = `
UPDATE registrations SET data = $3, contested = $4, asked_at = now()
WHERE  store_id = $1 AND id = $2`

func (t tx) keep(storeID int64, before waitingRow, in Waiting) (id int64, err error) {
	if in.Same { // so that whoever compared with it need not look again
		in.Customer.PasswordHash = before.Hash
	}
	data, err := json.Marshal(in.Customer)
	if err != nil {
		return 0, err
	}
	if before.ID != 0 {
		contested := before.Hash != "" && (before.Contested || !in.Same)
		_, err = t.exec(updateWaiting, storeID, before.ID, string(data), contested)
		return before.ID, err
	}
	if ok, err := found(t.get(&id, insertWaiting, storeID, in.Customer.Email.Key, string(data))); err != nil || !ok {
		if err == nil {
			err = errOvertaken
		}
		return 0, err
	}
	return id, guardID(id)
}

const lockWaitingByID = `
SELECT ` + waitingColumns + `
FROM   registrations
WHERE  store_id = $1 AND id = $2
FOR    UPDATE`

const deleteWaiting = `
DELETE FROM registrations WHERE store_id = $1 AND id = $2`

const groupOfChannel = `
SELECT COALESCE(default_group_id, 0) FROM channels WHERE store_id = $1 AND id = $2`

// confirmRegistration makes the account of a sign-up that waited.
func (t tx) confirmRegistration(storeID, id int64, in Confirmation) error {
	var row waitingRow
	if ok, err := found(t.get(&row, lockWaitingByID, storeID, id)); err != nil || !ok {
		return deadLink(err)
	}
	if _, err := t.redeemToken(storeID, redemption{Purpose: shop.TokenRegistration, Hash: in.Token, KeyIDs: in.KeyIDs, SubjectID: id}); err != nil {
		return err
	}
	var customer NewCustomer
	if err := json.Unmarshal(row.Data, &customer); err != nil {
		return err
	}
	customer.Verified, customer.ResetRequired, customer.NoGroup = true, row.Contested, in.NoGroup
	if _, err := found(t.get(&customer.GroupID, groupOfChannel, storeID, customer.ChannelID)); err != nil {
		return err
	}
	if err := t.forgetFields(storeID, &customer); err != nil {
		return err
	}
	if _, err := t.createCustomer(storeID, customer); err != nil {
		return err
	}
	_, err := t.exec(deleteWaiting, storeID, id)
	return err
}

const formFieldIDs = `
SELECT id FROM form_fields WHERE store_id = $1`

// forgetFields takes the values of form fields away that were deleted while a
// sign-up waited.
func (t tx) forgetFields(storeID int64, in *NewCustomer) error {
	var there []int64
	if err := t.list(&there, formFieldIDs, storeID); err != nil {
		return err
	}
	in.Fields.Only(there)
	if in.Address != nil {
		in.Address.Fields.Only(there)
	}
	return nil
}

// Unproved is what an address has to be proved for.
type Unproved struct {
	RegistrationID int64 // a sign-up that waits, 0 for none
	CustomerID     int64 // an account, 0 for none
	Email          string
	Locale         string // where a sign-up waits
}

const unproved = `
SELECT 0 AS registration_id, id AS customer_id, email, '' AS locale
FROM   customers
WHERE  store_id = $1 AND email_key = $2 AND email_verified_at IS NULL AND disabled_at IS NULL
UNION  ALL
SELECT r.id, 0, r.data -> 'Email' ->> 'Text', r.data ->> 'Locale'
FROM   registrations r
WHERE  r.store_id = $1 AND r.email_key = $2 AND r.asked_at > now() - interval '7 days'
AND    NOT EXISTS (SELECT 1 FROM customers WHERE store_id = $1 AND email_key = $2)`

// Unproved finds what an address still has to be proved for; all zero where that
// is nothing.
func (s *Store) Unproved(ctx context.Context, storeID int64, emailKey string) (u Unproved, err error) {
	defer explain(&err, "looking for what is unproved in store %d", storeID)
	_, err = found(s.get(ctx, &u, unproved, storeID, emailKey))
	return u, err
}
