// Package graph is GraphQL in, storage out: resolvers by area, limits, transport
// and the mapping of errors.
package graph

import (
	"context"

	"regulars/graph/generated"
	"regulars/graph/model"
	"regulars/internal/account"
	"regulars/internal/newsletter"
	"regulars/internal/session"
	"regulars/storage"
)

//go:generate go run github.com/99designs/gqlgen generate

// Resolver answers the schema's fields. Who asks is in the context
// (session.From).
type Resolver struct {
	Storage    *storage.Store
	Accounts   *account.Accounts
	Newsletter *newsletter.Newsletter
}

type (
	query               struct{ *Resolver }
	mutation            struct{ *Resolver }
	customer            struct{ *Resolver }
	customerMutations   struct{ *Resolver }
	newsletterMutations struct{ *Resolver }
)

// Query implements generated.ResolverRoot.
func (r *Resolver) Query() generated.QueryResolver { return query{r} }

// Mutation implements generated.ResolverRoot.
func (r *Resolver) Mutation() generated.MutationResolver { return mutation{r} }

// Customer implements generated.ResolverRoot.
func (r *Resolver) Customer() generated.CustomerResolver { return customer{r} }

// CustomerMutations implements generated.ResolverRoot.
func (r *Resolver) CustomerMutations() generated.CustomerMutationsResolver {
	return customerMutations{r}
}

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

// Site needs no query: the snapshot holds all of it.
func (query) Site(ctx context.Context) (*model.Site, error) {
	a := session.From(ctx)
	passwords, letter := a.Store.Settings.Passwords, a.Store.Settings.Newsletter
	return &model.Site{Settings: &model.Settings{
		StoreName:  a.Store.Name,
		StoreHash:  a.Store.Hash,
		Status:     a.Store.Status,
		ChannelID:  a.Channel.ID,
		Customers:  &model.CustomersSettings{PasswordComplexitySettings: &passwords},
		Newsletter: &letter,
	}}, nil
}
