package command

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// meaning is what a column can be taken for. Exports use the first spelling of each as
// header.
type meaning string

// The meanings. Those of addresses stand once for each address of a customer.
const (
	asEmail          meaning = "email"
	asFirstName      meaning = "first name"
	asLastName       meaning = "last name"
	asName           meaning = "full name"
	asCompany        meaning = "company"
	asPhone          meaning = "phone"
	asNotes          meaning = "notes"
	asTax            meaning = "tax exempt category"
	asGroup          meaning = "customer group"
	asJoined         meaning = "date joined"
	asMarketing      meaning = "accepts marketing"
	asMarketingDate  meaning = "date of that"
	asPassword       meaning = "password hash"
	asVerified       meaning = "email verified"
	asDisabled       meaning = "disabled"
	asReset          meaning = "has to reset the password"
	asLocale         meaning = "language"
	asAbandoned      meaning = "accepts abandoned cart mails"
	asChannels       meaning = "channels"
	asOriginChannel  meaning = "origin channel"
	asStatus         meaning = "status"
	asSince          meaning = "status since"
	asReason         meaning = "reason of a suppression"
	asOrigin         meaning = "origin"
	asSource         meaning = "source"
	asOrder          meaning = "order id"
	asUnsubscribed   meaning = "date of the unsubscribe"
	asCleaned        meaning = "date of the bounce"
	asGroupName      meaning = "name"
	asDefault        meaning = "default group"
	asGuests         meaning = "group for guests"
	asAccess         meaning = "category access"
	asCategories     meaning = "categories"
	asRules          meaning = "discount rules"
	onPurpose        meaning = "left out" // of no use here, and no reason to wonder
	asAddressLine1   meaning = "line 1"
	asAddressLine2   meaning = "line 2"
	asAddressCity    meaning = "city"
	asAddressState   meaning = "state"
	asAddressZip     meaning = "postal code"
	asAddressCountry meaning = "country"
	asAddressType    meaning = "type"
)

// spelling lists the headers that mean a meaning, in any of the forms that a
// header has: what counts are its letters and digits.
type spelling map[meaning]string

var customerColumns = spelling{
	asEmail: "Email, email address, e-mail, mail, user email, customer email, e-mail-adresse, adresse e-mail, courriel, " +
		"correo electrónico, correo, contact email, primary email",
	asFirstName: "First Name, fname, given name, vorname, prénom, nombre, billing first name, customer first name",
	asLastName:  "Last Name, lname, surname, family name, nachname, nom, nom de famille, apellidos, apellido, billing last name, customer last name",
	asName:      "Customer Name, name, full name, display name",
	asCompany:   "Company, company name, organization, organisation, firma, société, empresa",
	asPhone:     "Phone, phone number, telephone, mobile, mobile phone, telefon, téléphone, teléfono, customer phone",
	asNotes:     "Notes, note, customer notes, comments, notizen",
	asTax:       "Tax Exempt Category, tax exempt code",
	asGroup:     "Customer Group, group, group name, customer group name, kundengruppe, groupe de clients, grupo",
	asJoined: "Date Joined, date created, created at, created, registered, registration date, user registered, date registered, sign up, signup date, " +
		"registriert, angelegt am, date d'inscription, fecha de registro, customer since",
	asMarketing: "Accepts Marketing, accepts email marketing, email marketing, newsletter, newsletter subscriber, is subscribed, " +
		"subscribed to newsletter, marketing opt in, optin, opt in",
	asMarketingDate: "Accepts Marketing Since, consent timestamp, marketing consent date, email marketing consent date, optin time, newsletter date",
	asPassword:      "Password Hash, password, passwd, user pass, encrypted password, hash",
	asVerified:      "Email Verified, verified, verified email, email verified at, confirmed",
	asDisabled:      "Disabled, disabled at",
	asReset:         "Force Password Reset, password reset required, reset password",
	asLocale:        "Language, locale, sprache, langue, idioma",
	asAbandoned: "Receive Review/Abandoned Cart Emails?, accepts product review abandoned cart emails, accepts product review abandoned cart email, " +
		"receive acs/review emails?",
	asChannels:      "Channel IDs, channels",
	asOriginChannel: "Origin Channel ID, original channel id, channel id",
	onPurpose: "line, reason, customer id, id, store credit, total orders, total spent, orders, customer group id, group id, date modified, " +
		"address count, attribute count, registration ip address, website, store, website id, store id, tags, role",
}

var subscriberColumns = spelling{
	asEmail: customerColumns[asEmail], asFirstName: customerColumns[asFirstName], asLastName: customerColumns[asLastName], asName: customerColumns[asName],
	asStatus: "Status, state, subscription status, subscriber status, email marketing consent, marketing status, accepts marketing, " +
		"accepts email marketing, newsletter, is subscribed, consent",
	asSince:         "Status Since, change status at, last changed",
	asReason:        "Suppressed Reason, suppression reason",
	asOrigin:        "Origin",
	asSource:        "Source, custom source, email marketing source, signup source",
	asOrder:         "Order ID",
	asOriginChannel: "Channel ID",
	asJoined: "Date Added, subscribed at, date subscribed, subscription date, optin time, confirm time, consent timestamp, date created, created at, " +
		"email added, date joined, opt-in date, anmeldedatum",
	asUnsubscribed: "Unsub Time, unsubscribed at, unsubscribe date",
	asCleaned:      "Clean Time, bounced at",
	onPurpose: "line, reason, id, subscriber id, customer id, member rating, optin ip, confirm ip, latitude, longitude, gmtoff, dstoff, timezone, cc, " +
		"region, leid, euid, tags, notes",
}

var groupColumns = spelling{
	asGroupName:  "Group Name, name, customer group name, customer group, kundengruppe",
	asDefault:    "Default, is default, default group",
	asGuests:     "For Guests, guests, is group for guests, group for guests",
	asAccess:     "Category Access",
	asCategories: "Categories, category ids",
	asRules:      "Discount Rules, rules",
	onPurpose:    "line, reason, id, customer group id, date created, date modified",
}

var addressColumns = spelling{
	asFirstName:      "First Name, firstname, vorname, prénom, nombre",
	asLastName:       "Last Name, lastname, nachname, nom, apellidos",
	asCompany:        "Company, company name, firma",
	asAddressLine1:   "Line 1, address 1, address line 1, address, street, street 1, street address, straße, strasse, rue, adresse, calle, dirección",
	asAddressLine2:   "Line 2, address 2, address line 2, street 2, address2, apartment, adresszusatz, complément d'adresse",
	asAddressCity:    "City, city/suburb, suburb, town, ort, stadt, ville, ciudad",
	asAddressState:   "State, province, region, state/province, county, state or province, province code, state code, bundesland, provincia, département",
	asAddressZip:     "Zip, postal code, postcode, zip/postcode, zip code, plz, postleitzahl, code postal, código postal",
	asAddressCountry: "Country, country code, country id, country iso, land, pays, país",
	asPhone:          "Phone, telephone, phone number, telefon, téléphone, teléfono",
	asAddressType:    "Type, building type, address type",
	onPurpose:        "id, address id, fax, vat id, default billing, default shipping, form fields, province name, state abbreviation, prefix, suffix, middlename",
}

// folded is what counts of a header: letters and digits, in lower case, without
// accents.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(strings.ReplaceAll(s, "ß", "ss")))
}

// lookup turns a spelling round.
func (s spelling) lookup() map[string]meaning {
	out := map[string]meaning{}
	for t, names := range s {
		for name := range strings.SplitSeq(names, ",") {
			if key := folded(name); out[key] == "" || t != onPurpose {
				out[key] = t
			}
		}
	}
	return out
}

// columns is what the columns of a file were taken for.
type columns struct {
	header []string
	plain  map[meaning][]int
	// addresses are in the order in which the file names them first.
	addresses []map[meaning]int
	told      []string // a line for each column
	unknown   []string // headers that mean nothing here
}

var (
	numberBehind = regexp.MustCompile(`^(.*?)\s*[-_#(]\s*(\d+)\)?$`)
	numberBefore = regexp.MustCompile(`(?i)^_?addresse?s?[ _-]*(\d+)[ _:.-]+(\D.*)$`)
	addressOf    = regexp.MustCompile(`(?i)^_?(addresses - |default address |billing[ _]|shipping[ _]|address[ _])(.+)$`)
)

// columnsOf finds out what a header means. With addresses, columns of addresses
// count too: of those that have all that an address needs.
func columnsOf(header []string, names spelling, addresses bool) *columns {
	c := &columns{header: header, plain: map[meaning][]int{}}
	plain, parts := names.lookup(), addressColumns.lookup()
	slots := map[string]map[meaning]int{}
	found := make([]struct {
		slot string
		is   meaning
	}, len(header))
	var order []string
	for i, name := range header {
		f := &found[i]
		if f.is = plain[folded(name)]; f.is != "" {
			c.plain[f.is] = append(c.plain[f.is], i)
			continue
		}
		if !addresses {
			continue
		}
		if f.slot, f.is = addressColumn(name, parts); f.is == "" || f.is == onPurpose {
			continue
		}
		f.slot = "address " + f.slot
		if slots[f.slot] == nil {
			slots[f.slot] = map[meaning]int{}
			order = append(order, f.slot)
		}
		if _, twice := slots[f.slot][f.is]; !twice {
			slots[f.slot][f.is] = i
		}
	}
	numbers := map[string]int{}
	for _, slot := range order {
		if a := slots[slot]; hasAll(a, asAddressLine1, asAddressCity, asAddressCountry) {
			c.addresses = append(c.addresses, a)
			numbers[slot] = len(c.addresses)
		}
	}
	for i, name := range header {
		switch f := found[i]; {
		case f.is == "":
			c.unknown = append(c.unknown, name)
			c.tell(name, "not recognised")
		case !strings.HasPrefix(f.slot, "address "):
			c.tell(name, string(f.is))
		case numbers[f.slot] == 0:
			c.tell(name, "left out: an address needs columns for line 1, city and country")
		default:
			c.tell(name, fmt.Sprintf("address %d: %s", numbers[f.slot], f.is))
		}
	}
	return c
}

func hasAll(have map[meaning]int, wanted ...meaning) bool {
	for _, m := range wanted {
		if _, ok := have[m]; !ok {
			return false
		}
	}
	return true
}

func (c *columns) tell(header, what string) {
	c.told = append(c.told, fmt.Sprintf("  %-40s %s", printable(header), what))
}

// addressColumn is the address that a header speaks of, as far as the name tells
// several apart, and what of it.
func addressColumn(name string, parts map[string]meaning) (slot string, t meaning) {
	rest := strings.TrimSpace(name)
	if m := numberBefore.FindStringSubmatch(rest); m != nil {
		if t = parts[folded(m[2])]; t != "" {
			return m[1], t
		}
	}
	whole := rest
	if m := numberBehind.FindStringSubmatch(rest); m != nil && strings.Contains(rest, " - ") {
		slot, whole = m[2], m[1]
	}
	if t = parts[folded(whole)]; t != "" {
		return slot, t
	}
	if m := addressOf.FindStringSubmatch(whole); m != nil {
		_, t = addressColumn(m[2], parts) // billing_address_city
		return slot + strings.TrimPrefix(strings.TrimSuffix(folded(m[1]), "es"), "address"), t
	}
	return slot, ""
}

// row is one line, by meaning.
type row struct {
	*columns
	fields []string
}

// get is the first text of that meaning that is not empty.
func (r row) get(t meaning) string {
	for _, i := range r.plain[t] {
		if s := strings.TrimSpace(r.fields[i]); s != "" {
			return s
		}
	}
	return ""
}

func (c *columns) has(t meaning) bool { return len(c.plain[t]) > 0 }

// headerOf is the spelling that exports use: the first.
func (s spelling) headerOf(is meaning) string {
	first, _, _ := strings.Cut(s[is], ",")
	return first
}
