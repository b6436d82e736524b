package shop

import (
	"cmp"
	"slices"
	"time"
)

// Form is a form that shoppers fill in. A field of FormAddress is asked for in
// both of the others that are about addresses.
type Form string

// The forms.
const (
	FormCustomer Form = "CUSTOMER"
	FormAddress  Form = "ADDRESS"
	FormShipping Form = "SHIPPING"
	FormBilling  Form = "BILLING"
)

// Meets tells whether a field of one form is asked for in the other.
func (f Form) Meets(other Form) bool {
	return f == other || (f == FormAddress && other != FormCustomer) || (other == FormAddress && f != FormCustomer)
}

// FieldKind says what a form field takes.
type FieldKind string

// The kinds, each a type of the contract.
const (
	FieldCheckboxes     FieldKind = "CHECKBOXES"
	FieldDate           FieldKind = "DATE"
	FieldMultilineText  FieldKind = "MULTILINE_TEXT"
	FieldNumber         FieldKind = "NUMBER"
	FieldPassword       FieldKind = "PASSWORD"
	FieldPicklist       FieldKind = "PICKLIST"
	FieldPicklistOrText FieldKind = "PICKLIST_OR_TEXT"
	FieldRadioButtons   FieldKind = "RADIO_BUTTONS"
	FieldText           FieldKind = "TEXT"
)

// HasOptions tells the kinds that one chooses in.
func (k FieldKind) HasOptions() bool {
	return k == FieldCheckboxes || k == FieldPicklist || k == FieldRadioButtons
}

// BuiltInField names a field that every store has; it is the contract's enum
// BuiltInFormFieldId.
type BuiltInField string

// The built-in fields.
const (
	BuiltInEmail           BuiltInField = "EmailAddress"
	BuiltInPassword        BuiltInField = "Password"
	BuiltInConfirmPassword BuiltInField = "ConfirmPassword"
	BuiltInFirstName       BuiltInField = "FirstName"
	BuiltInLastName        BuiltInField = "LastName"
	BuiltInCompany         BuiltInField = "CompanyName"
	BuiltInPhone           BuiltInField = "Phone"
	BuiltInAddress1        BuiltInField = "AddressLine1"
	BuiltInAddress2        BuiltInField = "AddressLine2"
	BuiltInCity            BuiltInField = "City"
	BuiltInCountry         BuiltInField = "Country"
	BuiltInState           BuiltInField = "State"
	BuiltInZip             BuiltInField = "Zip"
	BuiltInCurrentPassword BuiltInField = "CurrentPassword"
	BuiltInMarketing       BuiltInField = "ReceiveMarketingEmails"
)

// FormField defines one field of a form.
type FormField struct {
	ID        int64
	Form      Form
	Kind      FieldKind
	Label     string
	Required  bool
	SortOrder int64
	BuiltIn   BuiltInField  // "" for one that the store added
	Options   []FieldOption // in the order they were added
	FieldSettings
}

// FieldOption is one choice; its id is unique in its field, and never used again.
type FieldOption struct {
	ID    int64
	Label string
}

// FieldSettings are the bounds and defaults that only some kinds have; kept as
// one JSON value.
type FieldSettings struct {
	DefaultText   *string    `json:"defaultText,omitempty"`
	DefaultNumber *float64   `json:"defaultNumber,omitempty"`
	DefaultDate   *time.Time `json:"defaultDate,omitempty"`
	MinNumber     *int64     `json:"minNumber,omitempty"`
	MaxNumber     *int64     `json:"maxNumber,omitempty"`
	MinDate       *time.Time `json:"minDate,omitempty"` // a day, as is MaxDate, which still belongs to it
	MaxDate       *time.Time `json:"maxDate,omitempty"`
	MaxLength     *int64     `json:"maxLength,omitempty"`
	Rows          int64      `json:"rows,omitempty"`
	Prefix        string     `json:"prefix,omitempty"` // what a pick list says before anything is picked
}

// FieldOverride is what a store changed of a built-in field in one form; nil
// leaves it as built in.
type FieldOverride struct {
	Form      Form
	FieldID   int64
	Label     *string
	Required  *bool
	SortOrder *int64
}

// FirstFieldID is the first of the ids that stores give to their own fields.
const FirstFieldID = 26

// Forms are the form fields of a store. The zero value has the built-in ones.
type Forms struct {
	Custom    []FormField // by id
	Overrides []FieldOverride
}

// builtIn lists the built-in fields of each form, by id. The country's options
// and the state's are in geography.
func builtIn(form Form) []FormField {
	length := func(n int64) FieldSettings { return FieldSettings{MaxLength: &n} }
	prefix := func(s string) FieldSettings { return FieldSettings{Prefix: s} }
	none := FieldSettings{}
	field := func(id int64, name BuiltInField, kind FieldKind, label string, required bool, s FieldSettings) FormField {
		return FormField{ID: id, Form: form, Kind: kind, Label: label, Required: required, SortOrder: id, BuiltIn: name, FieldSettings: s}
	}
	if form == FormCustomer {
		offers := field(25, BuiltInMarketing, FieldCheckboxes, "Exclusive Offers", false, none)
		offers.Options = []FieldOption{{1, "Yes"}}
		return []FormField{
			field(1, BuiltInEmail, FieldText, "Email Address", true, none),
			field(2, BuiltInPassword, FieldPassword, "Password", true, length(maxPassword)),
			field(3, BuiltInConfirmPassword, FieldPassword, "Confirm Password", true, length(maxPassword)),
			field(24, BuiltInCurrentPassword, FieldPassword, "Current Password", false, length(maxPassword)),
			offers,
		}
	}
	return []FormField{
		field(4, BuiltInFirstName, FieldText, "First Name", true, length(int64(firstNameField.max))),
		field(5, BuiltInLastName, FieldText, "Last Name", true, length(int64(lastNameField.max))),
		field(6, BuiltInCompany, FieldText, "Company Name", false, length(int64(companyField.max))),
		field(7, BuiltInPhone, FieldText, "Phone Number", false, length(int64(phoneField.max))),
		field(8, BuiltInAddress1, FieldText, "Address Line 1", true, length(255)),
		field(9, BuiltInAddress2, FieldText, "Address Line 2", false, length(255)),
		field(10, BuiltInCity, FieldText, "City", true, length(100)),
		field(11, BuiltInCountry, FieldPicklist, "Country", true, prefix("Choose a country")),
		field(12, BuiltInState, FieldPicklistOrText, "State/Province", false, prefix("Choose a state")),
		field(13, BuiltInZip, FieldText, "Zip/Postcode", false, length(30)),
	}
}

// mayRequire are the built-in fields that a store may ask for or not. All others
// are always needed, or decided by the country.
var mayRequire = []BuiltInField{BuiltInCompany, BuiltInPhone, BuiltInAddress2, BuiltInZip}

// Fields are those that a form asks for, built-in ones first, by id.
func (f Forms) Fields(form Form) []FormField {
	out := builtIn(form)
	for i := range out {
		for _, o := range f.Overrides {
			if o.Form == form && o.FieldID == out[i].ID {
				o.apply(&out[i])
			}
		}
	}
	return append(out, f.custom(form)...)
}

func (o FieldOverride) apply(f *FormField) {
	if o.Label != nil {
		f.Label = *o.Label
	}
	if o.Required != nil {
		f.Required = *o.Required
	}
	if o.SortOrder != nil {
		f.SortOrder = *o.SortOrder
	}
}

// custom are the store's own fields that a form asks for.
func (f Forms) custom(form Form) (out []FormField) {
	for _, field := range f.Custom {
		if field.Form.Meets(form) {
			out = append(out, field)
		}
	}
	return out
}

// HasCustom tells whether values can be there at all.
func (f Forms) HasCustom(form Form) bool {
	return slices.ContainsFunc(f.Custom, func(field FormField) bool { return field.Form.Meets(form) })
}

// InSortOrder puts fields as shoppers should see them.
func InSortOrder(fields []FormField) {
	slices.SortStableFunc(fields, func(a, b FormField) int {
		return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.ID, b.ID))
	})
}
