package storage_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"regulars/internal/shop"
)

// The SQL of a page and shop.PageOf are two ways to the same.
func TestAddressPagesAgreeWithPageOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	book := map[int64][]shop.CustomerAddress{}
	var ids []int64
	for i, n := range []int{0, 1, 7} {
		c := w.customer(t, w.store, mail(i), false).ID
		ids = append(ids, c)
		for j := range n {
			_, err := w.s.AddAddress(t.Context(), w.store, c, shop.NewAddress{CustomerAddress: shop.CustomerAddress{FirstName: fmt.Sprint(j), CountryCode: "DE"}})
			must(t, err)
		}
		all, err := w.s.Addresses(t.Context(), w.store, c, shop.Window{Before: math.MaxInt64, Limit: 50})
		must(t, err)
		if len(all.Items) != n {
			t.Fatalf("%d addresses, want %d", len(all.Items), n)
		}
		book[c] = all.Items
	}
	id := func(a shop.CustomerAddress) int64 { return a.ID }
	window := rapid.Custom(func(t *rapid.T) shop.Window {
		return shop.Window{
			After: rapid.Int64Range(0, 10).Draw(t, "after"), Before: rapid.OneOf(rapid.Int64Range(0, 12), rapid.Just[int64](math.MaxInt64)).Draw(t, "before"),
			Limit: rapid.IntRange(0, 8).Draw(t, "limit"), Backward: rapid.Bool().Draw(t, "backward"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		asked := rapid.SliceOfN(window, 1, 4).Draw(rt, "windows") // one alone, or several in a batch
		c := rapid.SampledFrom(ids).Draw(rt, "customer")
		errs := together(len(asked), func(i int) error {
			got, err := w.s.Addresses(t.Context(), w.store, c, asked[i])
			if want := shop.PageOf(book[c], id, asked[i]); err == nil && !samePage(got, want) {
				err = fmt.Errorf("%+v: got %v %v %v, want %v %v %v", asked[i],
					names(got), got.HasPrevious, got.HasNext, names(want), want.HasPrevious, want.HasNext)
			}
			return err
		})
		for _, err := range errs {
			if err != nil {
				rt.Fatal(err)
			}
		}
	})
}

func names(p shop.Page[shop.CustomerAddress]) (out []string) {
	for _, a := range p.Items {
		out = append(out, a.FirstName)
	}
	return out
}

func samePage(a, b shop.Page[shop.CustomerAddress]) bool {
	return fmt.Sprint(names(a)) == fmt.Sprint(names(b)) && a.HasNext == b.HasNext && a.HasPrevious == b.HasPrevious
}

func TestAddressTwiceIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", false), w.customer(t, w.store, "bob@example.com", false)
	empty := ""
	for _, c := range []int64{ada.ID, bob.ID} {
		allFine(t, together(10, func(i int) error {
			a := shop.CustomerAddress{FirstName: "Ada", LastName: "Lovelace", Address1: "1 Main Street", City: "Austin", CountryCode: "US"}
			if i%2 == 0 {
				a.Company = &empty // no company and an empty one are the same
			}
			_, err := w.s.AddAddress(t.Context(), w.store, c, shop.NewAddress{CustomerAddress: a})
			return err
		}))
	}
	w.wantCount(t, 2, `addresses`)
	if n, err := w.s.CountAddresses(t.Context(), w.store, ada.ID); n != 1 || err != nil {
		t.Errorf("%d addresses, %v", n, err)
	}
	two := w.addStore(t, "two")
	if n, err := w.s.CountAddresses(t.Context(), two, ada.ID); n != 0 || err != nil {
		t.Errorf("%d addresses in another store, %v", n, err)
	}
}
