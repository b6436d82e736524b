package model

import (
	"context"

	"regulars/internal/shop"
)

// Connection is one page of a list, in the form that the contract gives all of
// them.
type Connection[T any] struct {
	Edges []Edge[T]

	page  shop.Page[T]
	total func(context.Context) (int64, error)
}

// Edge is one entry of a page. Its cursor is made when somebody asks for it.
type Edge[T any] struct {
	Node T

	kind string
	id   int64
}

// Cursor names the entry's place in the list.
func (e *Edge[T]) Cursor() string { return shop.Cursor(e.kind, e.id) }

// AddressConnection is a page of the address book.
type AddressConnection = Connection[shop.CustomerAddress]

// AddressEdge is one entry of it.
type AddressEdge = Edge[shop.CustomerAddress]

// CustomerGroupConnection is a page of customer groups.
type CustomerGroupConnection = Connection[shop.CustomerGroup]

// CustomerGroupEdge is one entry of it.
type CustomerGroupEdge = Edge[shop.CustomerGroup]

// NewConnection makes a connection of a page; kind and id make its cursors,
// total counts the whole list when somebody asks.
func NewConnection[T any](page shop.Page[T], kind string, id func(T) int64, total func(context.Context) (int64, error)) *Connection[T] {
	c := &Connection[T]{Edges: make([]Edge[T], len(page.Items)), page: page, total: total}
	for i, item := range page.Items {
		c.Edges[i] = Edge[T]{item, kind, id(item)}
	}
	return c
}

// PageInfo tells where the page stands in the list.
func (c *Connection[T]) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.page.HasNext, HasPreviousPage: c.page.HasPrevious}
	if n := len(c.Edges); n > 0 {
		start, end := c.Edges[0].Cursor(), c.Edges[n-1].Cursor()
		p.StartCursor, p.EndCursor = &start, &end
	}
	return p
}

// CollectionInfo counts the list.
func (c *Connection[T]) CollectionInfo(ctx context.Context) (*CollectionInfo, error) {
	n, err := c.total(ctx)
	if err != nil {
		return nil, err
	}
	return &CollectionInfo{TotalItems: &n}, nil
}
