package command

import (
	"fmt"
	"strconv"
	"strings"

	"regulars/internal/shop"
	"regulars/storage"
)

// Customer holds the commands about the customers of a store.
type Customer struct {
	List       CustomerList       `cmd:"" help:"List the customers of a store."`
	Show       CustomerShow       `cmd:"" help:"Show all about one customer, but for the password."`
	Disable    CustomerDisable    `cmd:"" help:"Keep a customer from logging in, and end all sessions."`
	Enable     CustomerEnable     `cmd:"" help:"Let a disabled customer log in again."`
	Delete     CustomerDelete     `cmd:"" help:"Delete a customer with addresses and sessions; the subscriber stays."`
	ForceReset CustomerForceReset `cmd:"" help:"Refuse the present password from now on, and end all sessions."`
}

// CustomerList prints one page.
type CustomerList struct {
	Store  string `arg:"" help:"Hash of the store."`
	Search string `help:"Part of an address, a name, a company or a phone number, in any case."`
	Group  string `help:"Name of a customer group."`
	Limit  int    `default:"50" help:"How many, 1 to 1000."`
	After  int64  `help:"Go on behind the customer with this id."`
	JSON   bool   `name:"json" help:"One JSON object a line."`
}

// Run implements kong's command.
func (c *CustomerList) Run(e *Env) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return fmt.Errorf("--limit can be 1 to 1000")
	}
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	filter := storage.CustomerFilter{Search: c.Search, After: c.After, Limit: c.Limit}
	if c.Group != "" {
		if filter.GroupID, err = e.Storage.GroupByName(e.Ctx, s.Store.ID, c.Group); err != nil {
			return err
		}
	}
	page, err := e.Storage.CustomerRecords(e.Ctx, s.Store.ID, filter)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, r := range page.Items {
			if err := e.sayJSON(lineOf(r)); err != nil {
				return err
			}
		}
		return nil
	}
	return e.customers(page)
}

// customers prints a page for people.
func (e *Env) customers(page shop.Page[shop.CustomerRecord]) error {
	if len(page.Items) == 0 {
		e.say("No customers.")
		return nil
	}
	err := e.table(func(line func(string, ...any)) {
		line("ID\tADDRESS\tNAME\tCOMPANY\tGROUP\tSINCE\tSTATE")
		for _, r := range page.Items {
			line("%d\t%s\t%s\t%s\t%s\t%s\t%s", r.ID, printable(r.Email), printable(r.FirstName+" "+r.LastName),
				or(printable(r.Company), "-"), or(printable(r.GroupName), "-"), r.DateCreated.UTC().Format("2006-01-02"), stateOf(r))
		}
	})
	if err == nil && page.HasNext {
		e.say("There are more: add --after %d.", page.Items[len(page.Items)-1].ID)
	}
	return err
}

// stateOf is what stands between a customer and a login.
func stateOf(r shop.CustomerRecord) string {
	var words []string
	if r.DisabledAt != nil {
		words = append(words, "disabled")
	}
	if r.ResetRequired {
		words = append(words, "reset required")
	}
	if r.PasswordKind == "" {
		words = append(words, "no password")
	}
	return or(strings.Join(words, ", "), "active")
}

// subject is the customer that a command is about.
type subject struct {
	Store    string `arg:"" help:"Hash of the store."`
	Customer string `arg:"" help:"Id or e-mail address."`
}

// find says which store and customer are meant.
func (c subject) find(e *Env) (*shop.Snapshot, shop.CustomerRecord, error) {
	var r shop.CustomerRecord
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return nil, r, err
	}
	var ok bool
	if email, isEmail := shop.ParseEmail(c.Customer); isEmail {
		r, ok, err = e.Storage.CustomerRecordByEmail(e.Ctx, s.Store.ID, email.Key)
	} else {
		id, parseErr := strconv.ParseInt(c.Customer, 10, 64)
		if parseErr != nil || id < 1 {
			return nil, r, fmt.Errorf("%q is neither a customer's id nor an e-mail address", c.Customer)
		}
		r, ok, err = e.Storage.CustomerRecord(e.Ctx, s.Store.ID, id)
	}
	if err == nil && !ok {
		err = c.missing()
	}
	return s, r, err
}

func (c subject) missing() error {
	return fmt.Errorf("store %s has no customer %s", c.Store, printable(c.Customer))
}

// orMissing is err, but names the customer that was deleted a moment ago.
func (c subject) orMissing(err error) error {
	if shop.CodeOf(err) == shop.NotFound {
		return c.missing()
	}
	return err
}
