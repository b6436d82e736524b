package graph_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"regulars/graph/graphtest"
)

// idArguments finds every argument of the schema that names a row by its id, as
// field(path).
func idArguments(s *ast.Schema) (out []string) {
	var walk func(field, path string, t *ast.Type, seen map[string]bool)
	walk = func(field, path string, t *ast.Type, seen map[string]bool) {
		name := path[strings.LastIndexByte(path, '.')+1:]
		if t.Name() == "ID" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || name == "id" {
			out = append(out, field+"("+path+")")
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

// askForRow are the operations that take the id of somebody's row.
var askForRow = map[string]string{
	"CustomerMutations.updateCustomerAddress(input.addressEntityId)": `mutation { customer { updateCustomerAddress(input: {addressEntityId: %d, data: {city: "Taken"}}) { address { entityId city } errors { __typename ... on Error { message } } } } }`,
	"CustomerMutations.deleteCustomerAddress(input.addressEntityId)": `mutation { customer { deleteCustomerAddress(input: {addressEntityId: %d}) { errors { __typename ... on Error { message } } } } }`,
}

// idsToldElsewhere are ids whose owners other tests speak for.
var idsToldElsewhere = map[string]string{
	"Query.customer(entityId)":                                "golden customer_foreign: the shopper's own or FORBIDDEN",
	"NewsletterMutations.subscribe(input.orderEntityId)":      "a claim of the caller, which nothing is looked up by",
	"Mutation.login(guestCartEntityId)":                       "golden login_guest_cart: carts live elsewhere, their ids are only noted",
	"Mutation.loginWithCustomerLoginJwt(guestCartEntityId)":   "golden login_jwt: as at any login",
	"Mutation.logout(cartEntityId)":                           "golden logout_cart: the recorded cart, or none",
	"CustomerMutations.revokeSession(input.sessionId)":        "golden revoke_session_foreign and revoke_session_unknown",
	"Mutation.generateSessionSyncJwt(cartId)":                 "golden hand_out_cart_other: the recorded cart, or none",
	"FormFields.customer(filters.entityIds)":                  aFilter,
	"FormFields.billingAddress(filters.entityIds)":            aFilter,
	"FormFields.shippingAddress(filters.entityIds)":           aFilter,
	"CustomerAttributes.attribute(entityId)":                  "golden attributes_other_store and attributes_unknown",
	"CustomerMutations.resetPassword(input.customerEntityId)": "golden reset_other_customer and reset_no_such_link",
}

const aFilter = "a part of what this store publishes to anybody"

// G1: whoever asks for a row that is not theirs is answered as if it were not
// there. The list comes from the schema, so that a new id cannot be left out.
func TestForeignIdsLookUnknown(t *testing.T) {
	t.Parallel()
	for _, id := range idArguments(schema(t)) {
		if askForRow[id] == "" && idsToldElsewhere[id] == "" && askForField(id) == "" {
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
	for name, query := range askForRow {
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
