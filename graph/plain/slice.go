// Package plain takes the generated code a shorter way where gqlgen's own is
// there for something that the value at hand does not need: rewrite puts calls of
// it into graph/generated.
package plain

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Waiting are the fields, by object and name, whose resolvers may wait for
// something.
type Waiting map[string]map[string]bool

// MarshalSlice is graphql.MarshalSliceConcurrently without the goroutine for each
// element, unless the selection has a field that waits: siblings wait together.
// It keeps the rest of it: an element that panics is null and an error with its
// path.
func MarshalSlice(ctx context.Context, oc *graphql.OperationContext, waiting Waiting, selected ast.SelectionSet, length int, element func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
	if length > 1 && mayWait(oc, waiting, selected) {
		return graphql.MarshalSliceConcurrently(ctx, length, 0, false, element)
	}
	out := make(graphql.Array, length)
	fields, indices := make([]graphql.FieldContext, length), make([]int, length)
	for i := range out {
		indices[i] = i
		fields[i].Index = &indices[i]
		out[i] = guarded(graphql.WithFieldContext(ctx, &fields[i]), i, element)
	}
	return out
}

func guarded(ctx context.Context, i int, element func(ctx context.Context, i int) graphql.Marshaler) (out graphql.Marshaler) {
	defer func() {
		if r := recover(); r != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, r))
			out = graphql.Null
		}
	}()
	return element(ctx, i)
}

// in tells whether a field of the selection, or of one below it, may wait. What
// spans much was refused before (graph's limits).
func (w Waiting) in(set ast.SelectionSet) bool {
	for _, selected := range set {
		switch s := selected.(type) {
		case *ast.Field:
			if w.field(s) || w.in(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if w.in(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if w.in(s.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}

// field tells whether a field may wait: through an interface, whether that of any
// object may.
func (w Waiting) field(f *ast.Field) bool {
	if f.ObjectDefinition.Kind == ast.Object {
		return w[f.ObjectDefinition.Name][f.Name]
	}
	for _, fields := range w {
		if fields[f.Name] {
			return true
		}
	}
	return false
}
