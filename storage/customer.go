package storage

import (
	"context"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// customerRow scans what shop.Customer has as a slice.
type customerRow struct {
	shop.Customer
	ChannelIDs pq.Int64Array
}

func (r customerRow) customer() shop.Customer {
	c := r.Customer
	c.ChannelIDs = r.ChannelIDs
	return c
}

const customerColumns = `
c.id, c.email, c.email_key, c.email_verified_at IS NOT NULL AS email_verified, c.first_name, c.last_name,
c.company, c.phone, c.tax_exempt_category, COALESCE(c.group_id, 0) AS group_id, c.channel_ids,
COALESCE(c.cart_entity_id, '') AS cart_id, c.version`

const customerByID = `
SELECT ` + customerColumns + `
FROM   customers c
WHERE  c.store_id = $1 AND c.id = $2`

// customer reads a customer in the transaction that may just have changed it.
func (t tx) customer(storeID, id int64) (shop.Customer, error) {
	var row customerRow
	err := t.get(&row, customerByID, storeID, id)
	return row.customer(), err
}

// Credentials are what a login is checked against.
type Credentials struct {
	Customer      shop.Customer
	PasswordHash  string // "" where there is none
	ResetRequired bool
	Disabled      bool
}

const credentialsByEmail = `
SELECT ` + customerColumns + `, COALESCE(c.password_hash, '') AS password_hash,
       c.password_reset_required AS reset_required, c.disabled_at IS NOT NULL AS disabled
FROM   customers c
WHERE  c.store_id = $1 AND c.email_key = $2`

// Credentials finds an account by the key of its address; ok is false when there
// is none.
func (s *Store) Credentials(ctx context.Context, storeID int64, emailKey string) (_ Credentials, ok bool, err error) {
	defer explain(&err, "reading credentials in store %d", storeID)
	var row struct {
		customerRow
		PasswordHash            string
		ResetRequired, Disabled bool
	}
	ok, err = found(s.get(ctx, &row, credentialsByEmail, storeID, emailKey))
	return Credentials{row.customer(), row.PasswordHash, row.ResetRequired, row.Disabled}, ok, err
}

// NewCustomer is an account to be made.
type NewCustomer struct {
	Email        shop.Email
	Profile      shop.Profile
	PasswordHash string // "" for none
	Verified     bool   // the mailbox has been proved
	GroupID      int64  // 0: the store's default group, if it has one
	NoGroup      bool   // not even the default one
	ChannelID    int64
	ChannelIDs   []int64 // nil for a global account
	Locale       string
	Address      *shop.NewAddress // checked, the first of the address book; nil for none
	Fields       shop.FieldUpdate // checked, and hashed
	// Registered: its owner made it on a storefront, just now, and is welcomed.
	Registered bool
}

const insertCustomer = `
INSERT INTO customers (store_id, email, email_key, email_verified_at, password_hash, first_name, last_name, company, phone,
                       group_id, origin_channel_id, channel_ids, locale)
VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END, NULLIF($5, ''), $6, $7, $8, $9,
        CASE WHEN $10 THEN NULL ELSE COALESCE(NULLIF($11, 0), (SELECT id FROM customer_groups WHERE store_id = $1 AND is_default)) END,
        $12, $13, $14)
ON CONFLICT (store_id, email_key) DO NOTHING
RETURNING id`

// CreateCustomer makes an account and its first address, what they say in form
// fields and their events with them. An address that is taken is a Conflict.
func (s *Store) CreateCustomer(ctx context.Context, storeID int64, in NewCustomer) (customer shop.Customer, err error) {
	defer explain(&err, "creating a customer in store %d", storeID)
	var channels any
	if in.ChannelIDs != nil {
		channels = pq.Int64Array(in.ChannelIDs)
	}
	err = s.tx(ctx, func(t tx) error {
		var id int64
		ok, err := found(t.get(&id, insertCustomer, storeID, in.Email.Text, in.Email.Key, in.Verified, in.PasswordHash,
			in.Profile.FirstName, in.Profile.LastName, in.Profile.Company, in.Profile.Phone,
			in.NoGroup, in.GroupID, in.ChannelID, channels, in.Locale))
		if err != nil {
			return err
		}
		if !ok {
			return emailTaken()
		}
		if err := guardID(id); err != nil {
			return err
		}
		if _, err := t.saveFields(customerValues, storeID, id, &in.Fields); err != nil {
			return err
		}
		if err := t.addEvent(storeID, event{scope: shop.EventCustomerCreated, entity: "customer", id: id, version: 1}, in.about()); err != nil {
			return err
		}
		if in.Address != nil {
			if _, err := t.insertAddress(storeID, id, *in.Address); err != nil {
				return err
			}
		}
		customer, err = t.customer(storeID, id)
		return err
	})
	return customer, err
}

// about is what the event says of where the account comes from.
func (in NewCustomer) about() shop.EventData {
	if !in.Registered {
		return shop.EventData{}
	}
	return shop.EventData{Cause: shop.CauseRegistration, ChannelID: in.ChannelID}
}

func emailTaken() error {
	return shop.Errorf(shop.Conflict, "The email address is already in use.")
}

const lockCustomer = customerByID + `
FOR UPDATE`

const updateCustomer = `
UPDATE customers
SET    first_name = $3, last_name = $4, company = $5, phone = $6, email = $7, email_key = $8,
       email_verified_at = CASE WHEN $9 THEN NULL ELSE email_verified_at END,
       session_epoch = session_epoch + CASE WHEN $9 THEN 1 ELSE 0 END,
       version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2
RETURNING version`

// Only the session at hand outlives a move to another address.
const renewEpoch = `
UPDATE sessions SET epoch = epoch + 1, seq = seq + 1
WHERE  store_id = $1 AND token_hash = $2 AND revoked_at IS NULL`

// UpdateCustomer applies a change. A new address has proved nothing and ends all
// sessions but the one whose token is given. NotFound: the account is gone;
// Conflict: the address is taken.
func (s *Store) UpdateCustomer(ctx context.Context, storeID, id int64, tokenHash []byte, u shop.CustomerUpdate) (customer shop.Customer, err error) {
	defer explain(&err, "updating customer %d of store %d", id, storeID)
	err = s.tx(ctx, func(t tx) error {
		var row customerRow
		ok, err := found(t.get(&row, lockCustomer, storeID, id))
		if err != nil {
			return err
		}
		if !ok {
			return shop.Errorf(shop.NotFound, "This account no longer exists.")
		}
		was := row.customer()
		now, moved, err := u.Apply(was)
		if err != nil {
			return err
		}
		changed := changedFields(was, now)
		fields, err := t.saveFields(customerValues, storeID, id, &u.Fields)
		if err != nil {
			return err
		}
		if fields {
			changed = append(changed, "form_fields")
		}
		if customer = now; len(changed) == 0 {
			return nil
		}
		err = t.get(&customer.Version, updateCustomer, storeID, id, now.FirstName, now.LastName, now.Company, now.Phone, now.Email, now.EmailKey, moved)
		if violates(err, "customers_email") {
			return emailTaken()
		}
		if err != nil {
			return err
		}
		if moved {
			if _, err := t.exec(renewEpoch, storeID, tokenHash); err != nil {
				return err
			}
		}
		return t.addEvent(storeID, event{shop.EventCustomerUpdated, "customer", id, customer.Version, changed})
	})
	return customer, err
}

func changedFields(a, b shop.Customer) (out []string) {
	for _, f := range []struct{ name, was, is string }{
		{"first_name", a.FirstName, b.FirstName}, {"last_name", a.LastName, b.LastName},
		{"company", a.Company, b.Company}, {"phone", a.Phone, b.Phone}, {"email", a.Email, b.Email},
	} {
		if f.was != f.is {
			out = append(out, f.name)
		}
	}
	return out
}
