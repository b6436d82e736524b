package command

import (
	"errors"
	"strings"

	"regulars/internal/shop"
)

// store finds a store by its hash.
func (e *Env) store(hash string) (shop.Store, error) {
	s, err := e.Storage.SnapshotByHash(e.Ctx, hash)
	if err != nil {
		return shop.Store{}, err
	}
	return s.Store, nil
}

// owner reads what a metafield is about: store, channel:1, customer:5 or
// customer:ada@example.com.
func (e *Env) owner(s shop.Store, text string) (shop.MetafieldOwner, error) {
	resource, who, _ := strings.Cut(text, ":")
	switch {
	case text == shop.ResourceStore:
		return shop.MetafieldOwner{Resource: shop.ResourceStore, ID: s.ID}, nil
	case resource == shop.ResourceChannel && who != "":
		id, ok := wholeNumber(who)
		if !ok {
			return shop.MetafieldOwner{}, errors.New("a channel is named by its id")
		}
		return shop.MetafieldOwner{Resource: shop.ResourceChannel, ID: id}, nil
	case resource == shop.ResourceCustomer && who != "":
		_, customer, err := subject{s.Hash, who}.find(e)
		return shop.MetafieldOwner{Resource: shop.ResourceCustomer, ID: customer.ID}, err
	}
	return shop.MetafieldOwner{}, errors.New("a metafield is about store, channel:ID or customer:ID")
}
