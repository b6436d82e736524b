package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"regulars/graph/plain"
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
	costs map[*ast.OperationDefinition]int // nil where they depend on variables
}

// plans keeps plans by the text of the query.
type plans struct {
	*lru.LRU[*plan]
	costly costly
}

func newPlans(c costly) plans { return plans{lru.New[*plan](queryCache), c} }

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
	p := &plan{doc: doc}
	if !anywhere(doc, func(d ast.DirectiveList, _ *ast.Field) bool { return len(d) > 0 }) {
		p.fields = &plain.Fields{}
	}
	if !anywhere(doc, c.costly.varies) {
		p.costs = map[*ast.OperationDefinition]int{}
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

// anywhere tells whether is holds somewhere in a query: of the directives of an
// operation, a fragment or a selection, and of the field where it is one.
func anywhere(doc *ast.QueryDocument, is func(ast.DirectiveList, *ast.Field) bool) bool {
	for _, o := range doc.Operations {
		if is(o.Directives, nil) || within(o.SelectionSet, is) {
			return true
		}
	}
	for _, f := range doc.Fragments {
		if is(f.Directives, nil) || within(f.SelectionSet, is) {
			return true
		}
	}
	return false
}

func within(set ast.SelectionSet, is func(ast.DirectiveList, *ast.Field) bool) bool {
	for _, selection := range set {
		var holds bool
		switch s := selection.(type) {
		case *ast.Field:
			holds = is(s.Directives, s) || within(s.SelectionSet, is)
		case *ast.InlineFragment:
			holds = is(s.Directives, nil) || within(s.SelectionSet, is)
		case *ast.FragmentSpread:
			holds = is(s.Directives, nil)
		}
		if holds {
			return true
		}
	}
	return false
}
