package graph_test

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
)

// idArguments finds every argument of the schema that names a row by its id, as
// field(path).
func idArguments(s *ast.Schema) (out []string) {
	var walk func(field, path string, t *ast.Type, seen map[string]bool)
	walk = func(field, path string, t *ast.Type, seen map[string]bool) {
		if t.Name() == "Int" || t.Name() == "ID" {
			if name := path[strings.LastIndexByte(path, '.')+1:]; strings.HasSuffix(strings.ToLower(name), "entityid") || t.Name() == "ID" {
				out = append(out, field+"("+path+")")
			}
		}
		d := s.Types[t.Name()]
		if d == nil || d.Kind != ast.InputObject || seen[d.Name] {
			return
		}
		seen[d.Name] = true
		for _, f := range d.Fields {
			walk(field, path+"."+f.Name, f.Type, seen)
		}
	}
	for _, d := range ours(s) {
		if d.Kind != ast.Object {
			continue
		}
		for _, f := range d.Fields {
			for _, a := range f.Arguments {
				walk(d.Name+"."+f.Name, a.Name, a.Type, map[string]bool{})
			}
		}
	}
	sort.Strings(out)
	return out
}

// askForAddress are the operations that take the id of an address.
var askForAddress = map[string]string{
	"CustomerMutations.updateCustomerAddress(input.addressEntityId)": `mutation { customer { updateCustomerAddress(input: {addressEntityId: %d, data: {city: "Taken"}}) { address { entityId city } errors { __typename ... on Error { message } } } } }`,
	"CustomerMutations.deleteCustomerAddress(input.addressEntityId)": `mutation { customer { deleteCustomerAddress(input: {addressEntityId: %d}) { errors { __typename ... on Error { message } } } } }`,
}

// idsToldElsewhere are ids whose owners other tests speak for.
var idsToldElsewhere = map[string]string{
	"Query.customer(entityId)":                                "golden customer_foreign: the shopper's own or FORBIDDEN",
	"NewsletterMutations.subscribe(input.orderEntityId)":      "a claim of the caller, which nothing is looked up by",
	"CustomerAttributes.attribute(entityId)":                  "golden attributes_other_store and attributes_unknown",
	"CustomerMutations.resetPassword(input.customerEntityId)": "golden reset_other_customer and reset_no_such_link",
}

// G1: whoever asks for a row that is not theirs is answered as if it were not
// there. The list comes from the schema, so that a new id cannot be left out.
func TestForeignIdsLookUnknown(t *testing.T) {
	t.Parallel()
	for _, id := range idArguments(schema(t)) {
		if askForAddress[id] == "" && idsToldElsewhere[id] == "" && askForField(id) == "" {
			t.Errorf("nobody says what a foreign %s gets", id)
		}
	}
	s := graphtest.New(t)
	otherStore(t, s)
	const foreign, unknown = 1, 999_999
	callers := map[string][]graphtest.Header{
		"a guest":          nil,
		"another customer": {graphtest.WithCookie(s.Login(t, "grace@example.com"))},
		"another store":    {graphtest.WithCookie(loginAt(t, s, "two.localhost", "eve@example.com")), {Name: "Host", Value: "two.localhost"}},
	}
	for name, query := range askForAddress {
		for who, headers := range callers {
			got, want := s.Query(t, fmt.Sprintf(query, foreign), headers...), s.Query(t, fmt.Sprintf(query, unknown), headers...)
			if string(got.Body) != string(want.Body) || got.Status != want.Status || !strings.Contains(string(got.Body), `Error"`) {
				t.Errorf("%s by %s: %s, for an unknown one %s", name, who, got.Body, want.Body)
			}
		}
	}
	r := s.Query(t, `{ currentCustomer { addresses { edges { node { entityId city } } } } }`, graphtest.WithCookie(s.Login(t, "ada@example.com")))
	if got := string(r.Body); !strings.Contains(got, `{"entityId":1,"city":"Austin"}`) {
		t.Error(got)
	}
}

// otherStore makes a second store with a customer in it.
func otherStore(t *testing.T, s *graphtest.Server) {
	t.Helper()
	id, err := s.Storage.CreateStore(t.Context(), shop.Store{Hash: "two", Name: "Two", Plan: shop.PlanStandard, Status: shop.StatusLaunched, Currency: "USD",
		Country: "US", Locale: "en", Settings: shop.DefaultSettings()}, shop.Channel{Name: "Two", Hosts: []string{"two.localhost"}, AllowGlobalLogin: true})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := password.New(1).Hash(t.Context(), command.DemoPassword)
	if err != nil {
		t.Fatal(err)
	}
	email, _ := shop.ParseEmail("eve@example.com")
	if _, err := s.Storage.CreateCustomer(t.Context(), id, storage.NewCustomer{Email: email, Profile: shop.Profile{FirstName: "Eve", LastName: "E"},
		PasswordHash: hash, ChannelID: 1}); err != nil {
		t.Fatal(err)
	}
}

func loginAt(t *testing.T, s *graphtest.Server, host, email string) string {
	t.Helper()
	r := s.Query(t, `mutation { login(email: "`+email+`", password: "`+command.DemoPassword+`") { result } }`, graphtest.Header{Name: "Host", Value: host})
	if r.Cookie() == "" {
		t.Fatalf("no login: %d %s", r.Status, r.Body)
	}
	return r.Cookie()
}

const addOne = `mutation { customer { addCustomerAddress(input: {firstName: "A", lastName: "B", address1: "%d Main Street", city: "C", countryCode: "FR"}) { address { entityId } errors { __typename } } } }`

// Over HTTP as well: fifty at once, and the book ends at its hundred.
func TestFiftyAddressesAtOnce(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, "ada@example.com"))
	ada := s.DB.Owner(t)
	ada.MustExec(`INSERT INTO addresses (store_id, customer_id, fingerprint, first_name, last_name, address1, city, country_code)
		SELECT store_id, id, n::text::bytea, 'A', 'B', 'C', 'D', 'FR' FROM customers, generate_series(1, 68) n WHERE id = 1`)
	var wg sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		wg.Go(func() { answers[i] = string(s.Query(t, fmt.Sprintf(addOne, i), cookie).Body) })
	}
	wg.Wait()
	added, full := 0, 0
	for _, a := range answers {
		switch {
		case strings.Contains(a, `"errors":[]`):
			added++
		case strings.Contains(a, `{"__typename":"CustomerAddressCreationError"}`):
			full++
		default:
			t.Error(a)
		}
	}
	if added != 30 || full != 20 {
		t.Errorf("%d added, %d refused", added, full)
	}
}
