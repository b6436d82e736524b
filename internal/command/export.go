package command

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"regulars/internal/csvfile"
	"regulars/internal/shop"
	"regulars/storage"
)

// Export holds the commands that write the files which Import takes.
type Export struct {
	Customers   ExportCustomers   `cmd:"" help:"Write customers, their addresses and whether they agreed to the newsletter."`
	Subscribers ExportSubscribers `cmd:"" help:"Write the subscribers of the newsletter."`
	Groups      ExportGroups      `cmd:"" help:"Write the customer groups."`
}

// exportFile is what the three have in common.
type exportFile struct {
	Store string `required:"" help:"Hash of the store."`
	Out   string `short:"o" help:"File to write; standard output when not given."`
	BOM   bool   `name:"bom" help:"Begin with a byte order mark, by which Excel knows UTF-8."`
}

// ExportCustomers writes customers.
type ExportCustomers struct {
	exportFile
	WithPasswordHashes bool `help:"Write password hashes too, to move customers elsewhere. Keep such a file safe."`
}

// ExportSubscribers writes subscribers.
type ExportSubscribers struct{ exportFile }

// ExportGroups writes groups.
type ExportGroups struct{ exportFile }

// write makes the file whole or not at all; standard output as it comes.
func (c *exportFile) write(e *Env, fill func(storeID int64, w *csv.Writer) error) (err error) {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	fillAll := func(to io.Writer) error {
		b := bufio.NewWriterSize(to, 64<<10)
		if c.BOM {
			_, _ = b.WriteString("\uFEFF")
		}
		w := csvfile.NewWriter(b)
		if err := fill(s.Store.ID, w); err != nil {
			return err
		}
		w.Flush()
		return errors.Join(w.Error(), b.Flush())
	}
	if c.Out == "" {
		return fillAll(e.Out)
	}
	if info, err := os.Stat(c.Out); err == nil && !info.Mode().IsRegular() { // a device or a pipe must not give way to a file
		f, err := os.OpenFile(c.Out, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(fillAll(f), f.Close())
	}
	return writeWhole(c.Out, fillAll)
}

// writeWhole replaces the file that path means, links followed, at once.
func writeWhole(path string, fill func(io.Writer) error) error {
	if meant, err := filepath.EvalSymlinks(path); err == nil {
		path = meant
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return err
	}
	err = errors.Join(fill(temp), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// pages calls write for every row, page by page.
func pages[T any](page func(after int64) ([]T, error), id func(T) int64, write func(T) error) error {
	for after := int64(0); ; {
		rows, err := page(after)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := write(r); err != nil {
				return err
			}
			after = id(r)
		}
		if len(rows) < storage.ExportPage {
			return nil
		}
	}
}

var customerExport = []meaning{asEmail, asFirstName, asLastName, asCompany, asPhone, asNotes, asTax, asGroup, asJoined, asMarketing, asMarketingDate,
	asVerified, asDisabled, asReset, asLocale, asAbandoned, asChannels, asOriginChannel}

var addressExport = []meaning{asFirstName, asLastName, asCompany, asAddressLine1, asAddressLine2, asAddressCity, asAddressState, asAddressZip,
	asAddressCountry, asPhone, asAddressType}

// Run implements kong's command.
func (c *ExportCustomers) Run(e *Env) error {
	return c.write(e, func(storeID int64, w *csv.Writer) error {
		most, err := e.Storage.MostAddresses(e.Ctx, storeID)
		if err != nil {
			return err
		}
		header := headers(customerColumns, customerExport)
		if c.WithPasswordHashes {
			header = append(header, customerColumns.headerOf(asPassword))
		}
		for n := range most {
			for _, is := range addressExport {
				header = append(header, fmt.Sprintf("Address %s - %d", addressColumns.headerOf(is), n+1))
			}
		}
		if err := w.Write(header); err != nil {
			return err
		}
		return pages(func(after int64) ([]storage.ExportedCustomer, error) {
			return e.Storage.ExportCustomers(e.Ctx, storeID, after)
		},
			func(x storage.ExportedCustomer) int64 { return x.ID },
			func(x storage.ExportedCustomer) error { return w.Write(c.record(x, len(header))) })
	})
}

func headers(names spelling, list []meaning) (out []string) {
	for _, is := range list {
		out = append(out, names.headerOf(is))
	}
	return out
}

func (c *ExportCustomers) record(x storage.ExportedCustomer, columns int) []string {
	var channels []string
	if x.ChannelIDs != nil {
		for _, id := range *x.ChannelIDs {
			channels = append(channels, strconv.FormatInt(id, 10))
		}
	}
	out := []string{
		csvfile.Armed(x.Email.Text), armed(x.FirstName), armed(x.LastName), armed(x.Company), csvfile.ArmedPhone(deref(x.Phone)), armed(x.Notes),
		armed(x.TaxExemptCategory), csvfile.Armed(x.GroupName), dateText(x.DateCreated), yesOrNo(x.AcceptsMarketing), dateText(x.MarketingAt),
		dateText(x.VerifiedAt), dateText(x.DisabledAt), yesOrNo(x.ResetRequired), armed(x.Locale),
		yesOrNo(x.AcceptsAbandoned != nil && *x.AcceptsAbandoned), strings.Join(channels, " "), strconv.FormatInt(x.OriginChannelID, 10),
	}
	if c.WithPasswordHashes {
		out = append(out, x.PasswordHash)
	}
	for _, a := range x.Addresses {
		kind := ""
		if a.AddressType != nil {
			kind = string(*a.AddressType)
		}
		out = append(out, csvfile.Armed(a.FirstName), csvfile.Armed(a.LastName), armed(a.Company), csvfile.Armed(a.Address1), armed(a.Address2),
			csvfile.Armed(a.City), armed(a.StateOrProvince), armed(a.PostalCode), a.CountryCode, csvfile.ArmedPhone(deref(a.Phone)), kind)
	}
	for len(out) < columns { // an address book that grew meanwhile is cut off
		out = append(out, "")
	}
	return out[:columns]
}

func armed(s *string) string { return csvfile.Armed(deref(s)) }

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// dateText is exact to what the database keeps; empty for no date.
func dateText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

var subscriberExport = []meaning{asEmail, asFirstName, asLastName, asStatus, asSince, asReason, asOrigin, asSource, asOrder, asOriginChannel, asJoined}

// Run implements kong's command.
func (c *ExportSubscribers) Run(e *Env) error {
	return c.write(e, func(storeID int64, w *csv.Writer) error {
		if err := w.Write(headers(subscriberColumns, subscriberExport)); err != nil {
			return err
		}
		return pages(func(after int64) ([]storage.ExportedSubscriber, error) {
			return e.Storage.ExportSubscribers(e.Ctx, storeID, after)
		},
			func(x storage.ExportedSubscriber) int64 { return x.ID },
			func(x storage.ExportedSubscriber) error {
				order := ""
				if x.OrderID != nil {
					order = strconv.FormatInt(*x.OrderID, 10)
				}
				return w.Write([]string{csvfile.Armed(x.Email.Text), armed(x.FirstName), armed(x.LastName), strings.ToLower(string(x.State)), dateText(x.Since),
					x.SuppressedReason, string(x.Origin), armed(x.Source), order, strconv.FormatInt(x.ChannelID, 10), dateText(x.DateCreated)})
			})
	})
}

var groupExport = []meaning{asGroupName, asDefault, asGuests, asAccess, asCategories, asRules}

// Run implements kong's command.
func (c *ExportGroups) Run(e *Env) error {
	return c.write(e, func(storeID int64, w *csv.Writer) error {
		groups, err := e.Storage.ExportGroups(e.Ctx, storeID)
		if err != nil {
			return err
		}
		if err := w.Write(headers(groupColumns, groupExport)); err != nil {
			return err
		}
		for _, g := range groups {
			if err := w.Write(groupRecord(g)); err != nil {
				return err
			}
		}
		return nil
	})
}

func groupRecord(g shop.CustomerGroup) []string {
	var categories, rules []string
	for _, id := range g.CategoryAccess.CategoryIDs {
		categories = append(categories, strconv.FormatInt(id, 10))
	}
	for _, r := range g.DiscountRules {
		rules = append(rules, r.String())
	}
	return []string{csvfile.Armed(g.Name), yesOrNo(g.IsDefault), yesOrNo(g.IsGroupForGuests), string(g.CategoryAccess.Type),
		strings.Join(categories, " "), strings.Join(rules, " | ")}
}
