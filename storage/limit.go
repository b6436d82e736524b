package storage

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/shop"
)

// Use is one use of something that is limited. Key names kind and subject, and
// holds no clear value (keys.HMAC).
type Use struct {
	Key   []byte
	Limit shop.Limit
}

// takeLimit is GCRA in one statement. tat, the theoretical arrival time, moves
// ahead by $3 (what one use costs) and may be at most $4 ahead of now. EXCLUDED
// carries the present moment: Citus refuses a clock in DO UPDATE.
const takeLimit = `
INSERT INTO rate_limits AS r (store_id, key, tat)
VALUES ($1, $2, (EXTRACT(epoch FROM now()) * 1000000)::bigint + $3)
ON CONFLICT (store_id, key) DO UPDATE
SET    tat = GREATEST(r.tat, EXCLUDED.tat - $3) + $3
WHERE  r.tat <= EXCLUDED.tat - $3 + $4 - $3
RETURNING tat`

const limitWait = `
SELECT tat - (EXTRACT(epoch FROM now()) * 1000000)::bigint
FROM   rate_limits
WHERE  store_id = $1 AND key = $2`

// Take counts one use of each, in all servers together, or of none when one is
// spent: then it answers RateLimited with the time to wait.
func (s *Store) Take(ctx context.Context, storeID int64, uses ...Use) (err error) {
	defer explain(&err, "counting a use in store %d", storeID)
	if len(uses) == 0 {
		return nil
	}
	return s.tx(ctx, func(t tx) error { return t.take(storeID, uses) })
}

// take is Take within a transaction, which has to be undone when it is refused.
func (t tx) take(storeID int64, uses []Use) error {
	// In the order of the keys, so that two requests cannot lock crosswise.
	slices.SortFunc(uses, func(a, b Use) int { return bytes.Compare(a.Key, b.Key) })
	for _, u := range uses {
		ok, err := t.takeOne(storeID, u)
		if err != nil {
			return err
		}
		if !ok {
			return t.spent(storeID, u)
		}
	}
	return nil
}

// takeOne counts one use; ok is false when the limit is spent.
func (t tx) takeOne(storeID int64, u Use) (ok bool, err error) {
	var tat int64
	return found(t.get(&tat, takeLimit, storeID, u.Key, u.Limit.Every().Microseconds(), u.Limit.Window.Microseconds()))
}

// within is take for what is not refused but left undone: false when one is
// spent. Whatever comes after that one is not counted, so the narrowest is first.
func (t tx) within(storeID int64, budget []Use) (ok bool, err error) {
	for _, u := range budget {
		if ok, err := t.takeOne(storeID, u); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (t tx) spent(storeID int64, u Use) error {
	every, window := u.Limit.Every().Microseconds(), u.Limit.Window.Microseconds()
	var ahead int64
	if err := t.get(&ahead, limitWait, storeID, u.Key); err != nil {
		return fmt.Errorf("reading a spent limit: %w", err)
	}
	e := shop.Errorf(shop.RateLimited, "Too many attempts. Please wait a while and try again.")
	e.RetryAfter = max(time.Second, time.Duration(ahead+every-window)*time.Microsecond)
	return e
}

const forgetLimit = `
DELETE FROM rate_limits WHERE store_id = $1 AND key = $2`
