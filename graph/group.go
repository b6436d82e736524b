package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r query) Groups(ctx context.Context, before, after *string, first, last *int64) (*model.CustomerGroupConnection, error) {
	const kind = "group"
	window, err := shop.ParseWindow(kind, before, after, first, last)
	if err != nil {
		return nil, err
	}
	visible, err := r.visibleGroups(ctx)
	if err != nil {
		return nil, err
	}
	id := func(g shop.CustomerGroup) int64 { return g.ID }
	total := func(context.Context) (int64, error) { return int64(len(visible)), nil }
	return model.NewConnection(shop.PageOf(visible, id, window), kind, id, total), nil
}

// visibleGroups is a shopper's own group, or the guests' group for a guest.
func (r query) visibleGroups(ctx context.Context) ([]shop.CustomerGroup, error) {
	a := session.From(ctx)
	if !a.Store.Plan.HasGroups() {
		return nil, nil
	}
	var g shop.CustomerGroup
	var ok bool
	var err error
	switch c := a.Customer(); {
	case c != nil:
		g, ok, err = r.Storage.Group(ctx, a.Store.ID, c.GroupID)
	case a.Channel.GuestGroupID != 0:
		g, ok, err = r.Storage.Group(ctx, a.Store.ID, a.Channel.GuestGroupID)
	default:
		g, ok, err = r.Storage.GuestGroup(ctx, a.Store.ID)
	}
	if err != nil || !ok {
		return nil, err
	}
	return []shop.CustomerGroup{g}, nil
}
