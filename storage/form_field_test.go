package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"regulars/internal/shop"
)

// field defines a text field, or one with options.
func (w *world) field(t testing.TB, store int64, f shop.FormField) int64 {
	t.Helper()
	if f.Form == "" {
		f.Form = shop.FormCustomer
	}
	if f.Kind == "" {
		f.Kind = shop.FieldText
	}
	id, err := w.s.AddField(t.Context(), store, f)
	must(t, err)
	return id
}

func options(labels ...string) (out []shop.FieldOption) {
	for _, l := range labels {
		out = append(out, shop.FieldOption{Label: l})
	}
	return out
}

func (w *world) snapshot(t testing.TB, store int64) *shop.Snapshot {
	t.Helper()
	s, err := w.s.Snapshot(t.Context(), store)
	must(t, err)
	return s
}

func (w *world) fieldOf(t testing.TB, store, id int64) shop.FormField {
	t.Helper()
	for _, f := range w.snapshot(t, store).Store.Forms.Custom {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("store %d has no field %d", store, id)
	return shop.FormField{}
}

func TestFieldsOfAStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	smallest, largest := int64(1), int64(9)
	first := w.field(t, w.store, shop.FormField{Label: " Terms ", Kind: shop.FieldCheckboxes, Options: options("I agree", "Really"), Required: true})
	second := w.field(t, w.store, shop.FormField{Label: "Employees", Kind: shop.FieldNumber, SortOrder: -3,
		FieldSettings: shop.FieldSettings{MinNumber: &smallest, MaxNumber: &largest}})
	other := w.field(t, two, shop.FormField{Label: "Terms", Form: shop.FormAddress})
	if first != 26 || second != 27 || other != 26 {
		t.Errorf("ids %d, %d and %d", first, second, other)
	}
	if f := w.fieldOf(t, w.store, first); f.Label != "Terms" || !f.Required || f.SortOrder != 26 || fmt.Sprint(f.Options) != "[{1 I agree} {2 Really}]" {
		t.Errorf("%+v", f)
	}
	if f := w.fieldOf(t, w.store, second); f.Kind != shop.FieldNumber || f.SortOrder != -3 || *f.MinNumber != 1 || *f.MaxNumber != 9 || len(f.Options) != 0 {
		t.Errorf("%+v", f)
	}
	if forms := w.snapshot(t, two).Store.Forms; len(forms.Custom) != 1 || forms.Custom[0].Form != shop.FormAddress {
		t.Errorf("%+v", forms)
	}
	_, err := w.s.AddField(t.Context(), w.store, shop.FormField{Form: shop.FormCustomer, Kind: shop.FieldText, Label: "terms"})
	wantCode(t, err, shop.Conflict)
	_, err = w.s.AddField(t.Context(), w.store, shop.FormField{Form: shop.FormCustomer, Kind: shop.FieldPicklist, Label: "x"})
	wantCode(t, err, shop.BadUserInput)
	_, err = w.s.AddField(t.Context(), 999, shop.FormField{Form: shop.FormCustomer, Kind: shop.FieldText, Label: "x"})
	wantCode(t, err, shop.NotFound)
	w.wantCount(t, 3, `form_fields`)
}

// Decision 34: whoever holds an older snapshot reads it again.
func TestEveryChangeOfFieldsRaisesTheVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	version := w.snapshot(t, w.store).Store.ConfigVersion
	label := "Mobile"
	for name, change := range map[string]func() error{
		"add": func() error {
			_, err := w.s.AddField(t.Context(), w.store, shop.FormField{Form: shop.FormCustomer, Kind: shop.FieldText, Label: "b"})
			return err
		},
		"change": func() error {
			id := w.field(t, w.store, shop.FormField{Label: "c"})
			version = w.snapshot(t, w.store).Store.ConfigVersion
			return w.s.ChangeField(t.Context(), w.store, id, func(f *shop.FormField) error { f.Required = true; return nil })
		},
		"override": func() error {
			return w.s.OverrideField(t.Context(), w.store, shop.FieldOverride{Form: shop.FormShipping, FieldID: 7, Label: &label})
		},
		"remove": func() error {
			id := w.field(t, w.store, shop.FormField{Label: "d"})
			version = w.snapshot(t, w.store).Store.ConfigVersion
			return w.s.RemoveField(t.Context(), w.store, id)
		},
	} {
		must(t, change())
		now := w.snapshot(t, w.store).Store.ConfigVersion
		if now <= version {
			t.Errorf("%s: version %d stayed", name, now)
		}
		version = now
	}
}

func TestNoIDIsGivenTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.field(t, w.store, shop.FormField{Label: "a", Kind: shop.FieldRadioButtons, Options: options("Red", "Blue")})
	drop := func(f *shop.FormField) error { f.Options = f.Options[:1]; return nil }
	must(t, w.s.ChangeField(t.Context(), w.store, first, drop))
	must(t, w.s.ChangeField(t.Context(), w.store, first, func(f *shop.FormField) error {
		f.Options[0].Label = "Crimson"
		f.Options = append(f.Options, shop.FieldOption{Label: "Green"})
		f.ID, f.Kind, f.Form = 99, shop.FieldText, shop.FormAddress // which cannot be changed
		return nil
	}))
	if f := w.fieldOf(t, w.store, first); fmt.Sprint(f.Options) != "[{1 Crimson} {3 Green}]" || f.Kind != shop.FieldRadioButtons || f.Form != shop.FormCustomer {
		t.Errorf("%+v", f)
	}
	must(t, w.s.RemoveField(t.Context(), w.store, first))
	if next := w.field(t, w.store, shop.FormField{Label: "a"}); next != first+1 {
		t.Errorf("id %d after %d was removed", next, first)
	}
	wantCode(t, w.s.RemoveField(t.Context(), w.store, first), shop.NotFound)
	wantCode(t, w.s.ChangeField(t.Context(), w.store, first, drop), shop.NotFound)
	refusal := errors.New("no")
	if err := w.s.ChangeField(t.Context(), w.store, first+1, func(*shop.FormField) error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
}

func TestFieldsAreAddedInParallel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range shop.MaxFields - 5 {
		w.field(t, w.store, shop.FormField{Label: fmt.Sprint("f", i)})
	}
	added := 0
	for _, err := range together(20, func(i int) error {
		_, err := w.s.AddField(t.Context(), w.store, shop.FormField{Form: shop.FormCustomer, Kind: shop.FieldText, Label: fmt.Sprint("p", i)})
		return err
	}) {
		if err == nil {
			added++
		} else {
			wantCode(t, err, shop.Conflict)
		}
	}
	if added != 5 {
		t.Errorf("%d fields found room for 5", added)
	}
	w.wantCount(t, shop.MaxFields, `form_fields`)
}

func TestOverridesStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	label, order, yes := "Handy", int64(1), true
	must(t, w.s.OverrideField(t.Context(), w.store, shop.FieldOverride{Form: shop.FormShipping, FieldID: 7, Label: &label}))
	must(t, w.s.OverrideField(t.Context(), w.store,
		shop.FieldOverride{Form: shop.FormShipping, FieldID: 7, Required: &yes}, shop.FieldOverride{Form: shop.FormBilling, FieldID: 7, SortOrder: &order}))
	find := func(form shop.Form) shop.FormField {
		fields := w.snapshot(t, w.store).Store.Forms.Fields(form)
		return fields[slices.IndexFunc(fields, func(f shop.FormField) bool { return f.ID == 7 })]
	}
	if f := find(shop.FormShipping); f.Label != "Handy" || !f.Required || f.SortOrder != 7 {
		t.Errorf("%+v", f)
	}
	if f := find(shop.FormBilling); f.Label != "Phone Number" || f.Required || f.SortOrder != 1 {
		t.Errorf("%+v", f)
	}
	wantCode(t, w.s.OverrideField(t.Context(), w.store, shop.FieldOverride{Form: shop.FormShipping, FieldID: 26}), shop.NotFound)
	wantCode(t, w.s.OverrideField(t.Context(), 999, shop.FieldOverride{Form: shop.FormShipping, FieldID: 7}), shop.NotFound)
	if forms := w.snapshot(t, w.addStore(t, "two")).Store.Forms; len(forms.Overrides) != 0 {
		t.Errorf("another store has %+v", forms)
	}
}
