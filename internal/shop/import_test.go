package shop_test

import (
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestCountryCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"US": "US", "usa": "US", "United States": "US", " united states of america ": "US", "Vereinigte Staaten": "US", "États-Unis": "US",
		"France": "FR", "Frankreich": "FR", "Francia": "FR", "FX": "", "UK": "GB", "GB": "GB", "England": "GB", "Großbritannien": "",
		"Deutschland": "DE", "Allemagne": "DE", "deu": "DE", "Österreich": "AT", "Schweiz": "CH", "Côte d’Ivoire": "CI",
		"": "", "XX": "", "EU": "", "Europe": "", "Atlantis": "", "840": "",
	} {
		if got, ok := shop.CountryCode(text); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestTake(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	id := func(n int64) *int64 { return &n }
	known := shop.ImportedCustomer{FirstName: text("Ada"), LastName: text("L"), Phone: text("1"), GroupID: id(3), PasswordHash: "kept"}
	for name, c := range map[string]struct {
		said shop.ImportedCustomer
		want []string
	}{
		"nothing":            {shop.ImportedCustomer{}, nil},
		"the same":           {shop.ImportedCustomer{FirstName: text("Ada"), Phone: text("1"), GroupID: id(3)}, nil},
		"no group":           {shop.ImportedCustomer{GroupID: id(0)}, nil},
		"another password":   {shop.ImportedCustomer{PasswordHash: "other"}, nil},
		"another name":       {shop.ImportedCustomer{FirstName: text("Augusta"), LastName: text("L")}, []string{"first_name"}},
		"another group":      {shop.ImportedCustomer{GroupID: id(4)}, []string{"customer_group_id"}},
		"what was not known": {shop.ImportedCustomer{Notes: text("n"), ChannelIDs: &[]int64{1}}, []string{"notes", "channel_ids"}},
	} {
		k := known
		got := k.Take(&c.said)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		if again := k.Take(&c.said); len(again) > 0 {
			t.Errorf("%s: the second time %v", name, again)
		}
	}
}

func TestDiscountRules(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "ALL PERCENT 20": "ALL PERCENT 20", "all percent 2.5 | category 23 fixed 1 |": "ALL PERCENT 2.5|CATEGORY 23 FIXED 1",
		"PRODUCT 9 PRICE 9.95": "PRODUCT 9 PRICE 9.95", "PRICE_LIST 3": "PRICE_LIST 3",
		"ALL": "-", "ALL 5 PERCENT 1": "-", "CATEGORY PERCENT 3": "-", "CATEGORY 0 PERCENT 3": "-", "PRICE_LIST": "-", "PRICE_LIST 3 PERCENT 1": "-",
		"ALL PERCENT -1": "-", "ALL PERCENT 1.00001": "-", "ALL HALF 1": "-", "BRAND 3 PERCENT 1": "-", "ALL PERCENT 1 EXTRA": "-",
	} {
		rules, err := shop.ParseDiscountRules(text)
		got := ""
		for i, r := range rules {
			if i > 0 {
				got += "|"
			}
			got += r.String()
		}
		if err != nil {
			got = "-"
		}
		if got != want {
			t.Errorf("%q: got %q (%v), want %q", text, got, err, want)
		}
	}
}

func TestNotesThatAreRefused(t *testing.T) {
	t.Parallel()
	for notes, want := range map[string]string{
		"two\nlines\tand ü": "", strings.Repeat("ü", 1<<16): "", strings.Repeat("ü", 1<<16+1): "Use at most 65536 characters.",
		"a\x07b": "Control characters are not allowed here.",
	} {
		c := shop.ImportedCustomer{Notes: &notes}
		got := ""
		if err := c.Check(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.10q: got %q, want %q", notes, got, want)
		}
	}
}
