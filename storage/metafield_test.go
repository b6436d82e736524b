package storage_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"regulars/internal/shop"
)

func note(namespace, key, value string) shop.Metafield {
	return shop.Metafield{Namespace: namespace, Key: key, Value: value, PermissionSet: "read_and_sf_access"}
}

func TestMetafields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, all := t.Context(), shop.Window{Before: math.MaxInt64, Limit: 50}
	ada := w.customer(t, w.store, "ada@example.com", false)
	customer, channel := shop.MetafieldOwner{Resource: "customer", ID: ada.ID}, shop.MetafieldOwner{Resource: "channel", ID: 1}
	store := shop.MetafieldOwner{Resource: "store", ID: w.store}
	for _, owner := range []shop.MetafieldOwner{customer, channel, store} {
		first, err := w.s.SetMetafield(ctx, w.store, owner, note("a", "k", "v1"))
		must(t, err)
		second, err := w.s.SetMetafield(ctx, w.store, owner, note("a", "k", "v2 of "+owner.Resource))
		must(t, err)
		if first != second {
			t.Errorf("one key has the ids %d and %d", first, second)
		}
		hidden := note("a", "hidden", "v")
		hidden.PermissionSet = "app_only"
		_, err = w.s.SetMetafield(ctx, w.store, owner, hidden)
		must(t, err)
		page, err := w.s.StorefrontMetafields(ctx, w.store, owner, "a", nil, all)
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Value != "v2 of "+owner.Resource {
			t.Errorf("%s: %+v", owner.Resource, page)
		}
		list, err := w.s.Metafields(ctx, w.store, owner)
		must(t, err)
		if len(list) != 2 || list[0].Key != "hidden" {
			t.Errorf("%s: %+v", owner.Resource, list)
		}
	}
	for _, owner := range []shop.MetafieldOwner{{Resource: "customer", ID: 999}, {Resource: "channel", ID: 2}} {
		_, err := w.s.SetMetafield(ctx, w.store, owner, note("a", "k", "v"))
		wantCode(t, err, shop.NotFound)
	}
	two := w.addStore(t, "two")
	_, err := w.s.SetMetafield(ctx, two, customer, note("a", "k", "v"))
	wantCode(t, err, shop.NotFound)
	_, err = w.s.SetMetafield(ctx, w.store, store, shop.Metafield{})
	wantCode(t, err, shop.BadUserInput)

	must(t, w.s.RemoveMetafield(ctx, w.store, channel, "a", "k"))
	wantCode(t, w.s.RemoveMetafield(ctx, w.store, channel, "a", "k"), shop.NotFound)
	wantCode(t, w.s.RemoveMetafield(ctx, two, customer, "a", "k"), shop.NotFound)
	w.wantCount(t, 2, `metafields WHERE resource = 'customer'`)
	w.owner.MustExec(`DELETE FROM customers`)
	w.wantCount(t, 0, `metafields WHERE resource = 'customer'`)
	w.owner.MustExec(`DELETE FROM stores WHERE id = $1`, w.store)
	w.wantCount(t, 0, `metafields`)
}

func TestMetafieldsHaveABound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := shop.MetafieldOwner{Resource: "store", ID: w.store}
	w.owner.MustExec(`INSERT INTO metafields (store_id, resource, resource_id, namespace, key, value, permission_set)
		SELECT $1, 'store', $1, 'a', n, 'v', 'read' FROM generate_series(1, $2) n`, w.store, shop.MaxMetafields-3)
	set := 0
	for _, err := range together(10, func(i int) error {
		_, err := w.s.SetMetafield(t.Context(), w.store, owner, note("b", fmt.Sprint(i), "v"))
		return err
	}) {
		if err == nil {
			set++
		} else {
			wantCode(t, err, shop.Conflict)
		}
	}
	if set != 3 {
		t.Errorf("%d found room for 3", set)
	}
	_, err := w.s.SetMetafield(t.Context(), w.store, owner, note("a", "1", "changed")) // one that is there can change
	must(t, err)
}

// The SQL of a page and shop.PageOf are two ways to the same.
func TestMetafieldPagesAgreeWithPageOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false)
	owner := shop.MetafieldOwner{Resource: "customer", ID: ada.ID}
	var visible []shop.Metafield
	keys := []string{"a", "b", "c", "d", "e", "f", "g"}
	for i, key := range keys {
		m := note("n", key, "v")
		if i == 2 {
			m.PermissionSet = "write"
		}
		var err error
		m.ID, err = w.s.SetMetafield(t.Context(), w.store, owner, m)
		must(t, err)
		if i != 2 {
			visible = append(visible, m)
		}
	}
	id := func(m shop.Metafield) int64 { return m.ID }
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(rt, "askers")
		windows, wanted := make([]shop.Window, n), make([][]string, n)
		for i := range n {
			windows[i] = shop.Window{
				After: rapid.Int64Range(0, 9).Draw(rt, "after"), Before: rapid.OneOf(rapid.Int64Range(0, 9), rapid.Just[int64](math.MaxInt64)).Draw(rt, "before"),
				Limit: rapid.IntRange(0, 8).Draw(rt, "limit"), Backward: rapid.Bool().Draw(rt, "backward"),
			}
			wanted[i] = rapid.SliceOfN(rapid.SampledFrom(append(keys, "none", `"`, `\`)), 0, 4).Draw(rt, "keys")
		}
		for _, err := range together(n, func(i int) error {
			var list []shop.Metafield
			for _, m := range visible {
				if len(wanted[i]) == 0 || slices.Contains(wanted[i], m.Key) {
					list = append(list, m)
				}
			}
			got, err := w.s.StorefrontMetafields(t.Context(), w.store, owner, "n", wanted[i], windows[i])
			if want := shop.PageOf(list, id, windows[i]); err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
				err = fmt.Errorf("%+v %v: got %v, want %v", windows[i], wanted[i], got, want)
			}
			return err
		}) {
			if err != nil {
				rt.Fatal(err)
			}
		}
	})
}
