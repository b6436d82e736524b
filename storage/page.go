package storage

import "regulars/internal/shop"

// placed is where a row stands in the window that a key asked for: its rank from
// the side that the window is counted from, on one side of it or inside.
type placed struct {
	Ord  int64 // of the key, from 1
	Rank int
	// Side is 0 inside of the window, -1 before and 1 behind it.
	Side int
}

// pagesOf makes the rows of windowed statements, which come key by key, the pages
// of their keys. One row more than the limit tells that the list goes on.
func pagesOf[K comparable, R, T any](keys []K, window func(K) shop.Window, rows []R, parts func(*R) (placed, *T)) map[K]shop.Page[T] {
	out := make(map[K]shop.Page[T], len(keys))
	for len(rows) > 0 {
		first, _ := parts(&rows[0])
		n := 1
		for ; n < len(rows); n++ {
			if at, _ := parts(&rows[n]); at.Ord != first.Ord {
				break
			}
		}
		k := keys[first.Ord-1]
		out[k] = pageOf(window(k), rows[:n], parts)
		rows = rows[n:]
	}
	return out
}

func pageOf[R, T any](w shop.Window, rows []R, parts func(*R) (placed, *T)) (page shop.Page[T]) {
	page.Items = make([]T, 0, len(rows))
	for i := range rows {
		at, item := parts(&rows[i])
		over := at.Side == 0 && at.Rank > w.Limit
		switch {
		case at.Side < 0, over && w.Backward:
			page.HasPrevious = true
		case at.Side > 0, over:
			page.HasNext = true
		default:
			page.Items = append(page.Items, *item)
		}
	}
	return page
}
