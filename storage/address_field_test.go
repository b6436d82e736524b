package storage_test

import (
	"fmt"
	"testing"

	"regulars/internal/shop"
)

// addressFields are what an address has in its fields.
func (w *world) addressFields(t testing.TB, store, address int64) string {
	t.Helper()
	values, err := w.s.AddressFields(t.Context(), store, address)
	must(t, err)
	out := ""
	for _, v := range values {
		out += fmt.Sprint(v.FieldID, "=", v.Text, " ")
	}
	return out
}

// withFields is an address to be added, checked against the store's forms.
func (w *world) withFields(t testing.TB, store int64, n int, inputs ...shop.FieldInput) shop.NewAddress {
	t.Helper()
	a := shop.NewAddress{CustomerAddress: place(n), Fields: shop.FieldUpdate{Inputs: inputs}}
	if errs := a.CheckNew(w.snapshot(t, store).Store.Forms, "input"); errs != nil {
		t.Fatal(errs)
	}
	return a
}

func TestAddressesHaveFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bell := w.field(t, w.store, shop.FormField{Label: "Doorbell", Form: shop.FormAddress})
	centre := w.field(t, w.store, shop.FormField{Label: "Cost centre", Form: shop.FormBilling, Required: true})
	ada := w.customer(t, w.store, "ada@example.com", false)
	ctx := t.Context()
	a, err := w.s.AddAddress(ctx, w.store, ada.ID, w.withFields(t, w.store, 1, text(bell, "Lovelace")))
	must(t, err)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/address/created'`)

	// The same address again changes nothing, form fields included.
	again, err := w.s.AddAddress(ctx, w.store, ada.ID, w.withFields(t, w.store, 1, text(bell, "King"), text(centre, "1")))
	must(t, err)
	if got := w.addressFields(t, w.store, a.ID); again.ID != a.ID || got != "26=Lovelace " {
		t.Errorf("%d, %q", again.ID, got)
	}

	city := "Ockham"
	for _, c := range []struct {
		update  shop.AddressUpdate
		in      []shop.FieldInput
		changed string // "" for no event
		fields  string
	}{
		{shop.AddressUpdate{}, []shop.FieldInput{text(bell, "Lovelace")}, "", "26=Lovelace "},
		{shop.AddressUpdate{}, []shop.FieldInput{text(bell, "Byron")}, "{form_fields}", "26=Byron "},
		{shop.AddressUpdate{City: &city}, nil, "{city}", "26=Byron "},
		{shop.AddressUpdate{City: &a.City}, []shop.FieldInput{text(bell, "")}, "{city,form_fields}", ""},
	} {
		c.update.Fields.Inputs = c.in
		c.update.Check(w.snapshot(t, w.store).Store.Forms)
		before := w.count(t, `events`)
		_, err := w.s.UpdateAddress(ctx, w.store, ada.ID, a.ID, c.update)
		must(t, err)
		changed := ""
		if w.count(t, `events`) > before {
			changed = w.text(t, `SELECT changed FROM events WHERE scope = 'store/customer/address/updated' ORDER BY id DESC LIMIT 1`)
		}
		if got := w.addressFields(t, w.store, a.ID); got != c.fields || changed != c.changed {
			t.Errorf("%v: %q, changed %q", c.in, got, changed)
		}
	}
	w.wantCount(t, 1, `addresses WHERE version = 4`)
	w.wantCount(t, 0, `events WHERE scope = 'store/customer/updated'`)

	b, err := w.s.AddAddress(ctx, w.store, ada.ID, w.withFields(t, w.store, 2, text(bell, "x"), text(centre, "y")))
	must(t, err)
	must(t, w.s.DeleteAddress(ctx, w.store, ada.ID, b.ID))
	w.wantCount(t, 0, `address_field_values`)
}

func TestRefusedChangesOfAddressFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bell := w.field(t, w.store, shop.FormField{Label: "Doorbell", Form: shop.FormShipping})
	ada := w.customer(t, w.store, "ada@example.com", false)
	a, err := w.s.AddAddress(t.Context(), w.store, ada.ID, w.withFields(t, w.store, 1))
	must(t, err)
	must(t, w.s.ChangeField(t.Context(), w.store, bell, func(f *shop.FormField) error { f.Required = true; return nil }))
	forms := w.snapshot(t, w.store).Store.Forms
	none, long := "", shop.FieldInput{List: shop.ListDates, FieldID: bell}
	for want, u := range map[string]shop.AddressUpdate{
		"[input.data.formFields.26]":                                             {},
		"[input.data.firstName input.data.formFields.26]":                        {FirstName: &none},
		"[input.data.city input.data.formFields.dates.0.date]":                   {City: &none, Fields: shop.FieldUpdate{Inputs: []shop.FieldInput{long}}},
		"[input.data.formFields.texts.0.text]":                                   {Fields: shop.FieldUpdate{Inputs: []shop.FieldInput{text(bell, " ")}}},
		"[input.data.formFields.texts.0.fieldEntityId input.data.formFields.26]": {Fields: shop.FieldUpdate{Inputs: []shop.FieldInput{text(1, "x")}}},
	} {
		u.Check(forms)
		_, err := w.s.UpdateAddress(t.Context(), w.store, ada.ID, a.ID, u)
		var fields []string
		for _, e := range shop.ErrorsIn(err) {
			fields = append(fields, e.Field)
		}
		if fmt.Sprint(fields) != want {
			t.Errorf("got %v, want %s", fields, want)
		}
	}
	w.wantCount(t, 0, `address_field_values`)
	w.wantCount(t, 1, `addresses WHERE version = 1`)
}

// Another customer's address is not there, whatever is said about its fields.
func TestFieldsOfForeignAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bell := w.field(t, w.store, shop.FormField{Label: "Doorbell", Form: shop.FormAddress})
	ada, bob := w.customer(t, w.store, "ada@example.com", false), w.customer(t, w.store, "bob@example.com", false)
	a, err := w.s.AddAddress(t.Context(), w.store, ada.ID, w.withFields(t, w.store, 1, text(bell, "x")))
	must(t, err)
	u := shop.AddressUpdate{Fields: shop.FieldUpdate{Inputs: []shop.FieldInput{text(bell, "y")}}}
	u.Check(w.snapshot(t, w.store).Store.Forms)
	_, err = w.s.UpdateAddress(t.Context(), w.store, bob.ID, a.ID, u)
	wantCode(t, err, shop.NotFound)
	if got := w.addressFields(t, w.store, a.ID); got != "26=x " {
		t.Errorf("got %q", got)
	}
	if got := w.addressFields(t, w.addStore(t, "two"), a.ID); got != "" {
		t.Errorf("another store reads %q", got)
	}
}

// A registration is one transaction: the account, its address and both forms.
func TestFieldsComeWithARegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := w.field(t, w.store, shop.FormField{Label: "Terms"})
	bell := w.field(t, w.store, shop.FormField{Label: "Doorbell", Form: shop.FormAddress})
	in := person(t, "ada@example.com")
	in.Fields = w.changes(t, w.store, text(terms, "yes"))
	first := w.withFields(t, w.store, 1, text(bell, "x"))
	in.Address = &first
	_, err := w.s.CreateCustomer(t.Context(), w.store, in)
	must(t, err)
	w.wantCount(t, 1, `customer_field_values`)
	w.wantCount(t, 1, `address_field_values`)

	// A field that went meanwhile: nothing of it is kept.
	in.Email = address(t, "bob@example.com")
	other := w.withFields(t, w.store, 2, text(bell, "x"))
	in.Address = &other
	must(t, w.s.RemoveField(t.Context(), w.store, bell))
	_, err = w.s.CreateCustomer(t.Context(), w.store, in)
	wantCode(t, err, shop.BadUserInput)
	w.wantCount(t, 1, `customers`)
	w.wantCount(t, 1, `addresses`)
	w.wantCount(t, 1, `customer_field_values`)
}
