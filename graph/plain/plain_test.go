package plain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"regulars/graph/plain"
)

var errBroken = errors.New("broken")

// request is the context of a request that collects errors, and its operation.
func request() (context.Context, *graphql.OperationContext) {
	oc := &graphql.OperationContext{
		RecoverFunc: func(context.Context, any) error { return errBroken },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
			return next(ctx)
		},
	}
	ctx := graphql.WithOperationContext(context.Background(), oc)
	return graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, oc.RecoverFunc), oc
}

// wantError insists on errBroken with that path.
func wantError(t *testing.T, errs gqlerror.List, path string) {
	t.Helper()
	if len(errs) != 1 || !errors.Is(errs[0], errBroken) || errs[0].Path.String() != path {
		t.Errorf("errors %v, want one at %q", errs, path)
	}
}

func written(m graphql.Marshaler) string { return string(plain.Bytes(m)) }

func field(alias string) graphql.CollectedField {
	return graphql.CollectedField{Field: &ast.Field{Name: alias, Alias: alias, ObjectDefinition: &ast.Definition{Name: "Book"}}}
}

// Two selections of a list: nothing of the one waits, a field of the other does.
var (
	waiting = plain.Waiting{"Book": {"author": true}, "Author": {"born": true}}
	nothing = `{ name title }`
	itself  = `{ name author { name } }`
)

func TestSliceKeepsItsOrderAndGuardsItsElements(t *testing.T) {
	t.Parallel()
	for _, selected := range []string{nothing, itself} {
		ctx, oc := request()
		ctx = plain.Within(ctx, "Query", field("books"))
		out := plain.MarshalSlice(ctx, oc, waiting, selection(t, `{ book `+selected+` }`), 4, func(ctx context.Context, i int) graphql.Marshaler {
			if index := graphql.GetFieldContext(ctx).Index; index == nil || *index != i {
				t.Errorf("element %d has index %v", i, index)
			}
			if i == 2 {
				panic("no")
			}
			return graphql.MarshalInt(i)
		})
		if got := written(out); got != "[0,1,null,3]" {
			t.Errorf("got %s", got)
		}
		if out[2] != graphql.Null {
			t.Error("a list of elements that must not be null would not notice")
		}
		wantError(t, graphql.GetErrors(ctx), "books[2]")
		if got := written(plain.MarshalSlice(ctx, oc, waiting, nil, 0, nil)); got != "[]" {
			t.Errorf("an empty one is %s", got)
		}
	}
}

// selection is that of the first field of a query.
func selection(t *testing.T, query string) ast.SelectionSet {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	return doc.Operations[0].SelectionSet[0].(*ast.Field).SelectionSet
}

func TestElementsThatWaitDoSoTogether(t *testing.T) {
	t.Parallel()
	for query, together := range map[string]bool{
		`{ book ` + nothing + ` }`:                                    false,
		`{ book { ... { title } ...b } } fragment b on Book { name }`: false,
		`{ book ` + itself + ` }`:                                     true,
		`{ book { ... on Book { author { name } } } }`:                true,
		`{ book { ...b } } fragment b on Book { author { name } }`:    true,
		`{ shelf { name } }`:                                          false,
		`{ shelf { written { name } } }`:                              false,
		`{ shelf { written { born } } }`:                              true,
		`{ shelf { ... on Book { name author { name } } } }`:          true,
		`{ shelf { author { name } } }`:                               true, // that of an interface, whoever it is
	} {
		selected := selection(t, query)
		for _, memory := range []*plain.Fields{nil, {}} {
			for range 2 {
				_, oc := request()
				if memory != nil {
					memory.Use(oc)
				}
				ctx, _ := request()
				var running, most atomic.Int32
				plain.MarshalSlice(ctx, oc, waiting, selected, 3, func(context.Context, int) graphql.Marshaler {
					most.Store(max(most.Load(), running.Add(1)))
					defer running.Add(-1)
					for deadline := time.Now().Add(2 * time.Second); together && most.Load() < 3 && time.Now().Before(deadline); {
						runtime.Gosched() // until the others are here
						most.Store(max(most.Load(), running.Load()))
					}
					return graphql.Null
				})
				if got := most.Load() == 3; got != together {
					t.Errorf("%s: together is %v", query, got)
				}
			}
		}
	}
}

func TestObjectWritesEachNameOnce(t *testing.T) {
	t.Parallel()
	same := field("a")
	node := graphql.CollectedField{Field: &ast.Field{Name: "a", Alias: "a", ObjectDefinition: &ast.Definition{Name: "Node"}}}
	o := plain.NewObject([]graphql.CollectedField{same, node, field("b")})
	for i := range o.Values {
		o.Values[i] = graphql.MarshalInt(i)
	}
	if got := written(o); got != `{"a":0,"b":2}` {
		t.Errorf("got %s", got)
	}
}

func TestObjectResolvesFieldsTogether(t *testing.T) {
	t.Parallel()
	ctx, oc := request()
	o := plain.NewObject([]graphql.CollectedField{field("a"), field("b"), field("c")})
	var all sync.WaitGroup
	all.Add(len(o.Values))
	for i := range o.Values {
		o.ResolveConcurrently(oc, nil, i, true, true, func(context.Context) graphql.Marshaler {
			all.Done()
			all.Wait() // until all of them are at it
			return graphql.MarshalInt(i)
		})
	}
	o.Dispatch(ctx)
	if got := written(o); got != `{"a":0,"b":1,"c":2}` || o.Invalids != 0 {
		t.Errorf("%s, %d invalid", got, o.Invalids)
	}
}

func TestFieldThatPanicsIsNull(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		nonNull  bool
		invalids uint32
	}{{true, 1}, {false, 0}} {
		ctx, oc := request()
		o := plain.NewObject([]graphql.CollectedField{field("a"), field("b")})
		o.ResolveConcurrently(oc, nil, 0, true, true, func(context.Context) graphql.Marshaler { return graphql.MarshalInt(1) })
		o.ResolveRootConcurrently(plain.Within(ctx, "Query", field("b")), oc, 1, true, c.nonNull, func(context.Context) graphql.Marshaler { panic("no") })
		o.Dispatch(ctx)
		if got := written(o); got != `{"a":1,"b":null}` || o.Invalids != c.invalids {
			t.Errorf("non-null %v: %s, %d invalid", c.nonNull, got, o.Invalids)
		}
		wantError(t, graphql.GetErrors(ctx), "b")
	}
}

func TestMethodThatPanicsIsNull(t *testing.T) {
	t.Parallel()
	ctx, oc := request()
	price := func(panics bool) (ret graphql.Marshaler) {
		defer plain.Recover(ctx, oc, "Book", field("price"), &ret)
		if panics {
			panic("no")
		}
		return graphql.MarshalInt(9)
	}
	if got := price(false); written(got) != "9" {
		t.Errorf("got %s", written(got))
	}
	if got := price(true); got != graphql.Null {
		t.Errorf("got %s", written(got))
	}
	wantError(t, graphql.GetErrors(ctx), "price")
}

func TestResolverThatFailsIsNull(t *testing.T) {
	t.Parallel()
	ctx, oc := request()
	inner := plain.Within(ctx, "Query", field("book"))
	if got := plain.Failed(inner, oc, "Book", field("cover"), errBroken); got != graphql.Null {
		t.Errorf("got %s", written(got))
	}
	wantError(t, graphql.GetErrors(ctx), "book.cover")
}

// big writes a letter many times.
type big struct {
	letter byte
	n      int
}

func (b big) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, strings.Repeat(string(b.letter), b.n))
}

func TestBytesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			b := big{byte('a' + i%26), i * 997}
			got := plain.Bytes(b)
			_ = plain.Bytes(big{'-', 100_000}) // whoever comes next
			if want := strings.Repeat(string(b.letter), b.n); string(got) != want {
				t.Errorf("%d bytes of %c were overwritten", b.n, b.letter)
			}
		})
	}
	all.Wait()
}

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { book: Book shelf: Thing }
	interface Thing { name: String author: Author written: Author }
	type Book implements Thing { name: String title: String author: Author written: Author }
	type Author { name: String born: Int }`})

// walk writes out what a selection comes to, all the way down.
func walk(oc *graphql.OperationContext, collect func(*graphql.OperationContext, ast.SelectionSet, []string) []graphql.CollectedField, set ast.SelectionSet, types map[string][]string, name string) string {
	var b strings.Builder
	for _, f := range collect(oc, set, types[name]) {
		fmt.Fprintf(&b, "%s:%s", f.Alias, f.Name)
		if len(f.Selections) > 0 {
			next := f.Definition.Type.Name()
			if next == "Thing" {
				next = "Book"
			}
			b.WriteString("{" + walk(oc, collect, f.Selections, types, next) + "}")
		}
		b.WriteString(" ")
	}
	return b.String()
}

func TestRememberedFieldsAreThoseOfGqlgen(t *testing.T) {
	t.Parallel()
	types := map[string][]string{"Query": {"Query"}, "Book": {"Book", "Thing"}, "Author": {"Author"}}
	for _, query := range []string{
		`{ book { title author { name } } }`,
		`{ book { title } book { author { name } } again: book { title } }`,
		`{ shelf { name ... on Book { title author { born } } ... on Thing { name } } }`,
		`{ book { ...b author { ...a } } } fragment b on Book { title author { name ...a } } fragment a on Author { born name }`,
	} {
		doc, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules())
		if errs != nil {
			t.Fatal(errs)
		}
		_, bare := request()
		bare.Doc = doc
		want := walk(bare, graphql.CollectFields, doc.Operations[0].SelectionSet, types, "Query")
		memory := &plain.Fields{}
		var requests sync.WaitGroup
		for range 8 {
			requests.Go(func() {
				_, oc := request()
				oc.Doc = doc
				memory.Use(oc)
				if got := walk(oc, plain.CollectFields, doc.Operations[0].SelectionSet, types, "Query"); got != want {
					t.Errorf("%s: %s, not %s", query, got, want)
				}
			})
		}
		requests.Wait()
		_, oc := request()
		oc.Doc = doc
		if got := walk(oc, plain.CollectFields, doc.Operations[0].SelectionSet, types, "Query"); got != want {
			t.Errorf("without a memory %s: %s, not %s", query, got, want)
		}
	}
}

func TestFieldsAreCollectedOnce(t *testing.T) {
	t.Parallel()
	doc, errs := gqlparser.LoadQueryWithRules(schema, `{ book { title } }`, rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	memory, satisfies := &plain.Fields{}, []string{"Query"}
	collect := func() []graphql.CollectedField {
		_, oc := request()
		oc.Doc = doc
		memory.Use(oc)
		return plain.CollectFields(oc, doc.Operations[0].SelectionSet, satisfies)
	}
	if a, b := collect(), collect(); &a[0] != &b[0] {
		t.Error("found out anew for a second request")
	}
}
