// Package plain takes the generated code a shorter way where gqlgen's own is
// there for something that the value at hand does not need: rewrite puts calls of
// it into graph/generated.
package plain

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// MarshalSlice is graphql.MarshalSliceConcurrently without the goroutine for
// each element: for elements that wait for nothing. It keeps the rest of it: an
// element that panics is null and an error with its path.
func MarshalSlice(ctx context.Context, length int, _ int64, _ bool, element func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
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
