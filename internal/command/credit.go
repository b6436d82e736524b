package command

import (
	"strings"

	"regulars/internal/shop"
)

// Credit holds the commands about store credit.
type Credit struct {
	Set  CreditSet  `cmd:"" help:"Set what a customer has with the store in one currency."`
	List CreditList `cmd:"" help:"List what a customer has with the store."`
}

// CreditSet sets an amount.
type CreditSet struct {
	Store    string `arg:"" help:"Hash of the store."`
	Customer string `arg:"" help:"The customer's id or e-mail address."`
	Amount   string `arg:"" help:"The whole amount from now on, such as 12.50; 0 is none."`
	Currency string `arg:"" help:"ISO 4217."`
}

// Run implements kong's command.
func (c *CreditSet) Run(e *Env) error {
	m, err := shop.ParseMoney(c.Amount, strings.ToUpper(c.Currency))
	if err != nil {
		return err
	}
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	customer, err := e.customerID(s.ID, c.Customer)
	if err != nil {
		return err
	}
	if err := e.Storage.SetStoreCredit(e.Ctx, s.ID, customer, m); err != nil {
		return err
	}
	e.say("Customer %d of store %s has %s %s with it.", customer, c.Store, m.Value, m.CurrencyCode)
	return nil
}

// CreditList prints the amounts.
type CreditList struct {
	Store    string `arg:"" help:"Hash of the store."`
	Customer string `arg:"" help:"The customer's id or e-mail address."`
}

// Run implements kong's command.
func (c *CreditList) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	customer, err := e.customerID(s.ID, c.Customer)
	if err != nil {
		return err
	}
	list, err := e.Storage.StoreCredit(e.Ctx, s.ID, customer)
	if err != nil {
		return err
	}
	for _, m := range shop.Credits(list, s.Currency) {
		e.say("%s %s", m.Value, m.CurrencyCode)
	}
	return nil
}
