package storage

import (
	"context"
	"slices"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

type creditRow struct {
	StoreID, CustomerID int64
	CurrencyCode        string
	Value               shop.Decimal
}

const creditColumns = `c.store_id, c.customer_id, c.currency AS currency_code, trim_scale(c.amount)::text AS value`

const oneCredit = `
SELECT ` + creditColumns + `
FROM   store_credits c
WHERE  c.store_id = $1 AND c.customer_id = $2
ORDER  BY c.currency`

const manyCredits = `
SELECT ` + creditColumns + `
FROM   unnest($1::bigint[], $2::bigint[]) AS k (store_id, customer_id)
JOIN   store_credits c ON c.store_id = k.store_id AND c.customer_id = k.customer_id
ORDER  BY c.currency`

// StoreCredit is what a customer has with the store, by currency; currencies
// without any are left out.
func (s *Store) StoreCredit(ctx context.Context, storeID, customerID int64) (_ []shop.Money, err error) {
	defer explain(&err, "loading store credit of customer %d of store %d", customerID, storeID)
	list, _, err := s.credits.Load(ctx, customerKey{storeID, customerID})
	return list, err
}

func (s *Store) fetchCredits(ctx context.Context, keys []customerKey) (map[customerKey][]shop.Money, error) {
	var rows []creditRow
	var err error
	if len(keys) == 1 {
		err = s.list(ctx, &rows, oneCredit, keys[0].store, keys[0].customer)
	} else {
		stores, ids := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
		for i, k := range keys {
			stores[i], ids[i] = k.store, k.customer
		}
		err = s.list(ctx, &rows, manyCredits, stores, ids)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[customerKey][]shop.Money, len(keys))
	for _, r := range rows {
		k := customerKey{r.StoreID, r.CustomerID}
		out[k] = append(out[k], shop.Money{CurrencyCode: r.CurrencyCode, Value: r.Value})
	}
	return out, nil
}

const upsertCredit = `
INSERT INTO store_credits (store_id, customer_id, currency, amount)
VALUES ($1, $2, $3, $4::numeric)
ON CONFLICT (store_id, customer_id, currency) DO UPDATE SET amount = EXCLUDED.amount
WHERE store_credits.amount <> EXCLUDED.amount`

const deleteCredit = `
DELETE FROM store_credits WHERE store_id = $1 AND customer_id = $2 AND currency = $3`

// SetStoreCredit sets what a customer has in one currency; 0 is none.
func (s *Store) SetStoreCredit(ctx context.Context, storeID, customerID int64, m shop.Money) (err error) {
	defer explain(&err, "setting store credit of customer %d of store %d", customerID, storeID)
	return s.changeCustomer(ctx, storeID, customerID, "store_credit", func(t tx) (int64, error) {
		if m.IsZero() {
			return t.exec(deleteCredit, storeID, customerID, m.CurrencyCode)
		}
		return t.exec(upsertCredit, storeID, customerID, m.CurrencyCode, string(m.Value))
	})
}

func cloneCredits(list []shop.Money) []shop.Money { return slices.Clone(list) }
