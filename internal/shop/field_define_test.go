package shop_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestBuiltInFields(t *testing.T) {
	t.Parallel()
	names := map[int64]shop.BuiltInField{
		1: "EmailAddress", 2: "Password", 3: "ConfirmPassword", 4: "FirstName", 5: "LastName", 6: "CompanyName", 7: "Phone", 8: "AddressLine1",
		9: "AddressLine2", 10: "City", 11: "Country", 12: "State", 13: "Zip", 24: "CurrentPassword", 25: "ReceiveMarketingEmails",
	}
	seen := 0
	for _, form := range []shop.Form{shop.FormCustomer, shop.FormShipping} {
		for _, f := range (shop.Forms{}).Fields(form) {
			seen++
			if f.BuiltIn != names[f.ID] || f.Label == "" || f.Kind.HasOptions() && f.Kind != shop.FieldPicklist && len(f.Options) == 0 {
				t.Errorf("%+v", f)
			}
		}
	}
	if seen != len(names) {
		t.Errorf("%d fields, want %d", seen, len(names))
	}
	forms := shop.Forms{Overrides: []shop.FieldOverride{
		{Form: shop.FormShipping, FieldID: 7, Label: ptr("Mobile"), Required: ptr(true), SortOrder: ptr[int64](-1)}, {Form: shop.FormBilling, FieldID: 6, Required: ptr(true)},
	}}
	fields := forms.Fields(shop.FormShipping)
	shop.InSortOrder(fields)
	if f := fields[0]; f.ID != 7 || f.Label != "Mobile" || !f.Required || fields[1].ID != 4 {
		t.Errorf("%+v", fields[:2])
	}
	if f := forms.Fields(shop.FormShipping)[2]; f.ID != 6 || f.Required {
		t.Errorf("another form's override: %+v", f)
	}
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    shop.FieldOverride
		code shop.Code // "" for fine
	}{
		{shop.FieldOverride{Form: shop.FormShipping, FieldID: 7, Required: ptr(true)}, ""},
		{shop.FieldOverride{Form: shop.FormBilling, FieldID: 11, Label: ptr(" Land ")}, ""},
		{shop.FieldOverride{Form: shop.FormCustomer, FieldID: 1, Required: ptr(true), SortOrder: ptr[int64](9)}, ""},
		{shop.FieldOverride{Form: shop.FormCustomer, FieldID: 1, Required: ptr(false)}, shop.BadUserInput},
		{shop.FieldOverride{Form: shop.FormShipping, FieldID: 12, Required: ptr(true)}, shop.BadUserInput},
		{shop.FieldOverride{Form: shop.FormShipping, FieldID: 4, Label: ptr(" ")}, shop.BadUserInput},
		{shop.FieldOverride{Form: shop.FormShipping, FieldID: 4, SortOrder: ptr[int64](1 << 40)}, shop.BadUserInput},
		{shop.FieldOverride{Form: shop.FormShipping, FieldID: 1}, shop.NotFound},
		{shop.FieldOverride{Form: shop.FormCustomer, FieldID: 14}, shop.NotFound},
	} {
		if err := shop.CheckOverride(&c.o); (err == nil) != (c.code == "") || err != nil && shop.CodeOf(err) != c.code {
			t.Errorf("%+v: %v", c.o, err)
		}
		if c.o.FieldID == 11 && *c.o.Label != "Land" {
			t.Errorf("label %q", *c.o.Label)
		}
	}
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	taken := shop.Forms{Custom: []shop.FormField{{ID: 26, Form: shop.FormAddress, Label: "Doorbell"}}}
	text := func(s string) shop.FieldSettings { return shop.FieldSettings{DefaultText: &s} }
	for _, c := range []struct {
		f    shop.FormField
		want string
	}{
		{shop.FormField{Kind: shop.FieldText, Label: " a ", Form: shop.FormCustomer}, ""},
		{shop.FormField{Kind: shop.FieldText, Label: " ", Form: shop.FormCustomer}, "This field is required."},
		{shop.FormField{Kind: shop.FieldText, Label: "DOORBELL", Form: shop.FormShipping}, `There is a field "DOORBELL" already.`},
		{shop.FormField{Kind: shop.FieldText, Label: "Doorbell", Form: shop.FormCustomer}, ""},
		{shop.FormField{ID: 26, Kind: shop.FieldText, Label: "Doorbell", Form: shop.FormAddress}, ""},
		{shop.FormField{Kind: shop.FieldText, Label: "a", SortOrder: 1 << 32}, "A sort order is a number of 32 bits."},
		{shop.FormField{Kind: shop.FieldRadioButtons, Label: "a"}, "A field of this kind needs options."},
		{shop.FormField{Kind: shop.FieldText, Label: "a", Options: colours}, "A field of this kind has no options."},
		{shop.FormField{Kind: shop.FieldPicklist, Label: "a", Options: make([]shop.FieldOption, 251)}, "A field has at most 250 options."},
		{shop.FormField{Kind: shop.FieldPicklist, Label: "a", Options: []shop.FieldOption{{Label: "A"}, {Label: " a "}}}, `The field has the option "a" already.`},
		{shop.FormField{Kind: shop.FieldPicklist, Label: "a", Options: []shop.FieldOption{{Label: "A\n"}, {Label: ""}}}, "This field is required."},
		{shop.FormField{Kind: shop.FieldPicklist, Label: "a", Options: colours, FieldSettings: text("Red")}, "A field of this kind has no default."},
		{shop.FormField{Kind: shop.FieldPassword, Label: "a", FieldSettings: text("secret")}, "A field of this kind has no default."},
		{shop.FormField{Kind: shop.FieldText, Label: "a", FieldSettings: text("a\nb")}, "Line breaks and control characters are not allowed here."},
		{shop.FormField{Kind: shop.FieldMultilineText, Label: "a", FieldSettings: text("a\nb")}, ""},
		{shop.FormField{Kind: shop.FieldMultilineText, Label: "a", FieldSettings: shop.FieldSettings{Rows: 101}}, "A text has 1 to 100 rows."},
		{shop.FormField{Kind: shop.FieldText, Label: "a", FieldSettings: shop.FieldSettings{Rows: 2}}, "A field of this kind has no rows."},
		{shop.FormField{Kind: shop.FieldText, Label: "a", FieldSettings: shop.FieldSettings{MaxLength: ptr[int64](0)}}, "A length is between 1 and 1000."},
		{shop.FormField{Kind: shop.FieldText, Label: "a", FieldSettings: shop.FieldSettings{MaxLength: ptr[int64](1), DefaultText: ptr("ab")}}, "Use at most 1 characters."},
		{shop.FormField{Kind: shop.FieldText, Label: "a", FieldSettings: shop.FieldSettings{MinNumber: ptr[int64](1)}}, "A field of this kind has no min."},
		{shop.FormField{Kind: shop.FieldNumber, Label: "a", FieldSettings: shop.FieldSettings{MinNumber: ptr[int64](2), MaxNumber: ptr[int64](1)}}, "The smallest value is above the largest."},
		{shop.FormField{Kind: shop.FieldNumber, Label: "a", FieldSettings: shop.FieldSettings{MaxNumber: ptr[int64](math.MaxInt32 + 1)}}, "A bound is a whole number of 32 bits."},
		{shop.FormField{Kind: shop.FieldNumber, Label: "a", FieldSettings: shop.FieldSettings{MaxNumber: ptr[int64](1), DefaultNumber: ptr(1.5)}}, "Enter a number of at most 1."},
		{shop.FormField{Kind: shop.FieldDate, Label: "a", FieldSettings: shop.FieldSettings{MinDate: day("2024-01-02"), MaxDate: day("2024-01-01")}}, "The smallest value is above the largest."},
		{shop.FormField{Kind: shop.FieldDate, Label: "a", FieldSettings: shop.FieldSettings{MinDate: day("2024-01-02"), DefaultDate: day("2024-01-01")}}, "Choose a date from 2024-01-02 on."},
		{shop.FormField{Kind: shop.FieldDate, Label: "a", FieldSettings: shop.FieldSettings{MinDate: day("2024-01-02"), MaxDate: day("2024-01-02"), DefaultDate: day("2024-01-02")}}, ""},
		{shop.FormField{Kind: shop.FieldPicklistOrText, Label: "a", FieldSettings: shop.FieldSettings{Prefix: "a\nb"}}, "Line breaks and control characters are not allowed here."},
	} {
		f := c.f
		f.Options = slices.Clone(f.Options)
		err := taken.Define(&f)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.f, err, c.want)
		}
		if f.Kind == shop.FieldMultilineText && f.Rows == 0 || err == nil && f.Label != strings.TrimSpace(c.f.Label) {
			t.Errorf("not made fit: %+v", f)
		}
	}
	full := shop.Forms{Custom: make([]shop.FormField, shop.MaxFields)}
	if err := full.Define(&shop.FormField{ID: 999, Kind: shop.FieldText, Label: "a"}); shop.CodeOf(err) != shop.Conflict {
		t.Errorf("one too many: %v", err)
	}
}
