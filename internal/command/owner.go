package command

import (
	"errors"
	"fmt"
	"strconv"
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

// customerID finds a customer by address, or takes an id as it is.
func (e *Env) customerID(storeID int64, who string) (int64, error) {
	if id, ok := wholeNumber(who); ok {
		return id, nil
	}
	email, ok := shop.ParseEmail(who)
	if !ok {
		return 0, errors.New("a customer is named by id or by e-mail address")
	}
	found, ok, err := e.Storage.Credentials(e.Ctx, storeID, email.Key)
	if err == nil && !ok {
		err = fmt.Errorf("the store has no customer %s", email.Text)
	}
	return found.Customer.ID, err
}

// owner reads what a metafield is about: store, channel:1, customer:5 or
// customer:ada@example.com.
func (e *Env) owner(storeID int64, text string) (shop.MetafieldOwner, error) {
	resource, who, _ := strings.Cut(text, ":")
	switch {
	case text == shop.ResourceStore:
		return shop.MetafieldOwner{Resource: shop.ResourceStore, ID: storeID}, nil
	case resource == shop.ResourceChannel && who != "":
		id, err := strconv.ParseInt(who, 10, 64)
		return shop.MetafieldOwner{Resource: shop.ResourceChannel, ID: id}, err
	case resource == shop.ResourceCustomer && who != "":
		id, err := e.customerID(storeID, who)
		return shop.MetafieldOwner{Resource: shop.ResourceCustomer, ID: id}, err
	}
	return shop.MetafieldOwner{}, errors.New("a metafield is about store, channel:ID or customer:ID")
}
