package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/account"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customerMutations) ChangePassword(ctx context.Context, _ *model.CustomerMutations, in model.ChangePasswordInput) (*model.ChangePasswordResult, error) {
	a := session.From(ctx)
	err := mustExist(a)
	if err == nil {
		err = r.Accounts.ChangePassword(ctx, a.Store, a.Session, a.Source(), in.CurrentPassword, in.NewPassword)
	}
	refusals, err := members(ctx, err, changePasswordMember)
	if err != nil {
		return nil, err
	}
	return &model.ChangePasswordResult{Errors: refusals}, nil
}

func changePasswordMember(e *shop.Error, message string) model.ChangePasswordError {
	switch e.Code {
	case shop.BadUserInput:
		return model.ValidationError{Path: e.Path(), Message: message}
	case shop.Forbidden:
		return model.CustomerPasswordError{Message: message}
	case shop.NotFound:
		return model.CustomerDoesNotExistError{Message: message}
	case shop.Unauthenticated:
		return model.CustomerNotLoggedInError{Message: message}
	}
	return nil
}

func (r customerMutations) RequestResetPassword(ctx context.Context, _ *model.CustomerMutations, captcha *model.ReCaptchaV2Input, in model.RequestResetPasswordInput) (*model.RequestResetPasswordResult, error) {
	a := session.From(ctx)
	err := r.Accounts.RequestReset(ctx, account.LinkRequest{
		Store: a.Store, Channel: a.Channel, Email: in.Email, Path: text(in.Path), From: a.Source(), Proof: proof(a, captcha),
	})
	refusals, err := members(ctx, err, requestResetMember)
	if err != nil {
		return nil, err
	}
	return &model.RequestResetPasswordResult{Errors: refusals}, nil
}

func requestResetMember(e *shop.Error, message string) model.RequestResetPasswordError {
	if e.Code == shop.BadUserInput || e.Field == shop.CaptchaField {
		return model.ValidationError{Path: e.Path(), Message: message}
	}
	return nil
}

func (r customerMutations) ResetPassword(ctx context.Context, _ *model.CustomerMutations, in model.ResetPasswordInput) (*model.ResetPasswordResult, error) {
	a := session.From(ctx)
	err := r.Accounts.ResetPassword(ctx, a.Store, account.NewPassword{
		CustomerID: in.CustomerID, Token: in.Token, Password: in.NewPassword, From: a.Source(),
	})
	refusals, err := members(ctx, err, resetMember)
	if err != nil {
		return nil, err
	}
	return &model.ResetPasswordResult{Errors: refusals}, nil
}

func resetMember(e *shop.Error, message string) model.ResetPasswordError {
	switch e.Code {
	case shop.BadUserInput:
		return model.ValidationError{Path: e.Path(), Message: message}
	case shop.Forbidden:
		return model.CustomerPasswordError{Message: message}
	}
	return nil
}
