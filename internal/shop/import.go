package shop

import (
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// ImportedCustomer is what a merchant's file says about one customer, or what is
// stored of them. Nil says nothing: neither that there is none, nor to take away
// what there is.
type ImportedCustomer struct {
	Email                               Email
	FirstName, LastName, Company, Phone *string
	Notes, TaxExemptCategory, Locale    *string
	GroupID                             *int64 // 0 for none
	NewGroupID                          int64  // of a new customer, where GroupID says nothing
	ChannelIDs                          *[]int64
	AcceptsAbandoned                    *bool
	PasswordHash                        string
	OriginChannelID                     int64
	ResetRequired                       bool
	VerifiedAt, DisabledAt, DateCreated *time.Time
	AcceptsMarketing                    bool
	MarketingAt                         *time.Time // of the agreement
	Addresses                           []CustomerAddress
}

// Take changes known to what said says, and names what is different. What only
// the owner of an account can know better than a file is left alone: a password
// that is there, whether the mailbox was proved, whether the account is open.
func (known *ImportedCustomer) Take(said *ImportedCustomer) (changed []string) {
	for _, f := range []struct {
		name     string
		now, new **string
	}{
		{"first_name", &known.FirstName, &said.FirstName}, {"last_name", &known.LastName, &said.LastName},
		{"company", &known.Company, &said.Company}, {"phone", &known.Phone, &said.Phone},
		{"notes", &known.Notes, &said.Notes}, {"tax_exempt_category", &known.TaxExemptCategory, &said.TaxExemptCategory},
		{"locale", &known.Locale, &said.Locale},
	} {
		if *f.new != nil && (*f.now == nil || **f.now != **f.new) {
			*f.now, changed = *f.new, append(changed, f.name)
		}
	}
	if said.GroupID != nil && *said.GroupID != 0 && (known.GroupID == nil || *known.GroupID != *said.GroupID) {
		known.GroupID, changed = said.GroupID, append(changed, "customer_group_id")
	}
	if said.ChannelIDs != nil && (known.ChannelIDs == nil || !slices.Equal(*known.ChannelIDs, *said.ChannelIDs)) {
		known.ChannelIDs, changed = said.ChannelIDs, append(changed, "channel_ids")
	}
	if said.AcceptsAbandoned != nil && (known.AcceptsAbandoned == nil || *known.AcceptsAbandoned != *said.AcceptsAbandoned) {
		known.AcceptsAbandoned, changed = said.AcceptsAbandoned, append(changed, "accepts_abandoned")
	}
	if said.PasswordHash != "" && known.PasswordHash == "" {
		known.PasswordHash, changed = said.PasswordHash, append(changed, "password")
	}
	return changed
}

// ImportedSubscriber is what a merchant's file says about one address of the
// newsletter.
type ImportedSubscriber struct {
	Email               Email
	FirstName, LastName *string
	State               SubscriberState
	Origin              SubscriberOrigin
	Source              *string
	OrderID             *int64
	ChannelID           int64
	DateCreated, Since  *time.Time
	// SuppressedReason is bounced or complained; empty unless State is
	// StateSuppressed.
	SuppressedReason string
}

// Import is an address in a merchant's file: it brings back nobody who left, and
// while a sign-up is pending the state before it counts. A file that says that
// somebody left, or cannot be reached, is believed.
func Import(from, before, said SubscriberState) Step {
	switch {
	case said == StateSubscribed && (from == StateNone || (from == StatePending && before == StateNone)):
		return Step{Action: ActionSubscribed, To: StateSubscribed}
	case said == StateUnsubscribed && (from == StateNone || from == StateSubscribed):
		return Step{Action: ActionUnsubscribed, To: StateUnsubscribed}
	case said == StateSuppressed && from != StateSuppressed:
		return Step{Action: ActionSuppressed, To: StateSuppressed}
	}
	return Step{Nothing: true}
}

// Check cleans what a file says and reports every mistake, with the limits of
// contract/apps.md a.3 and a.6.
func (c *ImportedCustomer) Check() error {
	var errs Errors
	for _, f := range []struct {
		name string
		max  int
		text **string
	}{
		{"first name", firstNameField.max, &c.FirstName}, {"last name", lastNameField.max, &c.LastName},
		{"company", companyField.max, &c.Company}, {"phone", phoneField.max, &c.Phone},
		{"tax exempt category", 255, &c.TaxExemptCategory},
	} {
		checkOptional(f.name, f.max, f.text, &errs)
	}
	if c.Notes != nil {
		notes, ok := cleanText(*c.Notes)
		switch c.Notes = &notes; {
		case !ok:
			errs = append(errs, Invalid("notes", "Control characters are not allowed here."))
		case utf8.RuneCountInString(notes) > maxNotes:
			errs = append(errs, Invalid("notes", "Use at most %d characters.", maxNotes))
		}
	}
	if c.Locale != nil {
		locale, e := checkLocale("language", *c.Locale)
		if c.Locale = &locale; e != nil {
			errs = append(errs, e)
		}
	}
	for i := range c.Addresses {
		c.Addresses[i].check(&errs)
	}
	return errs.Or()
}

// maxNotes is far beyond what staff writes, and keeps a file from filling the
// memory.
const maxNotes = 64 << 10

func checkOptional(field string, max int, text **string, errs *Errors) {
	if *text == nil {
		return
	}
	s, e := checkLine(field, **text, 0, max)
	if *text = &s; e != nil {
		*errs = append(*errs, e)
	}
}

// check cleans an address and reports its mistakes.
func (a *CustomerAddress) check(errs *Errors) {
	for _, f := range []struct {
		name     string
		min, max int
		text     *string
	}{
		{"address first name", 0, 255, &a.FirstName}, {"address last name", 0, 255, &a.LastName},
		{"address line 1", 1, 255, &a.Address1}, {"city", 1, 100, &a.City},
	} {
		s, e := checkLine(f.name, *f.text, f.min, f.max)
		if *f.text = s; e != nil {
			*errs = append(*errs, e)
		}
	}
	for _, f := range []struct {
		name string
		max  int
		text **string
	}{
		{"address company", 255, &a.Company}, {"address line 2", 255, &a.Address2}, {"state", 100, &a.StateOrProvince},
		{"postal code", 30, &a.PostalCode}, {"address phone", 50, &a.Phone},
	} {
		checkOptional(f.name, f.max, f.text, errs)
	}
}

// Check cleans what a file says and reports every mistake.
func (b *ImportedSubscriber) Check() error {
	var errs Errors
	checkOptional("first name", 255, &b.FirstName, &errs)
	checkOptional("last name", 255, &b.LastName, &errs)
	checkOptional("source", 255, &b.Source, &errs)
	return errs.Or()
}

// CountryCode finds the ISO 3166-1 code of a country by its code of two or three
// letters or its name in English, German, French or Spanish.
func CountryCode(text string) (string, bool) {
	code, ok := countryWords()[fold(text)]
	return code, ok
}

var countryWords = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, tag := range []language.Tag{language.English, language.German, language.French, language.Spanish} {
		earlier := display.Regions(tag) // files are older than names
		for _, c := range geographyOf(tag).countries {
			for _, word := range []string{c.Code, c.ISO3, c.Name, earlier.Name(language.MustParseRegion(c.Code))} {
				out[fold(word)] = c.Code
			}
		}
	}
	for name, code := range map[string]string{
		"united states of america": "US", "u.s.a.": "US", "u.s.": "US", "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB",
		"wales": "GB", "northern ireland": "GB", "holland": "NL", "the netherlands": "NL", "russian federation": "RU", "korea, republic of": "KR",
		"republic of korea": "KR", "viet nam": "VN", "czech republic": "CZ", "turkey": "TR", "ivory coast": "CI", "macedonia": "MK",
		"hong kong": "HK", "macau": "MO", "taiwan, province of china": "TW", "iran, islamic republic of": "IR", "moldova, republic of": "MD",
	} {
		out[name] = code
	}
	return out
})
