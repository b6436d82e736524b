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
	subject
	Amount   string `arg:"" help:"The whole amount from now on, such as 12.50; 0 is none."`
	Currency string `arg:"" help:"ISO 4217."`
}

// Run implements kong's command.
func (c *CreditSet) Run(e *Env) error {
	m, err := shop.ParseMoney(c.Amount, strings.ToUpper(c.Currency))
	if err != nil {
		return err
	}
	s, customer, err := c.find(e)
	if err != nil {
		return err
	}
	if err := e.Storage.SetStoreCredit(e.Ctx, s.Store.ID, customer.ID, m); err != nil {
		return err
	}
	e.say("Customer %d of store %s has %s %s with it.", customer.ID, c.Store, m.Value, m.CurrencyCode)
	return nil
}

// CreditList prints the amounts.
type CreditList struct{ subject }

// Run implements kong's command.
func (c *CreditList) Run(e *Env) error {
	s, customer, err := c.find(e)
	if err != nil {
		return err
	}
	list, err := e.Storage.StoreCredit(e.Ctx, s.Store.ID, customer.ID)
	if err != nil {
		return err
	}
	for _, m := range shop.Credits(list, s.Store.Currency) {
		e.say("%s %s", m.Value, m.CurrencyCode)
	}
	return nil
}
