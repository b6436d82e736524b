package graph_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// The contract is a copy of what frontends were written for: our schema only
// adds to it.
func TestSchemaOnlyAddsToTheContract(t *testing.T) {
	t.Parallel()
	for _, d := range slices.Sorted(slices.Values(differences(contractSchema(t), schema(t)))) {
		t.Error(d)
	}
}

// differences lists what a client of the contract would miss or find changed.
func differences(contract, own *ast.Schema) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, want := range ours(contract) {
		got := own.Types[want.Name]
		if got == nil {
			say("%s", want.Name)
			continue
		}
		if got.Kind != want.Kind {
			say("%s is %s, not %s", want.Name, got.Kind, want.Kind)
		}
		for _, i := range want.Interfaces {
			if !slices.Contains(got.Interfaces, i) {
				say("%s does not implement %s", want.Name, i)
			}
		}
		for _, m := range want.Types {
			if !slices.Contains(got.Types, m) {
				say("%s lacks the member %s", want.Name, m)
			}
		}
		for _, v := range want.EnumValues {
			if got.EnumValues.ForName(v.Name) == nil {
				say("%s lacks the value %s", want.Name, v.Name)
			}
		}
		out = append(out, fieldDifferences(want, got)...)
	}
	return out
}

func fieldDifferences(want, got *ast.Definition) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, f := range want.Fields {
		g := got.Fields.ForName(f.Name)
		name := want.Name + "." + f.Name
		if g == nil {
			say("%s", name)
			continue
		}
		if g.Type.String() != f.Type.String() {
			say("%s is %s, not %s", name, g.Type, f.Type)
		}
		if valueOf(g.DefaultValue) != valueOf(f.DefaultValue) {
			say("%s has the default %s, not %s", name, valueOf(g.DefaultValue), valueOf(f.DefaultValue))
		}
		for _, a := range f.Arguments {
			switch b := g.Arguments.ForName(a.Name); {
			case b == nil:
				say("%s(%s)", name, a.Name)
			case b.Type.String() != a.Type.String() || valueOf(b.DefaultValue) != valueOf(a.DefaultValue):
				say("%s(%s) is %s = %s, not %s = %s", name, a.Name, b.Type, valueOf(b.DefaultValue), a.Type, valueOf(a.DefaultValue))
			}
		}
		for _, a := range g.Arguments {
			if f.Arguments.ForName(a.Name) == nil && a.Type.NonNull && a.DefaultValue == nil {
				say("%s(%s) is required, and clients do not know it", name, a.Name)
			}
		}
	}
	for _, g := range got.Fields {
		if got.Kind == ast.InputObject && want.Fields.ForName(g.Name) == nil && g.Type.NonNull && g.DefaultValue == nil {
			say("%s.%s is required, and clients do not know it", want.Name, g.Name)
		}
	}
	return out
}

func valueOf(v *ast.Value) string {
	if v == nil {
		return "none"
	}
	return v.String()
}

// The comparison itself: whatever a client could trip over is found.
func TestDifferencesAreFound(t *testing.T) {
	t.Parallel()
	load := func(text string) *ast.Schema {
		s, err := gqlparser.LoadSchema(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const contract = `type Query { a(x: Int = 1): String! b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`
	for name, c := range map[string]struct{ own, want string }{
		"the same":          {contract, ""},
		"additions":         {`type Query { a(x: Int = 1, y: Int, z: Int! = 2): String! b: [E!] c(in: In): U d: Int } enum E { ONE TWO THREE } input In { x: Int y: Int z: Int! = 1 } interface I { x: Int } type A implements I { x: Int y: Int } type B { y: Int } type C { z: Int } union U = A | B | C`, ""},
		"nullable":          {`type Query { a(x: Int = 1): String b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`, "Query.a is String, not String!"},
		"a default":         {`type Query { a(x: Int = 2): String! b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`, "Query.a(x) is Int = 2, not Int = 1"},
		"an argument gone":  {`type Query { a: String! b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`, "Query.a(x)"},
		"an argument new":   {`type Query { a(x: Int = 1, y: Int!): String! b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`, "Query.a(y) is required, and clients do not know it"},
		"an input field":    {`type Query { a(x: Int = 1): String! b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int y: Int! } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`, "In.y is required, and clients do not know it"},
		"an enum's value":   {`type Query { a(x: Int = 1): String! b: [E!] c(in: In): U } enum E { ONE } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`, "E lacks the value TWO"},
		"a union's member":  {`type Query { a(x: Int = 1): String! b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A`, "U lacks the member B"},
		"an interface":      {`type Query { a(x: Int = 1): String! b: [E!] c(in: In): U } enum E { ONE TWO } input In { x: Int } interface I { x: Int } type A { x: Int } type B { y: Int } union U = A | B`, "A does not implement I"},
		"a type and fields": {`type Query { a(x: Int = 1): String! c(in: In): U } input In { x: Int } interface I { x: Int } type A implements I { x: Int } type B { y: Int } union U = A | B`, "E Query.b"},
	} {
		got := ""
		for i, d := range slices.Sorted(slices.Values(differences(load(contract), load(c.own)))) {
			if i > 0 {
				got += " "
			}
			got += d
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
