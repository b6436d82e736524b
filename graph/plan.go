package graph

import (
	"context"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"regulars/graph/plain"
	"regulars/internal/shop"
)

// How many parsed queries are kept, and how long they may be: what storefronts
// send is short, and what is made up to fill the memory does not get in.
const (
	queryCache  = 500
	longestKept = 16 << 10
)

// plan is a parsed query and what follows from its text alone.
type plan struct {
	doc *ast.QueryDocument
	// fields is nil where a directive makes the selection depend on variables.
	fields *plain.Fields

	mu    sync.Mutex
	costs map[*ast.OperationDefinition]int
}

// plans keeps plans by the text of the query.
type plans struct{ *lru.LRU[*plan] }

func newPlans() plans { return plans{lru.New[*plan](queryCache)} }

// Get implements graphql.Cache.
func (c plans) Get(ctx context.Context, query string) (*ast.QueryDocument, bool) {
	p, ok := c.LRU.Get(ctx, query)
	if !ok {
		return nil, false
	}
	p.use(graphql.GetOperationContext(ctx))
	return p.doc, true
}

// Add implements graphql.Cache.
func (c plans) Add(ctx context.Context, query string, doc *ast.QueryDocument) {
	if len(query) > longestKept {
		return
	}
	p := &plan{doc: doc, costs: map[*ast.OperationDefinition]int{}}
	if !decides(doc) {
		p.fields = &plain.Fields{}
	}
	c.LRU.Add(ctx, query, p)
	p.use(graphql.GetOperationContext(ctx))
}

// planKey names the plan among what an operation carries along.
const planKey = "regulars.plan"

func (p *plan) use(oc *graphql.OperationContext) {
	oc.Stats.SetExtension(planKey, p)
	if p.fields != nil {
		p.fields.Use(oc)
	}
}

// decides tells whether a directive stands anywhere in a query.
func decides(doc *ast.QueryDocument) bool {
	for _, o := range doc.Operations {
		if len(o.Directives) > 0 || decided(o.SelectionSet) {
			return true
		}
	}
	for _, f := range doc.Fragments {
		if len(f.Directives) > 0 || decided(f.SelectionSet) {
			return true
		}
	}
	return false
}

func decided(set ast.SelectionSet) bool {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if len(s.Directives) > 0 || decided(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if len(s.Directives) > 0 || decided(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if len(s.Directives) > 0 {
				return true
			}
		}
	}
	return false
}

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

// cost of an operation. Variables can say how long a page is.
func (c *costLimit) cost(ctx context.Context, oc *graphql.OperationContext) int {
	p, ok := oc.Stats.GetExtension(planKey).(*plan)
	if !ok || len(oc.Operation.VariableDefinitions) > 0 {
		return complexity.Calculate(ctx, c.schema, oc.Operation, oc.Variables)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	cost, ok := p.costs[oc.Operation]
	if !ok {
		cost = complexity.Calculate(ctx, c.schema, oc.Operation, nil)
		p.costs[oc.Operation] = cost
	}
	return cost
}
