package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (query) CurrentCustomer(ctx context.Context) (*shop.Customer, error) {
	return session.From(ctx).Customer(), nil
}

// Customer refuses every id but the shopper's own without looking it up, so that
// the answer cannot tell which ids there are.
func (query) Customer(ctx context.Context, entityID *int64) (*shop.Customer, error) {
	c := session.From(ctx).Customer()
	if entityID != nil && (c == nil || c.ID != *entityID) {
		return nil, shop.Errorf(shop.Forbidden, "You can only see your own account.")
	}
	return c, nil
}

func (customer) CustomerGroupID(ctx context.Context, c *shop.Customer) (int64, error) {
	if !session.From(ctx).Store.Plan.HasGroups() {
		return 0, nil
	}
	return c.GroupID, nil
}

func (r customer) CustomerGroupName(ctx context.Context, c *shop.Customer) (*string, error) {
	g, err := r.Group(ctx, c)
	if g == nil || err != nil {
		return nil, err
	}
	return &g.Name, nil
}

func (customer) Group(ctx context.Context, c *shop.Customer) (*shop.CustomerGroup, error) {
	a := session.From(ctx)
	if c.GroupID == 0 || !a.Store.Plan.HasGroups() {
		return nil, nil
	}
	return a.Group(ctx, c.GroupID)
}

func (r customer) AddressCount(ctx context.Context, c *shop.Customer) (int64, error) {
	return r.Storage.CountAddresses(ctx, session.From(ctx).Store.ID, c.ID)
}

func (r customer) Addresses(ctx context.Context, c *shop.Customer, before, after *string, first, last *int64) (*model.AddressConnection, error) {
	const kind = "address"
	window, err := shop.ParseWindow(kind, before, after, first, last)
	if err != nil {
		return nil, err
	}
	page, err := r.Storage.Addresses(ctx, session.From(ctx).Store.ID, c.ID, window)
	if err != nil {
		return nil, err
	}
	id := func(a shop.CustomerAddress) int64 { return a.ID }
	total := func(ctx context.Context) (int64, error) { return r.AddressCount(ctx, c) }
	return model.NewConnection(page, kind, id, total), nil
}

func (r customer) IsSubscribedToNewsletter(ctx context.Context, c *shop.Customer) (bool, error) {
	s, err := r.Subscriber(ctx, c)
	return s != nil && s.State == shop.StateSubscribed, err
}

func (r customer) Subscriber(ctx context.Context, c *shop.Customer) (*shop.Subscriber, error) {
	s, ok, err := r.Storage.Subscriber(ctx, session.From(ctx).Store.ID, c.EmailKey)
	if err != nil || !ok || !c.MayKnow(&s) {
		return nil, err
	}
	return &s, nil
}
