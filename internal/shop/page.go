package shop

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
)

// Page sizes of every connection (contract/storefront.md 5).
const (
	DefaultPage = 10
	MaxPage     = 50
)

// Window is one page of a list that is ordered by id: ids strictly between
// After and Before, Limit of them from the front, or from the back.
type Window struct {
	After, Before int64
	Limit         int
	Backward      bool
}

// Page is what a Window showed of a list, in ascending order.
type Page[T any] struct {
	Items                []T
	HasNext, HasPrevious bool
}

// ParseWindow reads a connection's arguments. An empty cursor is the start, as
// clients of the contract send it.
func ParseWindow(kind string, before, after *string, first, last *int64) (Window, error) {
	w := Window{Before: math.MaxInt64, Limit: DefaultPage}
	size, field := first, "first"
	if first != nil && last != nil {
		return w, Invalid("last", "Give first or last, not both.")
	}
	if last != nil {
		size, field, w.Backward = last, "last", true
	}
	if size != nil {
		if *size < 0 || *size > MaxPage {
			return w, Invalid(field, "Ask for 0 to %d items.", MaxPage)
		}
		w.Limit = int(*size)
	}
	for _, c := range []struct {
		field string
		text  *string
		id    *int64
	}{{"after", after, &w.After}, {"before", before, &w.Before}} {
		if c.text == nil || *c.text == "" {
			continue
		}
		id, ok := parseCursor(kind, *c.text)
		if !ok {
			return w, Invalid(c.field, "This is not a cursor of this list.")
		}
		*c.id = id
	}
	return w, nil
}

// Cursor names a place in a list of one kind; clients treat it as opaque.
func Cursor(kind string, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + strconv.FormatInt(id, 10)))
}

func parseCursor(kind, s string) (int64, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(s) > 64 {
		return 0, false
	}
	k, n, _ := strings.Cut(string(b), ":")
	id, err := strconv.ParseInt(n, 10, 64)
	return id, err == nil && k == kind && id > 0
}

// PageOf is the page of a list that is at hand, in ascending order of id. It is a
// part of that list.
func PageOf[T any](list []T, id func(T) int64, w Window) (p Page[T]) {
	from, to := 0, len(list)
	for from < to && id(list[from]) <= w.After {
		from++
	}
	for to > from && id(list[to-1]) >= w.Before {
		to--
	}
	if over := to - from - w.Limit; over > 0 && w.Backward {
		from += over
	} else if over > 0 {
		to -= over
	}
	p.HasPrevious, p.HasNext = from > 0, to < len(list)
	if from < to {
		p.Items = list[from:to:to]
	}
	return p
}
