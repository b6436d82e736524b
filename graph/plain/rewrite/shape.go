package main

import "go/ast"

// returned is the call that a body does nothing else but return; nil for another
// body.
func returned(b *ast.BlockStmt) *ast.CallExpr {
	if b == nil || len(b.List) != 1 {
		return nil
	}
	ret, ok := b.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return nil
	}
	call, _ := ret.Results[0].(*ast.CallExpr)
	return call
}

// body of a function literal; nil for anything else.
func body(e ast.Expr) *ast.BlockStmt {
	if f, ok := e.(*ast.FuncLit); ok {
		return f.Body
	}
	return nil
}

// infallible is the obj.Field or obj.Method() that a function literal does
// nothing else but return, without an error.
func infallible(e ast.Expr) ast.Expr {
	b := body(e)
	if b == nil || len(b.List) != 1 {
		return nil
	}
	ret, ok := b.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 2 || !isIdent(ret.Results[1], "nil") {
		return nil
	}
	value := ret.Results[0]
	selected := value
	if call, ok := value.(*ast.CallExpr); ok && len(call.Args) == 0 {
		selected = call.Fun
	}
	if s, ok := selected.(*ast.SelectorExpr); ok && isIdent(s.X, "obj") {
		return value
	}
	return nil
}

// objectOf reads the context of a field that takes no arguments: its object's
// name, quoted, and whether there are no fields below it.
func objectOf(f *ast.FuncDecl) (name string, scalar bool) {
	if call := returned(f.Body); call != nil && isName(call.Fun, "graphql", "NewScalarFieldContext") {
		if value, ok := call.Args[0].(*ast.BasicLit); ok {
			return value.Value, true
		}
	}
	arguments := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if value, ok := n.Value.(*ast.BasicLit); ok && isIdent(n.Key, "Object") {
				name = value.Value
			}
		case *ast.SelectorExpr:
			arguments = arguments || n.Sel.Name == "Args"
		}
		return true
	})
	if arguments {
		return "", false
	}
	return name, false
}

func isName(e ast.Expr, pkg, name string) bool { return nameOf(e) == pkg+"."+name }

// nameOf is pkg.Name; "" for any other expression.
func nameOf(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if pkg, ok := s.X.(*ast.Ident); ok {
			return pkg.Name + "." + s.Sel.Name
		}
	}
	return ""
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
