package graph

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"regulars/graph/generated"
	"regulars/graph/model"
	"regulars/internal/shop"
)

// NewHandler serves GraphQL over HTTP. It expects session.Handler around it.
func NewHandler(r *Resolver, introspection bool, log *slog.Logger) http.Handler {
	costs := costs()
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: r, Complexity: costs})
	withoutDefer(schema)
	srv := handler.New(schema)
	srv.AddTransport(transport{})
	srv.SetQueryCache(newPlans(costlyFields(costs)))
	srv.SetParserTokenLimit(maxTokens)
	srv.SetDisableSuggestion(true)
	srv.SetValidationRulesFn(rulesWithoutSuggestions)
	srv.SetErrorPresenter(presenter(log))
	srv.SetRecoverFunc(recovered(log))
	if introspection {
		srv.Use(extension.Introspection{})
	}
	srv.Use(shapeLimit{}) // before the next one, which is slow on what this one refuses
	srv.Use(&costLimit{})
	srv.Use(scopeGate{})
	return srv
}

var deferOnce sync.Once

// withoutDefer takes a directive away that the library brings along: it answers
// in several parts, which this transport does not, and would run a mutation
// after its answer has gone. All schemas share the map.
func withoutDefer(s graphql.ExecutableSchema) {
	deferOnce.Do(func() { delete(s.Schema().Directives, "defer") })
}

// rulesWithoutSuggestions never answers "did you mean": it would tell what
// introspection, where that is off, does not.
func rulesWithoutSuggestions() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule("KnownArgumentNames", rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule("KnownTypeNames", rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule("ValuesOfCorrectType", rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return r
}

// How many countries there are, and states to one of them, over the thumb.
const (
	countries       = 250
	statesOfCountry = 4
)

// costs makes a list cost as much as the page that is asked for, and the geography
// as much as it holds.
func costs() generated.ComplexityRoot {
	var c generated.ComplexityRoot
	page := func(child int, _, _ *string, first, last *int64) int {
		n := int64(shop.DefaultPage)
		for _, size := range []*int64{first, last} {
			if size != nil {
				n = min(max(*size, 1), shop.MaxPage)
			}
		}
		return 1 + child*int(n)
	}
	c.Customer.Addresses = page
	c.Query.Groups = page
	c.Geography.Countries = func(child int, filters *model.CountryFiltersInput) int {
		if filters != nil && (filters.Name != nil || filters.Code != nil) {
			return 1 + child
		}
		return 1 + child*countries
	}
	c.Country.StatesOrProvinces = func(child int) int { return 1 + child*statesOfCountry }
	metafields := func(child int, _ string, _ []string, before, after *string, first, last *int64) int {
		return page(child, before, after, first, last)
	}
	c.Customer.Metafields, c.Channel.Metafields, c.Store.Metafields = metafields, metafields, metafields
	costsOfFields(&c)
	return c
}

// costsOfFields are those of lists that are as long as the merchant made them.
func costsOfFields(c *generated.ComplexityRoot) {
	list := func(n int) func(int) int { return func(child int) int { return 1 + child*n } }
	definitions := func(child int, _ *model.FormFieldFiltersInput, _ *model.FormFieldSortInput) int {
		return list(shop.DefaultPage)(child)
	}
	c.FormFields.Customer, c.FormFields.ShippingAddress, c.FormFields.BillingAddress = definitions, definitions, definitions
	options := list(2 * shop.DefaultPage)
	c.CheckboxesFormField.Options, c.PicklistFormField.Options, c.RadioButtonsFormField.Options = options, options, options
	c.Customer.Sessions = list(shop.DefaultPage)
	c.Customer.FormFields, c.CustomerAddress.FormFields = list(shop.DefaultPage), list(shop.DefaultPage)
}
