package storage

import (
	"context"
	"encoding/json"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// ExportPage is how many rows one statement of an export reads.
const ExportPage = 1000

// ExportedCustomer is a customer as a file has them: as they would be imported,
// with the group by name.
type ExportedCustomer struct {
	ID        int64
	GroupName string
	shop.ImportedCustomer
}

const exportCustomers = `
SELECT c.id, c.email, c.email_key, c.first_name, c.last_name, c.company, c.phone, c.notes, c.tax_exempt_category,
       COALESCE(g.name, '') AS group_name, c.date_created, c.email_verified_at, c.disabled_at, c.password_reset_required,
       c.locale, c.accepts_abandoned, c.channel_ids, c.origin_channel_id, COALESCE(c.password_hash, '') AS password_hash,
       CASE WHEN b.state = 'SUBSCRIBED' OR (b.state = 'PENDING' AND b.state_before = 'SUBSCRIBED') THEN b.state_since END AS marketing_at,
       (SELECT COALESCE(json_agg(json_build_object('FirstName', a.first_name, 'LastName', a.last_name, 'Company', a.company,
               'Address1', a.address1, 'Address2', a.address2, 'City', a.city, 'StateOrProvince', a.state_or_province,
               'PostalCode', a.postal_code, 'CountryCode', a.country_code, 'Phone', a.phone, 'AddressType', a.address_type)
               ORDER BY a.id), '[]')
        FROM   addresses a WHERE a.store_id = c.store_id AND a.customer_id = c.id) AS addresses
FROM   customers c
LEFT   JOIN customer_groups g ON g.store_id = c.store_id AND g.id = c.group_id
LEFT   JOIN subscribers b ON b.store_id = c.store_id AND b.email_key = c.email_key
WHERE  c.store_id = $1 AND c.id > $2
ORDER  BY c.id
LIMIT  $3`

// ExportCustomers is the page of customers behind the id after; nothing behind
// the last one.
func (s *Store) ExportCustomers(ctx context.Context, storeID, after int64) (out []ExportedCustomer, err error) {
	defer explain(&err, "exporting customers of store %d", storeID)
	var rows []struct {
		ID                                                          int64
		Email, EmailKey, FirstName, LastName, Company, Phone, Notes string
		TaxExemptCategory, GroupName, Locale, PasswordHash          string
		DateCreated                                                 time.Time
		EmailVerifiedAt, DisabledAt, MarketingAt                    *time.Time
		PasswordResetRequired, AcceptsAbandoned                     bool
		ChannelIDs                                                  pq.Int64Array
		OriginChannelID                                             int64
		Addresses                                                   []byte
	}
	if err := s.list(ctx, &rows, exportCustomers, storeID, after, ExportPage); err != nil {
		return nil, err
	}
	out = make([]ExportedCustomer, len(rows))
	for i := range rows {
		r := &rows[i]
		channels := []int64(r.ChannelIDs)
		out[i] = ExportedCustomer{ID: r.ID, GroupName: r.GroupName, ImportedCustomer: shop.ImportedCustomer{
			Email: shop.Email{Text: r.Email, Key: r.EmailKey}, FirstName: &r.FirstName, LastName: &r.LastName, Company: &r.Company,
			Phone: &r.Phone, Notes: &r.Notes, TaxExemptCategory: &r.TaxExemptCategory, Locale: &r.Locale, ChannelIDs: &channels,
			AcceptsAbandoned: &r.AcceptsAbandoned, PasswordHash: r.PasswordHash, OriginChannelID: r.OriginChannelID,
			ResetRequired: r.PasswordResetRequired, VerifiedAt: r.EmailVerifiedAt, DisabledAt: r.DisabledAt, DateCreated: &r.DateCreated,
			AcceptsMarketing: r.MarketingAt != nil, MarketingAt: r.MarketingAt,
		}}
		if err := json.Unmarshal(r.Addresses, &out[i].Addresses); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// A part of the address books at a time: one statement over all of them would
// run into the role's timeout.
const mostAddresses = `
SELECT COALESCE(max(n), 0) AS most, COALESCE(max(customer_id), 0) AS last
FROM  (SELECT customer_id, count(*) AS n
       FROM   addresses
       WHERE  store_id = $1 AND customer_id > $2
       GROUP  BY customer_id
       ORDER  BY customer_id
       LIMIT  50000) a`

// MostAddresses is the size of the store's largest address book.
func (s *Store) MostAddresses(ctx context.Context, storeID int64) (most int, err error) {
	defer explain(&err, "measuring the address books of store %d", storeID)
	var part struct {
		Most int
		Last int64
	}
	for {
		after := part.Last
		if err := s.get(ctx, &part, mostAddresses, storeID, after); err != nil {
			return 0, err
		}
		if part.Last == 0 {
			return most, nil
		}
		most = max(most, part.Most)
	}
}

// ExportedSubscriber is a subscriber as a file has them.
type ExportedSubscriber struct {
	ID int64
	shop.ImportedSubscriber
}

// A sign-up that waits for its confirmation is the state before it; it is nobody
// yet where there was none.
const exportSubscribers = `
SELECT id, email, email_key, first_name, last_name, CASE WHEN state = 'PENDING' THEN state_before ELSE state END AS state,
       state_since AS since, origin, source, order_id, channel_id, date_created, COALESCE(suppressed_reason, '') AS suppressed_reason
FROM   subscribers
WHERE  store_id = $1 AND id > $2 AND NOT (state = 'PENDING' AND state_before = '')
ORDER  BY id
LIMIT  $3`

// ExportSubscribers is the page of subscribers behind the id after.
func (s *Store) ExportSubscribers(ctx context.Context, storeID, after int64) (out []ExportedSubscriber, err error) {
	defer explain(&err, "exporting subscribers of store %d", storeID)
	var rows []struct {
		ID, ChannelID                                          int64
		Email, EmailKey, FirstName, LastName, SuppressedReason string
		State                                                  shop.SubscriberState
		Origin                                                 shop.SubscriberOrigin
		Source                                                 *string
		OrderID                                                *int64
		Since, DateCreated                                     time.Time
	}
	if err := s.list(ctx, &rows, exportSubscribers, storeID, after, ExportPage); err != nil {
		return nil, err
	}
	out = make([]ExportedSubscriber, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = ExportedSubscriber{r.ID, shop.ImportedSubscriber{
			Email: shop.Email{Text: r.Email, Key: r.EmailKey}, FirstName: &r.FirstName, LastName: &r.LastName, State: r.State,
			Origin: r.Origin, Source: r.Source, OrderID: r.OrderID, ChannelID: r.ChannelID, DateCreated: &r.DateCreated,
			Since: &r.Since, SuppressedReason: r.SuppressedReason,
		}}
	}
	return out, nil
}

const allGroups = `
SELECT g.id AS wanted, ` + groupColumns + `
FROM   customer_groups g
WHERE  g.store_id = $1
ORDER  BY g.id`

// ExportGroups is all groups of a store, in the order of their ids.
func (s *Store) ExportGroups(ctx context.Context, storeID int64) (out []shop.CustomerGroup, err error) {
	defer explain(&err, "exporting groups of store %d", storeID)
	var rows []groupRow
	if err := s.list(ctx, &rows, allGroups, storeID); err != nil {
		return nil, err
	}
	return groupsOf(rows)
}

func groupsOf(rows []groupRow) (out []shop.CustomerGroup, err error) {
	for _, r := range rows {
		g, err := r.group()
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
