package shop

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// FieldValue is what a customer or an address has in a form field; which part is
// set follows from the field's kind. It is kept as one JSON value.
type FieldValue struct {
	FieldID int64      `json:"-"`
	Text    string     `json:"text,omitempty"`
	Number  *float64   `json:"number,omitempty"`
	Date    *time.Time `json:"date,omitempty"`
	Options []int64    `json:"options,omitempty"` // ids, in the order of the field's options
	// Hash is what is kept of a password. Nobody reads it: storage leaves it out.
	Hash string `json:"hash,omitempty"`
	// Secret is a password that is still to be hashed.
	Secret string `json:"-"`
}

// FieldInput is one value as a client sent it.
type FieldInput struct {
	List    FieldList
	Index   int // in its list
	FieldID int64
	Text    string
	Number  float64
	Date    time.Time
	Options []int64
}

// FieldList is one of the seven lists of CustomerFormFieldsInput.
type FieldList string

// The lists; each takes the values of some kinds.
const (
	ListCheckboxes      FieldList = "checkboxes"
	ListMultipleChoices FieldList = "multipleChoices"
	ListNumbers         FieldList = "numbers"
	ListDates           FieldList = "dates"
	ListTexts           FieldList = "texts"
	ListMultilineTexts  FieldList = "multilineTexts"
	ListPasswords       FieldList = "passwords"
)

// valueOf is the member of a list's items that holds the value.
var valueOf = map[FieldList]string{
	ListCheckboxes: "fieldValueEntityIds", ListMultipleChoices: "fieldValueEntityId", ListNumbers: "number",
	ListDates: "date", ListTexts: "text", ListMultilineTexts: "multilineText", ListPasswords: "password",
}

// list is where values of the kind are sent.
func (k FieldKind) list() FieldList {
	switch k {
	case FieldCheckboxes:
		return ListCheckboxes
	case FieldPicklist, FieldRadioButtons:
		return ListMultipleChoices
	case FieldNumber:
		return ListNumbers
	case FieldDate:
		return ListDates
	case FieldMultilineText:
		return ListMultilineTexts
	case FieldPassword:
		return ListPasswords
	}
	return ListTexts
}

// empty tells that an input clears its field, or leaves it without a value. An
// empty text does so for every kind: numbers and dates have nothing of their own
// to say it with.
func (in FieldInput) empty() bool {
	switch in.List {
	case ListCheckboxes:
		return len(in.Options) == 0
	case ListMultipleChoices:
		return len(in.Options) == 1 && in.Options[0] == 0
	case ListTexts, ListMultilineTexts:
		s, ok := cleanText(in.Text)
		return ok && s == ""
	}
	return false
}

// Longest texts where a field has no bound of its own.
const (
	maxFieldText      = 1000
	maxFieldMultiline = 10_000
)

func (f FormField) longest() int {
	n := maxFieldText
	switch f.Kind {
	case FieldMultilineText:
		n = maxFieldMultiline
	case FieldPassword:
		n = maxPassword
	}
	if f.MaxLength != nil {
		n = min(n, int(*f.MaxLength))
	}
	return n
}

// value makes an input of the right list the value to be kept; path is to blame
// otherwise.
func (f FormField) value(in FieldInput, path string) (v FieldValue, e *Error) {
	v.FieldID = f.ID
	switch f.Kind {
	case FieldCheckboxes, FieldPicklist, FieldRadioButtons:
		v.Options, e = f.choose(in.Options, path)
	case FieldNumber:
		v.Number, e = &in.Number, f.checkNumber(in.Number, path)
	case FieldDate:
		at := in.Date.UTC().Truncate(time.Second)
		v.Date, e = &at, f.checkDate(at, path)
	case FieldPassword:
		if v.Secret = in.Text; !utf8.ValidString(v.Secret) || utf8.RuneCountInString(v.Secret) > f.longest() {
			e = Invalid(path, "Use at most %d characters.", f.longest())
		}
	case FieldMultilineText:
		var ok bool
		if v.Text, ok = cleanText(in.Text); !ok {
			e = Invalid(path, "Control characters are not allowed here.")
		} else if utf8.RuneCountInString(v.Text) > f.longest() {
			e = Invalid(path, "Use at most %d characters.", f.longest())
		}
	default:
		v.Text, e = checkLine(path, in.Text, 1, f.longest())
	}
	return v, e
}

func (f FormField) choose(ids []int64, path string) (chosen []int64, e *Error) {
	for _, id := range ids {
		if !slices.ContainsFunc(f.Options, func(o FieldOption) bool { return o.ID == id }) {
			return nil, Invalid(path, "Choose one of the options.")
		}
	}
	for _, o := range f.Options {
		if slices.Contains(ids, o.ID) {
			chosen = append(chosen, o.ID)
		}
	}
	return chosen, nil
}

func (f FormField) checkNumber(n float64, path string) *Error {
	switch {
	case f.MinNumber != nil && n < float64(*f.MinNumber):
		return Invalid(path, "Enter a number of at least %d.", *f.MinNumber)
	case f.MaxNumber != nil && n > float64(*f.MaxNumber):
		return Invalid(path, "Enter a number of at most %d.", *f.MaxNumber)
	case f.MaxLength != nil && int64(len(strconv.FormatFloat(n, 'f', -1, 64))) > *f.MaxLength:
		return Invalid(path, "Use at most %d characters.", *f.MaxLength)
	}
	return nil
}

// checkDate compares days: a client's noon is as good as its midnight.
func (f FormField) checkDate(at time.Time, path string) *Error {
	day := at.Format(time.DateOnly)
	switch {
	case at.Year() < 1 || at.Year() > 9999:
		return Invalid(path, "Enter a valid date.")
	case f.MinDate != nil && day < f.MinDate.UTC().Format(time.DateOnly):
		return Invalid(path, "Choose a date from %s on.", f.MinDate.UTC().Format(time.DateOnly))
	case f.MaxDate != nil && day > f.MaxDate.UTC().Format(time.DateOnly):
		return Invalid(path, "Choose a date up to %s.", f.MaxDate.UTC().Format(time.DateOnly))
	}
	return nil
}

// Read gives what a kept value still says: options may have been removed since.
// ok is false when nothing is left.
func (f FormField) Read(v FieldValue) (_ FieldValue, ok bool) {
	if !f.Kind.HasOptions() {
		return v, true
	}
	v.Options, _ = f.choose(slices.DeleteFunc(slices.Clone(v.Options), func(id int64) bool {
		return !slices.ContainsFunc(f.Options, func(o FieldOption) bool { return o.ID == id })
	}), "")
	return v, len(v.Options) > 0
}

// OptionLabel is the label of an option; "" when there is none.
func (f FormField) OptionLabel(id int64) string {
	for _, o := range f.Options {
		if o.ID == id {
			return o.Label
		}
	}
	return ""
}

// same tells whether keeping b in place of a would change anything. A password
// always does: its hash is not known here.
func same(a, b FieldValue) bool {
	if b.Secret != "" || b.Hash != "" {
		return false
	}
	number := a.Number == nil && b.Number == nil || a.Number != nil && b.Number != nil && *a.Number == *b.Number
	date := a.Date == nil && b.Date == nil || a.Date != nil && b.Date != nil && a.Date.Equal(*b.Date)
	return a.Text == b.Text && number && date && slices.Equal(a.Options, b.Options)
}
