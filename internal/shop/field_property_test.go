package shop_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"regulars/internal/shop"
)

var allLists = []shop.FieldList{shop.ListCheckboxes, shop.ListMultipleChoices, shop.ListNumbers, shop.ListDates, shop.ListTexts,
	shop.ListMultilineTexts, shop.ListPasswords}

// anyInput makes values for one of the fields of oneOfEach, or for one next to
// them. A generator is one test's: it keeps its name without a lock.
func anyInput() *rapid.Generator[shop.FieldInput] { return rapid.Custom(fieldInput) }

func fieldInput(t *rapid.T) shop.FieldInput {
	in := shop.FieldInput{
		List: rapid.SampledFrom(allLists).Draw(t, "list"), FieldID: rapid.Int64Range(25, 35).Draw(t, "field"),
		Text:    rapid.OneOf(rapid.StringN(0, 7, -1), rapid.SampledFrom([]string{"", " ", "\n", "a\nb", "\x00", "\xff", "red"})).Draw(t, "text"),
		Number:  rapid.OneOf(rapid.Float64Range(-7, 1003), rapid.SampledFrom([]float64{0, -5, 1000, 0.5, 1e300, 5e-324})).Draw(t, "number"),
		Date:    time.Unix(rapid.Int64Range(1_704_000_000, 1_737_000_000).Draw(t, "at"), 0),
		Options: rapid.SliceOfN(rapid.Int64Range(0, 5), 1, 4).Draw(t, "options"),
	}
	switch in.List {
	case shop.ListMultipleChoices:
		in.Options = in.Options[:1]
	case shop.ListCheckboxes:
		in.Options = in.Options[1:]
	}
	return in
}

// Whatever is sent, what is kept fits the definition, and what does not fit is
// complained about.
func TestNothingUnfitIsKept(t *testing.T) {
	t.Parallel()
	forms := oneOfEach()
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		u := shop.FieldUpdate{Inputs: []shop.FieldInput{in}}
		errs := u.Check(forms, shop.FormCustomer, "p")
		set, _, err := u.Apply(nil)
		if len(shop.ErrorsIn(err)) != len(errs) || len(errs)+len(set) > 1 || u.Idle() != (len(errs)+len(set) == 0 && !clears(in)) {
			t.Fatalf("%v, %v, %v", errs, set, err)
		}
		for _, e := range errs {
			if e.Code != shop.BadUserInput || !strings.HasPrefix(e.Field, "p."+string(in.List)+".0.") || len(e.Path()) != 4 {
				t.Fatalf("%+v", e)
			}
		}
		for _, v := range set {
			if f := forms.Custom[v.FieldID-26]; v.FieldID != in.FieldID || !fits(f, v) {
				t.Fatalf("%+v does not fit %+v", v, f)
			}
		}
	})
}

// clears tells an input that takes a value away, were there one.
func clears(in shop.FieldInput) bool {
	switch in.List {
	case shop.ListCheckboxes:
		return len(in.Options) == 0
	case shop.ListMultipleChoices:
		return in.Options[0] == 0
	case shop.ListTexts, shop.ListMultilineTexts:
		return strings.TrimSpace(in.Text) == ""
	}
	return false
}

func fits(f shop.FormField, v shop.FieldValue) bool {
	text := func(most int, lines bool) bool {
		odd := func(r rune) bool { return unicode.IsControl(r) && (!lines || !strings.ContainsRune("\n\r\t", r)) }
		return v.Text != "" && utf8.ValidString(v.Text) && utf8.RuneCountInString(v.Text) <= most && !strings.ContainsFunc(v.Text, odd)
	}
	known := func(id int64) bool { return id == 1 || id == 3 || id == 4 }
	switch f.Kind {
	case shop.FieldCheckboxes:
		return len(v.Options) > 0 && !slices.ContainsFunc(v.Options, func(id int64) bool { return !known(id) }) && slices.IsSorted(v.Options)
	case shop.FieldPicklist, shop.FieldRadioButtons:
		return len(v.Options) == 1 && known(v.Options[0])
	case shop.FieldNumber:
		return *v.Number >= -5 && *v.Number <= 1000 && len(strconv.FormatFloat(*v.Number, 'f', -1, 64)) <= 5
	case shop.FieldDate:
		return v.Date.Year() == 2024 && (v.Date.Month() > time.January || v.Date.Day() == 31)
	case shop.FieldPassword:
		return v.Secret != "" && utf8.RuneCountInString(v.Secret) <= 8 && v.Hash == ""
	case shop.FieldMultilineText:
		return text(10_000, true)
	}
	return text(5, false)
}

// The rule of contract/storefront.md 5, against a model: what is kept afterwards
// is what was there with the changes, nothing that stays is written, and only a
// required field that would be left empty stands in the way.
func TestPartialUpdates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		forms := oneOfEach()
		for i := range forms.Custom {
			forms.Custom[i].Required = rapid.Bool().Draw(t, "required")
		}
		kept := map[int64]shop.FieldValue{}
		for step := range rapid.IntRange(1, 4).Draw(t, "steps") {
			u := shop.FieldUpdate{Inputs: rapid.SliceOfNDistinct(anyInput(), 0, 4, func(in shop.FieldInput) int64 { return in.FieldID }).Draw(t, "inputs")}
			if u.Check(forms, shop.FormCustomer, "p") != nil {
				continue
			}
			model := expected(forms, kept, u.Inputs)
			set, cleared, err := u.Apply(slices.Collect(maps.Values(kept)))
			wantMissing := 0
			for _, f := range forms.Custom {
				if _, there := model[f.ID]; f.Required && !there {
					wantMissing++
				}
			}
			if n := len(shop.ErrorsIn(err)); n != wantMissing {
				t.Fatalf("step %d: %d missing, want %d: %v", step, n, wantMissing, err)
			}
			if err != nil {
				continue
			}
			for _, v := range set {
				if old, there := kept[v.FieldID]; there && v.Secret == "" && content(old) == content(v) {
					t.Fatalf("step %d writes %+v again", step, v)
				}
				v.Secret = ""
				kept[v.FieldID] = v
			}
			for _, id := range cleared {
				if _, there := kept[id]; !there {
					t.Fatalf("step %d deletes %d, which is not there", step, id)
				}
				delete(kept, id)
			}
			if !slices.Equal(slices.Sorted(maps.Keys(kept)), slices.Sorted(maps.Keys(model))) {
				t.Fatalf("step %d: kept %v, want %v", step, kept, model)
			}
			for id, want := range model {
				if content(kept[id]) != want {
					t.Fatalf("step %d: field %d holds %q, want %q", step, id, content(kept[id]), want)
				}
			}
		}
	})
}

// expected is what each field holds after valid inputs.
func expected(forms shop.Forms, kept map[int64]shop.FieldValue, inputs []shop.FieldInput) map[int64]string {
	out := map[int64]string{}
	for id, v := range kept {
		out[id] = content(v)
	}
	for _, in := range inputs {
		blank := strings.TrimSpace(in.Text) == ""
		switch kind := forms.Custom[in.FieldID-26].Kind; {
		case (in.List == shop.ListTexts || in.List == shop.ListMultilineTexts) && blank,
			in.List == shop.ListCheckboxes && len(in.Options) == 0,
			in.List == shop.ListMultipleChoices && slices.Equal(in.Options, []int64{0}):
			delete(out, in.FieldID)
		case kind == shop.FieldPassword && in.Text == "":
		case kind == shop.FieldPassword:
			out[in.FieldID] = content(shop.FieldValue{})
		case kind == shop.FieldNumber:
			out[in.FieldID] = content(shop.FieldValue{Number: &in.Number})
		case kind == shop.FieldDate:
			out[in.FieldID] = content(shop.FieldValue{Date: &in.Date})
		case kind.HasOptions():
			ids := slices.Clone(in.Options)
			slices.Sort(ids)
			out[in.FieldID] = content(shop.FieldValue{Options: slices.Compact(ids)})
		default:
			out[in.FieldID] = content(shop.FieldValue{Text: strings.TrimSpace(in.Text)})
		}
	}
	return out
}

// content writes a value out, passwords left aside.
func content(v shop.FieldValue) string {
	parts := []string{v.Text}
	if v.Number != nil {
		parts = append(parts, strconv.FormatFloat(*v.Number, 'g', -1, 64))
	}
	if v.Date != nil {
		parts = append(parts, strconv.FormatInt(v.Date.Unix(), 10))
	}
	for _, id := range v.Options {
		parts = append(parts, strconv.FormatInt(id, 10))
	}
	return strings.Join(parts, "|")
}
