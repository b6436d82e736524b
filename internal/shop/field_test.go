package shop_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/shop"
)

func day(s string) *time.Time {
	t, ok := shop.Day(s)
	if !ok {
		panic(s)
	}
	return &t
}

var colours = []shop.FieldOption{{ID: 1, Label: "Red"}, {ID: 3, Label: "Blue"}, {ID: 4, Label: "Green"}}

// oneOfEach has a field of every kind, ids 26 to 34.
func oneOfEach() shop.Forms {
	fields := []shop.FormField{
		{Kind: shop.FieldCheckboxes, Options: colours},
		{Kind: shop.FieldDate, FieldSettings: shop.FieldSettings{MinDate: day("2024-01-31"), MaxDate: day("2024-12-31")}},
		{Kind: shop.FieldMultilineText, FieldSettings: shop.FieldSettings{Rows: 3}},
		{Kind: shop.FieldNumber, FieldSettings: shop.FieldSettings{MinNumber: ptr[int64](-5), MaxNumber: ptr[int64](1000), MaxLength: ptr[int64](5)}},
		{Kind: shop.FieldPassword, FieldSettings: shop.FieldSettings{MaxLength: ptr[int64](8)}},
		{Kind: shop.FieldPicklist, Options: colours},
		{Kind: shop.FieldPicklistOrText, FieldSettings: shop.FieldSettings{MaxLength: ptr[int64](5)}},
		{Kind: shop.FieldRadioButtons, Options: colours},
		{Kind: shop.FieldText, FieldSettings: shop.FieldSettings{MaxLength: ptr[int64](5)}},
	}
	for i := range fields {
		f := &fields[i]
		f.ID, f.Form, f.Label = int64(26+i), shop.FormCustomer, fmt.Sprint("F", 26+i)
	}
	return shop.Forms{Custom: fields}
}

func number(id int64, n float64) shop.FieldInput {
	return shop.FieldInput{List: shop.ListNumbers, FieldID: id, Number: n}
}

func date(id int64, s string) shop.FieldInput {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return shop.FieldInput{List: shop.ListDates, FieldID: id, Date: t}
}

func words(list shop.FieldList, id int64, s string) shop.FieldInput {
	return shop.FieldInput{List: list, FieldID: id, Text: s}
}

func choice(list shop.FieldList, id int64, ids ...int64) shop.FieldInput {
	return shop.FieldInput{List: list, FieldID: id, Options: ids}
}

// said is the first complaint about one input to a form, as path and text, or
// the value that would be kept.
func said(forms shop.Forms, in shop.FieldInput) string {
	u := shop.FieldUpdate{Inputs: []shop.FieldInput{in}}
	if errs := u.Check(forms, shop.FormCustomer, "input.formFields"); len(errs) > 0 {
		return errs[0].Field + ": " + errs[0].Error()
	}
	old := shop.FieldValue{FieldID: in.FieldID, Text: "old"}
	if in.List == shop.ListCheckboxes || in.List == shop.ListMultipleChoices {
		old = shop.FieldValue{FieldID: in.FieldID, Options: []int64{4}}
	}
	set, cleared, err := u.Apply([]shop.FieldValue{old})
	switch {
	case err != nil:
		return err.Error()
	case len(cleared) > 0:
		return "cleared"
	case len(set) == 0:
		return "unchanged"
	}
	v := set[0]
	switch {
	case v.Number != nil:
		return fmt.Sprint(*v.Number)
	case v.Date != nil:
		return v.Date.Format(time.RFC3339Nano)
	case v.Options != nil:
		return fmt.Sprint(v.Options)
	}
	return v.Text + v.Secret
}

func TestFieldValues(t *testing.T) {
	t.Parallel()
	const path = "input.formFields."
	forms := oneOfEach()
	for _, c := range []struct {
		in   shop.FieldInput
		want string
	}{
		{choice(shop.ListCheckboxes, 26, 4, 1, 4), "[1 4]"},
		{choice(shop.ListCheckboxes, 26, 1, 2), path + "checkboxes.0.fieldValueEntityIds: Choose one of the options."},
		{choice(shop.ListCheckboxes, 26), "cleared"},
		{choice(shop.ListCheckboxes, 26, 4), "unchanged"},
		{choice(shop.ListMultipleChoices, 26, 1), path + "multipleChoices.0.fieldValueEntityId: This field takes another kind of value."},
		{date(27, "2024-01-31T00:00:00Z"), "2024-01-31T00:00:00Z"},
		{date(27, "2024-12-31T23:59:59.5Z"), "2024-12-31T23:59:59Z"},
		{date(27, "2024-02-01T01:00:00+02:00"), "2024-01-31T23:00:00Z"},
		{date(27, "2024-01-30T23:59:59Z"), path + "dates.0.date: Choose a date from 2024-01-31 on."},
		{date(27, "2025-01-01T00:00:00Z"), path + "dates.0.date: Choose a date up to 2024-12-31."},
		{date(27, "0000-01-01T00:00:00Z"), path + "dates.0.date: Enter a valid date."},
		{date(27, "9999-12-31T23:59:59-12:00"), path + "dates.0.date: Enter a valid date."},
		{words(shop.ListTexts, 27, "2024-05-01"), path + "texts.0.text: This field takes another kind of value."},
		{words(shop.ListTexts, 27, " "), "cleared"},
		{words(shop.ListMultilineTexts, 28, " a\r\n\tb "), "a\r\n\tb"},
		{words(shop.ListMultilineTexts, 28, "\n"), "cleared"},
		{words(shop.ListMultilineTexts, 28, "a\x00"), path + "multilineTexts.0.multilineText: Control characters are not allowed here."},
		{words(shop.ListMultilineTexts, 28, strings.Repeat("ä", 10_000)), strings.Repeat("ä", 10_000)},
		{words(shop.ListMultilineTexts, 28, strings.Repeat("ä", 10_001)), path + "multilineTexts.0.multilineText: Use at most 10000 characters."},
		{number(29, -5), "-5"}, {number(29, 1000), "1000"}, {number(29, 0), "0"}, {number(29, 2.125), "2.125"},
		{number(29, -5.01), path + "numbers.0.number: Enter a number of at least -5."},
		{number(29, 1000.5), path + "numbers.0.number: Enter a number of at most 1000."},
		{number(29, 1.2345), path + "numbers.0.number: Use at most 5 characters."},
		{words(shop.ListTexts, 29, ""), "cleared"},
		{words(shop.ListPasswords, 30, " 12345 "), " 12345 "},
		{words(shop.ListPasswords, 30, "123456789"), path + "passwords.0.password: Use at most 8 characters."},
		{words(shop.ListPasswords, 30, "\xff"), path + "passwords.0.password: Use at most 8 characters."},
		{words(shop.ListPasswords, 30, ""), "unchanged"},
		{words(shop.ListTexts, 30, ""), "cleared"},
		{choice(shop.ListMultipleChoices, 31, 3), "[3]"},
		{choice(shop.ListMultipleChoices, 31, 2), path + "multipleChoices.0.fieldValueEntityId: Choose one of the options."},
		{choice(shop.ListMultipleChoices, 31, -1), path + "multipleChoices.0.fieldValueEntityId: Choose one of the options."},
		{choice(shop.ListMultipleChoices, 31, 0), "cleared"},
		{words(shop.ListTexts, 31, "Red"), path + "texts.0.text: This field takes another kind of value."},
		{words(shop.ListTexts, 32, "Wales"), "Wales"},
		{words(shop.ListTexts, 32, "Cymru!"), path + "texts.0.text: Use at most 5 characters."},
		{choice(shop.ListMultipleChoices, 33, 1), "[1]"},
		{choice(shop.ListMultipleChoices, 33, 4), "unchanged"},
		{words(shop.ListTexts, 34, " äöüÄÖ "), "äöüÄÖ"},
		{words(shop.ListTexts, 34, "old"), "unchanged"},
		{words(shop.ListTexts, 34, "a\nb"), path + "texts.0.text: Line breaks and control characters are not allowed here."},
		{words(shop.ListTexts, 34, "123456"), path + "texts.0.text: Use at most 5 characters."},
		{words(shop.ListTexts, 34, ""), "cleared"},
		{words(shop.ListPasswords, 34, "a"), path + "passwords.0.password: This field takes another kind of value."},
		{words(shop.ListTexts, 35, "a"), path + "texts.0.fieldEntityId: This form has no such field."},
		{words(shop.ListTexts, 4, "Ada"), path + "texts.0.fieldEntityId: This form has no such field."},
		{choice(shop.ListCheckboxes, 25, 1), path + "checkboxes.0.fieldEntityId: This form has no such field."},
	} {
		if got := said(forms, c.in); got != c.want {
			t.Errorf("%s %d: got %.200q, want %.200q", c.in.List, c.in.FieldID, got, c.want)
		}
	}
}

func TestAFieldGivenTwice(t *testing.T) {
	t.Parallel()
	u := shop.FieldUpdate{Inputs: []shop.FieldInput{words(shop.ListTexts, 34, "a"), words(shop.ListMultilineTexts, 34, "")}}
	errs := u.Check(oneOfEach(), shop.FormCustomer, "p")
	if len(errs) != 1 || errs[0].Field != "p.multilineTexts.0.fieldEntityId" || errs[0].Error() != "This field was given twice." {
		t.Errorf("%v", errs)
	}
}

func TestRequiredFields(t *testing.T) {
	t.Parallel()
	forms := oneOfEach()
	terms := &forms.Custom[0]
	terms.Required, terms.Label = true, "Terms and Conditions"
	const missing = "Required account form field ID 26 ('Terms and Conditions') is missing"
	kept := []shop.FieldValue{{FieldID: 26, Options: []int64{3}}}
	for name, c := range map[string]struct {
		in    []shop.FieldInput
		there []shop.FieldValue
		path  string // "" for fine
	}{
		"nothing there, nothing sent":         {nil, nil, "input.formFields.26"},
		"nothing there, none ticked":          {[]shop.FieldInput{choice(shop.ListCheckboxes, 26)}, nil, "input.formFields.checkboxes.0.fieldValueEntityIds"},
		"there, and not sent":                 {nil, kept, ""},
		"there, and others sent":              {[]shop.FieldInput{words(shop.ListTexts, 34, "a")}, kept, ""},
		"there, and taken away":               {[]shop.FieldInput{choice(shop.ListCheckboxes, 26)}, kept, "input.formFields.checkboxes.0.fieldValueEntityIds"},
		"there, but of an option that is not": {nil, []shop.FieldValue{{FieldID: 26, Options: []int64{2}}}, "input.formFields.26"},
		"sent":                                {[]shop.FieldInput{choice(shop.ListCheckboxes, 26, 1)}, nil, ""},
	} {
		u := shop.FieldUpdate{Inputs: c.in}
		if errs := u.Check(forms, shop.FormCustomer, "input.formFields"); errs != nil {
			t.Errorf("%s: %v", name, errs)
		}
		_, _, err := u.Apply(c.there)
		errs := shop.ErrorsIn(err)
		if (c.path == "") != (err == nil) || err != nil && (len(errs) != 1 || errs[0].Field != c.path || errs[0].Error() != missing || errs[0].Code != shop.BadUserInput) {
			t.Errorf("%s: %v", name, errs)
		}
	}
	german := shop.Invalid("", "Required account form field ID %s ('%s') is missing", "1234", "AGB").Text(shop.Printer("de", ""))
	if german != "Das Pflichtfeld 1234 („AGB“) des Kontos fehlt" {
		t.Error(german)
	}
}

// One complaint about a field is enough.
func TestANewAccountHearsOfEverything(t *testing.T) {
	t.Parallel()
	forms := oneOfEach()
	for _, i := range []int{1, 4, 8} {
		forms.Custom[i].Required = true
	}
	u := shop.FieldUpdate{Inputs: []shop.FieldInput{date(27, "2020-01-01T00:00:00Z"), words(shop.ListPasswords, 30, "")}}
	var got []string
	for _, e := range u.New(forms, shop.FormCustomer, "p") {
		got = append(got, e.Field)
	}
	if want := []string{"p.dates.0.date", "p.passwords.0.password", "p.34"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFormsMeet(t *testing.T) {
	t.Parallel()
	forms := shop.Forms{Custom: []shop.FormField{
		{ID: 26, Form: shop.FormCustomer, Kind: shop.FieldText, Required: true}, {ID: 27, Form: shop.FormAddress, Kind: shop.FieldText, Required: true},
		{ID: 28, Form: shop.FormShipping, Kind: shop.FieldText, Required: true}, {ID: 29, Form: shop.FormBilling, Kind: shop.FieldText, Required: true},
	}}
	for form, want := range map[shop.Form][2]string{ // what it asks for, what an input to it misses
		shop.FormCustomer: {"[1 2 3 24 25 26]", "[p.26]"},
		shop.FormShipping: {"[4 5 6 7 8 9 10 11 12 13 27 28]", "[p.27 p.28]"},
		shop.FormBilling:  {"[4 5 6 7 8 9 10 11 12 13 27 29]", "[p.27 p.29]"},
		// An address book is filled in by the shipping form.
		shop.FormAddress: {"[4 5 6 7 8 9 10 11 12 13 27 28 29]", "[p.27 p.28]"},
	} {
		var ids []int64
		for _, f := range forms.Fields(form) {
			ids = append(ids, f.ID)
		}
		missing := []string{}
		var u shop.FieldUpdate
		for _, e := range u.New(forms, form, "p") {
			missing = append(missing, e.Field)
			if account := strings.Contains(e.Error(), "account form field"); account != (form == shop.FormCustomer) {
				t.Errorf("%s: %s", form, e)
			}
		}
		if got := fmt.Sprint(ids); got != want[0] || fmt.Sprint(missing) != want[1] {
			t.Errorf("%s: %s, missing %v, want %v", form, got, missing, want)
		}
		if !forms.HasCustom(form) || (shop.Forms{}).HasCustom(form) {
			t.Errorf("%s: HasCustom", form)
		}
	}
	u := shop.FieldUpdate{Inputs: []shop.FieldInput{words(shop.ListTexts, 29, "a"), words(shop.ListTexts, 26, "a")}}
	if errs := u.Check(forms, shop.FormAddress, "p"); len(errs) != 1 || errs[0].Field != "p.texts.0.fieldEntityId" {
		t.Errorf("an address takes what only billing asks for, and nothing of the account: %v", errs)
	}
}
