package graph_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"regulars/graph"
)

// A field that is new needs a scope, or no private token can ask for it.
func TestEveryFieldHasAScope(t *testing.T) {
	t.Parallel()
	s := schema(t)
	left := maps.Clone(graph.Scopes)
	check := func(d *ast.Definition, field string) {
		key := d.Name + "." + field
		if _, ok := left[key]; !ok {
			t.Errorf("graph/scope.go does not say what %s needs", key)
		}
		delete(left, key)
	}
	for _, root := range []*ast.Definition{s.Query, s.Mutation} {
		for _, f := range root.Fields {
			space := f.Type.Name()
			switch {
			case strings.HasPrefix(f.Name, "__"):
			case strings.HasSuffix(space, "Mutations"):
				for _, leaf := range s.Types[space].Fields {
					check(s.Types[space], leaf.Name)
				}
			default:
				check(root, f.Name)
			}
		}
	}
	for key := range left {
		t.Errorf("graph/scope.go names %s, which is not in the schema", key)
	}
}
