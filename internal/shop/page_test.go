package shop_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regulars/internal/shop"
)

func ptr[T any](v T) *T { return &v }

func self(n int64) int64 { return n }

// walk follows the cursors of a list to its end, as a client does.
func walk(t *rapid.T, list []int64, size int64, backward bool) (seen []int64) {
	var cursor *string
	for range len(list) + 2 {
		var w shop.Window
		var err error
		if backward {
			w, err = shop.ParseWindow("x", cursor, nil, nil, &size)
		} else {
			w, err = shop.ParseWindow("x", nil, cursor, &size, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		p := shop.PageOf(list, self, w)
		if (cursor != nil) != (p.HasPrevious && !backward || p.HasNext && backward) && len(list) > 0 {
			t.Fatalf("at %v: %+v does not know where it came from", w, p)
		}
		more := p.HasNext
		if backward {
			more, seen = p.HasPrevious, append(slices.Clone(p.Items), seen...)
		} else {
			seen = append(seen, p.Items...)
		}
		if !more {
			return seen
		}
		edge := p.Items[len(p.Items)-1]
		if backward {
			edge = p.Items[0]
		}
		cursor = ptr(shop.Cursor("x", edge))
	}
	t.Fatal("the walk has no end")
	return nil
}

func TestWalkVisitsEachItemOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfNDistinct(rapid.Int64Range(1, 1<<40), 0, 40, self).Draw(t, "list")
		slices.Sort(list)
		size := rapid.Int64Range(1, shop.MaxPage).Draw(t, "size")
		for _, backward := range []bool{false, true} {
			if seen := walk(t, list, size, backward); !slices.Equal(seen, list) {
				t.Fatalf("backward %v: saw %v of %v", backward, seen, list)
			}
		}
	})
}

func TestPageOfIsAPartOfTheList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfNDistinct(rapid.Int64Range(1, 30), 0, 20, self).Draw(t, "list")
		slices.Sort(list)
		w := shop.Window{After: rapid.Int64Range(0, 31).Draw(t, "after"), Before: rapid.Int64Range(0, 32).Draw(t, "before"),
			Limit: rapid.IntRange(0, 10).Draw(t, "limit"), Backward: rapid.Bool().Draw(t, "backward")}
		var inside []int64
		for _, n := range list {
			if n > w.After && n < w.Before {
				inside = append(inside, n)
			}
		}
		p := shop.PageOf(list, self, w)
		want := inside[:min(w.Limit, len(inside))]
		if w.Backward {
			want = inside[max(0, len(inside)-w.Limit):]
		}
		if !slices.Equal(p.Items, want) {
			t.Fatalf("%+v of %v: got %v, want %v", w, list, p.Items, want)
		}
		if len(want) > 0 && (p.HasPrevious != (list[0] < want[0]) || p.HasNext != (list[len(list)-1] > want[len(want)-1])) {
			t.Fatalf("%+v of %v: %+v", w, list, p)
		}
	})
}

func TestParseWindow(t *testing.T) {
	t.Parallel()
	at := func(n int64) *string { return ptr(shop.Cursor("x", n)) }
	for name, c := range map[string]struct {
		before, after *string
		first, last   *int64
		want          shop.Window
		field         string // that is to blame
	}{
		"nothing":            {want: shop.Window{Before: math.MaxInt64, Limit: 10}},
		"empty cursors":      {before: ptr(""), after: ptr(""), want: shop.Window{Before: math.MaxInt64, Limit: 10}},
		"first":              {first: ptr[int64](50), after: at(7), want: shop.Window{After: 7, Before: math.MaxInt64, Limit: 50}},
		"last":               {last: ptr[int64](0), before: at(math.MaxInt64), want: shop.Window{Before: math.MaxInt64, Backward: true}},
		"both sides":         {before: at(9), after: at(3), want: shop.Window{After: 3, Before: 9, Limit: 10}},
		"first and last":     {first: ptr[int64](1), last: ptr[int64](1), field: "last"},
		"too many":           {first: ptr[int64](51), field: "first"},
		"fewer than none":    {last: ptr[int64](-1), field: "last"},
		"32 bits":            {first: ptr[int64](2147483647), field: "first"},
		"no cursor":          {after: ptr("!"), field: "after"},
		"another list's":     {before: ptr(shop.Cursor("y", 1)), field: "before"},
		"a zero":             {after: ptr(shop.Cursor("x", 0)), field: "after"},
		"a negative":         {after: ptr(shop.Cursor("x", -1)), field: "after"},
		"beyond 64 bits":     {after: ptr("eDo5OTk5OTk5OTk5OTk5OTk5OTk5OQ"), field: "after"},
		"a long one":         {after: ptr(strings.Repeat("A", 1000)), field: "after"},
		"with something new": {after: ptr(shop.Cursor("x:1", 1)), field: "after"},
	} {
		got, err := shop.ParseWindow("x", c.before, c.after, c.first, c.last)
		es := shop.ErrorsIn(err)
		switch {
		case c.field == "" && (err != nil || got != c.want):
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, c.want)
		case c.field != "" && (len(es) != 1 || es[0].Field != c.field || es[0].Code != shop.BadUserInput):
			t.Errorf("%s: got %v, want %s to be blamed", name, err, c.field)
		}
	}
}
