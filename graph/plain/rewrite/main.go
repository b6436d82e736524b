// Rewrite shortens what gqlgen generated, in place. gqlgen writes every field as
// if it could have a resolver, an interceptor and a deferred part, and every list
// as if its elements had to wait for something: for a field of a struct that is
// most of what it costs. Code whose form is not known stays as it is.
//
//   - A field of the Go struct is marshalled without interceptors and a guard
//     against panics, since reading it cannot fail; a scalar without a context too.
//   - A method that gives a scalar keeps its guard, and is called without the rest.
//   - Elements of a list are marshalled one after the other, where no field that is
//     selected waits for anything.
//   - Which fields a selection comes to is remembered with the query.
//   - The answer is written into a buffer that is used again.
//   - No object prepares for @defer, which is not offered.
//   - Resolvers that never or seldom wait are called at once and not in a goroutine.
//     Those of elements of a list that seldom wait still wait together; those of
//     scalars that never wait get no context of their own.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
)

func main() {
	var n names
	flag.Var(&n.never, "never-waits", "resolvers that wait for nothing: Object.field,Object.field")
	flag.Var(&n.seldom, "seldom-waits", "resolvers that hardly ever wait")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := rewriteFile(flag.Arg(0), n); err != nil {
		fmt.Fprintln(os.Stderr, "rewrite:", err)
		os.Exit(1)
	}
}

// names are resolvers that are called at once.
type names struct{ never, seldom list }

// list is the value of a flag.
type list []string

// String implements flag.Value.
func (l *list) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *list) Set(s string) error {
	*l = strings.Split(s, ",")
	return nil
}

func rewriteFile(name string, n names) error {
	source, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	out, err := rewrite(source, n)
	if err != nil {
		return err
	}
	return os.WriteFile(name, out, 0o644)
}

// edit replaces a piece of the source.
type edit struct {
	from, to int
	text     string
}

// rewriter collects edits.
type rewriter struct {
	files   *token.FileSet
	source  []byte
	edits   []edit
	quick   map[string]string   // function to name of resolvers that are called at once
	never   map[string]bool     // functions of those that never wait
	waiting map[string][]string // object to the fields, quoted, whose resolvers may wait
	done    map[string]int      // how often each kind of change was made
}

// kinds of changes. Each is made somewhere, or gqlgen writes another form by now.
var kinds = []string{"field", "method", "resolver", "object", "list", "answer", "@defer"}

func rewrite(source []byte, n names) ([]byte, error) {
	r := &rewriter{files: token.NewFileSet(), source: source, quick: map[string]string{}, never: map[string]bool{},
		waiting: map[string][]string{}, done: map[string]int{}}
	quick := slices.Concat(n.never, n.seldom)
	for i, name := range quick {
		function := "_" + strings.ReplaceAll(name, ".", "_")
		r.quick[function], r.never[function] = name, i < len(n.never)
	}
	file, err := parser.ParseFile(r.files, "generated.go", source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	functions := map[string]*ast.FuncDecl{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		switch {
		case !ok || f.Body == nil:
		case f.Recv == nil:
			functions[f.Name.Name] = f
		case f.Name.Name == "Exec":
			r.shortenExec(f)
		}
	}
	for _, f := range functions {
		r.shortenField(f, functions)
		r.shortenRest(f)
	}
	for _, name := range quick {
		if r.done[name] == 0 {
			return nil, fmt.Errorf("there is no resolver %s", name)
		}
	}
	for _, kind := range kinds {
		if r.done[kind] == 0 {
			return nil, fmt.Errorf("nothing to shorten of kind %s: what gqlgen writes has another form now", kind)
		}
	}
	r.mendImports(file)
	r.insert(file.FileEnd, r.waitingFields())
	return format.Source(r.apply())
}

// mendImports adds package plain, and removes bytes: shortenExec took its only
// uses.
func (r *rewriter) mendImports(file *ast.File) {
	for i, spec := range file.Imports {
		if i == 0 {
			r.insert(spec.Pos(), "\"regulars/graph/plain\"\n")
		}
		if spec.Path.Value == `"bytes"` {
			r.replace(spec, "")
		}
	}
}

func (r *rewriter) offset(p token.Pos) int { return r.files.Position(p).Offset }

func (r *rewriter) text(n ast.Node) string {
	return string(r.source[r.offset(n.Pos()):r.offset(n.End())])
}

func (r *rewriter) replace(n ast.Node, text string) {
	r.edits = append(r.edits, edit{r.offset(n.Pos()), r.offset(n.End()), text})
}

func (r *rewriter) insert(p token.Pos, text string) {
	r.edits = append(r.edits, edit{r.offset(p), r.offset(p), text})
}

func (r *rewriter) apply() []byte {
	slices.SortStableFunc(r.edits, func(a, b edit) int { return a.from - b.from })
	var out bytes.Buffer
	at := 0
	for _, e := range r.edits {
		out.Write(r.source[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.Write(r.source[at:])
	return out.Bytes()
}
