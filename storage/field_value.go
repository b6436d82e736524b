package storage

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// ownerKey names a customer or an address.
type ownerKey struct{ store, id int64 }

type fieldValueRow struct {
	StoreID, OwnerID, FieldID int64
	Value                     []byte
}

// A password's hash leaves the database for nobody.
const fieldValueColumns = `v.field_id, v.value - 'hash' AS value`

const oneCustomerFields = `
SELECT v.store_id, v.customer_id AS owner_id, ` + fieldValueColumns + `
FROM   customer_field_values v
WHERE  v.store_id = $1 AND v.customer_id = $2`

const manyCustomerFields = `
SELECT v.store_id, v.customer_id AS owner_id, ` + fieldValueColumns + `
FROM   unnest($1::bigint[], $2::bigint[]) AS k (store_id, customer_id)
JOIN   customer_field_values v ON v.store_id = k.store_id AND v.customer_id = k.customer_id`

const oneAddressFields = `
SELECT v.store_id, v.address_id AS owner_id, ` + fieldValueColumns + `
FROM   address_field_values v
WHERE  v.store_id = $1 AND v.address_id = $2`

const manyAddressFields = `
SELECT v.store_id, v.address_id AS owner_id, ` + fieldValueColumns + `
FROM   unnest($1::bigint[], $2::bigint[]) AS k (store_id, address_id)
JOIN   address_field_values v ON v.store_id = k.store_id AND v.address_id = k.address_id`

const putCustomerFields = `
INSERT INTO customer_field_values (store_id, customer_id, field_id, value)
SELECT $1, $2, k.field_id, k.value
FROM   unnest($3::bigint[], $4::jsonb[]) AS k (field_id, value)
ON CONFLICT (store_id, customer_id, field_id) DO UPDATE SET value = EXCLUDED.value`

const dropCustomerFields = `
DELETE FROM customer_field_values WHERE store_id = $1 AND customer_id = $2 AND field_id = ANY($3)`

const putAddressFields = `
INSERT INTO address_field_values (store_id, address_id, field_id, value)
SELECT $1, $2, k.field_id, k.value
FROM   unnest($3::bigint[], $4::jsonb[]) AS k (field_id, value)
ON CONFLICT (store_id, address_id, field_id) DO UPDATE SET value = EXCLUDED.value`

const dropAddressFields = `
DELETE FROM address_field_values WHERE store_id = $1 AND address_id = $2 AND field_id = ANY($3)`

// valueTable is one of the two tables of values.
type valueTable struct{ one, many, put, drop, fieldGone string }

var (
	customerValues = valueTable{oneCustomerFields, manyCustomerFields, putCustomerFields, dropCustomerFields, "customer_field_values_field"}
	addressValues  = valueTable{oneAddressFields, manyAddressFields, putAddressFields, dropAddressFields, "address_field_values_field"}
)

// CustomerFields are the values that a customer has in form fields, by field.
// What is kept of a password is not among what they hold.
func (s *Store) CustomerFields(ctx context.Context, storeID, customerID int64) (_ []shop.FieldValue, err error) {
	defer explain(&err, "loading form fields of customer %d of store %d", customerID, storeID)
	values, _, err := s.customerFields.Load(ctx, ownerKey{storeID, customerID})
	return values, err
}

// AddressFields is CustomerFields for an address; whose it is has been asked
// when the address was loaded.
func (s *Store) AddressFields(ctx context.Context, storeID, addressID int64) (_ []shop.FieldValue, err error) {
	defer explain(&err, "loading form fields of address %d of store %d", addressID, storeID)
	values, _, err := s.addressFields.Load(ctx, ownerKey{storeID, addressID})
	return values, err
}

// fetchFields is the fetch of either table.
func (s *Store) fetchFields(table valueTable) func(ctx context.Context, keys []ownerKey) (map[ownerKey][]shop.FieldValue, error) {
	return func(ctx context.Context, keys []ownerKey) (map[ownerKey][]shop.FieldValue, error) {
		var rows []fieldValueRow
		var err error
		if len(keys) == 1 {
			err = s.list(ctx, &rows, table.one, keys[0].store, keys[0].id)
		} else {
			stores, ids := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
			for i, k := range keys {
				stores[i], ids[i] = k.store, k.id
			}
			err = s.list(ctx, &rows, table.many, stores, ids)
		}
		if err != nil {
			return nil, err
		}
		return byOwner(rows)
	}
}

func byOwner(rows []fieldValueRow) (map[ownerKey][]shop.FieldValue, error) {
	out := map[ownerKey][]shop.FieldValue{}
	for _, r := range rows {
		v := shop.FieldValue{FieldID: r.FieldID}
		if err := json.Unmarshal(r.Value, &v); err != nil {
			return nil, err
		}
		k := ownerKey{r.StoreID, r.OwnerID}
		out[k] = append(out[k], v)
	}
	return out, nil
}

func cloneValues(values []shop.FieldValue) []shop.FieldValue {
	values = slices.Clone(values)
	for i := range values {
		v := &values[i]
		v.Number, v.Date, v.Options = clonePointer(v.Number), clonePointer(v.Date), slices.Clone(v.Options)
	}
	return values
}

// saveFields applies an update to what is there, whose owner's row this
// transaction holds. changed tells whether anything was written.
func (t tx) saveFields(table valueTable, storeID, ownerID int64, u *shop.FieldUpdate) (changed bool, err error) {
	if u.Idle() {
		return false, nil
	}
	var rows []fieldValueRow
	if err := t.list(&rows, table.one, storeID, ownerID); err != nil {
		return false, err
	}
	there, err := byOwner(rows)
	if err != nil {
		return false, err
	}
	set, cleared, err := u.Apply(there[ownerKey{storeID, ownerID}])
	if err != nil {
		return false, err
	}
	if len(cleared) > 0 {
		if _, err := t.exec(table.drop, storeID, ownerID, pq.Int64Array(cleared)); err != nil {
			return false, err
		}
	}
	return len(set)+len(cleared) > 0, t.putFields(table, storeID, ownerID, set)
}

func (t tx) putFields(table valueTable, storeID, ownerID int64, set []shop.FieldValue) error {
	if len(set) == 0 {
		return nil
	}
	ids, values := make(pq.Int64Array, len(set)), make(pq.StringArray, len(set))
	for i, v := range set {
		if v.Secret != "" {
			return errors.New("a password field that was not hashed")
		}
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		ids[i], values[i] = v.FieldID, string(text)
	}
	_, err := t.exec(table.put, storeID, ownerID, ids, values)
	if refersToNothing(err, table.fieldGone) {
		return shop.Invalid("input", "The form has changed. Please load the page anew.")
	}
	return err
}
