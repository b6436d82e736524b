package graph

import (
	"context"
	"reflect"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"regulars/graph/generated"
	"regulars/internal/shop"
)

// costLimit is gqlgen's complexity limit with the contract's words, and with the
// plan's memory.
type costLimit struct{ schema graphql.ExecutableSchema }

// ExtensionName implements graphql.HandlerExtension.
func (*costLimit) ExtensionName() string { return "CostLimit" }

// Validate implements graphql.HandlerExtension.
func (c *costLimit) Validate(schema graphql.ExecutableSchema) error {
	c.schema = schema
	return nil
}

// costKey names the cost among what an operation carries along.
const costKey = "regulars.cost"

// MutateOperationContext implements graphql.OperationContextMutator.
func (c *costLimit) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	cost := c.cost(ctx, oc)
	oc.Stats.SetExtension(costKey, strconv.Itoa(cost))
	if cost <= maxComplexity {
		return nil
	}
	return rejected(ctx, shop.Errorf(shop.BadUserInput,
		"The query is too complex as it has a complexity score of %s out of %s. Please remove some elements and try again",
		strconv.Itoa(cost), strconv.Itoa(maxComplexity)))
}

// cost of an operation.
func (c *costLimit) cost(ctx context.Context, oc *graphql.OperationContext) int {
	p, ok := oc.Stats.GetExtension(planKey).(*plan)
	if !ok || p.costs == nil {
		return complexity.Calculate(ctx, c.schema, oc.Operation, oc.Variables)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	cost, ok := p.costs[oc.Operation]
	if !ok {
		cost = complexity.Calculate(ctx, c.schema, oc.Operation, oc.Variables)
		p.costs[oc.Operation] = cost
	}
	return cost
}

// costly are the fields, by object and name in small letters, whose cost depends on
// their arguments.
type costly map[string]map[string]bool

func costlyFields(root generated.ComplexityRoot) costly {
	out := costly{}
	objects := reflect.ValueOf(root)
	for i := range objects.NumField() {
		fields := objects.Field(i)
		for j := range fields.NumField() {
			// Beyond what is selected below it, a cost is given the arguments.
			if f := fields.Field(j); !f.IsNil() && f.Type().NumIn() > 1 {
				object := strings.ToLower(objects.Type().Field(i).Name)
				if out[object] == nil {
					out[object] = map[string]bool{}
				}
				out[object][strings.ToLower(fields.Type().Field(j).Name)] = true
			}
		}
	}
	return out
}

// varies tells whether variables decide what a field costs: through an interface,
// whether they do for any object.
func (c costly) varies(_ ast.DirectiveList, f *ast.Field) bool {
	if f == nil || !variable(f.Arguments) {
		return false
	}
	name := strings.ToLower(f.Name)
	if f.ObjectDefinition.Kind == ast.Object {
		return c[strings.ToLower(f.ObjectDefinition.Name)][name]
	}
	for _, fields := range c {
		if fields[name] {
			return true
		}
	}
	return false
}

func variable(arguments ast.ArgumentList) bool {
	for _, a := range arguments {
		if holdsVariable(a.Value) {
			return true
		}
	}
	return false
}

func holdsVariable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, child := range v.Children {
		if holdsVariable(child.Value) {
			return true
		}
	}
	return false
}
