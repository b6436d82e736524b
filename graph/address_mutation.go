package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"regulars/graph/model"
	"regulars/internal/account"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customerMutations) AddCustomerAddress(ctx context.Context, _ *model.CustomerMutations, captcha *model.ReCaptchaV2Input, in model.AddCustomerAddressInput) (*model.AddCustomerAddressResult, error) {
	a := session.From(ctx)
	var address shop.CustomerAddress
	err := mustLogIn(a)
	if err == nil {
		address, err = r.Accounts.AddAddress(ctx, a.Store, a.Session, proof(a, captcha), newAddress(in))
	}
	refusals, err := members(ctx, err, addAddressMember)
	if err != nil {
		return nil, err
	}
	if len(refusals) > 0 {
		return &model.AddCustomerAddressResult{Errors: refusals}, nil
	}
	return &model.AddCustomerAddressResult{Address: &address, Errors: refusals}, nil
}

func addAddressMember(e *shop.Error, message string) model.AddCustomerAddressError {
	switch {
	case e.Code == shop.Unauthenticated:
		return model.CustomerNotLoggedInError{Message: message}
	case e.Field == shop.CaptchaField, e.Code == shop.Conflict, e.Code == shop.RateLimited:
		return model.CustomerAddressCreationError{Message: message}
	case e.Code == shop.BadUserInput:
		return model.ValidationError{Path: e.Path(), Message: message}
	}
	return nil
}

func (r customerMutations) UpdateCustomerAddress(ctx context.Context, _ *model.CustomerMutations, captcha *model.ReCaptchaV2Input, in model.UpdateCustomerAddressInput) (*model.UpdateCustomerAddressResult, error) {
	a := session.From(ctx)
	var address shop.CustomerAddress
	err := mustLogIn(a)
	if err == nil {
		address, err = r.Accounts.UpdateAddress(ctx, a.Store, a.Session, proof(a, captcha), in.AddressEntityID, addressUpdate(in.Data))
	}
	refusals, err := members(ctx, err, updateAddressMember)
	if err != nil {
		return nil, err
	}
	if len(refusals) > 0 {
		return &model.UpdateCustomerAddressResult{Errors: refusals}, nil
	}
	return &model.UpdateCustomerAddressResult{Address: &address, Errors: refusals}, nil
}

func updateAddressMember(e *shop.Error, message string) model.UpdateCustomerAddressError {
	switch {
	case e.Code == shop.Unauthenticated:
		return model.CustomerNotLoggedInError{Message: message}
	case e.Field == shop.CaptchaField, e.Code == shop.Conflict, e.Code == shop.RateLimited:
		return model.CustomerAddressUpdateError{Message: message}
	case e.Code == shop.NotFound:
		return model.AddressDoesNotExistError{Message: message}
	case e.Code == shop.BadUserInput:
		return model.ValidationError{Path: e.Path(), Message: message}
	}
	return nil
}

func (r customerMutations) DeleteCustomerAddress(ctx context.Context, _ *model.CustomerMutations, captcha *model.ReCaptchaV2Input, in model.DeleteCustomerAddressInput) (*model.DeleteCustomerAddressResult, error) {
	a := session.From(ctx)
	err := mustLogIn(a)
	if err == nil {
		err = r.Accounts.DeleteAddress(ctx, a.Store, a.Session, proof(a, captcha), in.AddressEntityID)
	}
	refusals, err := members(ctx, err, deleteAddressMember)
	if err != nil {
		return nil, err
	}
	return &model.DeleteCustomerAddressResult{Errors: refusals}, nil
}

func deleteAddressMember(e *shop.Error, message string) model.DeleteCustomerAddressError {
	switch {
	case e.Code == shop.Unauthenticated:
		return model.CustomerNotLoggedInError{Message: message}
	case e.Field == shop.CaptchaField, e.Code == shop.NotFound, e.Code == shop.RateLimited:
		return model.CustomerAddressDeletionError{Message: message}
	}
	return nil
}

func newAddress(in model.AddCustomerAddressInput) shop.NewAddress {
	return shop.NewAddress{Fields: fieldInputs(in.FormFields), CustomerAddress: shop.CustomerAddress{
		FirstName: in.FirstName, LastName: in.LastName, Company: in.Company, Address1: in.Address1, Address2: in.Address2, City: in.City,
		StateOrProvince: in.StateOrProvince, PostalCode: in.PostalCode, CountryCode: in.CountryCode, Phone: in.Phone,
	}}
}

func addressUpdate(in *model.UpdateCustomerAddressDataInput) shop.AddressUpdate {
	return shop.AddressUpdate{
		FirstName: in.FirstName, LastName: in.LastName, Company: cleared(in.Company), Address1: in.Address1, Address2: cleared(in.Address2),
		City: in.City, StateOrProvince: cleared(in.StateOrProvince), PostalCode: cleared(in.PostalCode), CountryCode: in.CountryCode,
		Phone: cleared(in.Phone), Fields: fieldInputs(in.FormFields),
	}
}

// cleared is nil for what was left out, and an empty text for null.
func cleared(s graphql.Omittable[*string]) *string {
	value, given := s.ValueOK()
	if given && value == nil {
		return new(string)
	}
	return value
}

// mustLogIn refuses a guest. One that asked to be told that its customer access
// token is missing is told that, and no union has a member for it.
func mustLogIn(a *session.Asker) error {
	if a.LacksAccess() {
		return shop.Errorf(shop.MissingAccessToken, "Please log in first.")
	}
	if a.Session == nil {
		return shop.Errorf(shop.Unauthenticated, "Please log in first.")
	}
	return nil
}

// mustExist is mustLogIn for payloads that tell that an impersonated customer is
// not there.
func mustExist(a *session.Asker) error {
	if a.NamesNobody() {
		return shop.Errorf(shop.NotFound, "There is no such customer.")
	}
	return mustLogIn(a)
}

// proof is what the request offers to show that a person sent it.
func proof(a *session.Asker, captcha *model.ReCaptchaV2Input) account.Proof {
	p := account.Proof{Addr: a.Addr, Exempt: a.MayImpersonate()}
	if captcha != nil {
		p.Token = captcha.Token
	}
	return p
}
