package storage_test

import (
	"fmt"
	"testing"

	"regulars/internal/shop"
)

func TestFiftyAttributesAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	added := 0
	for _, err := range together(70, func(i int) error {
		_, err := w.s.AddAttribute(t.Context(), w.store, shop.Attribute{Name: fmt.Sprint("a", i), Type: shop.AttributeString})
		return err
	}) {
		if err == nil {
			added++
		} else {
			wantCode(t, err, shop.Conflict)
		}
	}
	if added != 50 {
		t.Errorf("%d attributes", added)
	}
	w.wantCount(t, 50, `attributes`)
	_, err := w.s.AddAttribute(t.Context(), two, shop.Attribute{Name: "a1", Type: shop.AttributeString})
	must(t, err)
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	ada := w.customer(t, w.store, "ada@example.com", false)
	add := func(name string, kind shop.AttributeType) int64 {
		id, err := w.s.AddAttribute(ctx, w.store, shop.Attribute{Name: name, Type: kind})
		must(t, err)
		return id
	}
	since, points := add(" Member since ", shop.AttributeDate), add("Points", shop.AttributeNumber)
	_, err := w.s.AddAttribute(ctx, w.store, shop.Attribute{Name: "POINTS", Type: shop.AttributeString})
	wantCode(t, err, shop.Conflict)
	_, err = w.s.AddAttribute(ctx, w.store, shop.Attribute{Name: " ", Type: shop.AttributeString})
	wantCode(t, err, shop.BadUserInput)
	_, err = w.s.AddAttribute(ctx, 999, shop.Attribute{Name: "x", Type: shop.AttributeString})
	wantCode(t, err, shop.NotFound)
	if list, err := w.s.Attributes(ctx, w.store); err != nil || fmt.Sprint(list) != fmt.Sprintf("[{%d Member since date} {%d Points number}]", since, points) {
		t.Errorf("%v, %v", list, err)
	}

	value := func() string {
		a, ok, err := w.s.CustomerAttribute(ctx, w.store, ada.ID, points)
		must(t, err)
		if !ok || a.Name != "Points" || a.ID != points {
			t.Errorf("%+v %v", a, ok)
		}
		if a.Value == nil {
			return "null"
		}
		return *a.Value
	}
	set := func(id int64, v string) error { return w.s.SetAttribute(ctx, w.store, ada.ID, id, v) }
	if value() != "null" {
		t.Error("a value that nobody noted")
	}
	for _, step := range []struct {
		value, want string
		version     int64 // of the customer: an event goes with each change
	}{{"12.50", "12.50", 2}, {"12.50", "12.50", 2}, {"13", "13", 3}, {"", "null", 4}, {"", "null", 4}} {
		must(t, set(points, step.value))
		if value() != step.want {
			t.Errorf("%q: %s", step.value, value())
		}
		w.wantCount(t, 1, `customers WHERE version = $1`, step.version)
	}
	w.wantCount(t, 3, `events WHERE scope = 'store/customer/updated' AND changed = '{attributes}'`)
	wantCode(t, set(points, "many"), shop.BadUserInput)
	wantCode(t, set(since, "yesterday"), shop.BadUserInput)
	wantCode(t, set(999, "1"), shop.NotFound)
	wantCode(t, w.s.SetAttribute(ctx, w.store, 999, points, "1"), shop.NotFound)
	two := w.addStore(t, "two")
	other := w.customer(t, two, "ada@example.com", false)
	wantCode(t, w.s.SetAttribute(ctx, two, other.ID, points, "1"), shop.NotFound)
	if _, ok, err := w.s.CustomerAttribute(ctx, two, other.ID, points); ok || err != nil {
		t.Errorf("an attribute of another store: %v %v", ok, err)
	}

	must(t, set(points, "1"))
	must(t, set(since, "2024-01-31"))
	if n, err := w.s.CountAttributes(ctx, w.store, ada.ID); n != 2 || err != nil {
		t.Errorf("%d attributes, %v", n, err)
	}
	must(t, w.s.RemoveAttribute(ctx, w.store, points))
	wantCode(t, w.s.RemoveAttribute(ctx, w.store, points), shop.NotFound)
	wantCode(t, w.s.RemoveAttribute(ctx, two, since), shop.NotFound)
	if n, err := w.s.CountAttributes(ctx, w.store, ada.ID); n != 1 || err != nil {
		t.Errorf("%d attributes, %v", n, err)
	}
}

func TestStoreCredit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	ada := w.customer(t, w.store, "ada@example.com", false)
	set := func(value, code string) {
		t.Helper()
		m, err := shop.ParseMoney(value, code)
		must(t, err)
		must(t, w.s.SetStoreCredit(ctx, w.store, ada.ID, m))
	}
	for _, step := range []struct {
		value, code, want string
		events            int
	}{
		{"12.50", "USD", "[{USD 12.5}]", 1}, {"12.5", "USD", "[{USD 12.5}]", 1}, {"1000", "JPY", "[{JPY 1000} {USD 12.5}]", 2},
		{"0.01", "USD", "[{JPY 1000} {USD 0.01}]", 3}, {"0.00", "JPY", "[{USD 0.01}]", 4}, {"0", "EUR", "[{USD 0.01}]", 4},
		{"999999999999.99", "USD", "[{USD 999999999999.99}]", 5},
	} {
		set(step.value, step.code)
		if list, err := w.s.StoreCredit(ctx, w.store, ada.ID); err != nil || fmt.Sprint(list) != step.want {
			t.Errorf("after %s %s: %v, %v, want %s", step.value, step.code, list, err, step.want)
		}
		w.wantCount(t, step.events, `events WHERE scope = 'store/customer/updated' AND changed = '{store_credit}'`)
	}
	wantCode(t, w.s.SetStoreCredit(ctx, w.store, 999, shop.Money{CurrencyCode: "EUR", Value: "1"}), shop.NotFound)
	wantCode(t, w.s.SetStoreCredit(ctx, w.addStore(t, "two"), ada.ID, shop.Money{CurrencyCode: "EUR", Value: "1"}), shop.NotFound)
}
