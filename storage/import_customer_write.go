package storage

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/lib/pq"
)

// customerJSON is one element of what the statements below unfold.
type customerJSON struct {
	ID                int64      `json:"id"`
	Email             string     `json:"email"`
	EmailKey          string     `json:"email_key"`
	VerifiedAt        *time.Time `json:"email_verified_at"`
	PasswordHash      string     `json:"password_hash"`
	ResetRequired     bool       `json:"password_reset_required"`
	DisabledAt        *time.Time `json:"disabled_at"`
	FirstName         string     `json:"first_name"`
	LastName          string     `json:"last_name"`
	Company           string     `json:"company"`
	Phone             string     `json:"phone"`
	Notes             string     `json:"notes"`
	TaxExemptCategory string     `json:"tax_exempt_category"`
	GroupID           int64      `json:"group_id"`
	ChannelIDs        []int64    `json:"channel_ids"`
	OriginChannelID   int64      `json:"origin_channel_id"`
	Locale            string     `json:"locale"`
	AcceptsAbandoned  bool       `json:"accepts_abandoned"`
	DateCreated       *time.Time `json:"date_created"`
	Changed           []string   `json:"changed"`
}

const nextCustomerIDs = `
SELECT nextval(pg_get_serial_sequence('customers', 'id')::regclass) FROM generate_series(1, $1)`

const insertCustomers = `
WITH made AS (
    INSERT INTO customers (store_id, id, email, email_key, email_verified_at, password_hash, password_reset_required, disabled_at,
                           first_name, last_name, company, phone, notes, tax_exempt_category, group_id, channel_ids,
                           origin_channel_id, locale, accepts_abandoned, date_created)
    SELECT $1, d.id, d.email, d.email_key, d.email_verified_at, NULLIF(d.password_hash, ''), d.password_reset_required, d.disabled_at,
           d.first_name, d.last_name, d.company, d.phone, d.notes, d.tax_exempt_category, NULLIF(d.group_id, 0), d.channel_ids,
           d.origin_channel_id, d.locale, d.accepts_abandoned, COALESCE(d.date_created, now())
    FROM   json_to_recordset($2::json) AS d (id bigint, email text, email_key text, email_verified_at timestamptz, password_hash text,
                           password_reset_required boolean, disabled_at timestamptz, first_name text, last_name text, company text,
                           phone text, notes text, tax_exempt_category text, group_id bigint, channel_ids bigint[],
                           origin_channel_id bigint, locale text, accepts_abandoned boolean, date_created timestamptz)
    ON CONFLICT (store_id, email_key) DO NOTHING
    RETURNING id
)
INSERT INTO events (store_id, scope, entity, entity_id, entity_version, data)
SELECT $1, 'store/customer/created', 'customer', m.id, 1, jsonb_build_object('type', 'customer', 'id', m.id)
FROM   made m
ORDER  BY m.id`

const updateCustomers = `
WITH done AS (
    UPDATE customers c
    SET    first_name = d.first_name, last_name = d.last_name, company = d.company, phone = d.phone, notes = d.notes,
           tax_exempt_category = d.tax_exempt_category, group_id = NULLIF(d.group_id, 0), channel_ids = d.channel_ids,
           locale = d.locale, accepts_abandoned = d.accepts_abandoned,
           password_hash = COALESCE(NULLIF(d.password_hash, ''), c.password_hash),
           version = c.version + 1, date_modified = now()
    FROM   json_to_recordset($2::json) AS d (id bigint, first_name text, last_name text, company text, phone text, notes text,
                           tax_exempt_category text, group_id bigint, channel_ids bigint[], locale text,
                           accepts_abandoned boolean, password_hash text, changed text[])
    WHERE  c.store_id = $1 AND c.id = d.id
    RETURNING c.id, c.version, d.changed
)
INSERT INTO events (store_id, scope, entity, entity_id, entity_version, changed, data)
SELECT $1, 'store/customer/updated', 'customer', d.id, d.version, d.changed, jsonb_build_object('type', 'customer', 'id', d.id)
FROM   done d
ORDER  BY d.id`

// numberCustomers gives ids to what is new.
func (t tx) numberCustomers(list []*knownCustomer, news *news) error {
	var fresh []*int64
	for _, c := range list {
		if c.fresh {
			fresh = append(fresh, &c.id)
		}
	}
	if err := t.number(nextCustomerIDs, fresh); err != nil {
		return err
	}
	return news.number(t)
}

// number takes an id from a sequence for each of to.
func (t tx) number(query string, to []*int64) error {
	if len(to) == 0 {
		return nil
	}
	var ids []int64
	if err := t.list(&ids, query, len(to)); err != nil {
		return err
	}
	for i, id := range ids {
		if err := guardID(id); err != nil {
			return err
		}
		*to[i] = id
	}
	return nil
}

// writeCustomers stores the new and the changed ones, with their events, then
// the addresses of both.
func (t tx) writeCustomers(storeID int64, list []*knownCustomer) error {
	var fresh, changed []customerJSON
	for _, c := range list {
		if c.fresh {
			fresh = append(fresh, c.json())
		} else if len(c.changed) > 0 {
			changed = append(changed, c.json())
		}
	}
	for _, w := range []struct {
		query string
		rows  []customerJSON
	}{{insertCustomers, fresh}, {updateCustomers, changed}} {
		if err := execJSON(t, w.query, storeID, w.rows); err != nil {
			return err
		}
	}
	return t.importAddresses(storeID, list)
}

// execJSON runs a statement over rows, and insists that it answers for each of
// them: one that is missing has been overtaken by another transaction.
func execJSON[T any](t tx, query string, storeID int64, rows []T, more ...any) error {
	if len(rows) == 0 {
		return nil
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	n, err := t.exec(query, append([]any{storeID, string(b)}, more...)...)
	if err == nil && int(n) != len(rows) {
		err = errOvertaken
	}
	return err
}

func (c *knownCustomer) json() customerJSON {
	out := customerJSON{
		ID: c.id, Email: c.Email.Text, EmailKey: c.Email.Key, VerifiedAt: c.VerifiedAt, PasswordHash: c.PasswordHash,
		ResetRequired: c.ResetRequired, DisabledAt: c.DisabledAt, FirstName: deref(c.FirstName), LastName: deref(c.LastName),
		Company: deref(c.Company), Phone: deref(c.Phone), Notes: deref(c.Notes), TaxExemptCategory: deref(c.TaxExemptCategory),
		GroupID: deref(c.GroupID), OriginChannelID: max(1, c.OriginChannelID), Locale: deref(c.Locale),
		AcceptsAbandoned: deref(c.AcceptsAbandoned), DateCreated: c.DateCreated, Changed: nonNil(c.changed),
	}
	if ids := deref(c.ChannelIDs); len(ids) > 0 {
		out.ChannelIDs = ids
	}
	if c.PasswordHash == keepPassword {
		out.PasswordHash = ""
	}
	return out
}

// deref is the zero value for nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// addressJSON is one element of what the statement below unfolds.
type addressJSON struct {
	Ord             int     `json:"ord"`
	CustomerID      int64   `json:"customer_id"`
	Fingerprint     string  `json:"fingerprint"`
	FirstName       string  `json:"first_name"`
	LastName        string  `json:"last_name"`
	Company         *string `json:"company"`
	Address1        string  `json:"address1"`
	Address2        *string `json:"address2"`
	City            string  `json:"city"`
	StateOrProvince *string `json:"state_or_province"`
	PostalCode      *string `json:"postal_code"`
	CountryCode     string  `json:"country_code"`
	Phone           *string `json:"phone"`
	AddressType     *string `json:"address_type"`
}

// An address that comes with a new customer is part of their event; one that is
// added later has an event of its own.
const insertAddresses = `
WITH made AS (
    INSERT INTO addresses (store_id, customer_id, fingerprint, first_name, last_name, company, address1, address2, city,
                           state_or_province, postal_code, country_code, phone, address_type)
    SELECT $1, d.customer_id, d.fingerprint, d.first_name, d.last_name, d.company, d.address1, d.address2, d.city,
           d.state_or_province, d.postal_code, d.country_code, d.phone, d.address_type
    FROM   json_to_recordset($2::json) AS d (ord bigint, customer_id bigint, fingerprint bytea, first_name text, last_name text, company text,
                           address1 text, address2 text, city text, state_or_province text, postal_code text, country_code text,
                           phone text, address_type text)
    ORDER  BY d.ord
    RETURNING id, customer_id
), told AS (
    INSERT INTO events (store_id, scope, entity, entity_id, entity_version, data)
    SELECT $1, 'store/customer/address/created', 'address', m.id, 1,
           jsonb_build_object('type', 'customer', 'id', m.id, 'address', jsonb_build_object('customer_id', m.customer_id))
    FROM   made m
    WHERE  m.customer_id = ANY($3)
)
SELECT id FROM made`

func (t tx) importAddresses(storeID int64, list []*knownCustomer) error {
	var rows []addressJSON
	later := pq.Int64Array{}
	for _, c := range list {
		if !c.fresh && len(c.added) > 0 {
			later = append(later, c.id)
		}
		for _, a := range c.added {
			rows = append(rows, addressJSON{
				Ord: len(rows), CustomerID: c.id, Fingerprint: `\x` + hex.EncodeToString(a.Fingerprint(c.id)), FirstName: a.FirstName, LastName: a.LastName,
				Company: a.Company, Address1: a.Address1, Address2: a.Address2, City: a.City, StateOrProvince: a.StateOrProvince,
				PostalCode: a.PostalCode, CountryCode: a.CountryCode, Phone: a.Phone, AddressType: (*string)(a.AddressType),
			})
		}
	}
	return execJSON(t, insertAddresses, storeID, rows, later)
}
