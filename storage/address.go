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
	Ord int64 // of the key, from 1
}

// Whole address books: they are short (shop.MaxAddresses), and a window for each
// key costs Postgres more than their rows.
const manyAddresses = `
SELECT k.ord, a.id, a.first_name, a.last_name, a.company, a.address1, a.address2, a.city, a.state_or_province, a.postal_code,
       a.country_code, a.phone, a.address_type
FROM   unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS k (store_id, customer_id, ord)
JOIN   addresses a ON a.store_id = k.store_id AND a.customer_id = k.customer_id
ORDER  BY k.ord, a.id`

// The common page, the first one of a lone request, has a statement of its own.
const firstAddresses = `
SELECT 1 AS ord, a.id, a.first_name, a.last_name, a.company, a.address1, a.address2, a.city, a.state_or_province, a.postal_code,
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
	} else {
		stores, customers := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
		for i, k := range keys {
			stores[i], customers[i] = k.store, k.customer
		}
		err = s.list(ctx, &rows, manyAddresses, stores, customers)
	}
	if err != nil {
		return nil, err
	}
	books := make([]shop.CustomerAddress, len(rows))
	for i := range rows {
		books[i] = rows[i].CustomerAddress
	}
	out := make(map[addressKey]shop.Page[shop.CustomerAddress], len(keys))
	for from, to := 0, 0; from < len(rows); from = to {
		for to = from; to < len(rows) && rows[to].Ord == rows[from].Ord; {
			to++
		}
		k := keys[rows[from].Ord-1]
		out[k] = shop.PageOf(books[from:to:to], func(a shop.CustomerAddress) int64 { return a.ID }, k.Window)
	}
	return out, nil
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
