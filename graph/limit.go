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

// Limits of one request (decision 5). The introspection query has depth 15 and
// about 230 fields; what storefronts send reaches depth 7, 76 fields, 247 tokens.
const (
	maxTokens     = 1000
	maxFields     = 300 // with fragments written out
	maxDepth      = 16
	maxAliases    = 30
	maxComplexity = 10_000
)

// shapeLimit bounds what a query spans before gqlgen's complexity limit walks
// it: that one visits a fragment once per spread, so that a query of 1 KB takes
// it half a minute. This one visits each fragment once.
type shapeLimit struct{}

// ExtensionName implements graphql.HandlerExtension.
func (shapeLimit) ExtensionName() string { return "ShapeLimit" }

// Validate implements graphql.HandlerExtension.
func (shapeLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (shapeLimit) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	s := shapeOf(oc.Operation.SelectionSet, map[*ast.FragmentDefinition]shape{})
	switch {
	case s.fields > maxFields:
		return rejected(ctx, shop.Errorf(shop.BadUserInput, "The query has more than %d fields, fragments written out. Please remove some.", maxFields))
	case s.depth > maxDepth:
		return rejected(ctx, shop.Errorf(shop.BadUserInput, "The query is nested deeper than %d levels.", maxDepth))
	case s.aliases > maxAliases:
		return rejected(ctx, shop.Errorf(shop.BadUserInput, "The query has more than %d aliases.", maxAliases))
	case oc.Operation.Operation != ast.Mutation:
		return nil
	}
	leaves := mutationsIn(oc)
	if len(leaves) > 1 {
		return rejected(ctx, shop.Errorf(shop.BadUserInput, "Only one mutation can be run per request."))
	}
	if session.From(ctx).Foreign && (len(leaves) != 1 || leaves[0] != "newsletter.subscribe") {
		replyFrom(ctx).forbidden = true
		return rejected(ctx, shop.Errorf(shop.Forbidden, "This origin may not act for shoppers here. The storefront's channel has to list it."))
	}
	return nil
}

func rejected(ctx context.Context, e *shop.Error) *gqlerror.Error {
	return &gqlerror.Error{Message: say(ctx, e), Extensions: map[string]any{"code": string(e.Code)}}
}

// shape is what a selection spans, fragments written out.
type shape struct{ fields, depth, aliases int }

// manyFields keeps sums of doubling fragments from overflowing.
const manyFields = 1 << 30

func shapeOf(set ast.SelectionSet, seen map[*ast.FragmentDefinition]shape) (out shape) {
	for _, selection := range set {
		var s shape
		switch selection := selection.(type) {
		case *ast.Field:
			s = shapeOf(selection.SelectionSet, seen)
			s.fields++
			s.depth++
			if selection.Alias != selection.Name {
				s.aliases++
			}
		case *ast.InlineFragment:
			s = shapeOf(selection.SelectionSet, seen)
		case *ast.FragmentSpread:
			var ok bool
			if s, ok = seen[selection.Definition]; !ok {
				s = shapeOf(selection.Definition.SelectionSet, seen)
				seen[selection.Definition] = s
			}
		}
		out.fields = min(out.fields+s.fields, manyFields)
		out.aliases = min(out.aliases+s.aliases, manyFields)
		out.depth = max(out.depth, s.depth)
	}
	return out
}

// mutationsIn names the mutations of an operation, those inside of a namespace
// such as customer {} one by one: gqlgen would run these at the same time.
func mutationsIn(oc *graphql.OperationContext) (names []string) {
	for _, root := range graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{"Mutation"}) {
		if root.Name == "__typename" {
			continue
		}
		space := root.Definition.Type.Name()
		if !strings.HasSuffix(space, "Mutations") {
			names = append(names, root.Name)
			continue
		}
		for _, leaf := range graphql.CollectFields(oc, root.Selections, []string{space}) {
			if leaf.Name != "__typename" {
				names = append(names, root.Name+"."+leaf.Name)
			}
		}
	}
	return names
}
