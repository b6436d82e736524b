// Command generate writes docs/storefront.md: what schema.graphqls says about
// each operation, with an example that the tests of package graph hold true.
package main

//go:generate go run .

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// root is the project's folder, from here.
const root = "../.."

func main() {
	text, err := storefront()
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "docs", "storefront.md"), text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// storefront is the whole of storefront.md.
func storefront() ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(root, "schema.graphqls"))
	if err != nil {
		return nil, err
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(b)})
	if err != nil {
		return nil, err
	}
	ops, err := operations(schema)
	if err != nil {
		return nil, err
	}
	p := &page{schema: schema}
	p.write(ops)
	return p.text.Bytes(), nil
}
