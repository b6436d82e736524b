package graph_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Every member of every union stands in some golden case, below a field of that
// very union; so does every type that implements what a field gives.
func TestGoldenCasesShowEveryMember(t *testing.T) {
	t.Parallel()
	s := schema(t)
	shown := members{schema: s, seen: map[string]bool{}}
	for _, file := range goldenFiles(t) {
		shown.in(t, readGolden(t, file))
	}
	var missing []string
	for _, d := range ours(s) {
		if d.Kind == ast.Union || d.Kind == ast.Interface && isGiven(s, d.Name) {
			for _, member := range s.PossibleTypes[d.Name] {
				if !shown.seen[d.Name+" "+member.Name] {
					missing = append(missing, d.Name+" as "+member.Name)
				}
			}
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		t.Errorf("no golden case answers with\n%s", strings.Join(missing, "\n"))
	}
}

// isGiven tells whether a field is of that type: a type that none has is asked
// for by fragments alone.
func isGiven(s *ast.Schema, name string) bool {
	for _, d := range ours(s) {
		if d.Kind == ast.Object && slices.ContainsFunc(d.Fields, func(f *ast.FieldDefinition) bool { return f.Type.Name() == name }) {
			return true
		}
	}
	return false
}

// members collects which types abstract ones turned out to be.
type members struct {
	schema *ast.Schema
	seen   map[string]bool // "union member"
}

func (m *members) in(t *testing.T, c *golden) {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(m.schema, c.query, nil)
	if err != nil {
		return // a case about queries that cannot be answered
	}
	_, body, ok := strings.Cut("\n"+c.reply, "\n{")
	var reply struct{ Data any }
	if !ok || json.Unmarshal([]byte("{"+body), &reply) != nil {
		t.Fatalf("not a reply: %s", c.reply)
	}
	for _, op := range doc.Operations {
		m.walk(op.SelectionSet, reply.Data)
	}
}

// walk goes through a selection and what it was answered with together.
func (m *members) walk(set ast.SelectionSet, value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			m.walk(set, item)
		}
	case map[string]any:
		typename := nameOf(set, v)
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				m.note(s, v[s.Alias])
				m.walk(s.SelectionSet, v[s.Alias])
			case *ast.InlineFragment:
				if m.fits(s.TypeCondition, typename) {
					m.walk(s.SelectionSet, value)
				}
			case *ast.FragmentSpread:
				if m.fits(s.Definition.TypeCondition, typename) {
					m.walk(s.Definition.SelectionSet, value)
				}
			}
		}
	}
}

// note remembers what a field of an abstract type turned out to be.
func (m *members) note(f *ast.Field, value any) {
	if f.Definition == nil || !m.schema.Types[f.Definition.Type.Name()].IsAbstractType() {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			m.note(f, item)
		}
	case map[string]any:
		m.seen[f.Definition.Type.Name()+" "+nameOf(f.SelectionSet, v)] = true
	}
}

// nameOf is the answer to __typename; "" where it was not asked for.
func nameOf(set ast.SelectionSet, object map[string]any) string {
	for _, selection := range set {
		if f, ok := selection.(*ast.Field); ok && f.Name == "__typename" {
			name, _ := object[f.Alias].(string)
			return name
		}
	}
	return ""
}

// fits tells whether a fragment was answered: without a name every one may have
// been.
func (m *members) fits(condition, typename string) bool {
	if condition == "" || typename == "" || condition == typename {
		return true
	}
	return slices.ContainsFunc(m.schema.PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == typename })
}

// The walk itself: a member counts for the union whose field it stood below, and
// only where it was named.
func TestMembersAreFound(t *testing.T) {
	t.Parallel()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: `
		type Query { one: [U!]! other: V nested: N face: F }
		union U = A | B
		union V = A
		interface F { x: Int }
		type A implements F { x: Int }
		type B { x: Int deep: U }
		type N { u: U n: N }`})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ query, reply, want string }{
		"a list":            {`{ one { __typename } }`, `{"one": [{"__typename": "A"}, {"__typename": "B"}]}`, "U A, U B"},
		"one of many":       {`{ one { __typename } }`, `{"one": [{"__typename": "B"}]}`, "U B"},
		"an empty list":     {`{ one { __typename } }`, `{"one": []}`, ""},
		"another union":     {`{ other { __typename } }`, `{"other": {"__typename": "A"}}`, "V A"},
		"null":              {`{ other { __typename } }`, `{"other": null}`, ""},
		"aliases":           {`{ first: other { kind: __typename } }`, `{"first": {"kind": "A"}}`, "V A"},
		"not named":         {`{ other { ... on A { x } } }`, `{"other": {"x": 1}}`, "V "},
		"fragments":         {`{ ...q } fragment q on Query { nested { ...n } } fragment n on N { n { u { __typename } } }`, `{"nested": {"n": {"u": {"__typename": "B"}}}}`, "U B"},
		"inside a member":   {`{ one { __typename ... on B { deep { __typename } } } }`, `{"one": [{"__typename": "B", "deep": {"__typename": "A"}}]}`, "U A, U B"},
		"an interface":      {`{ face { __typename } }`, `{"face": {"__typename": "A"}}`, "F A"},
		"no data at all":    {`{ other { __typename } }`, `null`, ""},
		"two under one key": {`{ other { __typename } ... on Query { other { ... on F { x } } } }`, `{"other": {"__typename": "A", "x": 1}}`, "V , V A"},
	} {
		m := members{schema: s, seen: map[string]bool{}}
		m.in(t, &golden{query: c.query, reply: "Set-Cookie: x\n{\n\"data\": " + c.reply + "}\n"})
		if got := strings.Join(slices.Sorted(maps.Keys(m.seen)), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
