package storage_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"regulars/storage/storagetest"
)

// statements gives every SQL constant of the package by name. They are read from
// the source, so that none can be left out of these tests.
func statements(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	consts := map[string]ast.Expr{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						consts[name.Name] = v.Values[i]
					}
				}
			}
		}
	}
	out := map[string]string{}
	sql := regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	for name, expr := range consts {
		if text, ok := constant(consts, expr); ok && sql.MatchString(text) {
			out[name] = text
		}
	}
	if len(out) < 30 {
		t.Fatalf("found only %d statements", len(out))
	}
	return out
}

// constant writes out a constant made of literals and other constants.
func constant(consts map[string]ast.Expr, e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		return constant(consts, consts[e.Name])
	case *ast.BinaryExpr:
		a, ok1 := constant(consts, e.X)
		b, ok2 := constant(consts, e.Y)
		return a + b, ok1 && ok2
	}
	return "", false
}

func TestEveryStatementPrepares(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t).Owner(t)
	for name, text := range statements(t) {
		s, err := db.Prepare(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		defer s.Close()
	}
}

// Reference tables: known before a store is.
var reference = map[string]bool{"stores": true, "hosts": true, "goose_db_version": true, "pg_tables": true, "generate_series": true}

func TestStatementsKeepTheRulesOfSharding(t *testing.T) {
	t.Parallel()
	table := regexp.MustCompile(`(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)`)
	refused := map[string]*regexp.Regexp{
		"a clock in DO UPDATE":       regexp.MustCompile(`(?s)DO UPDATE.*(now\(\)|clock_timestamp|interval)`),
		"SELECT *":                   regexp.MustCompile(`SELECT\s+\*|\.\*`),
		"an update of store_id":      regexp.MustCompile(`SET\s[^W]*\bstore_id\s*=`),
		"an advisory lock or NOTIFY": regexp.MustCompile(`(?i)advisory|notify`),
		"OFFSET paging":              regexp.MustCompile(`LIMIT.*OFFSET`),
	}
	for name, text := range statements(t) {
		for what, pattern := range refused {
			if pattern.MatchString(text) {
				t.Errorf("%s has %s", name, what)
			}
		}
		for _, m := range table.FindAllStringSubmatch(text, -1) {
			if reference[m[1]] || m[1] == "unnest" || m[1] == "lateral" {
				continue
			}
			if !strings.Contains(text, "store_id") {
				t.Errorf("%s reads %s without store_id", name, m[1])
			}
		}
		if strings.Contains(text, "SKIP LOCKED") && !strings.Contains(text, "store_id = $1") {
			t.Errorf("%s skips locked rows of more than one store", name)
		}
	}
}
