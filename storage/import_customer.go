package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

// knownCustomer is a customer as an import compares them.
type knownCustomer struct {
	shop.ImportedCustomer
	id, version int64
	fresh       bool // made by this transaction
	changed     []string
	addresses   [][]byte // fingerprints of those that are there
	added       []shop.CustomerAddress
}

// ImportCustomers takes one part of a file in one transaction: customers, addresses, agreements to the newsletter and events of
// all of them, or of none.
func (s *Store) ImportCustomers(ctx context.Context, run ImportRun, part ImportPart) (out []ImportOutcome, err error) {
	defer explain(&err, "importing customers into store %d", run.StoreID)
	return s.importLines(ctx, run, part, func(t tx, lines []ImportOutcome) error {
		known, err := t.knownCustomers(run, lines)
		if err != nil {
			return err
		}
		news, err := t.newsFor(run, lines)
		if err != nil {
			return err
		}
		var order []*knownCustomer // in the order of the file
		for i := range lines {
			said, err := undecided[shop.ImportedCustomer](&lines[i])
			if err != nil || said == nil {
				if err != nil {
					return err
				}
				continue
			}
			c := known[said.Email.Key]
			if c == nil {
				c = &knownCustomer{ImportedCustomer: *said, fresh: true, added: unlike(nil, said.Addresses)}
				if c.GroupID == nil {
					c.GroupID = &c.NewGroupID
				}
				known[said.Email.Key] = c
				order = append(order, c)
				lines[i].Result = ImportCreated
				news.agree(said)
				continue
			}
			if c.take(run, &lines[i], said, news) && !c.fresh && !slices.Contains(order, c) {
				order = append(order, c)
			}
		}
		if run.DryRun {
			return nil
		}
		if _, err := t.exec(planOnce); err != nil {
			return err
		}
		if err := run.turns.number(part.Number, func() error { return t.numberCustomers(order, news) }); err != nil {
			return err
		}
		if err := t.writeCustomers(run.StoreID, order); err != nil {
			return err
		}
		return news.write(t)
	})
}

// take compares a line with a customer that is there. It tells whether there is
// something to write.
func (c *knownCustomer) take(run ImportRun, line *ImportOutcome, said *shop.ImportedCustomer, news *news) bool {
	next := c.ImportedCustomer
	changed := next.Take(said)
	added := unlike(c, said.Addresses)
	if len(added) > 0 {
		changed = append(changed, "addresses")
	}
	agrees := news.wouldAgree(said)
	if agrees {
		changed = append(changed, "newsletter")
	}
	if len(changed) == 0 {
		line.Result = ImportUnchanged
		return false
	}
	if !run.Update {
		line.skip("there is a customer with this address already, and other data: " +
			strings.ReplaceAll(strings.Join(changed, ", "), "_", " ") + "; --update changes that")
		return false
	}
	if len(c.addresses)+len(c.added)+len(added) > shop.MaxAddresses {
		line.skip(fmt.Sprintf("the address book would hold more than %d addresses", shop.MaxAddresses))
		return false
	}
	line.Result = ImportUpdated
	c.ImportedCustomer = next
	c.added = append(c.added, added...)
	if agrees {
		news.agree(said)
	}
	for _, f := range changed {
		if f != "addresses" && f != "newsletter" && !slices.Contains(c.changed, f) {
			c.changed = append(c.changed, f)
		}
	}
	return true
}

// unlike gives the addresses that c does not have yet, each once.
func unlike(c *knownCustomer, said []shop.CustomerAddress) (out []shop.CustomerAddress) {
	var id int64
	var have [][]byte
	if c != nil {
		id, have = c.id, slices.Clone(c.addresses)
		for _, a := range c.added {
			have = append(have, a.Fingerprint(id))
		}
	}
	for _, a := range said {
		f := a.Fingerprint(id)
		if !slices.ContainsFunc(have, func(h []byte) bool { return string(h) == string(f) }) {
			have, out = append(have, f), append(out, a)
		}
	}
	return out
}

const importedCustomerColumns = `
SELECT id, email_key, version, first_name, last_name, company, phone, notes, tax_exempt_category, locale,
       COALESCE(group_id, 0) AS group_id, channel_ids, accepts_abandoned, password_hash IS NOT NULL AS has_password
FROM   customers
WHERE  store_id = $1 AND email_key = ANY($2)
ORDER  BY id`

const seeCustomers = importedCustomerColumns

const lockCustomers = importedCustomerColumns + `
FOR    UPDATE`

const fingerprintsOf = `
SELECT customer_id, fingerprint FROM addresses WHERE store_id = $1 AND customer_id = ANY($2)`

// knownCustomers reads those that the lines are about, and holds them where they
// may be changed.
func (t tx) knownCustomers(run ImportRun, lines []ImportOutcome) (map[string]*knownCustomer, error) {
	query := seeCustomers
	if run.Update && !run.DryRun {
		query = lockCustomers
	}
	var rows []struct {
		ID, Version, GroupID                                                            int64
		EmailKey, FirstName, LastName, Company, Phone, Notes, TaxExemptCategory, Locale string
		ChannelIDs                                                                      pq.Int64Array
		AcceptsAbandoned, HasPassword                                                   bool
	}
	if err := t.list(&rows, query, run.StoreID, keysOf(lines)); err != nil {
		return nil, err
	}
	out, byID, ids := map[string]*knownCustomer{}, map[int64]*knownCustomer{}, pq.Int64Array{}
	for i := range rows {
		r := &rows[i]
		channels := []int64(r.ChannelIDs)
		c := &knownCustomer{id: r.ID, version: r.Version, ImportedCustomer: shop.ImportedCustomer{
			Email: shop.Email{Key: r.EmailKey}, FirstName: &r.FirstName, LastName: &r.LastName, Company: &r.Company, Phone: &r.Phone,
			Notes: &r.Notes, TaxExemptCategory: &r.TaxExemptCategory, Locale: &r.Locale, GroupID: &r.GroupID, ChannelIDs: &channels,
			AcceptsAbandoned: &r.AcceptsAbandoned,
		}}
		if r.HasPassword {
			c.PasswordHash = keepPassword
		}
		out[r.EmailKey], byID[r.ID], ids = c, c, append(ids, r.ID)
	}
	if len(ids) == 0 {
		return out, nil
	}
	var prints []struct {
		CustomerID  int64
		Fingerprint []byte
	}
	if err := t.list(&prints, fingerprintsOf, run.StoreID, ids); err != nil {
		return nil, err
	}
	for _, p := range prints {
		byID[p.CustomerID].addresses = append(byID[p.CustomerID].addresses, p.Fingerprint)
	}
	return out, nil
}

// keepPassword stands for the hash that a customer has, which an import does not
// need to see.
const keepPassword = "kept"

func keysOf(lines []ImportOutcome) pq.StringArray {
	keys := make(pq.StringArray, 0, len(lines))
	for _, l := range lines {
		if l.Key != "" {
			keys = append(keys, l.Key)
		}
	}
	return keys
}
