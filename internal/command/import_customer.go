package command

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"regulars/internal/csvfile"
	"regulars/internal/shop"
)

// customerParser reads lines of customers.
type customerParser struct {
	reading
	*Env
	store    *shop.Store
	channels []*shop.Channel
	groups   map[string]int64  // by the key of the name
	standard int64             // the default group, 0 for none
	hashes   map[string]string // an example of each kind and cost
}

func (e *Env) customerParser(hash string, dates csvfile.DateOrder) (*customerParser, error) {
	s, err := e.Storage.SnapshotByHash(e.Ctx, hash)
	if err != nil {
		return nil, err
	}
	p := &customerParser{reading: reading{dates, time.Now().UTC().Truncate(time.Microsecond)}, Env: e, store: &s.Store, channels: s.Channels,
		groups: map[string]int64{}, hashes: map[string]string{}}
	groups, err := e.Storage.GroupList(e.Ctx, s.Store.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		p.groups[strings.ToLower(g.Name)] = g.ID
		if g.IsDefault && s.Store.Plan.HasGroups() {
			p.standard = g.ID
		}
	}
	return p, nil
}

func (p *customerParser) parse(r row) (key string, said any, err error) {
	email, ok := shop.ParseEmail(r.get(asEmail))
	if !ok {
		return "", nil, fmt.Errorf("%q is not an email address", r.get(asEmail))
	}
	var wrong problems
	c := &shop.ImportedCustomer{Email: email, Company: textOr(r.get(asCompany)), Phone: textOr(r.get(asPhone)), Notes: textOr(r.get(asNotes)),
		TaxExemptCategory: textOr(r.get(asTax)), Locale: textOr(r.get(asLocale)), PasswordHash: r.get(asPassword)}
	c.FirstName, c.LastName = names(r)
	if c.PasswordHash != "" {
		wrong.add(p.hash(c.PasswordHash))
	}
	wrong.add(p.group(r, c))
	p.when(r, c, &wrong)
	p.access(r, c, &wrong)
	p.addressBook(r, c, &wrong)
	if len(c.Addresses) > shop.MaxAddresses {
		wrong.add(fmt.Errorf("an address book holds %d addresses, this one has %d", shop.MaxAddresses, len(c.Addresses)))
	}
	wrong.add(c.Check())
	return email.Key, c, wrong.err()
}

// hash refuses what no login could ever be checked against, and remembers what
// checking will cost.
func (p *customerParser) hash(hash string) error {
	if !p.Readable(hash) {
		return errors.New("the password hash is of a kind that cannot be checked; bcrypt and argon2 can")
	}
	parts := strings.Split(hash, "$")
	kind := strings.Join(parts[:min(len(parts)-1, 4)], "$") // without salt and sum
	if p.hashes[kind] == "" && len(p.hashes) < 32 {
		p.hashes[kind] = hash
	}
	return nil
}

func (p *customerParser) group(r row, c *shop.ImportedCustomer) error {
	if !r.has(asGroup) {
		c.NewGroupID = p.standard
		return nil
	}
	id := int64(0) // an empty cell says that there is none
	if name := r.get(asGroup); name != "" {
		var known bool
		if id, known = p.groups[strings.ToLower(name)]; !known {
			return fmt.Errorf("there is no customer group %q", name)
		}
	}
	c.GroupID = &id
	return nil
}

func (p *customerParser) when(r row, c *shop.ImportedCustomer, wrong *problems) {
	for _, d := range []struct {
		is   meaning
		read func(field, text string) (*time.Time, error)
		to   **time.Time
	}{
		{asJoined, p.date, &c.DateCreated}, {asMarketingDate, p.date, &c.MarketingAt},
		{asVerified, p.dateOrYes, &c.VerifiedAt}, {asDisabled, p.dateOfEnd, &c.DisabledAt},
	} {
		var err error
		*d.to, err = d.read(string(d.is), r.get(d.is))
		wrong.add(err)
	}
}

// access reads who may do what where.
func (p *customerParser) access(r row, c *shop.ImportedCustomer, wrong *problems) {
	agrees, err := parsed(csvfile.ParseConsent, string(asMarketing), r.get(asMarketing))
	wrong.add(err)
	c.AcceptsMarketing = agrees != nil && *agrees
	reset, err := yesNo(string(asReset), r.get(asReset))
	wrong.add(err)
	c.ResetRequired = reset != nil && *reset
	c.AcceptsAbandoned, err = yesNo(string(asAbandoned), r.get(asAbandoned))
	wrong.add(err)
	if text := r.get(asChannels); text != "" {
		ids := []int64{}
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
			id, err := channelID(p.channels, word)
			wrong.add(err)
			ids = append(ids, id)
		}
		c.ChannelIDs = &ids
	}
	c.OriginChannelID, err = channelID(p.channels, r.get(asOriginChannel))
	wrong.add(err)
}

// addressBook reads the addresses of a line. One without street, city and postal
// code is none, whatever country a program put there by default.
func (p *customerParser) addressBook(r row, c *shop.ImportedCustomer, wrong *problems) {
	for n, slot := range r.addresses {
		get := func(is meaning) string {
			i, ok := slot[is]
			if !ok {
				return ""
			}
			return strings.TrimSpace(r.fields[i])
		}
		a := shop.CustomerAddress{
			FirstName: get(asFirstName), LastName: get(asLastName), Company: textOr(get(asCompany)), Address1: get(asAddressLine1),
			Address2: textOr(get(asAddressLine2)), City: get(asAddressCity), StateOrProvince: textOr(get(asAddressState)),
			PostalCode: textOr(get(asAddressZip)), Phone: textOr(get(asPhone)),
		}
		if a.Address1 == "" && a.Address2 == nil && a.City == "" && a.PostalCode == nil {
			continue
		}
		if a.Address1 == "" { // magento and others break a street into two lines
			a.Address1, a.Address2 = deref(a.Address2), nil
		}
		if first, second, two := strings.Cut(a.Address1, "\n"); two {
			a.Address1, a.Address2 = strings.TrimSpace(first), textOr(strings.Join(strings.Fields(second+" "+deref(a.Address2)), " "))
		}
		if a.FirstName == "" && a.LastName == "" {
			a.FirstName, a.LastName = deref(c.FirstName), deref(c.LastName)
		}
		code, ok := shop.CountryCode(get(asAddressCountry))
		if !ok {
			wrong.add(fmt.Errorf("address %d: %q is not a country", n+1, get(asAddressCountry)))
		}
		a.CountryCode = code
		if kind := shop.DestinationAddressType(strings.ToUpper(get(asAddressType))); kind == shop.AddressCommercial || kind == shop.AddressResidential {
			a.AddressType = &kind
		}
		c.Addresses = append(c.Addresses, a)
	}
}

// hashesFound makes wrong logins of this store take as long as checking the
// dearest of the hashes takes, or their owners could be told from others
// (decision 14).
func (p *customerParser) hashesFound() error {
	var longest time.Duration
	for _, hash := range p.hashes {
		took, err := p.Cost(p.Ctx, hash)
		if err != nil {
			return err
		}
		longest = max(longest, took)
	}
	floor := (longest + longest/2).Milliseconds()
	if longest == 0 || floor <= p.store.Settings.WrongLoginFloorMS || floor <= p.LoginFloor.Milliseconds() {
		return nil
	}
	raised, err := p.Storage.RaiseWrongLoginFloor(p.Ctx, p.store.ID, floor)
	if raised {
		p.say("Checking the dearest of these password hashes takes %d ms: wrong logins of this store take %d ms from now on.", longest.Milliseconds(), floor)
	}
	return err
}
