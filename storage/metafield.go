package storage

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// metafieldKey names a page of what an owner has in a namespace. keys is a JSON
// list; an empty one is all of them.
type metafieldKey struct {
	store int64
	shop.MetafieldOwner
	namespace, keys string
	shop.Window
}

type metafieldRow struct {
	shop.Metafield
	placed
}

// A page as manyAddresses has it.
const storefrontMetafields = `
SELECT ord, rank, side, id, namespace, key, value, description, permission_set
FROM  (SELECT k.ord, k.lim, s.side, m.id, m.namespace, m.key, m.value, m.description, m.permission_set,
              row_number() OVER (PARTITION BY m.store_id, k.ord, s.side ORDER BY m.id * k.direction) AS rank
       FROM   unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::jsonb[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
              WITH ORDINALITY AS k (store_id, resource, resource_id, namespace, keys, after, before, lim, direction, ord)
       JOIN   metafields m ON m.store_id = k.store_id AND m.resource = k.resource AND m.resource_id = k.resource_id AND m.namespace = k.namespace
       CROSS  JOIN LATERAL (SELECT CASE WHEN m.id <= k.after THEN -1 WHEN m.id >= k.before THEN 1 ELSE 0 END AS side) s
       WHERE  m.permission_set IN ('read_and_sf_access', 'write_and_sf_access') AND (k.keys = '[]' OR k.keys ? m.key)) w
WHERE  rank <= CASE WHEN side = 0 THEN lim ELSE 0 END + 1
ORDER  BY ord, id`

// StorefrontMetafields is one page of the metafields of an owner in a namespace
// that storefronts may read, of these keys alone, or of any when there are none.
func (s *Store) StorefrontMetafields(ctx context.Context, storeID int64, owner shop.MetafieldOwner, namespace string, keys []string, w shop.Window) (_ shop.Page[shop.Metafield], err error) {
	defer explain(&err, "loading metafields of %s %d of store %d", owner.Resource, owner.ID, storeID)
	keys = slices.Clone(keys)
	slices.Sort(keys)
	list, err := json.Marshal(append([]string{}, slices.Compact(keys)...))
	if err != nil {
		return shop.Page[shop.Metafield]{}, err
	}
	page, _, err := s.metafields.Load(ctx, metafieldKey{storeID, owner, namespace, string(list), w})
	return page, err
}

func (s *Store) fetchMetafields(ctx context.Context, keys []metafieldKey) (map[metafieldKey]shop.Page[shop.Metafield], error) {
	var resources, namespaces, lists pq.StringArray
	numbers := make([]pq.Int64Array, 6)
	for _, k := range keys {
		resources, namespaces, lists = append(resources, k.Resource), append(namespaces, k.namespace), append(lists, k.keys)
		direction := int64(1)
		if k.Backward {
			direction = -1
		}
		for i, n := range []int64{k.store, k.ID, k.After, k.Before, int64(k.Limit), direction} {
			numbers[i] = append(numbers[i], n)
		}
	}
	var rows []metafieldRow
	err := s.list(ctx, &rows, storefrontMetafields, numbers[0], resources, numbers[1], namespaces, lists, numbers[2], numbers[3], numbers[4], numbers[5])
	if err != nil {
		return nil, err
	}
	window := func(k metafieldKey) shop.Window { return k.Window }
	return pagesOf(keys, window, rows, func(r *metafieldRow) (placed, *shop.Metafield) { return r.placed, &r.Metafield }), nil
}

func cloneMetafields(p shop.Page[shop.Metafield]) shop.Page[shop.Metafield] {
	p.Items = slices.Clone(p.Items)
	return p
}

const metafieldsOf = `
SELECT id, namespace, key, value, description, permission_set
FROM   metafields
WHERE  store_id = $1 AND resource = $2 AND resource_id = $3
ORDER  BY namespace, key`

// Metafields lists all that is noted about an owner, whoever may read it.
func (s *Store) Metafields(ctx context.Context, storeID int64, owner shop.MetafieldOwner) (out []shop.Metafield, err error) {
	defer explain(&err, "listing metafields of %s %d of store %d", owner.Resource, owner.ID, storeID)
	err = s.list(ctx, &out, metafieldsOf, storeID, owner.Resource, owner.ID)
	return out, err
}

const countMetafields = `
SELECT count(*) FROM metafields WHERE store_id = $1 AND resource = $2 AND resource_id = $3`

const upsertMetafield = `
INSERT INTO metafields (store_id, resource, resource_id, namespace, key, value, description, permission_set)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (store_id, resource, resource_id, namespace, key) DO UPDATE
SET value = EXCLUDED.value, description = EXCLUDED.description, permission_set = EXCLUDED.permission_set, date_modified = EXCLUDED.date_modified
RETURNING id`

// SetMetafield keeps a metafield under its namespace and key, in place of the one
// that is there, and gives its id. NotFound: there is no such owner. Conflict: the
// owner has shop.MaxMetafields.
func (s *Store) SetMetafield(ctx context.Context, storeID int64, owner shop.MetafieldOwner, in shop.Metafield) (id int64, err error) {
	defer explain(&err, "setting a metafield of %s %d of store %d", owner.Resource, owner.ID, storeID)
	if err := in.Check(); err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(t tx) error {
		var n int64
		if ok, err := found(t.get(&n, holdStore, storeID)); err != nil || !ok {
			return orMissing(err, "There is no such store.")
		}
		err := t.get(&id, upsertMetafield, storeID, owner.Resource, owner.ID, in.Namespace, in.Key, in.Value, in.Description, in.PermissionSet)
		if refersToNothing(err, "metafields_customer") || refersToNothing(err, "metafields_channel") {
			return shop.Errorf(shop.NotFound, "The store has no %s %d.", owner.Resource, owner.ID)
		}
		if err != nil {
			return err
		}
		if err := t.get(&n, countMetafields, storeID, owner.Resource, owner.ID); err != nil {
			return err
		}
		if n > shop.MaxMetafields {
			return shop.Errorf(shop.Conflict, "There can be at most %d metafields.", shop.MaxMetafields)
		}
		return guardID(id)
	})
	return id, err
}

const deleteMetafield = `
DELETE FROM metafields WHERE store_id = $1 AND resource = $2 AND resource_id = $3 AND namespace = $4 AND key = $5`

// RemoveMetafield removes the metafield of a namespace and key.
func (s *Store) RemoveMetafield(ctx context.Context, storeID int64, owner shop.MetafieldOwner, namespace, key string) (err error) {
	defer explain(&err, "removing a metafield of %s %d of store %d", owner.Resource, owner.ID, storeID)
	return s.tx(ctx, func(t tx) error {
		n, err := t.exec(deleteMetafield, storeID, owner.Resource, owner.ID, namespace, key)
		if err != nil || n == 0 {
			return orMissing(err, "There is no such metafield.")
		}
		return nil
	})
}
