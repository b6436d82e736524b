package storage

import (
	"context"
	"time"

	"regulars/internal/shop"
)

const addresseeByID = `
SELECT email, first_name, locale, origin_channel_id AS channel_id
FROM   customers
WHERE  store_id = $1 AND id = $2`

// Addressee finds whom a mail to a customer is for; ok is false when the account
// is gone.
func (s *Store) Addressee(ctx context.Context, storeID, customerID int64) (a shop.Addressee, ok bool, err error) {
	defer explain(&err, "reading the addressee %d of store %d", customerID, storeID)
	ok, err = found(s.get(ctx, &a, addresseeByID, storeID, customerID))
	return a, ok, err
}

const loginByID = `
SELECT ip_prefix, created_at FROM sessions WHERE store_id = $1 AND id = $2`

// LoginOf tells from which network and when a session began; ok is false when it
// is gone.
func (s *Store) LoginOf(ctx context.Context, storeID int64, sessionID string) (prefix string, at time.Time, ok bool, err error) {
	defer explain(&err, "reading a login of store %d", storeID)
	var row struct {
		IPPrefix  string
		CreatedAt time.Time
	}
	ok, err = found(s.get(ctx, &row, loginByID, storeID, sessionID))
	return row.IPPrefix, row.CreatedAt, ok, err
}
