package plain

import (
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Fields remembers what the selections of one query come to, for all requests
// that send it: gqlgen finds out anew for each. The query must have no directive,
// or a variable could decide. The zero value is empty.
type Fields struct {
	mu    sync.RWMutex
	known map[selection][]graphql.CollectedField
	waits map[selection]bool // without types
}

// selection is a selection set, and the types that it is looked at for: by where
// they stand in memory, which they are kept alive for.
type selection struct {
	first     *ast.Selection
	length    int
	satisfies *string
}

// fieldsKey names the Fields of a request.
const fieldsKey = "regulars.Fields"

// Use has CollectFields remember for a request what it finds; before it runs.
func (f *Fields) Use(oc *graphql.OperationContext) { oc.Stats.SetExtension(fieldsKey, f) }

func fieldsOf(oc *graphql.OperationContext) *Fields {
	f, _ := oc.Stats.GetExtension(fieldsKey).(*Fields)
	return f
}

// CollectFields is graphql.CollectFields with a memory.
func CollectFields(oc *graphql.OperationContext, set ast.SelectionSet, satisfies []string) []graphql.CollectedField {
	f := fieldsOf(oc)
	if f == nil || len(set) == 0 || len(satisfies) == 0 {
		return graphql.CollectFields(oc, set, satisfies)
	}
	key := selection{&set[0], len(set), &satisfies[0]}
	f.mu.RLock()
	out, ok := f.known[key]
	f.mu.RUnlock()
	if ok {
		return out
	}
	out = graphql.CollectFields(oc, set, satisfies)
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.known[key]; ok {
		return known // the selections below are known by its slices
	}
	if f.known == nil {
		f.known = map[selection][]graphql.CollectedField{}
	}
	f.known[key] = out
	return out
}

// mayWait is Waiting.in with a memory.
func mayWait(oc *graphql.OperationContext, waiting Waiting, set ast.SelectionSet) bool {
	f := fieldsOf(oc)
	if f == nil || len(set) == 0 {
		return waiting.in(set)
	}
	key := selection{first: &set[0], length: len(set)}
	f.mu.RLock()
	out, ok := f.waits[key]
	f.mu.RUnlock()
	if ok {
		return out
	}
	out = waiting.in(set)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waits == nil {
		f.waits = map[selection]bool{}
	}
	f.waits[key] = out
	return out
}
