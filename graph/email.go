package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/account"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customer) PendingEmail(ctx context.Context, c *shop.Customer) (*string, error) {
	email, ok, err := r.Storage.PendingEmail(ctx, session.From(ctx).Store.ID, c.ID)
	if err != nil || !ok {
		return nil, err
	}
	return &email, nil
}

func (r customerMutations) ConfirmEmail(ctx context.Context, _ *model.CustomerMutations, in model.ConfirmEmailInput) (*model.ConfirmEmailResult, error) {
	a := session.From(ctx)
	_, err := r.Accounts.ConfirmEmail(ctx, a.Store, account.Link{Token: in.Token, From: a.Source(), Session: a.TokenHash()})
	refusals, err := members(ctx, err, confirmMember)
	if err != nil {
		return nil, err
	}
	return &model.ConfirmEmailResult{Errors: refusals}, nil
}

func confirmMember(e *shop.Error, message string) model.ConfirmEmailError {
	switch e.Code {
	case shop.NotFound:
		return model.InvalidTokenError{Message: message}
	case shop.Conflict:
		return model.EmailAlreadyInUseError{Message: message}
	}
	return nil
}

func (r customerMutations) ResendEmailConfirmation(ctx context.Context, _ *model.CustomerMutations, captcha *model.ReCaptchaV2Input, in model.ResendEmailConfirmationInput) (*model.ResendEmailConfirmationResult, error) {
	a := session.From(ctx)
	err := r.Accounts.ResendConfirmation(ctx, account.LinkRequest{
		Store: a.Store, Channel: a.Channel, Email: in.Email, From: a.Source(), Proof: proof(a, captcha),
	})
	refusals, err := members(ctx, err, resendMember)
	if err != nil {
		return nil, err
	}
	return &model.ResendEmailConfirmationResult{Errors: refusals}, nil
}

func resendMember(e *shop.Error, message string) model.ResendEmailConfirmationError {
	if e.Code == shop.BadUserInput || e.Field == shop.CaptchaField {
		return model.ValidationError{Path: e.Path(), Message: message}
	}
	return nil
}
