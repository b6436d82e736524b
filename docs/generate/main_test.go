package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func TestStorefrontIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := storefront()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "docs", "storefront.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("docs/storefront.md is not what schema and examples say any more; make generate writes it anew")
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	b, err := storefront()
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(b), -1) {
		if a := anchor(m[1]); headings[a] {
			t.Errorf("two paragraphs are #%s", a)
		} else {
			headings[a] = true
		}
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(string(b), -1)
	for _, m := range links {
		if !headings[m[1]] {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
	if len(links) < 50 {
		t.Errorf("%d links only", len(links))
	}
}

// What nobody put into an area, or shows something else, is a mistake.
func TestNothingIsForgotten(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(root, "schema.graphqls"))
	if err != nil {
		t.Fatal(err)
	}
	load := func(more string) *ast.Schema {
		s, err := gqlparser.LoadSchema(&ast.Source{Input: string(b) + more})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	_, err = operations(load("extend type Query { weather: String } extend type NewsletterMutations { read: Int }"))
	if err == nil || err.Error() != "no area has NewsletterMutations.read, Query.weather" {
		t.Error(err)
	}
	s := load("")
	_, err = readExample(s, "login", fields(s)["Mutation.logout"])
	if err == nil || err.Error() != "login does not show mutation logout" {
		t.Error(err)
	}
	if _, err = readExample(s, "nothing", fields(s)["Mutation.logout"]); err == nil {
		t.Error("an example that is not there was read")
	}
}

func TestObjectsBecomeVariables(t *testing.T) {
	t.Parallel()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: `type Query { a(in: In!, n: Int): Int } input In { text: String e: E list: [In!] n: Float b: Boolean } enum E { ONE }`})
	if err != nil {
		t.Fatal(err)
	}
	doc, errs := gqlparser.LoadQueryWithRules(s, `{ a(in: {text: "a \"&\" b", e: ONE, list: [{n: 1.50}, {b: true, text: null}]}, n: 2) }`, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	op := doc.Operations[0]
	got := strings.Join(strings.Fields(takeOut(op, find(op.SelectionSet, []string{"a"}))), "")
	if want := `{"in":{"text":"a\"&\"b","e":"ONE","list":[{"n":1.50},{"b":true,"text":null}]}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if d := op.VariableDefinitions; len(d) != 1 || d[0].Variable != "in" || d[0].Type.String() != "In!" {
		t.Error(d)
	}
}
