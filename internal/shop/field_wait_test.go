package shop_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"regulars/internal/shop"
)

// What waits is what would have been kept at once, and nothing that a client sent.
func TestFieldUpdateThatWaits(t *testing.T) {
	t.Parallel()
	u := shop.FieldUpdate{Inputs: []shop.FieldInput{
		choice(shop.ListCheckboxes, 26, 4, 1), date(27, "2024-02-29T00:00:00Z"), words(shop.ListMultilineTexts, 28, "a\nb"), number(29, 12.5),
		words(shop.ListPasswords, 30, "s3cret"), choice(shop.ListMultipleChoices, 31, 3), words(shop.ListTexts, 34, "Ace"),
	}}
	if errs := u.New(oneOfEach(), shop.FormCustomer, "input.formFields"); len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := json.Marshal(u); err == nil {
		t.Error("a password that is not hashed can wait")
	}
	for _, v := range u.Secrets() {
		v.Hash, v.Secret = "hash of "+strings.Repeat("x", len(v.Secret)), ""
	}
	want, _, err := u.Apply(nil)
	if err != nil || len(want) != 7 {
		t.Fatal(want, err)
	}
	text, err := json.Marshal(struct{ Fields shop.FieldUpdate }{u})
	if err != nil || strings.Contains(string(text), "s3cret") || strings.Contains(string(text), "Inputs") {
		t.Fatalf("%s, %v", text, err)
	}
	var back struct{ Fields shop.FieldUpdate }
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	got, _, err := back.Fields.Apply(nil)
	if err != nil || !reflect.DeepEqual(got, want) || back.Fields.Idle() {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	back.Fields.Only([]int64{34, 99})
	if got, _, err := back.Fields.Apply(nil); err != nil || len(got) != 1 || got[0].FieldID != 34 || got[0].Text != "Ace" {
		t.Errorf("got %+v, %v", got, err)
	}
	var none struct{ Fields shop.FieldUpdate }
	text, err = json.Marshal(none)
	if err != nil || json.Unmarshal(text, &none) != nil || !none.Fields.Idle() {
		t.Errorf("%s, %v", text, err)
	}
}
