package graph_test

import (
	"context"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"regulars/graph/generated"
	"regulars/graph/graphtest"
)

func schema(t *testing.T) *ast.Schema {
	t.Helper()
	b, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(b)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ours are the definitions that our file makes.
func ours(s *ast.Schema) (out []*ast.Definition) {
	for _, d := range s.Types {
		if !d.BuiltIn && !strings.HasPrefix(d.Name, "__") {
			out = append(out, d)
		}
	}
	return out
}

// Without a resolver of ours gqlgen binds a field to a struct's field of that
// name, and its arguments are dropped without a word.
func TestFieldsWithArgumentsHaveResolvers(t *testing.T) {
	t.Parallel()
	s := schema(t)
	checked := 0
	for _, d := range ours(s) {
		if d.Kind != ast.Object {
			continue
		}
		for _, f := range d.Fields {
			if len(f.Arguments) == 0 || strings.HasPrefix(f.Name, "__") {
				continue
			}
			checked++
			inputs := 1 + len(f.Arguments)
			if d != s.Query && d != s.Mutation {
				inputs++ // the object itself
			}
			checkResolver(t, d.Name, f.Name, inputs)
		}
	}
	if checked < 9 {
		t.Errorf("looked at %d fields only", checked)
	}
}

func checkResolver(t *testing.T, object, field string, inputs int) {
	t.Helper()
	root, ok := reflect.TypeFor[generated.ResolverRoot]().MethodByName(object)
	if !ok {
		t.Errorf("%s.%s: the type has no resolver", object, field)
		return
	}
	resolver := root.Type.Out(0)
	for m := range resolver.Methods() {
		if strings.EqualFold(m.Name, field) {
			if m.Type.NumIn() != inputs || m.Type.In(0) != reflect.TypeFor[context.Context]() {
				t.Errorf("%s.%s: the method is %s, want %d inputs", object, field, m.Type, inputs)
			}
			return
		}
	}
	t.Errorf("%s.%s: %s has no such method", object, field, resolver)
}

func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	s := schema(t)
	describe(t, "schema", s.Description)
	for _, d := range ours(s) {
		describe(t, d.Name, d.Description)
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			describe(t, d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				describe(t, d.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
		for _, v := range d.EnumValues {
			describe(t, d.Name+"."+v.Name, v.Description)
		}
	}
}

func describe(t *testing.T, what, description string) {
	t.Helper()
	if strings.TrimSpace(description) == "" {
		t.Error(what + " has no description")
	}
}

func TestIntrospectionFitsTheLimits(t *testing.T) {
	t.Parallel()
	r := graphtest.New(t).Query(t, introspection.Query)
	var data struct {
		Schema struct{ Types []struct{ Name string } } `json:"__schema"`
	}
	r.Data(t, &data)
	if len(data.Schema.Types) < len(ours(schema(t))) {
		t.Errorf("%d types: %.500s", len(data.Schema.Types), r.Body)
	}
}

// What no golden case asks for is not shown by any.
func TestGoldenCasesAskForEverything(t *testing.T) {
	t.Parallel()
	s := schema(t)
	asked := map[string]bool{}
	for _, file := range goldenFiles(t) {
		doc, errs := gqlparser.LoadQueryWithRules(s, readGolden(t, file).query, nil)
		if errs != nil {
			continue
		}
		events := &validator.Events{}
		events.OnField(func(_ *validator.Walker, f *ast.Field) {
			if f.ObjectDefinition != nil {
				asked[f.ObjectDefinition.Name+"."+f.Name] = true
			}
		})
		validator.Walk(s, doc, events)
	}
	for _, d := range ours(s) {
		if d.Kind != ast.Object {
			continue
		}
		for _, f := range d.Fields {
			// The text of an error is asked for by way of the interface.
			inherited := f.Name == "message" && slices.Contains(d.Interfaces, "Error")
			if !asked[d.Name+"."+f.Name] && !inherited && !strings.HasPrefix(f.Name, "__") {
				t.Errorf("no golden case asks for %s.%s", d.Name, f.Name)
			}
		}
	}
}
