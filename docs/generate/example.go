package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// example is a golden case of package graph: a query and what came back.
type example struct {
	who       string // guest, or a customer's address
	headers   []string
	query     string
	variables string // JSON; "" for none
	set       string // the answer's headers of note, a line each
	reply     string // JSON
}

// readExample reads a golden case and makes sure that it shows op.
func readExample(s *ast.Schema, name string, op operation) (example, error) {
	b, err := os.ReadFile(filepath.Join(root, "graph", "testdata", name+".golden"))
	if err != nil {
		return example{}, err
	}
	e, query := parseGolden(string(b))
	doc, errs := gqlparser.LoadQueryWithRules(s, query, nil)
	if errs != nil {
		return example{}, fmt.Errorf("%s: %w", name, errs)
	}
	asked := doc.Operations[0]
	f := find(asked.SelectionSet, op.path)
	if f == nil {
		return example{}, fmt.Errorf("%s does not show %s", name, op.name())
	}
	last := op.path[len(op.path)-1]
	asked.Name = strings.ToUpper(last[:1]) + last[1:]
	e.variables = takeOut(asked, f)
	var text bytes.Buffer
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatQueryDocument(doc)
	e.query = strings.TrimSpace(text.String())
	return e, nil
}

// parseGolden parts a golden file: lines that say who asks and how, a query, ten
// dashes, headers of the answer, its body.
func parseGolden(text string) (e example, query string) {
	query, reply, _ := strings.Cut(text, "\n----------\n")
	for {
		line, rest, _ := strings.Cut(query, "\n")
		key, value, ok := strings.Cut(line, ": ")
		if !ok || strings.ContainsAny(key, " {(") {
			break
		}
		switch key {
		case "who":
			e.who = value
		case "header":
			e.headers = append(e.headers, value)
		}
		query = rest
	}
	set, body, _ := strings.Cut("\n"+reply, "\n{")
	e.set, e.reply = strings.TrimSpace(set), "{"+strings.TrimRight(body, "\n")
	return e, query
}

// find gives the field at the end of a path.
func find(set ast.SelectionSet, path []string) *ast.Field {
	for _, selection := range set {
		f, ok := selection.(*ast.Field)
		switch {
		case !ok || f.Name != path[0]:
		case len(path) == 1:
			return f
		default:
			return find(f.SelectionSet, path[1:])
		}
	}
	return nil
}

// takeOut makes variables of the objects among a field's arguments, as clients
// do, and gives their JSON.
func takeOut(op *ast.OperationDefinition, f *ast.Field) string {
	var out []string
	for _, arg := range f.Arguments {
		if arg.Value.Kind != ast.ObjectValue {
			continue
		}
		out = append(out, strconv.Quote(arg.Name)+":"+valueJSON(arg.Value))
		op.VariableDefinitions = append(op.VariableDefinitions,
			&ast.VariableDefinition{Variable: arg.Name, Type: f.Definition.Arguments.ForName(arg.Name).Type})
		arg.Value = &ast.Value{Kind: ast.Variable, Raw: arg.Name}
	}
	if len(out) == 0 {
		return ""
	}
	var text bytes.Buffer
	_ = json.Indent(&text, []byte("{"+strings.Join(out, ",")+"}"), "", "  ") // it is JSON, made just now
	return text.String()
}

// valueJSON writes a value as JSON, its fields in their order.
func valueJSON(v *ast.Value) string {
	var parts []string
	for _, c := range v.Children {
		if v.Kind == ast.ObjectValue {
			parts = append(parts, strconv.Quote(c.Name)+":"+valueJSON(c.Value))
		} else {
			parts = append(parts, valueJSON(c.Value))
		}
	}
	switch v.Kind {
	case ast.ObjectValue:
		return "{" + strings.Join(parts, ",") + "}"
	case ast.ListValue:
		return "[" + strings.Join(parts, ",") + "]"
	case ast.StringValue, ast.BlockValue, ast.EnumValue:
		return quoted(v.Raw)
	}
	return v.Raw
}

// quoted is a text in JSON, with & and < as they are.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text always can be
	return strings.TrimSpace(b.String())
}
