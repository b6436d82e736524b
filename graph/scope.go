package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"regulars/internal/session"
	"regulars/internal/shop"
)

// anyScope is for fields that every private token may ask for.
const anyScope shop.TokenScope = ""

// scopes says what a private token needs for each field of the roots, and each
// mutation in a namespace (contract/storefront.md 2.3). A test holds it complete.
var scopes = map[string]shop.TokenScope{
	"Query.site":            shop.ScopeUnauthenticated,
	"Query.channel":         shop.ScopeUnauthenticated,
	"Query.store":           shop.ScopeUnauthenticated,
	"Query.geography":       shop.ScopeUnauthenticated,
	"Query.customer":        shop.ScopeCustomer,
	"Query.currentCustomer": shop.ScopeCustomer,
	"Query.groups":          anyScope, // what it shows depends on the scope

	"Mutation.login":                     shop.ScopeCustomer,
	"Mutation.loginWithCustomerLoginJwt": shop.ScopeCustomer,
	"Mutation.logout":                    shop.ScopeCustomer,
	"Mutation.generateSessionSyncJwt":    shop.ScopeCustomer,
	"Mutation.validateSessionSyncJwt":    shop.ScopeCustomer,

	"CustomerMutations.registerCustomer":        shop.ScopeCustomer,
	"CustomerMutations.updateCustomer":          shop.ScopeCustomer,
	"CustomerMutations.changePassword":          shop.ScopeCustomer,
	"CustomerMutations.requestResetPassword":    shop.ScopeCustomer,
	"CustomerMutations.resetPassword":           shop.ScopeCustomer,
	"CustomerMutations.confirmEmail":            shop.ScopeCustomer,
	"CustomerMutations.resendEmailConfirmation": shop.ScopeCustomer,
	"CustomerMutations.revokeSession":           shop.ScopeCustomer,
	"CustomerMutations.addCustomerAddress":      shop.ScopeCustomer,
	"CustomerMutations.updateCustomerAddress":   shop.ScopeCustomer,
	"CustomerMutations.deleteCustomerAddress":   shop.ScopeCustomer,

	"NewsletterMutations.subscribe":   shop.ScopeUnauthenticated,
	"NewsletterMutations.unsubscribe": shop.ScopeUnauthenticated,
}

// The contract's words for a refusal, and its names of the scopes.
const (
	insufficientScope     = "INSUFFICIENT_ACCESS_SCOPE"
	textInsufficientScope = "The provided token does not include the scopes required to resolve this field."
)

var scopeNames = map[shop.TokenScope]string{
	shop.ScopeUnauthenticated: "TOKEN_SCOPE_UNAUTHENTICATED", shop.ScopeCustomer: "TOKEN_SCOPE_CUSTOMER",
}

// scopeGate keeps private tokens to their scopes. Requests without one do not
// meet it.
type scopeGate struct{}

// ExtensionName implements graphql.HandlerExtension.
func (scopeGate) ExtensionName() string { return "ScopeGate" }

// Validate implements graphql.HandlerExtension.
func (scopeGate) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (scopeGate) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	token := session.From(ctx).Token
	if token == nil || token.Kind != shop.TokenPrivate {
		return nil
	}
	resolve := oc.RootResolverMiddleware
	oc.RootResolverMiddleware = func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		if refused := outOfScope(ctx, oc, token); refused != nil {
			graphql.AddError(ctx, refused)
			return graphql.Null
		}
		return resolve(ctx, next)
	}
	return nil
}

// outOfScope is the refusal of a root field, nil for none.
func outOfScope(ctx context.Context, oc *graphql.OperationContext, token *shop.StorefrontToken) *gqlerror.Error {
	root := graphql.GetRootFieldContext(ctx).Field
	space := root.Definition.Type.Name()
	if !strings.HasSuffix(space, "Mutations") {
		return checkScope(root.ObjectDefinition.Name, root.Field, ast.Path{}, token)
	}
	for _, leaf := range graphql.CollectFields(oc, root.Selections, []string{space}) {
		if e := checkScope(space, leaf.Field, ast.Path{ast.PathName(root.Alias)}, token); e != nil {
			return e
		}
	}
	return nil
}

// checkScope refuses what is not in the table, but for what the schema says of
// itself.
func checkScope(object string, f *ast.Field, path ast.Path, token *shop.StorefrontToken) *gqlerror.Error {
	if strings.HasPrefix(f.Name, "__") {
		return nil
	}
	scope, known := scopes[object+"."+f.Name]
	if known && (scope == anyScope || token.Has(scope)) {
		return nil
	}
	return &gqlerror.Error{
		Message: textInsufficientScope, Path: append(path, ast.PathName(f.Alias)),
		Locations:  []gqlerror.Location{{Line: f.Position.Line, Column: f.Position.Column}},
		Extensions: map[string]any{"code": insufficientScope, "requiredScopes": []string{scopeNames[scope]}},
	}
}
