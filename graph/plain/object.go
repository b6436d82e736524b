package plain

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// Object is graphql.FieldSet without @defer.
type Object struct {
	fields   []graphql.CollectedField
	Values   []graphql.Marshaler
	Invalids uint32
	delayed  []delayed
}

// delayed is a field that may wait for something.
type delayed struct {
	index   int
	invalid graphql.Marshaler // the value that makes the object null
	resolve func(context.Context) graphql.Marshaler
}

// NewObject makes an object whose Values are still to be set, one for each field.
func NewObject(fields []graphql.CollectedField) *Object {
	return &Object{fields: fields, Values: make([]graphql.Marshaler, len(fields))}
}

// ResolveConcurrently has Dispatch resolve field i.
func (o *Object) ResolveConcurrently(oc *graphql.OperationContext, _ *graphql.DeferredGroup, i int, recoverFromPanic, nonNull bool, resolve func(context.Context) graphql.Marshaler) {
	o.delay(i, nonNull, func(ctx context.Context) graphql.Marshaler { return orNull(ctx, oc, recoverFromPanic, resolve) })
}

// ResolveRootConcurrently has Dispatch resolve field i of Query or Mutation, in
// the context that carries it.
func (o *Object) ResolveRootConcurrently(ctx context.Context, oc *graphql.OperationContext, i int, recoverFromPanic, nonNull bool, resolve func(context.Context) graphql.Marshaler) {
	o.delay(i, nonNull, func(context.Context) graphql.Marshaler {
		return oc.RootResolverMiddleware(ctx, func(ctx context.Context) graphql.Marshaler {
			return orNull(ctx, oc, recoverFromPanic, resolve)
		})
	})
}

func (o *Object) delay(i int, nonNull bool, resolve func(context.Context) graphql.Marshaler) {
	var invalid graphql.Marshaler = graphql.RequiredNull
	if nonNull {
		invalid = graphql.Null
	}
	o.delayed = append(o.delayed, delayed{i, invalid, resolve})
}

// orNull makes a field that panics null and an error.
func orNull(ctx context.Context, oc *graphql.OperationContext, recoverFromPanic bool, resolve func(context.Context) graphql.Marshaler) (out graphql.Marshaler) {
	if recoverFromPanic {
		defer func() {
			if r := recover(); r != nil {
				oc.Error(ctx, oc.Recover(ctx, r))
				out = graphql.Null
			}
		}()
	}
	return resolve(ctx)
}

// Dispatch waits for the fields that are delayed: all at the same time, the last
// of them on this goroutine.
func (o *Object) Dispatch(ctx context.Context) {
	if len(o.delayed) == 0 {
		return
	}
	var others sync.WaitGroup
	last := len(o.delayed) - 1
	for _, d := range o.delayed[:last] {
		others.Go(func() { o.settle(ctx, d) })
	}
	o.settle(ctx, o.delayed[last])
	others.Wait()
}

func (o *Object) settle(ctx context.Context, d delayed) {
	o.Values[d.index] = d.resolve(ctx)
	if o.Values[d.index] == d.invalid {
		atomic.AddUint32(&o.Invalids, 1)
	}
}

// MarshalGQL writes the object.
func (o *Object) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, "{")
	for i := range o.fields {
		if o.written(i) {
			continue
		}
		if i > 0 {
			_, _ = io.WriteString(w, ",")
		}
		// A name of GraphQL needs no escapes.
		_, _ = io.WriteString(w, `"`)
		_, _ = io.WriteString(w, o.fields[i].Alias)
		_, _ = io.WriteString(w, `":`)
		o.Values[i].MarshalGQL(w)
	}
	_, _ = io.WriteString(w, "}")
}

// written tells whether an earlier field has the name of field i. Only fields
// that were selected through different types can: others were merged.
func (o *Object) written(i int) bool {
	for j := range i {
		if o.fields[j].ObjectDefinition != o.fields[i].ObjectDefinition && o.fields[j].Alias == o.fields[i].Alias {
			return true
		}
	}
	return false
}

// Within is the context of a field of a Go struct: where in the answer an error
// below it stands.
func Within(ctx context.Context, object string, field graphql.CollectedField) context.Context {
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: object, Field: field})
}
