package storage

import (
	"context"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// attributeKey names an attribute of a customer.
type attributeKey struct{ store, customer, attribute int64 }

type attributeRow struct {
	shop.CustomerAttribute
	StoreID, CustomerID int64
}

const oneAttribute = `
SELECT a.store_id, $2::bigint AS customer_id, a.id, a.name, v.value
FROM   attributes a
LEFT   JOIN attribute_values v ON v.store_id = a.store_id AND v.attribute_id = a.id AND v.customer_id = $2
WHERE  a.store_id = $1 AND a.id = $3`

const manyAttributes = `
SELECT a.store_id, k.customer_id, a.id, a.name, v.value
FROM   unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k (store_id, customer_id, id)
JOIN   attributes a ON a.store_id = k.store_id AND a.id = k.id
LEFT   JOIN attribute_values v ON v.store_id = k.store_id AND v.customer_id = k.customer_id AND v.attribute_id = k.id`

// CustomerAttribute loads an attribute with what the customer has in it; ok is
// false when the store has no such attribute.
func (s *Store) CustomerAttribute(ctx context.Context, storeID, customerID, id int64) (_ shop.CustomerAttribute, ok bool, err error) {
	defer explain(&err, "loading attribute %d of customer %d of store %d", id, customerID, storeID)
	return s.attributes.Load(ctx, attributeKey{storeID, customerID, id})
}

func (s *Store) fetchAttributes(ctx context.Context, keys []attributeKey) (map[attributeKey]shop.CustomerAttribute, error) {
	var rows []attributeRow
	var err error
	if k := keys[0]; len(keys) == 1 {
		err = s.list(ctx, &rows, oneAttribute, k.store, k.customer, k.attribute)
	} else {
		stores, customers, ids := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
		for i, k := range keys {
			stores[i], customers[i], ids[i] = k.store, k.customer, k.attribute
		}
		err = s.list(ctx, &rows, manyAttributes, stores, customers, ids)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[attributeKey]shop.CustomerAttribute, len(rows))
	for _, r := range rows {
		out[attributeKey{r.StoreID, r.CustomerID, r.ID}] = r.CustomerAttribute
	}
	return out, nil
}

func cloneAttribute(a shop.CustomerAttribute) shop.CustomerAttribute {
	a.Value = clonePointer(a.Value)
	return a
}

const oneAttributeCount = `
SELECT store_id, customer_id, count(*) AS n
FROM   attribute_values
WHERE  store_id = $1 AND customer_id = $2
GROUP  BY store_id, customer_id`

const manyAttributeCounts = `
SELECT v.store_id, v.customer_id, count(*) AS n
FROM   unnest($1::bigint[], $2::bigint[]) AS k (store_id, customer_id)
JOIN   attribute_values v ON v.store_id = k.store_id AND v.customer_id = k.customer_id
GROUP  BY v.store_id, v.customer_id`

// CountAttributes counts the attributes in which a customer has a value.
func (s *Store) CountAttributes(ctx context.Context, storeID, customerID int64) (_ int64, err error) {
	defer explain(&err, "counting attributes of customer %d of store %d", customerID, storeID)
	n, _, err := s.attributeCounts.Load(ctx, customerKey{storeID, customerID})
	return n, err
}

func (s *Store) fetchAttributeCounts(ctx context.Context, keys []customerKey) (map[customerKey]int64, error) {
	return s.fetchCounts(ctx, oneAttributeCount, manyAttributeCounts, keys)
}

const attributesOfStore = `
SELECT id, name, type FROM attributes WHERE store_id = $1 ORDER BY id`

// Attributes lists a store's attributes.
func (s *Store) Attributes(ctx context.Context, storeID int64) (out []shop.Attribute, err error) {
	defer explain(&err, "listing the attributes of store %d", storeID)
	err = s.list(ctx, &out, attributesOfStore, storeID)
	return out, err
}

// holdStore makes those who add something to a store wait for each other; whoever
// only refers to the store does not wait.
const holdStore = `
SELECT id FROM stores WHERE id = $1 FOR NO KEY UPDATE`

const countAttributes = `
SELECT count(*) FROM attributes WHERE store_id = $1`

const insertAttribute = `
INSERT INTO attributes (store_id, name, type) VALUES ($1, $2, $3) RETURNING id`

// AddAttribute defines an attribute and gives its id. Conflict: the name is
// taken, or the store has shop.MaxAttributes.
func (s *Store) AddAttribute(ctx context.Context, storeID int64, in shop.Attribute) (id int64, err error) {
	defer explain(&err, "adding an attribute to store %d", storeID)
	name, err := shop.CheckAttributeName(in.Name)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(t tx) error {
		var n int64
		if ok, err := found(t.get(&n, holdStore, storeID)); err != nil || !ok {
			return orMissing(err, "There is no such store.")
		}
		if err := t.get(&n, countAttributes, storeID); err != nil {
			return err
		}
		if n >= shop.MaxAttributes {
			return shop.Errorf(shop.Conflict, "A store has at most %d attributes.", shop.MaxAttributes)
		}
		err := t.get(&id, insertAttribute, storeID, name, in.Type)
		if violates(err, "attributes_name") {
			return shop.Errorf(shop.Conflict, "There is an attribute %q already.", name)
		}
		if err != nil {
			return err
		}
		return guardID(id)
	})
	return id, err
}

const emptyAttribute = `
DELETE FROM attribute_values
WHERE  store_id = $1 AND attribute_id = $2 AND customer_id IN (
    SELECT customer_id FROM attribute_values WHERE store_id = $1 AND attribute_id = $2 LIMIT $3)`

const deleteAttribute = `
DELETE FROM attributes WHERE store_id = $1 AND id = $2`

// RemoveAttribute removes an attribute and all its values, these first.
func (s *Store) RemoveAttribute(ctx context.Context, storeID, id int64) (err error) {
	defer explain(&err, "removing attribute %d of store %d", id, storeID)
	if err := s.drain(ctx, emptyAttribute, storeID, id); err != nil {
		return err
	}
	return s.tx(ctx, func(t tx) error {
		n, err := t.exec(deleteAttribute, storeID, id)
		if err != nil || n == 0 {
			return orMissing(err, "There is no such attribute.")
		}
		return nil
	})
}

const heldAttribute = `
SELECT id, name, type FROM attributes WHERE store_id = $1 AND id = $2 FOR SHARE`

const upsertAttributeValue = `
INSERT INTO attribute_values (store_id, customer_id, attribute_id, value)
VALUES ($1, $2, $3, $4)
ON CONFLICT (store_id, customer_id, attribute_id) DO UPDATE
SET value = EXCLUDED.value, date_modified = EXCLUDED.date_modified
WHERE attribute_values.value <> EXCLUDED.value`

const deleteAttributeValue = `
DELETE FROM attribute_values WHERE store_id = $1 AND customer_id = $2 AND attribute_id = $3`

// SetAttribute notes a value about a customer; "" takes it away.
func (s *Store) SetAttribute(ctx context.Context, storeID, customerID, id int64, value string) (err error) {
	defer explain(&err, "setting attribute %d of customer %d of store %d", id, customerID, storeID)
	return s.changeCustomer(ctx, storeID, customerID, "attributes", func(t tx) (int64, error) {
		var a shop.Attribute
		if ok, err := found(t.get(&a, heldAttribute, storeID, id)); err != nil || !ok {
			return 0, orMissing(err, "There is no such attribute.")
		}
		if value == "" {
			return t.exec(deleteAttributeValue, storeID, customerID, id)
		}
		clean, err := a.CheckValue(value)
		if err != nil {
			return 0, err
		}
		return t.exec(upsertAttributeValue, storeID, customerID, id, clean)
	})
}

const bumpCustomer = `
UPDATE customers SET version = version + 1, date_modified = now() WHERE store_id = $1 AND id = $2 RETURNING version`

// changeCustomer lets do write to what hangs on a customer, whose row it holds,
// and tells of it under that name when rows were touched.
func (s *Store) changeCustomer(ctx context.Context, storeID, id int64, what string, do func(tx) (int64, error)) error {
	return s.tx(ctx, func(t tx) error {
		if _, ok, err := t.lockAccount(storeID, id); err != nil || !ok {
			return orMissing(err, "There is no such customer.")
		}
		n, err := do(t)
		if err != nil || n == 0 {
			return err
		}
		var version int64
		if err := t.get(&version, bumpCustomer, storeID, id); err != nil {
			return err
		}
		return t.addEvent(storeID, event{scope: "store/customer/updated", entity: "customer", id: id, version: version, changed: []string{what}})
	})
}
