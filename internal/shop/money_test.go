package shop_test

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"regulars/internal/shop"
)

func TestMoneyIsWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tag         string
		value, code string
		want        string
	}{
		{"en", "12.5", "USD", "$12.50"}, {"en", "1234567.05", "EUR", "€1,234,567.05"}, {"en", "0", "CHF", "CHF 0.00"}, {"en", "1200", "JPY", "¥1,200"},
		{"en-GB", "12.5", "USD", "US$12.50"}, {"en", "-0.5", "USD", "-$0.50"}, {"en", "0.1234", "USD", "$0.1234"}, {"en", "1.005", "KWD", "KWD 1.005"},
		{"de", "12.5000", "EUR", "12,50 €"}, {"de", "1234567.05", "EUR", "1.234.567,05 €"}, {"de-AT", "12.5", "EUR", "€ 12,50"},
		{"de-CH", "1234.5", "CHF", "CHF 1’234.50"}, {"fr", "1234.5", "EUR", "1 234,50 €"}, {"es", "12.5", "EUR", "12,50 €"}, {"de", "-12", "EUR", "-12,00 €"},
		{"sv", "12.5", "SEK", "kr 12,50"}, {"ar", "12.5", "USD", "US$ ١٢٫٥٠"}, {"en", "999999999999.9999", "USD", "$999,999,999,999.9999"},
		{"en", "1", "???", "1 ???"},
	} {
		got := shop.Money{CurrencyCode: c.code, Value: shop.Decimal(c.value)}.Format(language.MustParse(c.tag))
		if got = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(got); got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.tag, c.value, c.code, got, c.want)
		}
	}
}

// No digit of an amount is lost, whatever the language.
func TestNoDigitIsLost(t *testing.T) {
	t.Parallel()
	tags := []string{"en", "de", "de-CH", "fr", "es", "sv", "ja"}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[1-9][0-9]{0,11}\.[0-9]{3}[1-9]`).Draw(t, "value")
		got := shop.Money{CurrencyCode: "EUR", Value: shop.Decimal(value)}.Format(language.MustParse(rapid.SampledFrom(tags).Draw(t, "tag")))
		digits := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r
				}
				return -1
			}, s)
		}
		if digits(got) != digits(value) {
			t.Fatalf("%s became %s", value, got)
		}
	})
}

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, code, want string }{
		{"12.50", "EUR", "12.50 EUR"}, {"0", "EUR", "0 EUR"}, {"12.500", "EUR", "12.500 EUR"}, {"1200", "JPY", "1200 JPY"}, {"1.005", "KWD", "1.005 KWD"},
		{"999999999999.99", "EUR", "999999999999.99 EUR"}, {"12.505", "EUR", ""}, {"1.5", "JPY", ""}, {"-1", "EUR", ""}, {"1e3", "EUR", ""}, {"1,5", "EUR", ""},
		{"", "EUR", ""}, {"1000000000000", "EUR", ""}, {".5", "EUR", ""}, {"1", "EURO", ""}, {"1", "", ""}, {"NaN", "EUR", ""},
	} {
		m, err := shop.ParseMoney(c.value, c.code)
		if got := strings.TrimSpace(string(m.Value) + " " + m.CurrencyCode); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s %s: %q, %v", c.value, c.code, got, err)
		}
	}
	for value, zero := range map[shop.Decimal]bool{"0": true, "0.00": true, "-0": true, "0.01": false, "10": false} {
		if (shop.Money{Value: value}).IsZero() != zero {
			t.Errorf("%s is zero: %v", value, !zero)
		}
	}
}

func TestCreditsBeginWithTheStoresCurrency(t *testing.T) {
	t.Parallel()
	chf, eur, usd := shop.Money{CurrencyCode: "CHF", Value: "1"}, shop.Money{CurrencyCode: "EUR", Value: "2"}, shop.Money{CurrencyCode: "USD", Value: "3"}
	for want, list := range map[string][]shop.Money{
		"0 EUR": nil, "0 EUR 1 CHF 3 USD": {chf, usd}, "2 EUR 1 CHF 3 USD": {chf, eur, usd}, "2 EUR": {eur},
	} {
		var got []string
		for _, m := range shop.Credits(list, "EUR") {
			got = append(got, string(m.Value), m.CurrencyCode)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ accept, store, want string }{
		{"", "", "en"}, {"", "de", "de"}, {"fr-CH, de;q=0.5", "en", "fr-CH"}, {"*", "de", "de"}, {"nonsense;;;", "es", "es"}, {"en;q=0.1, de;q=0.9", "", "de"},
		{strings.Repeat("a", 10000), "", "en"}, {"", "nonsense!", "en"},
	} {
		if got := shop.Language(c.accept, c.store).String(); got != c.want {
			t.Errorf("%.20q in a store in %q: %s", c.accept, c.store, got)
		}
	}
}

func TestAttributeValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind        shop.AttributeType
		value, want string // "" for refused
	}{
		{shop.AttributeString, " a b ", "a b"}, {shop.AttributeString, "a\nb", ""}, {shop.AttributeString, strings.Repeat("ä", 255), strings.Repeat("ä", 255)},
		{shop.AttributeString, strings.Repeat("ä", 256), ""},
		{shop.AttributeNumber, "12", "12"}, {shop.AttributeNumber, "-1.50", "-1.50"}, {shop.AttributeNumber, "1e3", "1e3"}, {shop.AttributeNumber, "abc", ""},
		{shop.AttributeNumber, "NaN", ""}, {shop.AttributeNumber, "0x10", ""}, {shop.AttributeNumber, "1,5", ""}, {shop.AttributeNumber, "true", ""}, {shop.AttributeNumber, `"1"`, ""},
		{shop.AttributeDate, "2024-12-31", "2024-12-31"}, {shop.AttributeDate, "2024-12-31T12:00:00+01:00", "2024-12-31T12:00:00+01:00"},
		{shop.AttributeDate, "2024-02-30", ""}, {shop.AttributeDate, "31.12.2024", ""}, {shop.AttributeDate, "2024", ""},
	} {
		got, err := shop.Attribute{Name: "a", Type: c.kind}.CheckValue(c.value)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && shop.CodeOf(err) != shop.BadUserInput {
			t.Errorf("%s %.20q: %.20q, %v", c.kind, c.value, got, err)
		}
	}
	if name, err := shop.CheckAttributeName(" VIP "); name != "VIP" || err != nil {
		t.Error(name, err)
	}
	for _, bad := range []string{"", " ", "a\nb", strings.Repeat("x", 256)} {
		if _, err := shop.CheckAttributeName(bad); shop.CodeOf(err) != shop.BadUserInput {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

func TestMetafieldsAreChecked(t *testing.T) {
	t.Parallel()
	fine := shop.Metafield{Namespace: " a ", Key: "k", Value: " v\n", Description: "d", PermissionSet: "read"}
	if err := fine.Check(); err != nil || fine.Namespace != "a" || fine.Value != " v\n" || fine.OnStorefront() {
		t.Errorf("%+v, %v", fine, err)
	}
	for _, bad := range []shop.Metafield{
		{}, {Namespace: "a", Key: "k", Value: "v"}, {Namespace: strings.Repeat("x", 65), Key: "k", Value: "v", PermissionSet: "read"},
		{Namespace: "a", Key: "k\n1", Value: "v", PermissionSet: "read"}, {Namespace: "a", Key: "k", PermissionSet: "read"},
		{Namespace: "a", Key: "k", Value: strings.Repeat("x", 65536), PermissionSet: "read"}, {Namespace: "a", Key: "k", Value: "\xff", PermissionSet: "read"},
		{Namespace: "a", Key: "k", Value: "v", PermissionSet: "all"}, {Namespace: "a", Key: "k", Value: "v", PermissionSet: "read", Description: strings.Repeat("x", 256)},
	} {
		if err := bad.Check(); shop.CodeOf(err) != shop.BadUserInput {
			t.Errorf("%.100v: %v", bad, err)
		}
	}
	shown := 0
	for _, set := range shop.PermissionSets {
		if (shop.Metafield{PermissionSet: set}).OnStorefront() {
			shown++
		}
	}
	if shown != 2 {
		t.Errorf("%d permission sets show metafields to storefronts", shown)
	}
}
