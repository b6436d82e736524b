package storage

import (
	"context"
	"strings"
	"unicode"

	"github.com/lib/pq"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"regulars/internal/shop"
)

// recordRow scans what shop.CustomerRecord has as a slice.
type recordRow struct {
	shop.CustomerRecord
	ChannelIDs pq.Int64Array
}

func (r recordRow) record() shop.CustomerRecord {
	c := r.CustomerRecord
	c.ChannelIDs = r.ChannelIDs
	return c
}

// The hash of a password stays in Postgres.
const recordColumns = customerColumns + `,
c.email_verified_at AS verified_at, c.disabled_at, c.password_reset_required AS reset_required,
CASE WHEN c.password_hash IS NULL THEN '' WHEN c.password_hash LIKE '$argon2id$%' THEN 'argon2id'
     WHEN c.password_hash ~ '^\$2[aby]\$' THEN 'bcrypt' ELSE 'unknown' END AS password_kind,
COALESCE(g.name, '') AS group_name, c.notes AS staff_notes, c.origin_channel_id, c.locale, c.accepts_abandoned,
(SELECT count(*) FROM addresses a WHERE a.store_id = c.store_id AND a.customer_id = c.id) AS address_count,
c.date_created, c.date_modified`

const recordByID = `
SELECT ` + recordColumns + `
FROM   customers c
LEFT   JOIN customer_groups g ON g.store_id = c.store_id AND g.id = c.group_id
WHERE  c.store_id = $1 AND c.id = $2`

const recordByEmail = `
SELECT ` + recordColumns + `
FROM   customers c
LEFT   JOIN customer_groups g ON g.store_id = c.store_id AND g.id = c.group_id
WHERE  c.store_id = $1 AND c.email_key = $2`

// CustomerRecord reads a customer for staff; ok is false when there is none.
func (s *Store) CustomerRecord(ctx context.Context, storeID, id int64) (_ shop.CustomerRecord, ok bool, err error) {
	defer explain(&err, "reading customer %d of store %d", id, storeID)
	var row recordRow
	ok, err = found(s.get(ctx, &row, recordByID, storeID, id))
	return row.record(), ok, err
}

// CustomerRecordByEmail is CustomerRecord for the key of an address.
func (s *Store) CustomerRecordByEmail(ctx context.Context, storeID int64, emailKey string) (_ shop.CustomerRecord, ok bool, err error) {
	defer explain(&err, "reading a customer of store %d", storeID)
	var row recordRow
	ok, err = found(s.get(ctx, &row, recordByEmail, storeID, emailKey))
	return row.record(), ok, err
}

// CustomerFilter says which customers to list.
type CustomerFilter struct {
	Search  string // part of an address, name, company or phone number, in any case; "" for all
	GroupID int64  // 0 for all
	After   int64  // ids above it
	Limit   int
}

const customersOfStore = `
SELECT ` + recordColumns + `
FROM   customers c
LEFT   JOIN customer_groups g ON g.store_id = c.store_id AND g.id = c.group_id
CROSS  JOIN LATERAL (SELECT concat_ws(' ', c.email, c.email_key, c.first_name, c.last_name, c.company, c.phone) AS line) h
WHERE  c.store_id = $1 AND c.id > $2 AND ($3 = 0 OR c.group_id = $3)
AND    (cardinality($4::text[]) = 0 OR h.line LIKE ANY ($4) OR lower(h.line) LIKE ANY ($4))
ORDER  BY c.id
LIMIT  $5 + 1`

// CustomerRecords lists customers for staff in the order of their ids.
func (s *Store) CustomerRecords(ctx context.Context, storeID int64, f CustomerFilter) (page shop.Page[shop.CustomerRecord], err error) {
	defer explain(&err, "listing customers of store %d", storeID)
	var rows []recordRow
	if err := s.list(ctx, &rows, customersOfStore, storeID, f.After, f.GroupID, pq.StringArray(patterns(f.Search)), f.Limit); err != nil {
		return page, err
	}
	if page.HasNext = len(rows) > f.Limit; page.HasNext {
		rows = rows[:f.Limit]
	}
	for _, r := range rows {
		page.Items = append(page.Items, r.record())
	}
	return page, nil
}

// patterns are what to look for: a database with the C locale lowers nothing but
// ASCII, so other letters are tried in every case.
func patterns(search string) []string {
	search = strings.TrimSpace(search)
	if search == "" {
		return []string{}
	}
	words := []string{strings.ToLower(search)}
	if strings.ContainsFunc(search, func(r rune) bool { return r > unicode.MaxASCII }) {
		words = append(words, search, strings.ToUpper(search), cases.Title(language.Und).String(search))
	}
	literal := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for i, w := range words {
		words[i] = "%" + literal.Replace(w) + "%"
	}
	return words
}
