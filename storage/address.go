package storage

import (
	"context"
	"math"
	"slices"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

type customerKey struct{ store, customer int64 }

type addressKey struct {
	customerKey
	shop.Window
}

type addressRow struct {
	shop.CustomerAddress
	placed
}

// Each key has a window of its own: ids between after and before, counted by
// rank from the front, or from the back where direction is -1. One row more than
// asked for, and one of each side of the window, tell whether the list goes on.
// Windows and not LATERAL with LIMIT: Citus refuses those. That it reads the
// whole address book is no harm: those are short.
const manyAddresses = `
SELECT ord, rank, side, id, first_name, last_name, company, address1, address2, city, state_or_province, postal_code,
       country_code, phone, address_type
FROM  (SELECT k.ord, k.lim, s.side, a.id, a.first_name, a.last_name, a.company, a.address1, a.address2, a.city, a.state_or_province,
              a.postal_code, a.country_code, a.phone, a.address_type,
              row_number() OVER (PARTITION BY a.store_id, k.ord, s.side ORDER BY a.id * k.direction) AS rank
       FROM   unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
              WITH ORDINALITY AS k (store_id, customer_id, after, before, lim, direction, ord)
       JOIN   addresses a ON a.store_id = k.store_id AND a.customer_id = k.customer_id
       CROSS  JOIN LATERAL (SELECT CASE WHEN a.id <= k.after THEN -1 WHEN a.id >= k.before THEN 1 ELSE 0 END AS side) s) w
WHERE  rank <= CASE WHEN side = 0 THEN lim ELSE 0 END + 1
ORDER  BY ord, id`

// The common page, the first one of a lone request, has a statement of its own.
const firstAddresses = `
SELECT a.id, a.first_name, a.last_name, a.company, a.address1, a.address2, a.city, a.state_or_province, a.postal_code,
       a.country_code, a.phone, a.address_type
FROM   addresses a
WHERE  a.store_id = $1 AND a.customer_id = $2
ORDER  BY a.id
LIMIT  $3 + 1`

// Addresses is one page of a customer's address book.
func (s *Store) Addresses(ctx context.Context, storeID, customerID int64, w shop.Window) (_ shop.Page[shop.CustomerAddress], err error) {
	defer explain(&err, "loading addresses of customer %d of store %d", customerID, storeID)
	page, _, err := s.addresses.Load(ctx, addressKey{customerKey{storeID, customerID}, w})
	return page, err
}

func (s *Store) fetchAddresses(ctx context.Context, keys []addressKey) (map[addressKey]shop.Page[shop.CustomerAddress], error) {
	rows := make([]addressRow, 0, 4*len(keys))
	var err error
	if k := keys[0]; len(keys) == 1 && k.After == 0 && k.Before == math.MaxInt64 && !k.Backward {
		err = s.list(ctx, &rows, firstAddresses, k.store, k.customer, k.Limit)
		for i := range rows {
			rows[i].Ord, rows[i].Rank = 1, i+1
		}
	} else {
		err = s.list(ctx, &rows, manyAddresses, addressArgs(keys)...)
	}
	if err != nil {
		return nil, err
	}
	window := func(k addressKey) shop.Window { return k.Window }
	return pagesOf(keys, window, rows, func(r *addressRow) (placed, *shop.CustomerAddress) { return r.placed, &r.CustomerAddress }), nil
}

func addressArgs(keys []addressKey) []any {
	args := make([]any, 6)
	columns := make([]pq.Int64Array, len(args))
	for _, k := range keys {
		direction := int64(1)
		if k.Backward {
			direction = -1
		}
		for i, n := range []int64{k.store, k.customer, k.After, k.Before, int64(k.Limit), direction} {
			columns[i] = append(columns[i], n)
		}
	}
	for i := range args {
		args[i] = columns[i]
	}
	return args
}

func clonePage(p shop.Page[shop.CustomerAddress]) shop.Page[shop.CustomerAddress] {
	p.Items = slices.Clone(p.Items)
	for i := range p.Items {
		a := &p.Items[i]
		for _, line := range []**string{&a.Company, &a.Address2, &a.StateOrProvince, &a.PostalCode, &a.Phone} {
			*line = clonePointer(*line)
		}
		a.AddressType = clonePointer(a.AddressType)
	}
	return p
}

const oneAddressCount = `
SELECT store_id, customer_id, count(*) AS n
FROM   addresses
WHERE  store_id = $1 AND customer_id = $2
GROUP  BY store_id, customer_id`

const manyAddressCounts = `
SELECT a.store_id, a.customer_id, count(*) AS n
FROM   unnest($1::bigint[], $2::bigint[]) AS k (store_id, customer_id)
JOIN   addresses a ON a.store_id = k.store_id AND a.customer_id = k.customer_id
GROUP  BY a.store_id, a.customer_id`

// CountAddresses counts a customer's addresses.
func (s *Store) CountAddresses(ctx context.Context, storeID, customerID int64) (_ int64, err error) {
	defer explain(&err, "counting addresses of customer %d of store %d", customerID, storeID)
	n, _, err := s.addressCounts.Load(ctx, customerKey{storeID, customerID})
	return n, err
}

func (s *Store) fetchAddressCounts(ctx context.Context, keys []customerKey) (map[customerKey]int64, error) {
	return s.fetchCounts(ctx, oneAddressCount, manyAddressCounts, keys)
}

// fetchCounts counts what customers have, by a statement for one of them and one
// for many.
func (s *Store) fetchCounts(ctx context.Context, one, many string, keys []customerKey) (map[customerKey]int64, error) {
	var rows []struct{ StoreID, CustomerID, N int64 }
	var err error
	if len(keys) == 1 {
		err = s.list(ctx, &rows, one, keys[0].store, keys[0].customer)
	} else {
		stores, ids := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
		for i, k := range keys {
			stores[i], ids[i] = k.store, k.customer
		}
		err = s.list(ctx, &rows, many, stores, ids)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[customerKey]int64, len(rows))
	for _, r := range rows {
		out[customerKey{r.StoreID, r.CustomerID}] = r.N
	}
	return out, nil
}
