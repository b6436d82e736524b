package storage_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"regulars/internal/shop"
	"regulars/storage"
)

// changes are checked inputs for the fields that the store has by now.
func (w *world) changes(t testing.TB, store int64, inputs ...shop.FieldInput) (u shop.FieldUpdate) {
	t.Helper()
	u.Inputs = inputs
	if errs := u.Check(w.snapshot(t, store).Store.Forms, shop.FormCustomer, "input.formFields"); errs != nil {
		t.Fatal(errs)
	}
	for _, v := range u.Secrets() {
		v.Hash, v.Secret = "hash of "+v.Secret, ""
	}
	return u
}

func text(id int64, s string) shop.FieldInput {
	return shop.FieldInput{List: shop.ListTexts, FieldID: id, Text: s}
}

func (w *world) values(t testing.TB, store, customer int64) string {
	t.Helper()
	values, err := w.s.CustomerFields(t.Context(), store, customer)
	must(t, err)
	slices.SortFunc(values, func(a, b shop.FieldValue) int { return cmp.Compare(a.FieldID, b.FieldID) })
	out := ""
	for _, v := range values {
		out += fmt.Sprint(v.FieldID, "=", v.Text, v.Options, v.Hash, " ")
	}
	return out
}

func TestValuesComeWithTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.field(t, w.store, shop.FormField{Label: "a"})
	b := w.field(t, w.store, shop.FormField{Label: "b", Kind: shop.FieldPassword})
	in := person(t, "ada@example.com")
	in.Fields = w.changes(t, w.store, text(a, "x"), shop.FieldInput{List: shop.ListPasswords, FieldID: b, Text: "secret"})
	ada, err := w.s.CreateCustomer(t.Context(), w.store, in)
	must(t, err)
	if got := w.values(t, w.store, ada.ID); got != "26=x[] 27=[] " {
		t.Errorf("got %q: a hash stays in the database", got)
	}
	w.wantCount(t, 1, `customer_field_values WHERE value = '{"hash": "hash of secret"}'`)
	w.wantCount(t, 1, `events`)

	// Nothing of an account that is refused.
	_, err = w.s.CreateCustomer(t.Context(), w.store, in)
	wantCode(t, err, shop.Conflict)
	w.wantCount(t, 2, `customer_field_values`)
	w.owner.MustExec(`DELETE FROM customers`)
	w.wantCount(t, 0, `customer_field_values`)
}

func TestASecretIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.field(t, w.store, shop.FormField{Label: "b", Kind: shop.FieldPassword})
	in := person(t, "ada@example.com")
	in.Fields.Inputs = []shop.FieldInput{{List: shop.ListPasswords, FieldID: id, Text: "secret"}}
	if errs := in.Fields.Check(w.snapshot(t, w.store).Store.Forms, shop.FormCustomer, "p"); errs != nil {
		t.Fatal(errs)
	}
	_, err := w.s.CreateCustomer(t.Context(), w.store, in)
	wantCode(t, err, shop.Internal)
	w.wantCount(t, 0, `customers`)
}

func TestUpdatesOfValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.field(t, w.store, shop.FormField{Label: "a", Required: true})
	b := w.field(t, w.store, shop.FormField{Label: "b"})
	ada := w.customer(t, w.store, "ada@example.com", false)
	company := "Engines"
	update := func(u shop.CustomerUpdate, inputs ...shop.FieldInput) (shop.Customer, error) {
		u.Fields = w.changes(t, w.store, inputs...)
		return w.s.UpdateCustomer(t.Context(), w.store, ada.ID, u, storage.Move{})
	}
	_, err := update(shop.CustomerUpdate{Company: &company}, text(b, "y"))
	wantCode(t, err, shop.BadUserInput)
	if err == nil || err.Error() != "Required account form field ID 26 ('a') is missing" {
		t.Errorf("got %v", err)
	}
	w.wantCount(t, 0, `customer_field_values`)
	w.wantCount(t, 0, `customers WHERE company <> ''`)

	for _, c := range []struct {
		company *string
		in      []shop.FieldInput
		changed string // "" for no event
		values  string
		version int64
	}{
		{nil, []shop.FieldInput{text(a, "x")}, "{form_fields}", "26=x[] ", 2},
		{nil, []shop.FieldInput{text(a, "x")}, "", "26=x[] ", 2}, // the same again
		{&company, nil, "{company}", "26=x[] ", 3},               // a value that is there need not be sent
		{nil, []shop.FieldInput{text(b, "y")}, "{form_fields}", "26=x[] 27=y[] ", 4},
		{nil, []shop.FieldInput{text(b, ""), text(a, "z")}, "{form_fields}", "26=z[] ", 5},
		{nil, []shop.FieldInput{text(b, "")}, "", "26=z[] ", 5},
	} {
		before := w.count(t, `events`)
		got, err := update(shop.CustomerUpdate{Company: c.company}, c.in...)
		must(t, err)
		changed := ""
		if w.count(t, `events`) > before {
			changed = w.text(t, `SELECT changed FROM events WHERE scope = 'store/customer/updated' AND entity_version = $1`, got.Version)
		}
		if values := w.values(t, w.store, ada.ID); values != c.values || changed != c.changed || got.Version != c.version {
			t.Errorf("%v: values %q, changed %q, version %d", c.in, values, changed, got.Version)
		}
	}
	_, err = update(shop.CustomerUpdate{}, text(a, ""))
	wantCode(t, err, shop.BadUserInput)
	if got := w.values(t, w.store, ada.ID); got != "26=z[] " {
		t.Errorf("a refusal changed something: %q", got)
	}
}

// Two halves of a form that are sent at once both arrive.
func TestUpdatesOfValuesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := make([]int64, 10)
	for i := range ids {
		ids[i] = w.field(t, w.store, shop.FormField{Label: fmt.Sprint("f", i)})
	}
	ada := w.customer(t, w.store, "ada@example.com", false)
	us := make([]shop.FieldUpdate, len(ids))
	for i := range us {
		us[i] = w.changes(t, w.store, text(ids[i], "x"))
	}
	allFine(t, together(len(ids), func(i int) error {
		_, err := w.s.UpdateCustomer(t.Context(), w.store, ada.ID, shop.CustomerUpdate{Fields: us[i]}, storage.Move{})
		return err
	}))
	w.wantCount(t, len(ids), `customer_field_values`)
	w.wantCount(t, len(ids), `events WHERE changed = '{form_fields}'`)
}

// A form that was loaded before a field went.
func TestAFieldThatWentMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.field(t, w.store, shop.FormField{Label: "a"})
	ada := w.customer(t, w.store, "ada@example.com", false)
	u := w.changes(t, w.store, text(id, "x"))
	must(t, w.s.RemoveField(t.Context(), w.store, id))
	_, err := w.s.UpdateCustomer(t.Context(), w.store, ada.ID, shop.CustomerUpdate{Fields: u}, storage.Move{})
	wantCode(t, err, shop.BadUserInput)
	if err == nil || err.Error() != "The form has changed. Please load the page anew." {
		t.Errorf("got %v", err)
	}
}

func TestARemovedFieldTakesItsValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	for _, store := range []int64{w.store, two} {
		w.field(t, store, shop.FormField{Label: "a"})
		w.field(t, store, shop.FormField{Label: "b"})
		w.field(t, store, shop.FormField{Label: "c", Form: shop.FormAddress})
	}
	for _, statement := range []string{
		`INSERT INTO customers (store_id, id, email, email_key, first_name, last_name) SELECT s, c, c, c, '', '' FROM unnest('{1,2}'::int[]) s, generate_series(1, 1500) c`,
		`INSERT INTO customer_field_values SELECT store_id, id, f, '{}' FROM customers, unnest('{26,27}'::int[]) f`,
		`INSERT INTO addresses (store_id, customer_id, fingerprint, first_name, last_name, address1, city, country_code) SELECT store_id, id, '', '', '', '', '', 'DE' FROM customers WHERE id < 9`,
		`INSERT INTO address_field_values SELECT store_id, id, 28, '{}' FROM addresses`,
	} {
		w.owner.MustExec(statement)
	}
	must(t, w.s.RemoveField(t.Context(), w.store, 26))
	must(t, w.s.RemoveField(t.Context(), w.store, 28))
	w.wantCount(t, 1500, `customer_field_values WHERE store_id = $1 AND field_id = 27`, w.store)
	w.wantCount(t, 1500, `customer_field_values WHERE store_id = $1`, w.store)
	w.wantCount(t, 3000, `customer_field_values WHERE store_id = $1`, two)
	w.wantCount(t, 0, `address_field_values WHERE store_id = $1`, w.store)
	w.wantCount(t, 8, `address_field_values WHERE store_id = $1`, two)
}

// What a store keeps shows in no other, though all ids agree.
func TestValuesStayInTheirStore(t *testing.T) {
	t.Parallel()
	w, stores := crowd(t)
	ctx, all := t.Context(), shop.Window{Before: math.MaxInt64, Limit: 50}
	w.owner.MustExec(`DELETE FROM customer_field_values WHERE store_id = $1`, stores[1])
	w.owner.MustExec(`DELETE FROM store_credits WHERE store_id = $1`, stores[1])
	w.owner.MustExec(`DELETE FROM attribute_values WHERE store_id = $1`, stores[1])
	w.owner.MustExec(`DELETE FROM metafields WHERE store_id = $1`, stores[1])
	w.owner.MustExec(`DELETE FROM address_field_values WHERE store_id = $1`, stores[1])
	for _, store := range stores {
		want := 0
		if store == stores[0] {
			want = 1
		}
		fields, err1 := w.s.CustomerFields(ctx, store, 3)
		credits, err2 := w.s.StoreCredit(ctx, store, 3)
		n, err3 := w.s.CountAttributes(ctx, store, 3)
		a, ok, err4 := w.s.CustomerAttribute(ctx, store, 3, 1)
		m, err5 := w.s.StorefrontMetafields(ctx, store, shop.MetafieldOwner{Resource: "customer", ID: 3}, "n1", nil, all)
		f, err6 := w.s.AddressFields(ctx, store, w.firstAddresses()[[2]int64{stores[0], 3}])
		for _, err := range []error{err1, err2, err3, err4, err5, err6} {
			must(t, err)
		}
		if len(fields) != want || len(credits) != 2*want || int(n) != 3*want || !ok || (a.Value != nil) != (want == 1) || len(m.Items) != 3*want || len(f) != want {
			t.Errorf("store %d: %v %v %d %v %v %v", store, fields, credits, n, a, m, f)
		}
	}
}
