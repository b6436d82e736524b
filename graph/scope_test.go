package graph_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"regulars/graph"
	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

// askedField is an operation that reaches one root field or one mutation.
type askedField struct{ key, query string }

// everyField is all of them, each with the least that it can be asked with.
func everyField(s *ast.Schema) (out []askedField) {
	for _, root := range []*ast.Definition{s.Query, s.Mutation} {
		kind := strings.ToLower(root.Name)
		for _, f := range root.Fields {
			space := s.Types[f.Type.Name()]
			switch {
			case strings.HasPrefix(f.Name, "__"):
			case strings.HasSuffix(space.Name, "Mutations"):
				for _, leaf := range space.Fields {
					out = append(out, askedField{space.Name + "." + leaf.Name, kind + " { " + f.Name + " { " + selection(s, leaf) + " } }"})
				}
			default:
				out = append(out, askedField{root.Name + "." + f.Name, kind + " { " + selection(s, f) + " }"})
			}
		}
	}
	return out
}

func selection(s *ast.Schema, f *ast.FieldDefinition) string {
	var args []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			args = append(args, a.Name+": "+literal(s, a.Type))
		}
	}
	out := f.Name
	if len(args) > 0 {
		out += "(" + strings.Join(args, ", ") + ")"
	}
	if d := s.Types[f.Type.Name()]; d.IsCompositeType() {
		out += " { __typename }"
	}
	return out
}

// literal is some value of a type.
func literal(s *ast.Schema, t *ast.Type) string {
	if t.Elem != nil {
		return "[]"
	}
	d := s.Types[t.NamedType]
	switch {
	case d.Kind == ast.Enum:
		return d.EnumValues[0].Name
	case d.Kind == ast.InputObject:
		var fields []string
		for _, f := range d.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				fields = append(fields, f.Name+": "+literal(s, f.Type))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case d.Name == "String" || d.Name == "ID":
		return `"x"`
	case d.Name == "Boolean":
		return "true"
	case d.Name == "DateTime":
		return `"2000-01-01T00:00:00Z"`
	}
	return "1"
}

// A field that is new needs a scope, or no private token can ask for it.
func TestEveryFieldHasAScope(t *testing.T) {
	t.Parallel()
	left := maps.Clone(graph.Scopes)
	for _, f := range everyField(schema(t)) {
		if _, ok := left[f.key]; !ok {
			t.Errorf("graph/scope.go does not say what %s needs", f.key)
		}
		delete(left, f.key)
	}
	for key := range left {
		t.Errorf("graph/scope.go names %s, which is not in the schema", key)
	}
}

// F8: what each kind of token may ask for.
func TestTokensAndOperations(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	revoked := s.Token(t, command.TokenCreate{Kind: "private", Scope: []string{"Customer"}})
	run := &command.TokenRevoke{Store: "demo", TokenFile: []byte(revoked)}
	if err := run.Run(&command.Env{Ctx: t.Context(), Storage: s.Storage, Out: t.Output()}); err != nil {
		t.Fatal(err)
	}
	all := []shop.TokenScope{"", shop.ScopeUnauthenticated, shop.ScopeCustomer}
	for name, tt := range map[string]struct {
		token  string
		scopes []shop.TokenScope // "" for fields that need none
	}{
		"none":                    {"", all},
		"storefront":              {s.Token(t, command.TokenCreate{Kind: "storefront"}), all},
		"impersonation":           {s.Token(t, command.TokenCreate{Kind: "impersonation"}), all},
		"private Unauthenticated": {s.Token(t, command.TokenCreate{Kind: "private", Scope: []string{"Unauthenticated"}}), all[:2]},
		"private Customer":        {s.Token(t, command.TokenCreate{Kind: "private", Scope: []string{"Customer"}}), []shop.TokenScope{"", shop.ScopeCustomer}},
		"private both":            {s.Token(t, command.TokenCreate{Kind: "private", Scope: []string{"Customer", "Unauthenticated"}}), all},
		"revoked":                 {revoked, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var headers []graphtest.Header
			if tt.token != "" {
				headers = append(headers, graphtest.WithToken(tt.token))
			}
			for _, f := range everyField(schema(t)) {
				r := s.Query(t, f.query, headers...)
				if tt.scopes == nil {
					if r.Status != http.StatusUnauthorized {
						t.Errorf("%s: %d %s", f.key, r.Status, r.Body)
					}
					continue
				}
				refused := strings.Contains(string(r.Body), `"INSUFFICIENT_ACCESS_SCOPE"`)
				if r.Status != http.StatusOK || strings.Contains(string(r.Body), "GRAPHQL_") || refused == slices.Contains(tt.scopes, graph.Scopes[f.key]) {
					t.Errorf("%s: %d %s", f.query, r.Status, r.Body)
				}
				want := fmt.Sprintf(`"requiredScopes":["TOKEN_SCOPE_%s"]`, strings.ToUpper(string(graph.Scopes[f.key])))
				if refused && !strings.Contains(string(r.Body), want) {
					t.Errorf("%s: not %s in %s", f.key, want, r.Body)
				}
			}
		})
	}
}

// A server that passes on a shopper's token asks for the shopper, also when the
// token is over: then for a guest, who sees no more than guests do.
func TestWhoIsOverIsNoAPIClient(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const ask = `{ groups { edges { node { name } } } }`
	guest := string(s.Query(t, ask).Body)
	over := graphtest.Header{Name: "X-Bc-Customer-Access-Token", Value: strings.Repeat("0", 64) + "_1700000000"}
	for _, c := range []command.TokenCreate{{Kind: "private", Scope: []string{"Customer"}}, {Kind: "impersonation"}} {
		server := graphtest.WithToken(s.Token(t, c))
		if got := string(s.Query(t, ask, server).Body); got == guest {
			t.Errorf("%s, for itself: %s", c.Kind, got)
		}
		if got := string(s.Query(t, ask, server, over).Body); got != guest {
			t.Errorf("%s, for nobody: %s", c.Kind, got)
		}
	}
}
