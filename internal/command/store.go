package command

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"regulars/internal/shop"
)

// Store holds the commands about stores.
type Store struct {
	Create StoreCreate `cmd:"" help:"Create an empty store with one storefront."`
	Set    StoreSet    `cmd:"" help:"Change what is set for a store."`
	List   StoreList   `cmd:"" help:"List the stores and their storefronts."`
}

// StoreCreate makes a store and its channel 1.
type StoreCreate struct {
	Hash     string   `arg:"" help:"Public hash of the store: 1 to 32 lower-case letters and digits."`
	Name     string   `required:"" help:"The store's name."`
	Host     []string `help:"Host names of its storefront, without port."`
	Plan     string   `default:"standard" enum:"standard,plus,pro,enterprise" help:"Customer groups need plus or more."`
	Currency string   `default:"USD" help:"ISO 4217."`
	Country  string   `default:"US" help:"ISO 3166-1, two letters."`
	Locale   string   `default:"en" help:"BCP 47."`
}

var storeHash = regexp.MustCompile(`^[a-z0-9]{1,32}$`)

// Run implements kong's command.
func (c *StoreCreate) Run(e *Env) error {
	store, err := c.store()
	if err != nil {
		return err
	}
	hosts, err := cleanHosts(c.Host)
	if err != nil {
		return err
	}
	if _, err := e.Storage.CreateStore(e.Ctx, store, shop.Channel{Name: c.Name, Hosts: hosts, AllowGlobalLogin: true}); err != nil {
		return err
	}
	e.say("Created store %s with channel 1.", c.Hash)
	if len(hosts) == 0 {
		e.say("To give it a host: regulars channel add-host %s 1 HOST", c.Hash)
	}
	return nil
}

func (c *StoreCreate) store() (shop.Store, error) {
	if !storeHash.MatchString(c.Hash) {
		return shop.Store{}, fmt.Errorf("a hash is 1 to 32 lower-case letters and digits")
	}
	if _, err := currency.ParseISO(c.Currency); err != nil {
		return shop.Store{}, fmt.Errorf("--currency is not of ISO 4217")
	}
	if region, err := language.ParseRegion(c.Country); err != nil || !region.IsCountry() || len(c.Country) != 2 {
		return shop.Store{}, fmt.Errorf("--country is not of ISO 3166-1")
	}
	if _, err := language.Parse(c.Locale); err != nil {
		return shop.Store{}, fmt.Errorf("--locale is not of BCP 47")
	}
	return shop.Store{
		Hash: c.Hash, Name: c.Name, Plan: shop.Plan(c.Plan), Status: shop.StatusLaunched, Locale: c.Locale,
		Currency: strings.ToUpper(c.Currency), Country: strings.ToUpper(c.Country), Settings: shop.DefaultSettings(),
	}, nil
}

// StoreList prints the stores.
type StoreList struct{}

// Run implements kong's command.
func (*StoreList) Run(e *Env) error {
	ids, err := e.Storage.StoreIDs(e.Ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		s, err := e.Storage.Snapshot(e.Ctx, id)
		if err != nil {
			return err
		}
		e.say("%s  %s  (%s, %s)", s.Store.Hash, printable(s.Store.Name), s.Store.Plan, s.Store.Status)
		for _, c := range s.Channels {
			e.say("  channel %d  hosts: %s  origins: %s", c.ID, printableList(c.Hosts, "-"), printableList(c.Origins, "-"))
		}
	}
	return nil
}
