package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"regulars/internal/shop"
)

// CustomerShow prints all about a customer.
type CustomerShow struct {
	subject
	JSON bool `name:"json" help:"One JSON object."`
}

// Run implements kong's command.
func (c *CustomerShow) Run(e *Env) error {
	s, r, err := c.find(e)
	if err != nil {
		return err
	}
	sessions, err := e.Storage.LiveSessions(e.Ctx, s.Store.ID, r.ID)
	if err != nil {
		return err
	}
	newsletter, err := e.newsletterOf(s.Store.ID, r)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.sayJSON(sheetOf(r, sessions, newsletter))
	}
	return e.table(func(line func(string, ...any)) {
		line("%s", titled(r))
		for _, row := range aboutCustomer(s, r) {
			line("  %s\t%s", row[0], printable(row[1]))
		}
		line("  newsletter\t%s", aboutNewsletter(newsletter))
		line("  sessions\t%s", or(strconv.Itoa(len(sessions)), "none"))
		for _, l := range sessions {
			line("  \t%s", printable(aboutSession(l)))
		}
	})
}

// titled names a customer in a sentence.
func titled(r shop.CustomerRecord) string {
	return fmt.Sprintf("Customer %d (%s)", r.ID, printable(r.Email))
}

// newsletterOf is the subscriber of a customer's address, nil where there is none.
func (e *Env) newsletterOf(storeID int64, r shop.CustomerRecord) (*shop.Subscriber, error) {
	s, ok, err := e.Storage.Subscriber(e.Ctx, storeID, r.EmailKey)
	if err != nil || !ok {
		return nil, err
	}
	return &s, nil
}

func aboutCustomer(s *shop.Snapshot, r shop.CustomerRecord) [][2]string {
	return [][2]string{
		{"address", r.Email + ", " + when(r.VerifiedAt, "proved", "not proved")},
		{"name", r.FirstName + " " + r.LastName},
		{"company", or(r.Company, "-")},
		{"phone", or(r.Phone, "-")},
		{"group", or(r.GroupName, "-")},
		{"channels", aboutChannels(s, r)},
		{"access", when(r.DisabledAt, "disabled since", "not disabled")},
		{"password", aboutPassword(r)},
		{"notes", or(r.StaffNotes, "-")},
		{"tax category", or(r.TaxExemptCategory, "-")},
		{"language", or(r.Locale, "-")},
		{"created", fmt.Sprintf("%s, channel %d", moment(r.DateCreated), r.OriginChannelID)},
		{"modified", moment(r.DateModified)},
		{"addresses", strconv.FormatInt(r.AddressCount, 10)},
	}
}

func when(t *time.Time, is, isNot string) string {
	if t == nil {
		return isNot
	}
	return is + " " + moment(*t)
}

// aboutChannels says where a customer may log in.
func aboutChannels(s *shop.Snapshot, r shop.CustomerRecord) string {
	var names []string
	for _, c := range s.Channels {
		if c.Admits(r.ChannelIDs) {
			names = append(names, fmt.Sprintf("%d (%s)", c.ID, c.Name))
		}
	}
	where := or(strings.Join(names, ", "), "none")
	if r.ChannelIDs == nil {
		return where + ", a global account"
	}
	return where
}

func aboutPassword(r shop.CustomerRecord) string {
	kind := or(r.PasswordKind, "none")
	if r.ResetRequired {
		return kind + ", has to be reset"
	}
	return kind
}

func aboutNewsletter(s *shop.Subscriber) string {
	if s == nil {
		return "not known there"
	}
	return fmt.Sprintf("%s since %s, first from %s", s.State, moment(s.StateSince), s.Origin)
}

func aboutSession(l shop.SessionRecord) string {
	return fmt.Sprintf("seen %s from %s, channel %d, since %s: %s", moment(l.LastSeenAt), or(l.IPPrefix, "an unknown network"),
		l.ChannelID, moment(l.CreatedAt), or(l.UserAgent, "an unknown device"))
}
