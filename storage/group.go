package storage

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

type groupKey struct{ store, id int64 }

// versionedGroup is a group and the version of the store's configuration, both of
// one moment.
type versionedGroup struct {
	shop.CustomerGroup
	configVersion int64
}

type groupRow struct {
	Wanted           int64
	ConfigVersion    int64
	StoreID          int64
	ID               int64
	Name             string
	IsDefault        bool
	IsGroupForGuests bool
	CategoryAccess   shop.CategoryAccessType
	Categories       pq.Int64Array
	Rules            []byte
}

const groupColumns = `
g.store_id, g.id, g.name, g.is_default, g.is_group_for_guests, g.category_access,
ARRAY(SELECT gc.category_id FROM customer_group_categories gc
      WHERE gc.store_id = g.store_id AND gc.group_id = g.id ORDER BY gc.category_id) AS categories,
(SELECT COALESCE(json_agg(json_build_object('ID', r.id, 'Type', r.type, 'Method', r.method,
                                            'Amount', r.amount::text, 'TargetID', COALESCE(r.target_id, 0)) ORDER BY r.id), '[]')
 FROM   customer_group_rules r WHERE r.store_id = g.store_id AND r.group_id = g.id) AS rules`

const oneGroup = `
SELECT g.id AS wanted, st.config_version, ` + groupColumns + `
FROM   customer_groups g
JOIN   stores st ON st.id = g.store_id
WHERE  g.store_id = $1 AND g.id = $2`

const manyGroups = `
SELECT k.id AS wanted, st.config_version, ` + groupColumns + `
FROM   unnest($1::bigint[], $2::bigint[]) AS k (store_id, id)
JOIN   customer_groups g ON g.store_id = k.store_id AND (g.id = k.id OR (k.id = 0 AND g.is_group_for_guests))
JOIN   stores st ON st.id = g.store_id`

// Group loads a customer group with its rules, and the version of the store's
// configuration of the same moment; ok is false when there is none.
func (s *Store) Group(ctx context.Context, storeID, id int64) (_ shop.CustomerGroup, configVersion int64, ok bool, err error) {
	defer explain(&err, "loading group %d of store %d", id, storeID)
	if id == guests {
		return shop.CustomerGroup{}, 0, false, nil
	}
	g, ok, err := s.groups.Load(ctx, groupKey{storeID, id})
	return g.CustomerGroup, g.configVersion, ok, err
}

// GuestGroup is Group for the store's group for guests.
func (s *Store) GuestGroup(ctx context.Context, storeID int64) (_ shop.CustomerGroup, configVersion int64, ok bool, err error) {
	defer explain(&err, "loading the guests' group of store %d", storeID)
	g, ok, err := s.groups.Load(ctx, groupKey{storeID, guests})
	return g.CustomerGroup, g.configVersion, ok, err
}

const groupsOfStore = `
SELECT ` + groupColumns + `
FROM   customer_groups g
WHERE  g.store_id = $1
ORDER  BY g.id`

// Groups lists all groups of a store, with their rules.
func (s *Store) Groups(ctx context.Context, storeID int64) (out []shop.CustomerGroup, err error) {
	defer explain(&err, "listing the groups of store %d", storeID)
	var rows []groupRow
	if err := s.list(ctx, &rows, groupsOfStore, storeID); err != nil {
		return nil, err
	}
	for i := range rows {
		g, err := rows[i].group()
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// guests asks for the guests' group in place of an id.
const guests = 0

func (s *Store) fetchGroups(ctx context.Context, keys []groupKey) (map[groupKey]versionedGroup, error) {
	var rows []groupRow
	var err error
	if len(keys) == 1 && keys[0].id != guests {
		err = s.list(ctx, &rows, oneGroup, keys[0].store, keys[0].id)
	} else {
		stores, ids := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
		for i, k := range keys {
			stores[i], ids[i] = k.store, k.id
		}
		err = s.list(ctx, &rows, manyGroups, stores, ids)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[groupKey]versionedGroup, len(rows))
	for _, r := range rows {
		g, err := r.group()
		if err != nil {
			return nil, err
		}
		out[groupKey{r.StoreID, r.Wanted}] = versionedGroup{g, r.ConfigVersion}
	}
	return out, nil
}

func (r *groupRow) group() (shop.CustomerGroup, error) {
	g := shop.CustomerGroup{ID: r.ID, Name: r.Name, IsDefault: r.IsDefault, IsGroupForGuests: r.IsGroupForGuests,
		CategoryAccess: shop.CustomerGroupCategoryAccess{Type: r.CategoryAccess, CategoryIDs: append([]int64{}, r.Categories...)}}
	err := json.Unmarshal(r.Rules, &g.DiscountRules)
	return g, err
}

func cloneGroup(g versionedGroup) versionedGroup {
	g.DiscountRules = slices.Clone(g.DiscountRules)
	for i := range g.DiscountRules {
		r := &g.DiscountRules[i]
		r.Method, r.Amount = clonePointer(r.Method), clonePointer(r.Amount)
	}
	g.CategoryAccess.CategoryIDs = slices.Clone(g.CategoryAccess.CategoryIDs)
	return g
}

// clonePointer points to a value of its own; nil stays nil.
func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

const insertGroup = `
INSERT INTO customer_groups (store_id, name, is_default, is_group_for_guests, category_access)
VALUES ($1, $2, $3, $4, $5)
RETURNING id`

const insertRule = `
INSERT INTO customer_group_rules (store_id, group_id, type, method, amount, target_id)
VALUES ($1, $2, $3, $4, $5, NULLIF($6, 0))`

const insertCategory = `
INSERT INTO customer_group_categories (store_id, group_id, category_id) VALUES ($1, $2, $3)`

// CreateGroup makes a customer group with its rules and gives its id.
func (s *Store) CreateGroup(ctx context.Context, storeID int64, in shop.CustomerGroup) (id int64, err error) {
	defer explain(&err, "creating a group in store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		if _, err := t.exec(bumpConfig, storeID); err != nil {
			return err
		}
		err := t.get(&id, insertGroup, storeID, in.Name, in.IsDefault, in.IsGroupForGuests, in.CategoryAccess.Type)
		if violates(err, "customer_groups_name") {
			return shop.Errorf(shop.Conflict, "There is a group %q already.", in.Name)
		}
		if err != nil {
			return err
		}
		in.ID = id
		return t.fillGroup(storeID, &in)
	})
	return id, err
}

// fillGroup gives a group its rules and categories.
func (t tx) fillGroup(storeID int64, g *shop.CustomerGroup) error {
	for _, r := range g.DiscountRules {
		if _, err := t.exec(insertRule, storeID, g.ID, r.Type, r.Method, r.Amount, r.TargetID); err != nil {
			return err
		}
	}
	for _, category := range g.CategoryAccess.CategoryIDs {
		if _, err := t.exec(insertCategory, storeID, g.ID, category); err != nil {
			return err
		}
	}
	return nil
}

const groupByName = `
SELECT id FROM customer_groups WHERE store_id = $1 AND lower(name) = lower($2)`

// GroupByName finds a group's id, whatever the name's case.
func (s *Store) GroupByName(ctx context.Context, storeID int64, name string) (id int64, err error) {
	defer explain(&err, "looking for a group in store %d", storeID)
	ok, err := found(s.get(ctx, &id, groupByName, storeID, name))
	if err == nil && !ok {
		err = shop.Errorf(shop.NotFound, "There is no group %q.", name)
	}
	return id, err
}

const groupList = `
SELECT id, name, is_default, is_group_for_guests
FROM   customer_groups
WHERE  store_id = $1
ORDER  BY id`

// GroupList lists a store's groups without what they give.
func (s *Store) GroupList(ctx context.Context, storeID int64) (groups []shop.CustomerGroup, err error) {
	defer explain(&err, "listing the groups of store %d", storeID)
	err = s.list(ctx, &groups, groupList, storeID)
	return groups, err
}
