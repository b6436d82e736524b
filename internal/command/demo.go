package command

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

// DemoPassword is that of every demo customer.
const DemoPassword = "correct horse battery staple"

// DemoLogins are lines that tell who can log in.
var DemoLogins = []string{
	"ada@example.com     in Wholesale: 20 % off, 30 % off category 23",
	"grace@example.com   in Retail, the default group",
	"linus@example.com   in no group",
}

// demoHosts are added last: a demo store without them was not finished, and is
// gone on with.
var demoHosts = []string{"localhost", "127.0.0.1"}

// Demo loads the demo store.
type Demo struct{}

// Run implements kong's command. It changes nothing when the store is there.
func (*Demo) Run(e *Env) error {
	s, err := e.demoStore()
	if err != nil {
		return err
	}
	channel := *s.Channels[0]
	if len(channel.Hosts) > 0 {
		return e.followDemo(s.Store.ID, channel)
	}
	groups, err := e.demoGroups(s.Store.ID)
	if err != nil {
		return err
	}
	customers, err := e.demoCustomers(s.Store.ID, groups)
	if err != nil {
		return err
	}
	if err := e.demoSubscribers(s.Store.ID, customers); err != nil {
		return err
	}
	channel.Hosts = demoHosts
	if err := e.Storage.ConfigureChannel(e.Ctx, s.Store.ID, channel); err != nil {
		return err
	}
	e.say("Loaded the demo store. It answers to localhost and 127.0.0.1, any port.")
	for _, line := range DemoLogins {
		e.say("  %s", line)
	}
	e.say("Password of each: %s", DemoPassword)
	return nil
}

// demoStore finds or makes the store with its channel.
func (e *Env) demoStore() (*shop.Snapshot, error) {
	const hash = "demo"
	_, err := e.Storage.CreateStore(e.Ctx, shop.Store{
		Hash: hash, Name: "Demo Store", Plan: shop.PlanEnterprise, Status: shop.StatusLaunched,
		Currency: "USD", Country: "US", Locale: "en", Settings: shop.DefaultSettings(),
	}, shop.Channel{Name: "Demo Store", URL: e.demoURL(), AllowGlobalLogin: true})
	if err := unless(err, shop.Conflict); err != nil {
		return nil, err
	}
	return e.Storage.SnapshotByHash(e.Ctx, hash)
}

func (e *Env) demoURL() string { return cmp.Or(e.PublicURL, "http://localhost:8080") }

// followDemo has the demo store's pages be where the server is that asks for it;
// an address that somebody set stays.
func (e *Env) followDemo(storeID int64, c shop.Channel) error {
	if e.PublicURL == "" || c.URL == e.PublicURL || !strings.HasPrefix(c.URL, "http://localhost:") {
		e.say("The demo store is there; nothing was changed.")
		return nil
	}
	_, err := e.Storage.EditChannel(e.Ctx, storeID, c.ID, func(c *shop.Channel) { c.URL = e.PublicURL })
	return err
}

// unless is err, but nil for a refusal of that code.
func unless(err error, code shop.Code) error {
	if err != nil && shop.CodeOf(err) == code {
		return nil
	}
	return err
}

// demoGroups makes the groups and gives their ids by name.
func (e *Env) demoGroups(storeID int64) (map[string]int64, error) {
	percent := shop.MethodPercent
	twenty, thirty := shop.Decimal("20"), shop.Decimal("30")
	sees := shop.CustomerGroupCategoryAccess{Type: shop.AccessAll}
	ids := map[string]int64{}
	for _, g := range []shop.CustomerGroup{
		{Name: "Retail", IsDefault: true, CategoryAccess: sees},
		{Name: "Wholesale", CategoryAccess: sees, DiscountRules: []shop.CustomerGroupDiscountRule{
			{Type: shop.RuleAll, Method: &percent, Amount: &twenty},
			{Type: shop.RuleCategory, Method: &percent, Amount: &thirty, TargetID: 23},
		}},
		{Name: "Guests", IsGroupForGuests: true, CategoryAccess: sees},
	} {
		id, err := e.Storage.CreateGroup(e.Ctx, storeID, g)
		if shop.CodeOf(err) == shop.Conflict && err != nil {
			id, err = e.Storage.GroupByName(e.Ctx, storeID, g.Name)
		}
		if err != nil {
			return nil, err
		}
		ids[g.Name] = id
	}
	return ids, nil
}

// demoCustomers makes the customers, two addresses each, and gives them by
// address.
func (e *Env) demoCustomers(storeID int64, groups map[string]int64) (map[string]*shop.Customer, error) {
	hash, err := e.Hash(e.Ctx, DemoPassword)
	if err != nil {
		return nil, err
	}
	out := map[string]*shop.Customer{}
	for _, d := range []struct{ email, first, last, company, group string }{
		{"ada@example.com", "Ada", "Lovelace", "Analytical Engines Ltd", "Wholesale"},
		{"grace@example.com", "Grace", "Hopper", "", "Retail"},
		{"linus@example.com", "Linus", "Torvalds", "", ""},
	} {
		email, _ := shop.ParseEmail(d.email)
		_, err := e.Storage.CreateCustomer(e.Ctx, storeID, storage.NewCustomer{
			Email: email, Profile: shop.Profile{FirstName: d.first, LastName: d.last, Company: d.company}, PasswordHash: hash,
			Verified: true, GroupID: groups[d.group], NoGroup: d.group == "", ChannelID: 1, Locale: "en",
		})
		if err := unless(err, shop.Conflict); err != nil {
			return nil, err
		}
		c, _, err := e.Storage.Credentials(e.Ctx, storeID, email.Key)
		if err != nil {
			return nil, err
		}
		out[d.email] = &c.Customer
		for _, a := range demoAddresses(d.first, d.last) {
			if _, err := e.Storage.AddAddress(e.Ctx, storeID, c.Customer.ID, shop.NewAddress{CustomerAddress: a}); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func demoAddresses(first, last string) []shop.CustomerAddress {
	home, work := shop.AddressResidential, shop.AddressCommercial
	texas, austin, floor, berlin := "Texas", "78701", "3rd floor", "10117"
	return []shop.CustomerAddress{
		{FirstName: first, LastName: last, Address1: "1 Main Street", City: "Austin", StateOrProvince: &texas,
			PostalCode: &austin, CountryCode: "US", AddressType: &home},
		{FirstName: first, LastName: last, Address1: "Friedrichstraße 100", Address2: &floor, City: "Berlin",
			PostalCode: &berlin, CountryCode: "DE", AddressType: &work},
	}
}

// demoSubscriber is one line of the list.
type demoSubscriber struct {
	email  string
	origin shop.SubscriberOrigin
	form   string
	order  int64
	source string
}

var demoSubscribers = []demoSubscriber{
	{"ada@example.com", shop.OriginAccount, "account", 0, ""},
	{"linus@example.com", shop.OriginStorefront, "footer", 0, ""},
	{"barbara@example.com", shop.OriginStorefront, "footer", 0, ""},
	{"donald@example.com", shop.OriginStorefront, "popup", 0, ""},
	{"edsger@example.com", shop.OriginStorefront, "footer", 0, ""},
	{"frances@example.com", shop.OriginCheckout, "checkout", 101, ""},
	{"john@example.com", shop.OriginCheckout, "checkout", 102, ""},
	{"katherine@example.com", shop.OriginCheckout, "checkout", 103, ""},
	{"margaret@example.com", shop.OriginAPI, "", 0, "custom"},
	{"radia@example.com", shop.OriginAPI, "", 0, "pos"},
	{"tim@example.com", shop.OriginImport, "", 0, "mailchimp"},
	{"vint@example.com", shop.OriginImport, "", 0, "mailchimp"},
}

// demoSubscribers signs a dozen up, and Linus off again.
func (e *Env) demoSubscribers(storeID int64, customers map[string]*shop.Customer) error {
	for i, d := range demoSubscribers {
		email, _ := shop.ParseEmail(d.email)
		in := storage.SignUp{
			Email: email, Customer: customers[d.email], ChannelID: 1, Source: d.source,
			Input: shop.SignUpInput{Origin: d.origin, Form: d.form, Text: "Send me news and offers. I can stop this at any time."},
		}
		if d.order != 0 {
			in.Input.OrderID = &d.order
		}
		if d.origin == shop.OriginAPI || d.origin == shop.OriginImport {
			in.Actor, in.Input.Text = shop.ActorImport, ""
			in.At = time.Date(2024, 3, 1+i, 9, 0, 0, 0, time.UTC)
		}
		if err := unless(e.Storage.Subscribe(e.Ctx, storeID, in), shop.Conflict); err != nil {
			return err
		}
	}
	linus := customers["linus@example.com"]
	if linus == nil {
		return errors.New("the demo has no Linus")
	}
	return e.Storage.Unsubscribe(e.Ctx, storeID, 1, linus.ID, shop.Email{Text: linus.Email, Key: linus.EmailKey}, "")
}
