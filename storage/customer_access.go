package storage

import "context"

// Switched is what came of a change to an account's access.
type Switched struct {
	Changed bool // false: it was like that already
	Ended   int  // how many live sessions ended
}

// access is one switch of an account. set leaves an account alone that has it
// set: of many at once one changes it, and one event tells.
type access struct {
	set   string
	field string
	ends  bool // sessions of before end
}

const disableCustomer = `
UPDATE customers
SET    disabled_at = now(), session_epoch = session_epoch + 1, version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2 AND disabled_at IS NULL
RETURNING version, session_epoch - 1 AS epoch`

// DisableCustomer keeps a customer from logging in and ends all sessions, on
// every server at once. NotFound: there is no such customer.
func (s *Store) DisableCustomer(ctx context.Context, storeID, id int64) (_ Switched, err error) {
	defer explain(&err, "disabling customer %d of store %d", id, storeID)
	return s.switchAccess(ctx, storeID, id, access{set: disableCustomer, field: "disabled_at", ends: true})
}

const enableCustomer = `
UPDATE customers
SET    disabled_at = NULL, version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2 AND disabled_at IS NOT NULL
RETURNING version, session_epoch AS epoch`

// EnableCustomer undoes DisableCustomer, but for the sessions: those stay ended.
func (s *Store) EnableCustomer(ctx context.Context, storeID, id int64) (_ Switched, err error) {
	defer explain(&err, "enabling customer %d of store %d", id, storeID)
	return s.switchAccess(ctx, storeID, id, access{set: enableCustomer, field: "disabled_at"})
}

const forceReset = `
UPDATE customers
SET    password_reset_required = true, session_epoch = session_epoch + 1, version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2 AND NOT password_reset_required
RETURNING version, session_epoch - 1 AS epoch`

// ForcePasswordReset makes the present password useless for logging in and ends
// all sessions, on every server at once. NotFound: there is no such customer.
func (s *Store) ForcePasswordReset(ctx context.Context, storeID, id int64) (_ Switched, err error) {
	defer explain(&err, "forcing customer %d of store %d to reset the password", id, storeID)
	return s.switchAccess(ctx, storeID, id, access{set: forceReset, field: "password_reset_required", ends: true})
}

const presentEpoch = `
SELECT version, session_epoch AS epoch FROM customers WHERE store_id = $1 AND id = $2`

// A login that runs at the same time may add a row that this does not see: the
// epoch, which has moved on, ends that one.
const endSessions = `
UPDATE sessions SET revoked_at = now(), seq = seq + 1
WHERE  store_id = $1 AND customer_id = $2 AND revoked_at IS NULL AND expires_at > now()
RETURNING epoch = $3 AND last_seen_at > now() - make_interval(secs => $4)`

// switchAccess ends sessions also where nothing is left to switch: whoever asks
// means that nobody stays in.
func (s *Store) switchAccess(ctx context.Context, storeID, id int64, a access) (out Switched, err error) {
	err = s.tx(ctx, func(t tx) error {
		out = Switched{}
		var now struct{ Version, Epoch int64 }
		var err error
		if out.Changed, err = found(t.get(&now, a.set, storeID, id)); err != nil {
			return err
		}
		if !out.Changed {
			if ok, err := found(t.get(&now, presentEpoch, storeID, id)); err != nil || !ok {
				return orMissing(err, "There is no such customer.")
			}
		}
		if a.ends {
			var live []bool
			if err := t.list(&live, endSessions, storeID, id, now.Epoch, s.idle.Seconds()); err != nil {
				return err
			}
			for _, l := range live {
				if l {
					out.Ended++
				}
			}
		}
		if !out.Changed {
			return nil
		}
		return t.addEvent(storeID, event{"store/customer/updated", "customer", id, now.Version, []string{a.field}})
	})
	return out, err
}

const deleteCustomer = `
DELETE FROM customers WHERE store_id = $1 AND id = $2
RETURNING version + 1 AS version, email_key`

// A subscriber of an address that the account had earlier may go on naming it:
// ids are not given twice.
const clearSoleCustomer = `
UPDATE subscribers SET sole_customer_id = NULL
WHERE  store_id = $1 AND email_key = $2 AND sole_customer_id = $3`

// Their payloads hold addresses.
const deleteTokens = `
DELETE FROM tokens
WHERE  store_id = $1 AND subject_id = $2 AND purpose IN ('reset', 'email', 'mailbox')`

// DeleteCustomer removes an account with its addresses, sessions and the links
// of its mails; sessions end on every server at once. The subscriber of its address and the consent rows stay;
// a later account of that address has to prove the mailbox before it may read
// them. NotFound: there is no such customer.
func (s *Store) DeleteCustomer(ctx context.Context, storeID, id int64) (err error) {
	defer explain(&err, "deleting customer %d of store %d", id, storeID)
	return s.tx(ctx, func(t tx) error {
		var gone struct {
			Version  int64
			EmailKey string
		}
		if ok, err := found(t.get(&gone, deleteCustomer, storeID, id)); err != nil || !ok {
			return orMissing(err, "There is no such customer.")
		}
		if _, err := t.exec(deleteTokens, storeID, id); err != nil {
			return err
		}
		if _, err := t.exec(clearSoleCustomer, storeID, gone.EmailKey, id); err != nil {
			return err
		}
		return t.addEvent(storeID, event{scope: "store/customer/deleted", entity: "customer", id: id, version: gone.Version})
	})
}
