package main

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// shorter is what takes the place of a function of gqlgen.
var shorter = map[string]string{"graphql.NewFieldSet": "plain.NewObject", "graphql.CollectFields": "plain.CollectFields"}

// shortenRest leaves out what is for @defer, and has plain decide what needs
// goroutines.
func (r *rewriter) shortenRest(f *ast.FuncDecl) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CaseClause:
			r.noteWaiting(f, n)
		case *ast.ExprStmt:
			if call, ok := n.X.(*ast.CallExpr); ok {
				r.callAtOnce(call)
			}
		case *ast.CallExpr:
			if short := shorter[nameOf(n.Fun)]; short != "" {
				r.replace(n.Fun, short)
				r.done["object"]++
			}
			if isName(n.Fun, "graphql", "MarshalSliceConcurrently") && len(n.Args) == 5 {
				r.replace(n.Fun, "plain.MarshalSlice")
				r.edits = append(r.edits, edit{r.offset(n.Args[0].Pos()), r.offset(n.Args[4].Pos()),
					fmt.Sprintf("%s, ec.OperationContext, waiting, sel, %s, ", r.text(n.Args[0]), r.text(n.Args[1]))})
				r.done["list"]++
			}
		case *ast.AssignStmt:
			if len(n.Rhs) != 1 {
				break
			}
			if call, ok := n.Rhs[0].(*ast.CallExpr); ok && isName(call.Fun, "graphql", "NewDeferredGroup") {
				r.replace(n, "var deferred graphql.DeferredGroup")
				r.done["@defer"]++
				return false
			}
		}
		return true
	})
}

// noteWaiting notes a field that may wait: the case of an object that resolves it
// concurrently.
func (r *rewriter) noteWaiting(f *ast.FuncDecl, c *ast.CaseClause) {
	if len(c.List) != 1 || len(c.Body) != 1 {
		return
	}
	name, ok1 := c.List[0].(*ast.BasicLit)
	statement, ok2 := c.Body[0].(*ast.ExprStmt)
	if !ok1 || !ok2 {
		return
	}
	call, ok := statement.X.(*ast.CallExpr)
	if function := concurrently(call); ok && function != "" && !r.never[function] {
		object := strings.TrimPrefix(f.Name.Name, "_")
		r.waiting[object] = append(r.waiting[object], name.Value)
	}
}

// waitingFields is the declaration of what noteWaiting noted.
func (r *rewriter) waitingFields() string {
	var b strings.Builder
	b.WriteString("\n// waiting are the fields whose resolvers may wait for something.\nvar waiting = plain.Waiting{\n")
	for _, object := range slices.Sorted(maps.Keys(r.waiting)) {
		fmt.Fprintf(&b, "%q: {", object)
		for _, field := range r.waiting[object] {
			b.WriteString(field + ": true, ")
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// shortenField marshals what a Go struct has at once.
func (r *rewriter) shortenField(f *ast.FuncDecl, functions map[string]*ast.FuncDecl) {
	call := returned(f.Body)
	if call == nil || !isName(call.Fun, "graphql", "ResolveField") || len(call.Args) != 9 || !isIdent(call.Args[5], "nil") {
		return
	}
	context, marshal := returned(body(call.Args[3])), returned(body(call.Args[6]))
	if context == nil || marshal == nil || len(marshal.Args) != 4 ||
		!isIdent(marshal.Args[2], "selections") || !isIdent(marshal.Args[3], "v") {
		return
	}
	contextOf, ok := context.Fun.(*ast.Ident)
	if !ok || functions[contextOf.Name] == nil {
		return
	}
	ctx := r.text(marshal.Args[0])
	object, scalar := objectOf(functions[contextOf.Name])
	value := infallible(call.Args[4])
	if value == nil {
		if resolver := returned(body(call.Args[4])); scalar && resolver != nil && r.never[f.Name.Name] && len(resolver.Args) == 2 {
			r.shortenResolver(f, object, resolver, marshal)
		}
		return
	}
	kind := "field"
	switch _, method := value.(*ast.CallExpr); {
	case scalar && method:
		kind = "method"
		r.insert(f.Body.Lbrace+1, fmt.Sprintf("\n\tdefer plain.Recover(ctx, ec.OperationContext, %s, field, &ret)\n", object))
	case scalar:
	case object == "" || method:
		return
	default:
		ctx = fmt.Sprintf("plain.Within(%s, %s, field)", ctx, object)
	}
	r.done[kind]++
	r.replace(call, fmt.Sprintf("%s(%s, %s, field.Selections, %s)", r.text(marshal.Fun), ctx, r.text(marshal.Args[1]), r.text(value)))
}

// shortenResolver calls a resolver that waits for nothing, and gives a scalar,
// without a context of its own.
func (r *rewriter) shortenResolver(f *ast.FuncDecl, object string, resolver, marshal *ast.CallExpr) {
	r.done["resolver"]++
	r.replace(f.Body, fmt.Sprintf(`{
	defer plain.Recover(ctx, ec.OperationContext, %s, field, &ret)
	v, err := %s
	if err != nil {
		return plain.Failed(ctx, ec.OperationContext, %s, field, err)
	}
	return %s(%s, %s, field.Selections, v)
}`, object, r.text(resolver), object, r.text(marshal.Fun), r.text(marshal.Args[0]), r.text(marshal.Args[1])))
}

// shortenExec has the answer written by plain.Bytes.
func (r *rewriter) shortenExec(f *ast.FuncDecl) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch text := ""; n := n.(type) {
		case *ast.DeclStmt, *ast.ExprStmt:
			if text = r.text(n); text == "var buf bytes.Buffer" || text == "data.MarshalGQL(&buf)" {
				r.replace(n, "")
			}
		case *ast.CallExpr:
			if isName(n.Fun, "buf", "Bytes") {
				r.replace(n, "plain.Bytes(data)")
				r.done["answer"]++
			}
		}
		return true
	})
}

// concurrently is the function that a call has out.Dispatch resolve a field with;
// "" for any other call.
func concurrently(call *ast.CallExpr) string {
	if !isName(call.Fun, "out", "ResolveConcurrently") || len(call.Args) != 6 {
		return ""
	}
	if resolve := returned(body(call.Args[5])); resolve != nil {
		if function, ok := resolve.Fun.(*ast.Ident); ok {
			return function.Name
		}
	}
	return ""
}

// callAtOnce resolves a field that is named in place, as gqlgen does those that
// have no resolver.
func (r *rewriter) callAtOnce(call *ast.CallExpr) {
	name := r.quick[concurrently(call)]
	if name == "" {
		return
	}
	r.done[name]++
	invalid := "graphql.RequiredNull"
	if isIdent(call.Args[4], "true") {
		invalid = "graphql.Null"
	}
	r.replace(call, fmt.Sprintf("out.Values[i] = %s\nif out.Values[i] == %s {\natomic.AddUint32(&out.Invalids, 1)\n}",
		r.text(returned(body(call.Args[5]))), invalid))
}
