package shop

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/biter777/countries"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Country is one of ISO 3166-1, or Kosovo, which addresses know as well.
type Country struct {
	ID                int64  // ISO 3166-1's number
	Code              string // two letters
	ISO3              string // three letters
	Name              string // in the language asked for
	Currency          CountryCurrency
	StatesOrProvinces []StateOrProvince // none where addresses name no state
}

// CountryCurrency is what a country pays with today.
type CountryCurrency struct {
	Code   string // ISO 4217
	Name   string // English where we do not know the language's own
	Symbol string // the code where there is none
}

// Geography is all countries by name, in one language. It is shared: read only.
type Geography struct {
	countries []Country
	folded    []string       // their names, to be compared
	index     map[string]int // by code
}

var (
	geographies sync.Map // display tag -> func() *Geography, made at its first use
	// In the order that a matcher falls back by: English first.
	displayTags    = sync.OnceValue(func() []language.Tag { return append([]language.Tag{language.English}, display.Supported.Tags()...) })
	displayMatcher = sync.OnceValue(func() language.Matcher { return language.NewMatcher(displayTags()) })
)

// GeographyIn speaks the first language of an Accept-Language header that has
// names for countries, else the store's, else English.
func GeographyIn(acceptLanguage, storeLocale string) *Geography {
	return choices.of(acceptLanguage, storeLocale, func() *Geography {
		_, i, sure := displayMatcher().Match(wanted(acceptLanguage, storeLocale)...)
		if sure == language.No {
			i = 0
		}
		return geographyOf(displayTags()[i])
	})
}

// choices are the geographies of readers, by what they ask for.
var choices memory[*Geography]

func geographyOf(tag language.Tag) *Geography {
	once, _ := geographies.LoadOrStore(tag, sync.OnceValue(func() *Geography { return newGeography(tag) }))
	return once.(func() *Geography)()
}

// english is the geography that rules look into: they need no names.
func english() *Geography { return geographyOf(language.English) }

func newGeography(tag language.Tag) *Geography {
	names, fallback := display.Regions(tag), display.English.Regions()
	base, _ := tag.Base()
	column := 2 + max(0, slices.Index(currencyLanguages, base.String()))
	g := &Geography{index: map[string]int{}}
	for _, c := range countries.All() {
		code := c.Alpha2()
		region, err := language.ParseRegion(code)
		if gone[code] || err != nil {
			continue
		}
		name := newNames[base.String()][code]
		if name == "" && names != nil {
			name = names.Name(region)
		}
		if name == "" {
			name = fallback.Name(region)
		}
		id := int64(c)
		g.countries = append(g.countries, Country{ID: id, Code: code, ISO3: c.Alpha3(), Name: name,
			Currency: currencyOf(code, c.Currency().Alpha(), column), StatesOrProvinces: statesOf(code, id)})
	}
	sortByName(g.countries, tag)
	for i, c := range g.countries {
		g.index[c.Code] = i
		g.folded = append(g.folded, fold(c.Name))
	}
	return g
}

// sortByName sorts as people of that language do: Österreich before Polen.
func sortByName(list []Country, tag language.Tag) {
	var buf collate.Buffer
	c := collate.New(tag)
	keys := make(map[string][]byte, len(list))
	for _, country := range list {
		keys[country.Code] = slices.Clone(c.KeyFromString(&buf, country.Name))
		buf.Reset()
	}
	slices.SortFunc(list, func(a, b Country) int { return bytes.Compare(keys[a.Code], keys[b.Code]) })
}

// Countries are those that fit, all without conditions. A name fits as a whole,
// whatever its case and accents, in the geography's language or in English.
func (g *Geography) Countries(name, code *string) []Country {
	if name == nil && code == nil {
		return g.countries
	}
	var wanted string
	if name != nil {
		wanted = fold(*name)
	}
	e, out := english(), []Country{}
	for i, c := range g.countries {
		if (code == nil || strings.EqualFold(strings.TrimSpace(*code), c.Code)) &&
			(name == nil || wanted == g.folded[i] || wanted == e.folded[e.index[c.Code]]) {
			out = append(out, c)
		}
	}
	return out
}

// Country finds a country by its two letters, in capitals.
func (g *Geography) Country(code string) (*Country, bool) {
	i, ok := g.index[code]
	if !ok {
		return nil, false
	}
	return &g.countries[i], true
}

// gone are codes that the library keeps although their countries are no more.
var gone = map[string]bool{"AN": true, "YU": true}

// newNames mend what changed after the names in golang.org/x/text were collected.
var newNames = map[string]map[string]string{
	"en": {"MK": "North Macedonia", "SZ": "Eswatini", "TR": "Türkiye"},
	"de": {"MK": "Nordmazedonien", "SZ": "Eswatini"},
	"fr": {"MK": "Macédoine du Nord", "SZ": "Eswatini"},
	"es": {"MK": "Macedonia del Norte", "SZ": "Esuatini"},
}

// newCurrencies mend the library's: reforms since, and what is really paid with.
var newCurrencies = map[string]string{
	"AQ": "XXX", "BG": "EUR", "CU": "CUP", "CW": "XCG", "SL": "SLE", "SV": "USD", "SX": "XCG", "UY": "UYU", "ZW": "ZWG",
}

//go:embed currencies.txt
var currencyList string

// currencies holds the columns of currencies.txt by code.
var currencies = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(currencyList) {
		if line[0] != '#' {
			columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
			out[columns[0]] = columns
		}
	}
	return out
})

// currencyLanguages are those of the columns behind code and symbol.
var currencyLanguages = []string{"en", "de", "fr", "es"}

func currencyOf(country, code string, column int) CountryCurrency {
	if now := newCurrencies[country]; now != "" {
		code = now
	}
	columns := currencies()[code]
	return CountryCurrency{Code: code, Symbol: columns[1], Name: columns[column]}
}
