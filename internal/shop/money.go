package shop

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Money is an amount of one currency.
type Money struct {
	CurrencyCode string // ISO 4217
	Value        Decimal
}

var payable = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,4})?$`)

// ParseMoney reads an amount, zero or more, that the currency can pay out.
func ParseMoney(value, code string) (Money, error) {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return Money{}, Invalid("currency", "A currency is a code of ISO 4217, such as EUR.")
	}
	scale, _ := currency.Standard.Rounding(unit)
	_, fraction, _ := strings.Cut(value, ".")
	if !payable.MatchString(value) || len(strings.TrimRight(fraction, "0")) > scale {
		return Money{}, Invalid("amount", "An amount in %s is a number with at most %s decimals, such as 12.", unit.String(), strconv.Itoa(scale))
	}
	return Money{unit.String(), Decimal(value)}, nil
}

// IsZero tells an amount of nothing.
func (m Money) IsZero() bool { return strings.Trim(string(m.Value), "-0.") == "" }

// Credits are a customer's store credit as it is shown: the store's currency
// first, also when there is nothing in it.
func Credits(list []Money, storeCurrency string) []Money {
	i := slices.IndexFunc(list, func(m Money) bool { return m.CurrencyCode == storeCurrency })
	out := []Money{{storeCurrency, "0"}}
	if i >= 0 {
		out[0] = list[i]
	}
	for j, m := range list {
		if j != i {
			out = append(out, m)
		}
	}
	return out
}

// Format writes the amount as readers of a language do, such as $12.50 or
// 12,50 €. Digits are never rounded away. What x/text cannot say is where the
// symbol goes: that is known for the languages below, and elsewhere it stands in
// front.
func (m Money) Format(tag language.Tag) string {
	unit, err := currency.ParseISO(m.CurrencyCode)
	if err != nil {
		return string(m.Value) + " " + m.CurrencyCode
	}
	p := message.NewPrinter(tag)
	symbol := p.Sprint(currency.Symbol(unit))
	scale, _ := currency.Standard.Rounding(unit)
	sign := ""
	if rest, negative := strings.CutPrefix(string(m.Value), "-"); negative {
		sign, m.Value = "-", Decimal(rest)
	}
	digits := m.digits(p, scale)
	const space = "\u00a0" // an amount is not broken across lines
	base, _ := tag.Base()
	region, _ := tag.Region()
	switch spelling := base.String(); {
	case slices.Contains(behind, spelling) && !slices.Contains(inFront, spelling+"-"+region.String()):
		return sign + digits + space + symbol
	case spelling == "en" && symbol != unit.String():
		return sign + symbol + digits
	}
	return sign + symbol + space + digits
}

// Language is the first language of an Accept-Language header, whether we have
// texts in it or not, else the store's, else English.
func Language(acceptLanguage, storeLocale string) language.Tag {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		tags = nil
	}
	if tag, err := language.Parse(storeLocale); err == nil {
		tags = append(tags, tag)
	}
	for _, tag := range tags {
		if base, sure := tag.Base(); sure != language.No && base.String() != "mul" {
			return tag
		}
	}
	return language.English
}

// Languages that put the symbol behind the amount, and where they do not.
var (
	behind  = []string{"de", "fr", "es", "it"}
	inFront = []string{"de-AT", "de-CH", "de-LI", "it-CH", "es-MX", "es-AR", "es-CL", "es-CO", "es-PE", "es-US"}
)

// digits writes the value with at least scale decimals. x/text takes no decimals
// but floats, so it writes the whole part, and shows what parts the two.
func (m Money) digits(p *message.Printer, scale int) string {
	whole, fraction, _ := strings.Cut(string(m.Value), ".")
	fraction = strings.TrimRight(fraction, "0")
	fraction += strings.Repeat("0", max(0, scale-len(fraction)))
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return string(m.Value)
	}
	out := p.Sprint(number.Decimal(n))
	if fraction == "" {
		return out
	}
	one, five := p.Sprint(number.Decimal(1)), p.Sprint(number.Decimal(5))
	out += strings.TrimSuffix(strings.TrimPrefix(p.Sprint(number.Decimal(1.5)), one), five)
	for _, d := range fraction {
		out += p.Sprint(number.Decimal(int(d - '0')))
	}
	return out
}
