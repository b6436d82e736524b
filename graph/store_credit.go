package graph

import (
	"context"

	"golang.org/x/text/language"

	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customer) StoreCredit(ctx context.Context, c *shop.Customer) ([]shop.Money, error) {
	store := session.From(ctx).Store
	list, err := r.Storage.StoreCredit(ctx, store.ID, c.ID)
	if err != nil {
		return nil, err
	}
	return shop.Credits(list, store.Currency), nil
}

func (money) Formatted(ctx context.Context, m *shop.Money) (*string, error) {
	return formatted(m, shop.Language("", session.From(ctx).Store.Locale)), nil
}

func (money) FormattedV2(ctx context.Context, m *shop.Money) (*string, error) {
	a := session.From(ctx)
	return formatted(m, shop.Language(a.Language, a.Store.Locale)), nil
}

func formatted(m *shop.Money, tag language.Tag) *string {
	text := m.Format(tag)
	return &text
}
