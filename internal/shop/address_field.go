package shop

import "strings"

// NewAddress is an address to be added, with what it says in form fields.
type NewAddress struct {
	CustomerAddress
	Fields FieldUpdate
}

// CheckNew makes a new address fit to be kept, or reports every mistake; at is
// the path of the input that it came in.
func (a *NewAddress) CheckNew(forms Forms, at string) Errors {
	errs := forms.demand(at, true, a.Company, a.Address2, a.PostalCode, a.Phone)
	clean, err := a.Check(at)
	a.CustomerAddress = clean
	return append(append(ErrorsIn(err), errs...), a.Fields.New(forms, FormAddress, at+".formFields")...)
}

// Check looks at what the forms say about the input; Apply reports it.
func (u *AddressUpdate) Check(forms Forms) {
	const at = "input.data"
	_ = u.Fields.Check(forms, FormAddress, at+".formFields") // Apply reports it
	u.demanded = forms.demand(at, false, u.Company, u.Address2, u.PostalCode, u.Phone)
}

// demand reports what the store made required of the built-in fields of an
// address, by its shipping form, and what is empty; or, in a new address, was
// left out. As with all fields of an address, an old value never stands in the
// way.
func (f Forms) demand(at string, isNew bool, company, address2, postalCode, phone *string) (errs Errors) {
	for _, field := range f.Fields(FormShipping) {
		if !field.Required {
			continue
		}
		var text *string
		var name string
		switch field.BuiltIn {
		case BuiltInCompany:
			text, name = company, "company"
		case BuiltInAddress2:
			text, name = address2, "address2"
		case BuiltInZip:
			text, name = postalCode, "postalCode"
		case BuiltInPhone:
			text, name = phone, "phone"
		default:
			continue // always required, or never by the store
		}
		if (text == nil && isNew) || (text != nil && strings.TrimSpace(*text) == "") {
			errs = append(errs, Invalid(at+"."+name, "This field is required."))
		}
	}
	return errs
}
