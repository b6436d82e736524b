package shop

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Bounds of what one store can define: all of it is read with every change, and
// goes out with every form.
const (
	MaxFields       = 100
	MaxFieldOptions = 250
)

// Define checks a field that the store adds or changes, and cleans it. The field
// itself may be among the forms.
func (f Forms) Define(in *FormField) error {
	errs := in.checkPlace()
	others := 0
	for _, other := range f.Custom {
		if other.ID == in.ID {
			continue
		}
		others++
		if other.Form.Meets(in.Form) && strings.EqualFold(other.Label, in.Label) {
			return Errorf(Conflict, "There is a field %q already.", in.Label)
		}
	}
	if others >= MaxFields {
		return Errorf(Conflict, "A store has at most %d fields of its own.", MaxFields)
	}
	errs = append(errs, in.checkOptions()...)
	errs = append(errs, in.checkSettings()...)
	return errs.Or()
}

func (f *FormField) checkPlace() (errs Errors) {
	var e *Error
	if f.Label, e = checkLine("label", f.Label, 1, 255); e != nil {
		errs = append(errs, e)
	}
	if f.SortOrder < math.MinInt32 || f.SortOrder > math.MaxInt32 {
		errs = append(errs, Invalid("sortOrder", "A sort order is a number of 32 bits."))
	}
	return errs
}

func (f *FormField) checkOptions() (errs Errors) {
	switch n := len(f.Options); {
	case f.Kind.HasOptions() && n == 0:
		return Errors{Invalid("options", "A field of this kind needs options.")}
	case !f.Kind.HasOptions() && n > 0:
		return Errors{Invalid("options", "A field of this kind has no %s.", "options")}
	case n > MaxFieldOptions:
		return Errors{Invalid("options", "A field has at most %d options.", MaxFieldOptions)}
	}
	for i := range f.Options {
		var e *Error
		if f.Options[i].Label, e = checkLine("options", f.Options[i].Label, 1, 255); e != nil {
			errs = append(errs, e)
		}
		same := func(o FieldOption) bool { return strings.EqualFold(o.Label, f.Options[i].Label) }
		if slices.ContainsFunc(f.Options[:i], same) {
			errs = append(errs, Invalid("options", "The field has the option %q already.", f.Options[i].Label))
		}
	}
	return errs
}

// allowed are the settings of each kind.
var allowed = map[FieldKind][]string{
	FieldDate: {"default", "min", "max"}, FieldMultilineText: {"default", "rows"}, FieldNumber: {"default", "min", "max", "maxLength"},
	FieldPassword: {"maxLength"}, FieldPicklist: {"prefix"}, FieldPicklistOrText: {"maxLength", "prefix"}, FieldText: {"default", "maxLength"},
}

// given names the settings that are there.
func (s FieldSettings) given() (out []string) {
	for name, there := range map[string]bool{
		"default": s.DefaultText != nil || s.DefaultNumber != nil || s.DefaultDate != nil,
		"min":     s.MinNumber != nil || s.MinDate != nil, "max": s.MaxNumber != nil || s.MaxDate != nil,
		"maxLength": s.MaxLength != nil, "rows": s.Rows != 0, "prefix": s.Prefix != "",
	} {
		if there {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// defaultRows is how high a text of several lines is where nothing else is said.
const defaultRows = 5

func (f *FormField) checkSettings() (errs Errors) {
	for _, name := range f.given() {
		if !slices.Contains(allowed[f.Kind], name) {
			errs = append(errs, Invalid(name, "A field of this kind has no %s.", name))
		}
	}
	if f.Kind == FieldMultilineText && f.Rows == 0 {
		f.Rows = defaultRows
	}
	fail := func(bad bool, name, text string) {
		if bad {
			errs = append(errs, Invalid(name, text))
		}
	}
	fail(f.Rows < 0 || f.Rows > 100, "rows", "A text has 1 to 100 rows.")
	fail(f.MaxLength != nil && (*f.MaxLength < 1 || *f.MaxLength > maxFieldText), "maxLength", "A length is between 1 and 1000.")
	fail(f.MinNumber != nil && f.MaxNumber != nil && *f.MinNumber > *f.MaxNumber, "min", "The smallest value is above the largest.")
	fail(f.MinDate != nil && f.MaxDate != nil && f.MinDate.After(*f.MaxDate), "min", "The smallest value is above the largest.")
	for _, n := range []*int64{f.MinNumber, f.MaxNumber} {
		fail(n != nil && (*n < math.MinInt32 || *n > math.MaxInt32), "min", "A bound is a whole number of 32 bits.")
	}
	if _, e := checkLine("prefix", f.Prefix, 0, 255); e != nil {
		errs = append(errs, e)
	}
	if len(errs) == 0 {
		errs = append(errs, f.checkDefault()...)
	}
	return errs
}

// checkDefault lets only defaults stand that a shopper could send back.
func (f *FormField) checkDefault() Errors {
	in := FieldInput{List: f.Kind.list()}
	switch {
	case f.DefaultText != nil && *f.DefaultText != "":
		in.Text = *f.DefaultText
	case f.DefaultNumber != nil:
		in.Number = *f.DefaultNumber
	case f.DefaultDate != nil:
		in.Date = *f.DefaultDate
	default:
		return nil
	}
	if _, e := f.value(in, "default"); e != nil {
		return Errors{e}
	}
	return nil
}

// CheckOverride checks what a store changes of a built-in field, and cleans it.
func CheckOverride(o *FieldOverride) error {
	fields := builtIn(o.Form)
	i := slices.IndexFunc(fields, func(field FormField) bool { return field.ID == o.FieldID })
	if i < 0 {
		return Errorf(NotFound, "No such field is built into this form.")
	}
	field := fields[i]
	if o.Required != nil && *o.Required != field.Required && !slices.Contains(mayRequire, field.BuiltIn) {
		return Invalid("required", "Whether this field is required is not for the store to say.")
	}
	o.apply(&field)
	errs := field.checkPlace()
	if o.Label != nil {
		*o.Label = field.Label
	}
	return errs.Or()
}

// Day is a date of a field's bounds, as people write it.
func Day(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil && t.Year() > 0
}
