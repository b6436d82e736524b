package storage

import (
	"context"

	"regulars/internal/shop"
)

// A new password ends sessions, and links that somebody may have who knew the
// old one: that of a reset, and that of an address on its way to the account.
const setPassword = `
UPDATE customers
SET    password_hash = $3, password_reset_required = false, session_epoch = session_epoch + 1,
       email_verified_at = CASE WHEN $4 THEN COALESCE(email_verified_at, now()) ELSE email_verified_at END,
       version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2
RETURNING version`

func (t tx) setPassword(storeID, id int64, hash string, proved bool, changed ...string) error {
	var version int64
	if err := t.get(&version, setPassword, storeID, id, hash, proved); err != nil {
		return err
	}
	if err := t.killTokens(storeID, id, shop.TokenReset, shop.TokenEmail); err != nil {
		return err
	}
	return t.addEvent(storeID, event{shop.EventCustomerUpdated, "customer", id, version, changed}, shop.EventData{Cause: shop.CausePassword})
}

const lockAccount = credentialsByID + `
FOR    UPDATE`

// lockAccount holds a customer's row, before the rows of sessions and tokens:
// whoever changes an account goes that way, so that none waits crosswise.
func (t tx) lockAccount(storeID, id int64) (_ Credentials, ok bool, err error) {
	var row credentialRow
	ok, err = found(t.get(&row, lockAccount, storeID, id))
	return row.credentials(), ok, err
}

// NewPassword replaces the password of somebody who knows the present one.
type NewPassword struct {
	CustomerID int64
	// Verified is the hash that was checked: the new one is only taken while it is
	// still the customer's.
	Verified string
	Hash     string
	// Session is the token hash of who asks, the only session that goes on.
	Session []byte
	// Forgive is a limit that this success pays back; nil for none.
	Forgive []byte
}

// ChangePassword also ends the links of mails. ok is false when the password is
// another one since the check. NotFound: the account is gone.
func (s *Store) ChangePassword(ctx context.Context, storeID int64, in NewPassword) (ok bool, err error) {
	defer explain(&err, "changing the password of customer %d of store %d", in.CustomerID, storeID)
	err = s.tx(ctx, func(t tx) error {
		c, there, err := t.lockAccount(storeID, in.CustomerID)
		if err != nil || !there || c.Disabled {
			return orMissing(err, "This account no longer exists.")
		}
		if ok = c.PasswordHash == in.Verified; !ok {
			return nil
		}
		if err := t.setPassword(storeID, in.CustomerID, in.Hash, false, "password"); err != nil {
			return err
		}
		if _, err := t.exec(renewEpoch, storeID, in.Session, in.CustomerID); err != nil || in.Forgive == nil {
			return err
		}
		_, err = t.exec(forgetLimit, storeID, in.Forgive)
		return err
	})
	return ok, err
}

// Reset replaces the password of somebody who presents the token of a mail.
type Reset struct {
	CustomerID int64
	Token      [32]byte // keys.Hash of it
	KeyIDs     []string // keys.Ring's
	Hash       string
}

// ResetPassword uses the token up. The mailbox is proved by it, and all sessions
// end. NotFound: the link does not work (any more).
func (s *Store) ResetPassword(ctx context.Context, storeID int64, in Reset) (err error) {
	defer explain(&err, "resetting the password of customer %d of store %d", in.CustomerID, storeID)
	return s.tx(ctx, func(t tx) error {
		c, ok, err := t.lockAccount(storeID, in.CustomerID)
		if err != nil || !ok || c.Disabled {
			return deadLink(err)
		}
		_, err = t.redeemToken(storeID, redemption{Purpose: shop.TokenReset, Hash: in.Token, KeyIDs: in.KeyIDs, SubjectID: in.CustomerID})
		if err != nil {
			return err
		}
		changed := []string{"password"}
		if !c.Customer.EmailVerified {
			changed = append(changed, "email_verified_at")
		}
		return t.setPassword(storeID, in.CustomerID, in.Hash, true, changed...)
	})
}
