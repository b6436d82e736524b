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

const openCustomer = customerByID + ` AND c.disabled_at IS NULL`

// OpenCustomer finds an account that is not disabled.
func (s *Store) OpenCustomer(ctx context.Context, storeID, id int64) (_ shop.Customer, ok bool, err error) {
	defer explain(&err, "reading customer %d of store %d", id, storeID)
	var row customerRow
	ok, err = found(s.get(ctx, &row, openCustomer, storeID, id))
	return row.customer(), ok, err
}

// Credentials are what a login is checked against.
type Credentials struct {
	Customer      shop.Customer
	PasswordHash  string // "" where there is none
	ResetRequired bool
	Disabled      bool
}

const credentialColumns = customerColumns + `,
COALESCE(c.password_hash, '') AS password_hash, c.password_reset_required AS reset_required, c.disabled_at IS NOT NULL AS disabled`

const credentialsByEmail = `
SELECT ` + credentialColumns + `
FROM   customers c
WHERE  c.store_id = $1 AND c.email_key = $2`

// Credentials finds an account by the key of its address; ok is false when there
// is none.
func (s *Store) Credentials(ctx context.Context, storeID int64, emailKey string) (_ Credentials, ok bool, err error) {
	defer explain(&err, "reading credentials in store %d", storeID)
	return s.credentials(ctx, credentialsByEmail, storeID, emailKey)
}

const credentialsByID = `
SELECT ` + credentialColumns + `
FROM   customers c
WHERE  c.store_id = $1 AND c.id = $2`

// CredentialsOf is Credentials for somebody who is logged in.
func (s *Store) CredentialsOf(ctx context.Context, storeID, id int64) (_ Credentials, ok bool, err error) {
	defer explain(&err, "reading the credentials of customer %d of store %d", id, storeID)
	return s.credentials(ctx, credentialsByID, storeID, id)
}

func (s *Store) credentials(ctx context.Context, query string, args ...any) (_ Credentials, ok bool, err error) {
	var row credentialRow
	ok, err = found(s.get(ctx, &row, query, args...))
	return row.credentials(), ok, err
}

type credentialRow struct {
	customerRow
	PasswordHash            string
	ResetRequired, Disabled bool
}

func (r credentialRow) credentials() Credentials {
	return Credentials{r.customer(), r.PasswordHash, r.ResetRequired, r.Disabled}
}

// NewCustomer is an account to be made.
type NewCustomer struct {
	Email        shop.Email
	Profile      shop.Profile
	PasswordHash string // "" for none
	// ResetRequired: the password is only good for being told to choose another.
	ResetRequired bool
	Verified      bool  // the mailbox has been proved
	GroupID       int64 // 0: the store's default group, if it has one
	NoGroup       bool  // not even the default one
	ChannelID     int64
	ChannelIDs    []int64 // nil for a global account
	Locale        string
	Address       *shop.NewAddress // checked, the first of the address book; nil for none
	Fields        shop.FieldUpdate // checked, and hashed
	// Registered: its owner made it on a storefront, just now, and is welcomed.
	Registered bool
	// Mint makes the token with which the welcome proves the mailbox; nil for none.
	Mint func(subjectID int64) shop.Token `json:"-"`
}

const insertCustomer = `
INSERT INTO customers (store_id, email, email_key, email_verified_at, password_hash, first_name, last_name, company, phone,
                       group_id, origin_channel_id, channel_ids, locale, password_reset_required)
VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END, NULLIF($5, ''), $6, $7, $8, $9,
        CASE WHEN $10 THEN NULL ELSE COALESCE(NULLIF($11, 0), (SELECT id FROM customer_groups WHERE store_id = $1 AND is_default)) END,
        $12, $13, $14, $15)
ON CONFLICT (store_id, email_key) DO NOTHING
RETURNING id`

// CreateCustomer makes an account and its first address, what they say in form
// fields and their events with them. An address that is taken is a Conflict.
func (s *Store) CreateCustomer(ctx context.Context, storeID int64, in NewCustomer) (customer shop.Customer, err error) {
	defer explain(&err, "creating a customer in store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		customer, err = t.createCustomer(storeID, in)
		return err
	})
	return customer, err
}

func (t tx) createCustomer(storeID int64, in NewCustomer) (none shop.Customer, err error) {
	var channels any
	if in.ChannelIDs != nil {
		channels = pq.Int64Array(in.ChannelIDs)
	}
	var id int64
	ok, err := found(t.get(&id, insertCustomer, storeID, in.Email.Text, in.Email.Key, in.Verified, in.PasswordHash,
		in.Profile.FirstName, in.Profile.LastName, in.Profile.Company, in.Profile.Phone,
		in.NoGroup, in.GroupID, in.ChannelID, channels, in.Locale, in.ResetRequired))
	if err != nil {
		return none, err
	}
	if !ok {
		return none, emailTaken()
	}
	if err := guardID(id); err != nil {
		return none, err
	}
	if _, err := t.saveFields(customerValues, storeID, id, &in.Fields); err != nil {
		return none, err
	}
	about := in.about()
	if in.Mint != nil {
		tok := in.Mint(id)
		tok.Payload.Email, about.Token = in.Email.Text, tok.Hash
		if err := t.issueToken(storeID, tok); err != nil {
			return none, err
		}
	}
	if err := t.addEvent(storeID, event{scope: shop.EventCustomerCreated, entity: "customer", id: id, version: 1}, about); err != nil {
		return none, err
	}
	if in.Address != nil {
		if _, err := t.insertAddress(storeID, id, *in.Address); err != nil {
			return none, err
		}
	}
	return t.customer(storeID, id)
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

const updateCustomer = `
UPDATE customers
SET    first_name = $3, last_name = $4, company = $5, phone = $6, email = $7, version = version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2
RETURNING version`

// UpdateCustomer applies a change; move is for another address, which waits for
// its proof. NotFound: the account is gone; Conflict: the address is taken.
func (s *Store) UpdateCustomer(ctx context.Context, storeID, id int64, u shop.CustomerUpdate, move Move) (customer shop.Customer, err error) {
	defer explain(&err, "updating customer %d of store %d", id, storeID)
	err = s.tx(ctx, func(t tx) error {
		row, ok, err := t.lockAccount(storeID, id)
		if err != nil || !ok {
			return orMissing(err, "This account no longer exists.")
		}
		was := row.Customer
		now, claimed, err := u.Apply(was)
		if err != nil {
			return err
		}
		if u.Email != nil {
			if err := t.move(storeID, was, claimed, move); err != nil {
				return err
			}
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
		if err := t.get(&customer.Version, updateCustomer, storeID, id, now.FirstName, now.LastName, now.Company, now.Phone, now.Email); err != nil {
			return err
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
