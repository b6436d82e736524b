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

// visibleGroups is a shopper's own group, or the guests' group for a guest; all
// for an API client.
func (r query) visibleGroups(ctx context.Context) ([]shop.CustomerGroup, error) {
	a := session.From(ctx)
	if !a.Store.Plan.HasGroups() {
		return nil, nil
	}
	if a.IsAPIClient() {
		return r.Storage.Groups(ctx, a.Store.ID)
	}
	var g *shop.CustomerGroup
	var err error
	switch c := a.Customer(); {
	case c != nil && c.GroupID == 0:
		return nil, nil
	case c != nil:
		g, err = a.Group(ctx, c.GroupID)
	case a.Channel.GuestGroupID != 0:
		g, err = a.Group(ctx, a.Channel.GuestGroupID)
	default:
		g, err = a.GuestGroup(ctx)
	}
	if g == nil || err != nil {
		return nil, err
	}
	return []shop.CustomerGroup{*g}, nil
}
