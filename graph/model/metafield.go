package model

import (
	"encoding/base64"
	"strconv"

	"regulars/internal/shop"
)

// Metafields is one metafield; the contract calls it so.
type Metafields struct{ shop.Metafield }

// ID is the global id, made of type and id as the contract's clients are used to.
func (m Metafields) ID() string {
	return base64.StdEncoding.EncodeToString([]byte("Metafields:" + strconv.FormatInt(m.Metafield.ID, 10)))
}

// EntityID is the id that REST has.
func (m Metafields) EntityID() int64 { return m.Metafield.ID }

// MetafieldConnection is a page of metafields.
type MetafieldConnection = Connection[Metafields]

// MetafieldEdge is one entry of it.
type MetafieldEdge = Edge[Metafields]
