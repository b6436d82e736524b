package command

import "regulars/internal/shop"

// Metafield holds the commands about metafields.
type Metafield struct {
	Set    MetafieldSet    `cmd:"" help:"Keep a metafield, in place of the one of that key."`
	List   MetafieldList   `cmd:"" help:"List what is noted about something."`
	Remove MetafieldRemove `cmd:"" help:"Remove a metafield."`
}

// about is what a metafield is about.
type about struct {
	Store string `arg:"" help:"Hash of the store."`
	Owner string `arg:"" help:"store, channel:ID, or customer:ID, where an e-mail address does as well."`
}

func (a about) find(e *Env) (storeID int64, owner shop.MetafieldOwner, err error) {
	s, err := e.store(a.Store)
	if err != nil {
		return 0, owner, err
	}
	owner, err = e.owner(s, a.Owner)
	return s.ID, owner, err
}

// MetafieldSet keeps a metafield.
type MetafieldSet struct {
	about
	Namespace     string `arg:"" help:"Whose notes these are, 64 characters at most."`
	Key           string `arg:"" help:"Name in the namespace, 64 characters at most."`
	Value         string `arg:"" help:"Any text."`
	Description   string `help:"For people."`
	PermissionSet string `enum:"app_only,read,write,read_and_sf_access,write_and_sf_access" default:"app_only" help:"Storefronts read only what says sf_access."`
}

// Run implements kong's command.
func (c *MetafieldSet) Run(e *Env) error {
	storeID, owner, err := c.find(e)
	if err != nil {
		return err
	}
	m := shop.Metafield{Namespace: c.Namespace, Key: c.Key, Value: c.Value, Description: c.Description, PermissionSet: c.PermissionSet}
	id, err := e.Storage.SetMetafield(e.Ctx, storeID, owner, m)
	if err != nil {
		return err
	}
	e.say("Set metafield %d of %s of store %s.", id, c.Owner, c.Store)
	if !m.OnStorefront() {
		e.say("Storefronts cannot read it; --permission-set=read_and_sf_access lets them.")
	}
	return nil
}

// MetafieldList prints metafields.
type MetafieldList struct{ about }

// Run implements kong's command.
func (c *MetafieldList) Run(e *Env) error {
	storeID, owner, err := c.find(e)
	if err != nil {
		return err
	}
	list, err := e.Storage.Metafields(e.Ctx, storeID, owner)
	if err != nil {
		return err
	}
	for _, m := range list {
		e.say("%d  %s %s  %s  (%s)", m.ID, printable(m.Namespace), printable(m.Key), printable(m.Value), m.PermissionSet)
	}
	return nil
}

// MetafieldRemove removes a metafield.
type MetafieldRemove struct {
	about
	Namespace string `arg:"" help:"Its namespace."`
	Key       string `arg:"" help:"Its key."`
}

// Run implements kong's command.
func (c *MetafieldRemove) Run(e *Env) error {
	storeID, owner, err := c.find(e)
	if err != nil {
		return err
	}
	if err := e.Storage.RemoveMetafield(e.Ctx, storeID, owner, c.Namespace, c.Key); err != nil {
		return err
	}
	e.say("Removed metafield %s %s of %s of store %s.", c.Namespace, c.Key, c.Owner, c.Store)
	return nil
}
