package command

import "regulars/internal/shop"

// Attribute holds the commands about customers' attributes.
type Attribute struct {
	Add      AttributeAdd      `cmd:"" help:"Define an attribute that customers can have."`
	List     AttributeList     `cmd:"" help:"List a store's attributes."`
	Remove   AttributeRemove   `cmd:"" help:"Remove an attribute, with all values in it."`
	SetValue AttributeSetValue `cmd:"" help:"Note a value about a customer."`
}

// AttributeAdd defines an attribute.
type AttributeAdd struct {
	Store string `arg:"" help:"Hash of the store."`
	Name  string `arg:"" help:"The attribute's name."`
	Type  string `arg:"" enum:"string,number,date" help:"string, number or date; it cannot be changed later."`
}

// Run implements kong's command.
func (c *AttributeAdd) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	id, err := e.Storage.AddAttribute(e.Ctx, s.ID, shop.Attribute{Name: c.Name, Type: shop.AttributeType(c.Type)})
	if err != nil {
		return err
	}
	e.say("Added attribute %d to store %s.", id, c.Store)
	return nil
}

// AttributeList prints the attributes.
type AttributeList struct {
	Store string `arg:"" help:"Hash of the store."`
}

// Run implements kong's command.
func (c *AttributeList) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	list, err := e.Storage.Attributes(e.Ctx, s.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		e.say("%d  %s  (%s)", a.ID, printable(a.Name), a.Type)
	}
	return nil
}

// AttributeRemove removes an attribute.
type AttributeRemove struct {
	Store string `arg:"" help:"Hash of the store."`
	ID    int64  `arg:"" help:"Id of the attribute."`
}

// Run implements kong's command.
func (c *AttributeRemove) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	if err := e.Storage.RemoveAttribute(e.Ctx, s.ID, c.ID); err != nil {
		return err
	}
	e.say("Removed attribute %d of store %s.", c.ID, c.Store)
	return nil
}

// AttributeSetValue notes a value.
type AttributeSetValue struct {
	subject
	ID    int64  `arg:"" help:"Id of the attribute."`
	Value string `arg:"" help:"The value, as the attribute's type asks; empty takes it away."`
}

// Run implements kong's command.
func (c *AttributeSetValue) Run(e *Env) error {
	s, customer, err := c.find(e)
	if err != nil {
		return err
	}
	if err := e.Storage.SetAttribute(e.Ctx, s.Store.ID, customer.ID, c.ID, c.Value); err != nil {
		return err
	}
	e.say("Set attribute %d of customer %d of store %s.", c.ID, customer.ID, c.Store)
	return nil
}
