package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customer) Metafields(ctx context.Context, c *shop.Customer, namespace string, keys []string, before, after *string, first, last *int64) (*model.MetafieldConnection, error) {
	return r.metafields(ctx, shop.MetafieldOwner{Resource: shop.ResourceCustomer, ID: c.ID}, namespace, keys, before, after, first, last)
}

func (r channel) Metafields(ctx context.Context, c *shop.Channel, namespace string, keys []string, before, after *string, first, last *int64) (*model.MetafieldConnection, error) {
	return r.metafields(ctx, shop.MetafieldOwner{Resource: shop.ResourceChannel, ID: c.ID}, namespace, keys, before, after, first, last)
}

func (r store) Metafields(ctx context.Context, s *shop.Store, namespace string, keys []string, before, after *string, first, last *int64) (*model.MetafieldConnection, error) {
	return r.metafields(ctx, shop.MetafieldOwner{Resource: shop.ResourceStore, ID: s.ID}, namespace, keys, before, after, first, last)
}

// metafields is a page of what storefronts may read about an owner.
func (r *Resolver) metafields(ctx context.Context, owner shop.MetafieldOwner, namespace string, keys []string, before, after *string, first, last *int64) (*model.MetafieldConnection, error) {
	const kind = "metafield"
	window, err := shop.ParseWindow(kind, before, after, first, last)
	if err != nil {
		return nil, err
	}
	if len(keys) > shop.MaxMetafieldKeys {
		return nil, shop.Invalid("keys", "Ask for %d keys at most.", shop.MaxMetafieldKeys)
	}
	found, err := r.Storage.StorefrontMetafields(ctx, session.From(ctx).Store.ID, owner, namespace, keys, window)
	if err != nil {
		return nil, err
	}
	page := shop.Page[model.Metafields]{HasNext: found.HasNext, HasPrevious: found.HasPrevious}
	for _, m := range found.Items {
		page.Items = append(page.Items, model.Metafields{Metafield: m})
	}
	return model.NewConnection(page, kind, model.Metafields.EntityID, nil), nil
}
