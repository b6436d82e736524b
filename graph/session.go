package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r customer) Sessions(ctx context.Context, c *shop.Customer) ([]model.CustomerSession, error) {
	a := session.From(ctx)
	list, err := r.Storage.LiveSessions(ctx, a.Store.ID, c.ID)
	if err != nil {
		return nil, err
	}
	current := ""
	if a.Session != nil {
		current = a.Session.ID
	}
	printer := shop.Printer(a.Language, a.Store.Locale)
	out := make([]model.CustomerSession, len(list))
	for i := range list {
		out[i] = model.NewCustomerSession(&list[i], current, printer)
	}
	return out, nil
}

func (r customerMutations) RevokeSession(ctx context.Context, _ *model.CustomerMutations, in model.RevokeSessionInput) (*model.RevokeSessionResult, error) {
	a := session.From(ctx)
	err := mustLogIn(a)
	if err == nil {
		err = r.revokeSession(ctx, a, in.SessionID)
	}
	refusals, err := members(ctx, err, revokeMember)
	if err != nil {
		return nil, err
	}
	return &model.RevokeSessionResult{Errors: refusals}, nil
}

func (r customerMutations) revokeSession(ctx context.Context, a *session.Asker, id string) error {
	ok, self := false, false
	if shop.IsSessionID(id) {
		var err error
		if ok, self, err = r.Storage.EndSessionByID(ctx, a.Store.ID, a.Session.Customer.ID, id, a.TokenHash()); err != nil {
			return err
		}
	}
	if !ok {
		return shop.Errorf(shop.NotFound, "This session does not exist, or is over already.")
	}
	if self {
		a.End()
	}
	return nil
}

func revokeMember(e *shop.Error, message string) model.RevokeSessionError {
	switch e.Code {
	case shop.NotFound:
		return model.SessionDoesNotExistError{Message: message}
	case shop.Unauthenticated:
		return model.CustomerNotLoggedInError{Message: message}
	}
	return nil
}
