package command

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/shop"
)

// FormField holds the commands about the form fields of a store.
type FormField struct {
	Add    FormFieldAdd    `cmd:"" help:"Define a field of the store's own."`
	List   FormFieldList   `cmd:"" help:"List the fields of each form, the built-in ones too."`
	Set    FormFieldSet    `cmd:"" help:"Change a field, or what is changeable of a built-in one."`
	Remove FormFieldRemove `cmd:"" help:"Remove a field of the store's own, with all values in it."`
}

// fieldSettings are the flags that only some kinds have. An empty text, and 0,
// take a setting away.
type fieldSettings struct {
	Min       *string `help:"Smallest number, or first day as in 2024-12-31."`
	Max       *string `help:"Largest number, or last day."`
	Default   *string `help:"What the field holds beforehand: a text, a number or a day."`
	MaxLength *int64  `help:"Characters at most."`
	Rows      *int64  `help:"How high a text of several lines is shown."`
	Prefix    *string `help:"What a pick list says before anything is picked."`
}

func (s fieldSettings) apply(f *shop.FormField) error {
	var errs []error
	number, day := f.Kind == shop.FieldNumber, f.Kind == shop.FieldDate
	for _, bound := range []struct {
		flag   string
		text   *string
		number **int64
		day    **time.Time
	}{{"--min", s.Min, &f.MinNumber, &f.MinDate}, {"--max", s.Max, &f.MaxNumber, &f.MaxDate}} {
		switch {
		case bound.text == nil:
		case number:
			errs = append(errs, parse(bound.flag, "a whole number", *bound.text, bound.number, wholeNumber))
		case day:
			errs = append(errs, parse(bound.flag, "a day, as in 2024-12-31", *bound.text, bound.day, shop.Day))
		default:
			errs = append(errs, fmt.Errorf("%s is for numbers and dates", bound.flag))
		}
	}
	switch text := s.Default; {
	case text == nil:
	case number:
		errs = append(errs, parse("--default", "a number", *text, &f.DefaultNumber, decimalNumber))
	case day:
		errs = append(errs, parse("--default", "a day, as in 2024-12-31", *text, &f.DefaultDate, shop.Day))
	default:
		f.DefaultText = unlessEmpty(*text)
	}
	if s.MaxLength != nil {
		f.MaxLength = unlessZero(*s.MaxLength)
	}
	if s.Rows != nil {
		f.Rows = *s.Rows
	}
	if s.Prefix != nil {
		f.Prefix = *s.Prefix
	}
	return errors.Join(errs...)
}

// kinds are the names that the command line has for kinds of fields.
var kinds = map[string]shop.FieldKind{
	"checkboxes": shop.FieldCheckboxes, "date": shop.FieldDate, "multiline": shop.FieldMultilineText, "number": shop.FieldNumber,
	"password": shop.FieldPassword, "picklist": shop.FieldPicklist, "picklist-or-text": shop.FieldPicklistOrText,
	"radio": shop.FieldRadioButtons, "text": shop.FieldText,
}

func nameOfKind(k shop.FieldKind) string {
	for name, kind := range kinds {
		if kind == k {
			return name
		}
	}
	return string(k)
}

func formOf(name string) shop.Form { return shop.Form(strings.ToUpper(name)) }

// FormFieldAdd defines a field.
type FormFieldAdd struct {
	Store string `arg:"" help:"Hash of the store."`
	Form  string `arg:"" enum:"customer,address,shipping,billing" help:"The form: customer, address (shipping and billing alike), shipping or billing."`
	Kind  string `arg:"" enum:"checkboxes,date,multiline,number,password,picklist,picklist-or-text,radio,text" help:"checkboxes, date, multiline, number, password, picklist, picklist-or-text, radio or text."`
	Label string `arg:"" help:"What shoppers read."`

	Required  bool     `help:"Whether it has to be filled in."`
	Option    []string `sep:"none" help:"One choice of checkboxes, picklist or radio; once for each."`
	SortOrder int64    `help:"Place in its form; behind all others when left out."`
	fieldSettings
}

// Run implements kong's command.
func (c *FormFieldAdd) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	f := shop.FormField{Form: formOf(c.Form), Kind: kinds[c.Kind], Label: c.Label, Required: c.Required, SortOrder: c.SortOrder}
	for _, label := range c.Option {
		f.Options = append(f.Options, shop.FieldOption{Label: label})
	}
	if err := c.apply(&f); err != nil {
		return err
	}
	id, err := e.Storage.AddField(e.Ctx, s.ID, f)
	if err != nil {
		return err
	}
	e.say("Added field %d to the %s form of store %s.", id, c.Form, c.Store)
	return nil
}

// FormFieldList prints the fields.
type FormFieldList struct {
	Store string `arg:"" help:"Hash of the store."`
}

// Run implements kong's command.
func (c *FormFieldList) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	for _, form := range []shop.Form{shop.FormCustomer, shop.FormShipping, shop.FormBilling} {
		e.say("%s", strings.ToLower(string(form)))
		fields := s.Forms.Fields(form)
		shop.InSortOrder(fields)
		for _, f := range fields {
			e.say("  %d  %s  (%s)", f.ID, printable(f.Label), strings.Join(facts(f), ", "))
			for _, o := range f.Options {
				e.say("     option %d  %s", o.ID, printable(o.Label))
			}
		}
	}
	return nil
}

// facts says in words what a field is like.
func facts(f shop.FormField) []string {
	out := []string{nameOfKind(f.Kind)}
	if f.BuiltIn != "" {
		out = append(out, "built in")
	}
	if f.Required {
		out = append(out, "required")
	}
	return append(out, "sort order "+strconv.FormatInt(f.SortOrder, 10))
}

// FormFieldSet changes a field.
type FormFieldSet struct {
	Store string `arg:"" help:"Hash of the store."`
	ID    int64  `arg:"" help:"Id of the field."`

	Form         string           `enum:"shipping,billing,both" default:"both" help:"For built-in fields of addresses: shipping or billing alone."`
	Label        *string          `help:"What shoppers read."`
	Required     *bool            `negatable:"" help:"Whether it has to be filled in."`
	SortOrder    *int64           `help:"Place in its form."`
	AddOption    []string         `sep:"none" help:"One more choice."`
	RenameOption map[int64]string `mapsep:"none" placeholder:"ID=LABEL" help:"Another label for a choice."`
	RemoveOption []int64          `placeholder:"ID" help:"Remove a choice; whoever chose it has chosen nothing."`
	fieldSettings
}

// Run implements kong's command.
func (c *FormFieldSet) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	if c.ID < shop.FirstFieldID {
		err = c.override(e, s.ID)
	} else {
		err = e.Storage.ChangeField(e.Ctx, s.ID, c.ID, c.change)
	}
	if err != nil {
		return err
	}
	e.say("Changed field %d of store %s.", c.ID, c.Store)
	return nil
}

func (c *FormFieldSet) override(e *Env, storeID int64) error {
	if c.fieldSettings != (fieldSettings{}) || len(c.AddOption)+len(c.RenameOption)+len(c.RemoveOption) > 0 {
		return errors.New("a built-in field has a label, a sort order and perhaps required to change")
	}
	forms := []shop.Form{shop.FormCustomer}
	if c.ID >= 4 && c.ID <= 13 {
		forms = []shop.Form{shop.FormShipping, shop.FormBilling}
		if c.Form != "both" {
			forms = []shop.Form{formOf(c.Form)}
		}
	}
	var changes []shop.FieldOverride
	for _, form := range forms {
		changes = append(changes, shop.FieldOverride{Form: form, FieldID: c.ID, Label: c.Label, Required: c.Required, SortOrder: c.SortOrder})
	}
	return e.Storage.OverrideField(e.Ctx, storeID, changes...)
}

func (c *FormFieldSet) change(f *shop.FormField) error {
	if c.Label != nil {
		f.Label = *c.Label
	}
	if c.Required != nil {
		f.Required = *c.Required
	}
	if c.SortOrder != nil {
		f.SortOrder = *c.SortOrder
	}
	for id, label := range c.RenameOption {
		i := slices.IndexFunc(f.Options, func(o shop.FieldOption) bool { return o.ID == id })
		if i < 0 {
			return fmt.Errorf("the field has no option %d", id)
		}
		f.Options[i].Label = label
	}
	for _, id := range c.RemoveOption {
		i := slices.IndexFunc(f.Options, func(o shop.FieldOption) bool { return o.ID == id })
		if i < 0 {
			return fmt.Errorf("the field has no option %d", id)
		}
		f.Options = slices.Delete(f.Options, i, i+1)
	}
	for _, label := range c.AddOption {
		f.Options = append(f.Options, shop.FieldOption{Label: label})
	}
	return c.apply(f)
}

// FormFieldRemove removes a field.
type FormFieldRemove struct {
	Store string `arg:"" help:"Hash of the store."`
	ID    int64  `arg:"" help:"Id of the field, 26 or more."`
}

// Run implements kong's command.
func (c *FormFieldRemove) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	if c.ID < shop.FirstFieldID {
		return fmt.Errorf("field %d is built in: it stays", c.ID)
	}
	if err := e.Storage.RemoveField(e.Ctx, s.ID, c.ID); err != nil {
		return err
	}
	e.say("Removed field %d of store %s.", c.ID, c.Store)
	return nil
}
