package plain

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// Recover is deferred around a method of a Go value: one that panics is null and
// an error with its path.
func Recover(ctx context.Context, oc *graphql.OperationContext, object string, field graphql.CollectedField, out *graphql.Marshaler) {
	if r := recover(); r != nil {
		ctx = Within(ctx, object, field)
		oc.Error(ctx, oc.Recover(ctx, r))
		*out = graphql.Null
	}
}
