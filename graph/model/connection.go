package model

import (
	"context"

	"regulars/internal/shop"
)

// Connection is one page of a list, in the form that the contract gives all of
// them.
type Connection[T any] struct {
	PageInfo PageInfo
	Edges    []Edge[T]

	total func(context.Context) (int64, error)
}

// Edge is one entry of a page.
type Edge[T any] struct {
	Node   T
	Cursor string
}

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
	c := &Connection[T]{
		PageInfo: PageInfo{HasNextPage: page.HasNext, HasPreviousPage: page.HasPrevious},
		Edges:    make([]Edge[T], len(page.Items)),
		total:    total,
	}
	for i, item := range page.Items {
		c.Edges[i] = Edge[T]{item, shop.Cursor(kind, id(item))}
	}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c
}

// CollectionInfo counts the list.
func (c *Connection[T]) CollectionInfo(ctx context.Context) (*CollectionInfo, error) {
	n, err := c.total(ctx)
	if err != nil {
		return nil, err
	}
	return &CollectionInfo{TotalItems: &n}, nil
}
