package storage

import (
	"context"
	"slices"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

type liveSessionRow struct {
	StoreID, CustomerID int64
	shop.SessionRecord
}

const liveSessionColumns = `
s.store_id, s.customer_id, s.id, s.kind, s.channel_id, s.user_agent, s.ip_prefix, s.origin, s.created_at, s.last_seen_at,
LEAST(s.expires_at, ` + sessionSeen + ` + ` + sessionPatience + `) AS expires_at`

const liveSessionsOfOne = `
SELECT ` + liveSessionColumns + `
FROM   sessions s
JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
JOIN   stores st ON st.id = s.store_id
WHERE  s.store_id = $1 AND s.customer_id = $2 AND ` + sessionLives + `
ORDER  BY s.created_at DESC, s.id`

const liveSessionsOfMany = `
SELECT ` + liveSessionColumns + `
FROM   unnest($1::bigint[], $2::bigint[]) AS k (store_id, customer_id)
JOIN   sessions s ON s.store_id = k.store_id AND s.customer_id = k.customer_id
JOIN   customers c ON c.store_id = s.store_id AND c.id = s.customer_id
JOIN   stores st ON st.id = s.store_id
WHERE  ` + sessionLives + `
ORDER  BY s.created_at DESC, s.id`

// LiveSessions lists where a customer is logged in, the newest login first,
// shop.SessionsPerCustomer at most.
func (s *Store) LiveSessions(ctx context.Context, storeID, customerID int64) (_ []shop.SessionRecord, err error) {
	defer explain(&err, "listing sessions of customer %d of store %d", customerID, storeID)
	list, _, err := s.liveSessions.Load(ctx, customerKey{storeID, customerID})
	return list, err
}

func (s *Store) fetchLiveSessions(ctx context.Context, keys []customerKey) (map[customerKey][]shop.SessionRecord, error) {
	var rows []liveSessionRow
	var err error
	if len(keys) == 1 {
		err = s.list(ctx, &rows, liveSessionsOfOne, keys[0].store, keys[0].customer, s.idle.Seconds())
	} else {
		stores, ids := make(pq.Int64Array, len(keys)), make(pq.Int64Array, len(keys))
		for i, k := range keys {
			stores[i], ids[i] = k.store, k.customer
		}
		err = s.list(ctx, &rows, liveSessionsOfMany, stores, ids, s.idle.Seconds())
	}
	if err != nil {
		return nil, err
	}
	out := make(map[customerKey][]shop.SessionRecord, len(keys))
	for _, r := range rows {
		k := customerKey{r.StoreID, r.CustomerID}
		if len(out[k]) < shop.SessionsPerCustomer {
			out[k] = append(out[k], r.SessionRecord)
		}
	}
	return out, nil
}

func cloneSessions(list []shop.SessionRecord) []shop.SessionRecord { return slices.Clone(list) }
