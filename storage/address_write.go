package storage

import (
	"context"

	"regulars/internal/shop"
)

const addressColumns = `
id, first_name, last_name, company, address1, address2, city, state_or_province, postal_code, country_code, phone, address_type`

// The customer's row is the lock of the address book: whoever changes one takes
// it first.
const lockAddressBook = `
SELECT true FROM customers WHERE store_id = $1 AND id = $2 FOR NO KEY UPDATE`

// The customer's version stays: it counts the customer's own events, an address
// has its own (contract/apps.md f.1: store/customer/updated does not tell of it).
const touchCustomer = `
UPDATE customers SET date_modified = now() WHERE store_id = $1 AND id = $2`

const insertAddress = `
INSERT INTO addresses (store_id, customer_id, fingerprint, first_name, last_name, company, address1, address2, city,
                       state_or_province, postal_code, country_code, phone, address_type)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (store_id, customer_id, fingerprint) DO NOTHING
RETURNING id`

const addressByFingerprint = `
SELECT ` + addressColumns + `
FROM   addresses
WHERE  store_id = $1 AND customer_id = $2 AND fingerprint = $3`

const countAddressBook = `
SELECT count(*) FROM addresses WHERE store_id = $1 AND customer_id = $2`

// AddAddress adds to a customer's address book, its event with it. An address
// that is there already is the one that is answered; nothing changes then, form
// fields included (contract/apps.md a.6).
// Conflict: the address book is full; Unauthenticated: the customer is gone.
func (s *Store) AddAddress(ctx context.Context, storeID, customerID int64, a shop.NewAddress) (address shop.CustomerAddress, err error) {
	defer explain(&err, "adding an address to customer %d of store %d", customerID, storeID)
	err = s.tx(ctx, func(t tx) error {
		if err := t.lockAddressBook(storeID, customerID); err != nil {
			return err
		}
		there, err := found(t.get(&address, addressByFingerprint, storeID, customerID, a.Fingerprint(customerID)))
		if err != nil || there {
			return err
		}
		var n int
		if err := t.get(&n, countAddressBook, storeID, customerID); err != nil {
			return err
		}
		if n >= shop.MaxAddresses {
			return shop.Errorf(shop.Conflict, "The address book is full: it holds %d addresses.", shop.MaxAddresses)
		}
		if address, err = t.insertAddress(storeID, customerID, a); err != nil {
			return err
		}
		_, err = t.exec(touchCustomer, storeID, customerID)
		return err
	})
	return address, err
}

// insertAddress needs the address book to be locked, or to be nobody's yet.
func (t tx) insertAddress(storeID, customerID int64, in shop.NewAddress) (shop.CustomerAddress, error) {
	a := in.CustomerAddress
	ok, err := found(t.get(&a.ID, insertAddress, storeID, customerID, a.Fingerprint(customerID), a.FirstName, a.LastName, a.Company,
		a.Address1, a.Address2, a.City, a.StateOrProvince, a.PostalCode, a.CountryCode, a.Phone, a.AddressType))
	if err != nil {
		return a, err
	}
	if !ok {
		return a, errOvertaken
	}
	if err := guardID(a.ID); err != nil {
		return a, err
	}
	if _, err := t.saveFields(addressValues, storeID, a.ID, &in.Fields); err != nil {
		return a, err
	}
	return a, t.addAddressEvent(storeID, customerID, event{"store/customer/address/created", "address", a.ID, 1, nil})
}

func (t tx) lockAddressBook(storeID, customerID int64) error {
	var there bool
	_, err := found(t.get(&there, lockAddressBook, storeID, customerID))
	if err == nil && !there {
		err = shop.Errorf(shop.Unauthenticated, "Please log in first.")
	}
	return err
}

const addressOfCustomer = `
SELECT ` + addressColumns + `
FROM   addresses
WHERE  store_id = $1 AND customer_id = $2 AND id = $3`

const updateAddress = `
UPDATE addresses
SET    fingerprint = $4, first_name = $5, last_name = $6, company = $7, address1 = $8, address2 = $9, city = $10,
       state_or_province = $11, postal_code = $12, country_code = $13, phone = $14, version = version + 1
WHERE  store_id = $1 AND customer_id = $2 AND id = $3
RETURNING version`

// UpdateAddress applies a change to an address of that customer. NotFound: there
// is none, or it is somebody else's; Conflict: it would become one that is there
// already; BadUserInput; Unauthenticated: the customer is gone.
func (s *Store) UpdateAddress(ctx context.Context, storeID, customerID, id int64, u shop.AddressUpdate) (address shop.CustomerAddress, err error) {
	defer explain(&err, "updating address %d of customer %d of store %d", id, customerID, storeID)
	err = s.tx(ctx, func(t tx) error {
		if err := t.lockAddressBook(storeID, customerID); err != nil {
			return err
		}
		var was shop.CustomerAddress
		there, err := found(t.get(&was, addressOfCustomer, storeID, customerID, id))
		if err != nil {
			return err
		}
		if !there {
			return noSuchAddress()
		}
		address, err = u.Apply(was)
		fields, fieldsErr := t.saveFields(addressValues, storeID, id, &u.Fields)
		if err := shop.Both(err, fieldsErr); err != nil {
			return err
		}
		changed := was.Changes(address)
		if fields {
			changed = append(changed, "form_fields")
		}
		if len(changed) == 0 {
			return nil
		}
		var version int64
		err = t.get(&version, updateAddress, storeID, customerID, id, address.Fingerprint(customerID), address.FirstName,
			address.LastName, address.Company, address.Address1, address.Address2, address.City, address.StateOrProvince,
			address.PostalCode, address.CountryCode, address.Phone)
		if violates(err, "addresses_fingerprint") {
			return shop.Errorf(shop.Conflict, "This address is in the address book already.")
		}
		if err != nil {
			return err
		}
		return t.noteAddress(storeID, customerID, event{"store/customer/address/updated", "address", id, version, changed})
	})
	return address, err
}

const deleteAddress = `
DELETE FROM addresses WHERE store_id = $1 AND customer_id = $2 AND id = $3
RETURNING version + 1`

// DeleteAddress takes an address from the address book of that customer.
// NotFound: there is none, or it is somebody else's; Unauthenticated: the
// customer is gone.
func (s *Store) DeleteAddress(ctx context.Context, storeID, customerID, id int64) (err error) {
	defer explain(&err, "deleting address %d of customer %d of store %d", id, customerID, storeID)
	return s.tx(ctx, func(t tx) error {
		if err := t.lockAddressBook(storeID, customerID); err != nil {
			return err
		}
		var version int64
		there, err := found(t.get(&version, deleteAddress, storeID, customerID, id))
		if err != nil {
			return err
		}
		if !there {
			return noSuchAddress()
		}
		return t.noteAddress(storeID, customerID, event{"store/customer/address/deleted", "address", id, version, nil})
	})
}

func noSuchAddress() error {
	return shop.Errorf(shop.NotFound, "An address with the supplied ID does not exist.")
}

// noteAddress writes down that an address changed, and when its customer did.
func (t tx) noteAddress(storeID, customerID int64, e event) error {
	if _, err := t.exec(touchCustomer, storeID, customerID); err != nil {
		return err
	}
	return t.addAddressEvent(storeID, customerID, e)
}

// addAddressEvent has the contract's data: their type stays customer, their id is
// the address's.
func (t tx) addAddressEvent(storeID, customerID int64, e event) error {
	return t.addEventWith(storeID, e, map[string]any{
		"type": "customer", "id": e.id, "address": map[string]int64{"customer_id": customerID},
	})
}
