package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (query) Geography(ctx context.Context) (*shop.Geography, error) {
	return session.From(ctx).Geography(), nil
}

func (geography) Countries(_ context.Context, g *shop.Geography, filters *model.CountryFiltersInput) ([]shop.Country, error) {
	if filters == nil {
		filters = &model.CountryFiltersInput{}
	}
	return g.Countries(filters.Name, filters.Code), nil
}

func (customerAddress) Country(ctx context.Context, a *shop.CustomerAddress) (*string, error) {
	c, ok := session.From(ctx).Geography().Country(a.CountryCode)
	if !ok {
		return nil, nil
	}
	return &c.Name, nil
}
