package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customer) AttributeCount(ctx context.Context, c *shop.Customer) (int64, error) {
	return r.Storage.CountAttributes(ctx, session.From(ctx).Store.ID, c.ID)
}

func (customer) Attributes(_ context.Context, c *shop.Customer) (*model.CustomerAttributes, error) {
	return &model.CustomerAttributes{CustomerID: c.ID}, nil
}

func (r customerAttributes) Attribute(ctx context.Context, of *model.CustomerAttributes, entityID int64) (*shop.CustomerAttribute, error) {
	a, ok, err := r.Storage.CustomerAttribute(ctx, session.From(ctx).Store.ID, of.CustomerID, entityID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, shop.Errorf(shop.NotFound, "There is no such attribute.")
	}
	return &a, nil
}
