package graph

import (
	"context"

	"regulars/graph/model"
	"regulars/internal/newsletter"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (r newsletterMutations) Subscribe(ctx context.Context, _ *model.NewsletterMutations, in model.CreateSubscriberInput) (*model.CreateSubscriberResult, error) {
	signUp := shop.SignUpInput{
		Email: in.Email, FirstName: text(in.FirstName), LastName: text(in.LastName), Origin: in.Origin, OrderID: in.OrderEntityID,
	}
	if c := in.Consent; c != nil {
		signUp.Text, signUp.Form, signUp.Locale = text(c.Text), text(c.Form), text(c.Locale)
	}
	refusals, err := members(ctx, r.Newsletter.Subscribe(ctx, visitOf(ctx), signUp), subscribeMember)
	if err != nil {
		return nil, err
	}
	return &model.CreateSubscriberResult{Errors: refusals}, nil
}

func subscribeMember(e *shop.Error, message string) model.CreateSubscriberError {
	switch {
	case e.Code == shop.Conflict:
		return model.CreateSubscriberAlreadyExistsError{Message: message}
	case e.Code == shop.Forbidden:
		return model.CreateSubscriberUnexpectedError{Message: message}
	case e.Field == "input.email":
		return model.CreateSubscriberEmailInvalidError{Message: message}
	case e.Field == "input.firstName":
		return model.CreateSubscriberFirstNameInvalidError{Message: message}
	case e.Field == "input.lastName":
		return model.CreateSubscriberLastNameInvalidError{Message: message}
	}
	return nil
}

func (r newsletterMutations) Unsubscribe(ctx context.Context, _ *model.NewsletterMutations, in model.RemoveSubscriberInput) (*model.RemoveSubscriberResult, error) {
	refusals, err := members(ctx, r.Newsletter.Unsubscribe(ctx, visitOf(ctx), in.Email), unsubscribeMember)
	if err != nil {
		return nil, err
	}
	return &model.RemoveSubscriberResult{Errors: refusals}, nil
}

func unsubscribeMember(e *shop.Error, message string) model.RemoveSubscriberError {
	switch e.Code {
	case shop.BadUserInput:
		return model.RemoveSubscriberEmailInvalidError{Message: message}
	case shop.NotFound:
		return model.RemoveSubscriberUnexpectedError{Message: message}
	}
	return nil
}

func visitOf(ctx context.Context) newsletter.Visit {
	a := session.From(ctx)
	return newsletter.Visit{Store: a.Store, Channel: a.Channel, Customer: a.Customer(), From: a.Source(),
		// A private token carries anonymous visitors (decision 6).
		MayKnow: a.IsAPIClient() && a.MayImpersonate()}
}
