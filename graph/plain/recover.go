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

// Failed reports the error of a resolver that is called without a context of its
// own.
func Failed(ctx context.Context, oc *graphql.OperationContext, object string, field graphql.CollectedField, err error) graphql.Marshaler {
	ctx = Within(ctx, object, field)
	oc.Error(ctx, graphql.AddFieldLocationToError(ctx, err))
	return graphql.Null
}
