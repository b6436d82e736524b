package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"regulars/graph/graphtest"
)

// fieldItems are inputs to a field of any id, by list.
var fieldItems = map[string]string{
	"checkboxes": `{fieldEntityId: %d, fieldValueEntityIds: [1]}`, "multipleChoices": `{fieldEntityId: %d, fieldValueEntityId: 1}`,
	"numbers": `{fieldEntityId: %d, number: 1}`, "dates": `{fieldEntityId: %d, date: "2000-01-01T00:00:00Z"}`, "texts": `{fieldEntityId: %d, text: "a"}`,
	"multilineTexts": `{fieldEntityId: %d, multilineText: "a"}`, "passwords": `{fieldEntityId: %d, password: "a"}`,
}

// fieldForms are mutations with form fields left open, by where these stand.
var fieldForms = map[string]string{
	"CustomerMutations.registerCustomer(input.formFields": `registerCustomer(input: {firstName: "A", lastName: "B", email: "ab@example.com", password: "a password nobody has",
		formFields: {%s}})`,
	"CustomerMutations.registerCustomer(input.address.formFields": `registerCustomer(input: {firstName: "A", lastName: "B", email: "ab@example.com", password: "a password nobody has",
		address: {firstName: "A", lastName: "B", address1: "C", city: "D", countryCode: "FR", formFields: {%s}}})`,
	"CustomerMutations.updateCustomer(input.formFields":             `updateCustomer(input: {formFields: {%s}})`,
	"CustomerMutations.addCustomerAddress(input.formFields":         `addCustomerAddress(input: {firstName: "A", lastName: "B", address1: "C", city: "D", countryCode: "FR", formFields: {%s}})`,
	"CustomerMutations.updateCustomerAddress(input.data.formFields": `updateCustomerAddress(input: {addressEntityId: 1, data: {formFields: {%s}}})`,
}

// askForField is the operation that takes the id of a form field, or of an
// option, as idArguments names it; "" for another id.
func askForField(id string) string {
	form, rest, ok := strings.Cut(id, ".formFields.")
	list, leaf, _ := strings.Cut(strings.TrimSuffix(rest, ")"), ".")
	mutation, item := fieldForms[form+".formFields"], fieldItems[list]
	if !ok || mutation == "" || item == "" {
		return ""
	}
	if leaf == "fieldValueEntityId" {
		field := "31"
		if strings.Contains(form, "ddress") {
			field = "36"
		}
		item = `{fieldEntityId: ` + field + `, fieldValueEntityId: %d}`
	}
	return `mutation { customer { ` + fmt.Sprintf(mutation, list+`: [`+item+`]`) + ` { errors { __typename ... on Error { message } ... on ValidationError { path } } } } }`
}

// G1 for form fields: another store's fields, of every form, and an option that
// another field has, look like those that nobody has.
func TestForeignFieldsLookUnknown(t *testing.T) {
	t.Parallel()
	s := withFields(t)
	cookie := graphtest.WithCookie(s.Login(t, "ada@example.com"))
	s.DB.Owner(t).MustExec(`INSERT INTO form_field_options (store_id, field_id, id, label) VALUES (1, 33, 77, 'elsewhere')`)
	var ids []string
	for form := range fieldForms {
		for list := range fieldItems {
			ids = append(ids, form+"."+list+".fieldEntityId)")
		}
		ids = append(ids, form+".multipleChoices.fieldValueEntityId)")
	}
	for _, id := range ids {
		query := askForField(id)
		want := string(s.Query(t, fmt.Sprintf(query, 999_999), cookie).Body)
		if !strings.Contains(want, `"ValidationError"`) || !strings.Contains(want, `"formFields"`) {
			t.Errorf("%s: %s", id, want)
		}
		for _, foreign := range []int64{97, 99, 77} { // fields of the other store, and another field's option
			if got := string(s.Query(t, fmt.Sprintf(query, foreign), cookie).Body); got != want {
				t.Errorf("%s: %s, for an unknown one %s", id, got, want)
			}
		}
	}
}
