package graph_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// Lines of those files; see tools/operations/operation.mjs.
var (
	beyond    = regexp.MustCompile(`(?m)^# addition$`)
	variables = regexp.MustCompile(`(?m)^# variables: (.+)$`)
	kept      = regexp.MustCompile(`\{[a-z]\w*\}`)
)

// What tools/operations sends is valid, and but for what is marked it is written
// for the contract: storefronts of others would send it.
func TestOperationsFitTheContract(t *testing.T) {
	t.Parallel()
	own, contract := schema(t), contractSchema(t)
	files, err := filepath.Glob("../tools/operations/*/*.graphql")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d operations: %v", len(files), err)
	}
	for _, file := range files {
		text := readFile(t, file)
		if err := fits(t, own, text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		err := fits(t, contract, text)
		if marked := beyond.MatchString(text); marked != (err != nil) {
			t.Errorf("%s: marked as an addition: %t; the contract says: %v", file, marked, err)
		}
	}
}

// fits checks an operation and its variables.
func fits(t *testing.T, s *ast.Schema, text string) error {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(s, text, nil)
	if errs != nil {
		return errs
	}
	var values map[string]any
	if m := variables.FindStringSubmatch(text); m != nil {
		if err := json.Unmarshal([]byte(kept.ReplaceAllString(m[1], "1")), &values); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	_, err := validator.VariableValues(s, doc.Operations[0], values)
	return err
}

func contractSchema(t *testing.T) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "contract.graphql", Input: readFile(t, "testdata/contract.graphql")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
