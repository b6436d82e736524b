package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customerMutations) RegisterCustomer(ctx context.Context, _ *model.CustomerMutations, captcha *model.ReCaptchaV2Input, in model.RegisterCustomerInput) (*model.RegisterCustomerResult, error) {
	a := session.From(ctx)
	registration := shop.Registration{
		Profile: shop.Profile{FirstName: in.FirstName, LastName: in.LastName, Company: text(in.Company), Phone: text(in.Phone)},
		Email:   in.Email, Password: in.Password, Fields: fieldInputs(in.FormFields), Language: a.Language,
	}
	if in.Address != nil {
		address := newAddress(*in.Address)
		registration.Address = &address
	}
	c, made, err := r.Accounts.Register(ctx, a.Store, a.Channel, a.Source(), proof(a, captcha), registration)
	refusals, err := members(ctx, err, registerMember)
	if err != nil {
		return nil, err
	}
	out := &model.RegisterCustomerResult{Errors: refusals, VerificationRequired: a.Store.Settings.EmailVerification == shop.VerificationRequired}
	if made {
		out.Customer = &c
	}
	return out, nil
}

func registerMember(e *shop.Error, message string) model.RegisterCustomerError {
	switch {
	case e.Field == shop.CaptchaField, e.Code == shop.RateLimited:
		return model.CustomerRegistrationError{Message: message}
	case e.Code == shop.Conflict:
		return model.EmailAlreadyInUseError{Message: message}
	case e.Code == shop.Forbidden:
		return model.AccountCreationDisabledError{Message: message}
	case e.Code == shop.BadUserInput:
		return model.ValidationError{Path: e.Path(), Message: message}
	}
	return nil
}

func (r customerMutations) UpdateCustomer(ctx context.Context, _ *model.CustomerMutations, captcha *model.ReCaptchaV2Input, in model.UpdateCustomerInput) (*model.UpdateCustomerResult, error) {
	a := session.From(ctx)
	var c shop.Customer
	err := mustExist(a)
	if err == nil {
		c, err = r.Accounts.Update(ctx, a.Store, a.Channel, a.Session, proof(a, captcha), shop.CustomerUpdate{
			FirstName: in.FirstName, LastName: in.LastName, Email: in.Email, Phone: in.Phone, Company: in.Company,
			Fields: fieldInputs(in.FormFields),
		})
	}
	refusals, err := members(ctx, err, updateMember)
	if err != nil {
		return nil, err
	}
	if len(refusals) > 0 {
		return &model.UpdateCustomerResult{Errors: refusals}, nil
	}
	return &model.UpdateCustomerResult{Customer: &c, Errors: refusals}, nil
}

func updateMember(e *shop.Error, message string) model.UpdateCustomerError {
	switch {
	case e.Field == shop.CaptchaField, e.Code == shop.RateLimited:
		return model.UnexpectedUpdateCustomerError{Message: message}
	case e.Code == shop.Conflict:
		return model.EmailAlreadyInUseError{Message: message}
	case e.Code == shop.BadUserInput:
		return model.ValidationError{Path: e.Path(), Message: message}
	case e.Code == shop.NotFound:
		return model.CustomerDoesNotExistError{Message: message}
	case e.Code == shop.Unauthenticated:
		return model.CustomerNotLoggedInError{Message: message}
	}
	return nil
}

// text is "" for an argument that was not given.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
