package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/internal/sso"
)

func (r mutation) GenerateSessionSyncJwt(ctx context.Context, redirectTo string, cartID *string) (*model.GenerateSessionSyncTokenResult, error) {
	out, err := r.SSO.HandOut(ctx, session.From(ctx), redirectTo, text(cartID))
	refusals, err := members(ctx, err, handOutMember)
	if err != nil {
		return nil, err
	}
	result := &model.GenerateSessionSyncTokenResult{Errors: refusals}
	if len(refusals) == 0 {
		result.Result = &model.GenerateSessionSyncTokenData{Token: out.Token, URL: out.URL}
	}
	return result, nil
}

func handOutMember(e *shop.Error, message string) model.GenerateSessionSyncTokenError {
	if e.Code == shop.NotFound {
		return model.GenerateSessionSyncTokenCartNotFound{Message: message}
	}
	return nil
}

func (r mutation) ValidateSessionSyncJwt(ctx context.Context, jwt string) (*model.ValidateSessionSyncJwtResult, error) {
	a := session.From(ctx)
	in, problem, err := r.SSO.HandIn(ctx, a, jwt, a.KindOf(asksForTokenBelow(ctx, "content")))
	if err != nil {
		return nil, err
	}
	if problem != "" {
		return &model.ValidateSessionSyncJwtResult{Errors: []model.ValidateSessionSyncJwtError{handInMember(ctx, problem)}}, nil
	}
	content := &model.SessionSyncJwtContent{Cart: cartOf(in.Cart), RedirectTo: in.To}
	if in.Session.ID != "" {
		a.Begin(in.Token, in.Session)
		content.Customer, content.CustomerAccessToken = a.Customer(), model.NewAccessToken(in.Token, in.Session)
	}
	return &model.ValidateSessionSyncJwtResult{Content: content, Errors: []model.ValidateSessionSyncJwtError{}}, nil
}

func handInMember(ctx context.Context, p sso.Problem) model.ValidateSessionSyncJwtError {
	switch p {
	case sso.ProblemExpired:
		return model.JwtTokenExpiredError{Message: say(ctx, shop.Errorf(shop.NotFound, "This link is over its time. Please go back and try again."))}
	case sso.ProblemNetwork:
		return model.InvalidSessionSyncJwtError{ErrorType: model.InvalidSessionSyncJwtErrorTypeShopperIPMismatch,
			Message: say(ctx, shop.Errorf(shop.NotFound, "This link was asked for in another network."))}
	case sso.ProblemStore:
		return model.InvalidSessionSyncJwtError{ErrorType: model.InvalidSessionSyncJwtErrorTypeStoreIDMismatch,
			Message: say(ctx, shop.Errorf(shop.NotFound, "This link is another store's."))}
	}
	return model.InvalidSessionSyncJwtError{ErrorType: model.InvalidSessionSyncJwtErrorTypeOther,
		Message: say(ctx, shop.Errorf(shop.NotFound, "This link does not work any more."))}
}

// CustomerAccessToken is null for a guest: there is nobody to have one.
func (handedOn) CustomerAccessToken(_ context.Context, c *model.SessionSyncJwtContent) (*model.CustomerAccessToken, error) {
	if c.Customer == nil {
		return nil, nil
	}
	return orCookie(c.CustomerAccessToken)
}

// asksForTokenBelow is asksForToken for a payload that has it one level down.
func asksForTokenBelow(ctx context.Context, field string) bool {
	return slices.ContainsFunc(graphql.CollectFieldsCtx(ctx, []string{"ValidateSessionSyncJwtResult"}), func(f graphql.CollectedField) bool {
		return f.Name == field && slices.ContainsFunc(
			graphql.CollectFields(graphql.GetOperationContext(ctx), f.Selections, []string{"SessionSyncJwtContent"}),
			func(g graphql.CollectedField) bool { return g.Name == "customerAccessToken" })
	})
}
