// Package graph is GraphQL in, storage out: resolvers by area, limits, transport
// and the mapping of errors.
package graph

import (
	"context"

	"regulars/graph/generated"
	"regulars/graph/model"
	"regulars/internal/account"
	"regulars/internal/newsletter"
	"regulars/internal/sso"
	"regulars/storage"
)

//go:generate go run github.com/99designs/gqlgen generate
//go:generate go run ./plain/rewrite -never-waits CustomerAddress.country,Customer.customerGroupId,LoginResult.customerAccessToken,LoginWithCustomerLoginJwtResult.customerAccessToken,SessionSyncJwtContent.customerAccessToken,Money.formatted,Money.formattedV2 -seldom-waits Customer.customerGroupName,Customer.group generated/generated.go

// Resolver answers the schema's fields. Who asks is in the context
// (session.From).
type Resolver struct {
	Storage    *storage.Store
	Accounts   *account.Accounts
	Newsletter *newsletter.Newsletter
	SSO        *sso.SSO
}

type (
	query               struct{ *Resolver }
	mutation            struct{ *Resolver }
	loginResult         struct{}
	signOnResult        struct{}
	handedOn            struct{}
	customer            struct{ *Resolver }
	customerAddress     struct{ *Resolver }
	customerAttributes  struct{ *Resolver }
	channel             struct{ *Resolver }
	store               struct{ *Resolver }
	formFields          struct{}
	money               struct{}
	customerMutations   struct{ *Resolver }
	geography           struct{}
	newsletterMutations struct{ *Resolver }
)

// Query implements generated.ResolverRoot.
func (r *Resolver) Query() generated.QueryResolver { return query{r} }

// Mutation implements generated.ResolverRoot.
func (r *Resolver) Mutation() generated.MutationResolver { return mutation{r} }

// LoginResult implements generated.ResolverRoot.
func (r *Resolver) LoginResult() generated.LoginResultResolver { return loginResult{} }

// LoginWithCustomerLoginJwtResult implements generated.ResolverRoot.
func (r *Resolver) LoginWithCustomerLoginJwtResult() generated.LoginWithCustomerLoginJwtResultResolver {
	return signOnResult{}
}

// SessionSyncJwtContent implements generated.ResolverRoot.
func (r *Resolver) SessionSyncJwtContent() generated.SessionSyncJwtContentResolver { return handedOn{} }

// Customer implements generated.ResolverRoot.
func (r *Resolver) Customer() generated.CustomerResolver { return customer{r} }

// CustomerAddress implements generated.ResolverRoot.
func (r *Resolver) CustomerAddress() generated.CustomerAddressResolver { return customerAddress{r} }

// CustomerAttributes implements generated.ResolverRoot.
func (r *Resolver) CustomerAttributes() generated.CustomerAttributesResolver {
	return customerAttributes{r}
}

// Channel implements generated.ResolverRoot.
func (r *Resolver) Channel() generated.ChannelResolver { return channel{r} }

// Store implements generated.ResolverRoot.
func (r *Resolver) Store() generated.StoreResolver { return store{r} }

// FormFields implements generated.ResolverRoot.
func (r *Resolver) FormFields() generated.FormFieldsResolver { return formFields{} }

// Money implements generated.ResolverRoot.
func (r *Resolver) Money() generated.MoneyResolver { return money{} }

// CustomerMutations implements generated.ResolverRoot.
func (r *Resolver) CustomerMutations() generated.CustomerMutationsResolver {
	return customerMutations{r}
}

// Geography implements generated.ResolverRoot.
func (r *Resolver) Geography() generated.GeographyResolver { return geography{} }

// NewsletterMutations implements generated.ResolverRoot.
func (r *Resolver) NewsletterMutations() generated.NewsletterMutationsResolver {
	return newsletterMutations{r}
}

func (mutation) Customer(context.Context) (*model.CustomerMutations, error) {
	return &model.CustomerMutations{}, nil
}

func (mutation) Newsletter(context.Context) (*model.NewsletterMutations, error) {
	return &model.NewsletterMutations{}, nil
}
