package model

import "regulars/internal/shop"

// FormField is the contract's interface of that name.
type FormField interface{ IsFormField() }

// formField is what all kinds have in common, and what some of them show.
type formField struct{ shop.FormField }

// IsFormField tells that this is one.
func (formField) IsFormField() {}

// EntityID is the field's id.
func (f formField) EntityID() int64 { return f.ID }

// IsBuiltIn tells whether every store has the field.
func (f formField) IsBuiltIn() bool { return f.BuiltIn != "" }

// IsRequired tells whether it has to be filled in.
func (f formField) IsRequired() bool { return f.Required }

// BuiltInFieldID names a built-in field; nil for others.
func (f formField) BuiltInFieldID() *shop.BuiltInField {
	if f.BuiltIn == "" {
		return nil
	}
	return &f.BuiltIn
}

type (
	// CheckboxesFormField asks for several choices.
	CheckboxesFormField struct{ formField }
	// DateFormField asks for a date.
	DateFormField struct{ formField }
	// MultilineTextFormField asks for a text of several lines.
	MultilineTextFormField struct{ formField }
	// NumberFormField asks for a number.
	NumberFormField struct{ formField }
	// PasswordFormField asks for a password.
	PasswordFormField struct{ formField }
	// PicklistFormField asks for one choice of many.
	PicklistFormField struct{ formField }
	// PicklistOrTextFormField asks for a text that may be picked.
	PicklistOrTextFormField struct{ formField }
	// RadioButtonsFormField asks for one choice of a few.
	RadioButtonsFormField struct{ formField }
	// TextFormField asks for a line of text.
	TextFormField struct{ formField }
)

// ChoosePrefix is what the list says before anything is picked.
func (f PicklistFormField) ChoosePrefix() string { return f.Prefix }

// PicklistPrefix is what the list says before anything is picked.
func (f PicklistOrTextFormField) PicklistPrefix() string { return f.Prefix }

// NewFormField is the type of the contract that a field's kind has.
func NewFormField(field shop.FormField) FormField {
	f := formField{field}
	switch f.Kind {
	case shop.FieldCheckboxes:
		return CheckboxesFormField{f}
	case shop.FieldDate:
		return DateFormField{f}
	case shop.FieldMultilineText:
		return MultilineTextFormField{f}
	case shop.FieldNumber:
		return NumberFormField{f}
	case shop.FieldPassword:
		return PasswordFormField{f}
	case shop.FieldPicklist:
		return PicklistFormField{f}
	case shop.FieldPicklistOrText:
		return PicklistOrTextFormField{f}
	case shop.FieldRadioButtons:
		return RadioButtonsFormField{f}
	}
	return TextFormField{f}
}

// CustomerAttributes is whose attributes are asked for.
type CustomerAttributes struct{ CustomerID int64 }
