package graph

import (
	"context"
	"slices"

	"regulars/graph/model"
	"regulars/internal/session"
	"regulars/internal/shop"
)

func (formFields) Customer(ctx context.Context, _ *model.FormFields, filters *model.FormFieldFiltersInput, sortBy *model.FormFieldSortInput) ([]model.FormField, error) {
	return fieldsOf(ctx, shop.FormCustomer, filters, sortBy), nil
}

func (formFields) ShippingAddress(ctx context.Context, _ *model.FormFields, filters *model.FormFieldFiltersInput, sortBy *model.FormFieldSortInput) ([]model.FormField, error) {
	return fieldsOf(ctx, shop.FormShipping, filters, sortBy), nil
}

func (formFields) BillingAddress(ctx context.Context, _ *model.FormFields, filters *model.FormFieldFiltersInput, sortBy *model.FormFieldSortInput) ([]model.FormField, error) {
	return fieldsOf(ctx, shop.FormBilling, filters, sortBy), nil
}

// fieldsOf needs no query: the snapshot holds all definitions.
func fieldsOf(ctx context.Context, form shop.Form, filters *model.FormFieldFiltersInput, sortBy *model.FormFieldSortInput) []model.FormField {
	fields := session.From(ctx).Store.Forms.Fields(form)
	if sortBy != nil && *sortBy == model.FormFieldSortInputSortOrder {
		shop.InSortOrder(fields)
	}
	out := []model.FormField{}
	for _, f := range fields {
		if wanted(f, filters) {
			out = append(out, model.NewFormField(f))
		}
	}
	return out
}

func wanted(f shop.FormField, by *model.FormFieldFiltersInput) bool {
	if by == nil {
		return true
	}
	return (len(by.EntityIds) == 0 || slices.Contains(by.EntityIds, f.ID)) &&
		(by.IsRequired == nil || *by.IsRequired == f.Required) &&
		(by.IsBuiltIn == nil || *by.IsBuiltIn == (f.BuiltIn != ""))
}

// valuesIn pairs values with the form's own fields, in sort order. load is only
// asked where the form has any.
func valuesIn(ctx context.Context, form shop.Form, load func() ([]shop.FieldValue, error)) ([]model.CustomerFormFieldValue, error) {
	out := []model.CustomerFormFieldValue{}
	forms := session.From(ctx).Store.Forms
	if !forms.HasCustom(form) {
		return out, nil
	}
	values, err := load()
	if err != nil {
		return nil, err
	}
	fields := forms.Fields(form)
	shop.InSortOrder(fields)
	for _, f := range fields {
		for _, v := range values {
			if v.FieldID != f.ID {
				continue
			}
			if v, ok := f.Read(v); ok {
				out = append(out, valueOf(f, v))
			}
		}
	}
	return out, nil
}

func valueOf(f shop.FormField, v shop.FieldValue) model.CustomerFormFieldValue {
	switch f.Kind {
	case shop.FieldCheckboxes:
		labels := []string{}
		for _, id := range v.Options {
			labels = append(labels, f.OptionLabel(id))
		}
		return model.CheckboxesFormFieldValue{EntityID: f.ID, Name: f.Label, ValueEntityIds: v.Options, Values: labels}
	case shop.FieldPicklist, shop.FieldRadioButtons:
		return model.MultipleChoiceFormFieldValue{EntityID: f.ID, Name: f.Label, ValueEntityID: v.Options[0], Value: f.OptionLabel(v.Options[0])}
	case shop.FieldNumber:
		return model.NumberFormFieldValue{EntityID: f.ID, Name: f.Label, Number: *v.Number}
	case shop.FieldDate:
		return model.DateFormFieldValue{EntityID: f.ID, Name: f.Label, Date: &model.DateTimeExtended{Utc: *v.Date}}
	case shop.FieldMultilineText:
		return model.MultilineTextFormFieldValue{EntityID: f.ID, Name: f.Label, MultilineText: v.Text}
	case shop.FieldPassword:
		return model.PasswordFormFieldValue{EntityID: f.ID, Name: f.Label}
	}
	return model.TextFormFieldValue{EntityID: f.ID, Name: f.Label, Text: v.Text}
}

// fieldInputs flattens the seven lists.
func fieldInputs(in *model.CustomerFormFieldsInput) (out shop.FieldUpdate) {
	if in == nil {
		return out
	}
	add := func(list shop.FieldList, i int, v shop.FieldInput) {
		v.List, v.Index = list, i
		out.Inputs = append(out.Inputs, v)
	}
	for i, v := range in.Checkboxes {
		add(shop.ListCheckboxes, i, shop.FieldInput{FieldID: v.FieldEntityID, Options: v.FieldValueEntityIds})
	}
	for i, v := range in.MultipleChoices {
		add(shop.ListMultipleChoices, i, shop.FieldInput{FieldID: v.FieldEntityID, Options: []int64{v.FieldValueEntityID}})
	}
	for i, v := range in.Numbers {
		add(shop.ListNumbers, i, shop.FieldInput{FieldID: v.FieldEntityID, Number: v.Number})
	}
	for i, v := range in.Dates {
		add(shop.ListDates, i, shop.FieldInput{FieldID: v.FieldEntityID, Date: v.Date})
	}
	for i, v := range in.Texts {
		add(shop.ListTexts, i, shop.FieldInput{FieldID: v.FieldEntityID, Text: v.Text})
	}
	for i, v := range in.MultilineTexts {
		add(shop.ListMultilineTexts, i, shop.FieldInput{FieldID: v.FieldEntityID, Text: v.MultilineText})
	}
	for i, v := range in.Passwords {
		add(shop.ListPasswords, i, shop.FieldInput{FieldID: v.FieldEntityID, Text: v.Password})
	}
	return out
}

func (r customer) FormFields(ctx context.Context, c *shop.Customer) ([]model.CustomerFormFieldValue, error) {
	return valuesIn(ctx, shop.FormCustomer, func() ([]shop.FieldValue, error) {
		return r.Storage.CustomerFields(ctx, session.From(ctx).Store.ID, c.ID)
	})
}

func (r customerAddress) FormFields(ctx context.Context, a *shop.CustomerAddress) ([]model.CustomerFormFieldValue, error) {
	return valuesIn(ctx, shop.FormAddress, func() ([]shop.FieldValue, error) {
		return r.Storage.AddressFields(ctx, session.From(ctx).Store.ID, a.ID)
	})
}
