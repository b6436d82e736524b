package shop

import (
	"slices"
	"strconv"
)

// FieldUpdate changes the values of one form's own fields: Check looks at the
// input alone, Apply at what is there already. The zero value changes nothing
// and asks for nothing.
type FieldUpdate struct {
	Inputs []FieldInput

	form    Form
	path    string // of CustomerFormFieldsInput
	fields  []FormField
	given   map[int64]string // path of the input that a field was given by
	set     []FieldValue
	cleared []int64
	refused Errors
}

// Check cleans the inputs and reports every one that cannot be taken, as Apply
// will; path is where they stand in the arguments, such as input.formFields.
func (u *FieldUpdate) Check(forms Forms, form Form, path string) Errors {
	u.form, u.path, u.fields = form, path, forms.custom(form)
	u.given, u.set, u.cleared, u.refused = map[int64]string{}, nil, nil, nil
	refuse := func(e *Error) { u.refused = append(u.refused, e) }
	for _, in := range u.Inputs {
		item := path + "." + string(in.List) + "." + strconv.Itoa(in.Index)
		i := slices.IndexFunc(u.fields, func(f FormField) bool { return f.ID == in.FieldID })
		switch _, twice := u.given[in.FieldID]; {
		case i < 0:
			refuse(Invalid(item+".fieldEntityId", "This form has no such field."))
			continue
		case twice:
			refuse(Invalid(item+".fieldEntityId", "This field was given twice."))
			continue
		}
		u.given[in.FieldID] = item + "." + valueOf[in.List]
		if e := u.take(u.fields[i], in); e != nil {
			refuse(e)
		}
	}
	return u.refused
}

func (u *FieldUpdate) take(f FormField, in FieldInput) *Error {
	path := u.given[f.ID]
	switch {
	case in.List == ListPasswords && f.Kind == FieldPassword && in.Text == "":
		// A password reads as empty, and forms send back what they read.
		return nil
	case in.empty():
		u.cleared = append(u.cleared, f.ID)
		return nil
	case in.List != f.Kind.list():
		return Invalid(path, "This field takes another kind of value.")
	}
	v, e := f.value(in, path)
	if e == nil {
		u.set = append(u.set, v)
	}
	return e
}

// Idle tells that there is nothing to change and nothing that could be missing,
// so that what is kept need not be read.
func (u *FieldUpdate) Idle() bool {
	return len(u.set)+len(u.cleared)+len(u.refused) == 0 && len(u.missing(nil)) == 0
}

// Secrets are the passwords to be hashed before anything is kept; none where
// nothing will be.
func (u *FieldUpdate) Secrets() (out []*FieldValue) {
	if len(u.refused) > 0 {
		return nil
	}
	for i := range u.set {
		if u.set[i].Secret != "" {
			out = append(out, &u.set[i])
		}
	}
	return out
}

// Apply tells what to keep and what to delete of the values that are there, or
// what Check refused and every required field that would be left without one. A
// field that has a value need not be sent again.
func (u *FieldUpdate) Apply(there []FieldValue) (set []FieldValue, cleared []int64, err error) {
	kept := map[int64]FieldValue{}
	for _, v := range there {
		kept[v.FieldID] = v
	}
	after := map[int64]bool{}
	for _, f := range u.fields {
		if v, ok := kept[f.ID]; ok {
			_, after[f.ID] = f.Read(v)
		}
	}
	for _, v := range u.set {
		after[v.FieldID] = true
		if old, ok := kept[v.FieldID]; !ok || !same(old, v) {
			set = append(set, v)
		}
	}
	for _, id := range u.cleared {
		delete(after, id)
		if _, ok := kept[id]; ok {
			cleared = append(cleared, id)
		}
	}
	return set, cleared, slices.Concat(u.refused, u.missing(after)).Or()
}

// New is Check and Apply for an account or an address that is just being made.
func (u *FieldUpdate) New(forms Forms, form Form, path string) Errors {
	_ = u.Check(forms, form, path) // Apply reports it
	_, _, err := u.Apply(nil)
	return ErrorsIn(err)
}

// missing reports the required fields that have no value in after.
func (u *FieldUpdate) missing(after map[int64]bool) (errs Errors) {
	for _, f := range u.fields {
		if !f.Required || after[f.ID] || !f.Form.Meets(u.asking()) {
			continue
		}
		path, given := u.given[f.ID]
		if !given {
			path = u.path + "." + strconv.FormatInt(f.ID, 10)
		}
		if u.refused.blame(path) {
			continue // one complaint about a field is enough
		}
		text := "Required account form field ID %s ('%s') is missing"
		if u.form != FormCustomer {
			text = "Required address form field ID %s ('%s') is missing"
		}
		errs = append(errs, Invalid(path, text, strconv.FormatInt(f.ID, 10), f.Label))
	}
	return errs
}

// asking is the form whose required fields count. An address book is filled in
// by the shipping form: what only billing asks for is taken, and not missed.
func (u *FieldUpdate) asking() Form {
	if u.form == FormAddress {
		return FormShipping
	}
	return u.form
}
