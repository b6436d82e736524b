package shop_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/biter777/countries"
	"golang.org/x/text/language"

	"regulars/internal/shop"
)

// everywhere is every country in English.
func everywhere() []shop.Country { return shop.GeographyIn("en", "").Countries(nil, nil) }

// Two sources have to agree on what ISO 3166-1 has: the library's list and the
// tables of golang.org/x/text.
func TestCountriesAreThoseOfISO3166(t *testing.T) {
	t.Parallel()
	// What x/text calls a country, and ISO 3166-1 has only reserved or given up.
	reserved := []string{"AC", "AN", "BU", "CP", "CS", "DD", "DG", "EA", "EU", "FX", "IC", "NT", "SU", "TA", "TP", "YD", "YU", "ZR", "UK", "QU", "AA", "ZZ", "CQ", "EZ", "FQ", "PC", "UN"}
	var want []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			if r, err := language.ParseRegion(code); err == nil && r.IsCountry() && !slices.Contains(reserved, code) && r.Canonicalize() == r {
				want = append(want, code)
			}
		}
	}
	var got []string
	for _, c := range everywhere() {
		got = append(got, c.Code)
		r := language.MustParseRegion(c.Code)
		if c.Code != "XK" && (r.M49() != int(c.ID) || r.ISO3() != c.ISO3) {
			t.Errorf("%s: %d %s, want %d %s", c.Code, c.ID, c.ISO3, r.M49(), r.ISO3())
		}
	}
	slices.Sort(got)
	if len(got) != 249+1 || !slices.Equal(got, want) { // Kosovo is the one
		t.Errorf("%d countries\n%v, want\n%v", len(got), got, want)
	}
}

func TestEveryCountryIsWhole(t *testing.T) {
	t.Parallel()
	code, iso3, money := regexp.MustCompile(`^[A-Z]{2}$`), regexp.MustCompile(`^[A-Z]{3}$`), regexp.MustCompile(`^[A-Z]{3}$`)
	for _, lang := range []string{"en", "de", "fr", "es", "ja", "ar", "pt-BR", "sr-Latn", "gsw"} {
		ids, names := map[int64]bool{}, map[string]bool{}
		for _, c := range shop.GeographyIn(lang, "").Countries(nil, nil) {
			if !code.MatchString(c.Code) || !iso3.MatchString(c.ISO3) || !money.MatchString(c.Currency.Code) || c.ID < 4 || c.ID > 999 ||
				c.Name == "" || c.Name == c.Code || c.Currency.Name == "" || c.Currency.Symbol == "" || c.StatesOrProvinces == nil {
				t.Errorf("%s: %+v", lang, c)
			}
			if ids[c.ID] || names[c.Name] {
				t.Errorf("%s: twice: %+v", lang, c)
			}
			ids[c.ID], names[c.Name] = true, true
		}
	}
}

func country(t *testing.T, lang, code string) shop.Country {
	t.Helper()
	c, ok := shop.GeographyIn(lang, "").Country(code)
	if !ok {
		t.Fatalf("no country %s", code)
	}
	return *c
}

func TestCountriesAreNamedInTheLanguageAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ accept, store, code, want string }{
		{"", "", "DE", "Germany"}, {"de", "", "DE", "Deutschland"}, {"", "de", "DE", "Deutschland"}, {"fr-CH, de;q=0.5", "en", "DE", "Allemagne"},
		{"de;q=0.1, es", "en", "DE", "Alemania"}, {"zz", "fr", "DE", "Allemagne"}, {"zz", "zz", "DE", "Germany"}, {"nonsense;;;", "", "DE", "Germany"},
		{"ja", "", "DE", "ドイツ"}, {"nb", "", "DE", "Tyskland"}, {"no", "", "DE", "Tyskland"}, {"zh-TW", "", "DE", "德國"}, {"zh-CN", "", "DE", "德国"},
		{strings.Repeat("a", 10000), "", "DE", "Germany"},
		// Newer than the tables in golang.org/x/text.
		{"en-GB", "", "MK", "North Macedonia"}, {"en", "", "SZ", "Eswatini"}, {"en", "", "TR", "Türkiye"}, {"de-AT", "", "MK", "Nordmazedonien"},
		{"fr", "", "MK", "Macédoine du Nord"}, {"es", "", "SZ", "Esuatini"}, {"de", "", "TR", "Türkei"},
	} {
		got, ok := shop.GeographyIn(c.accept, c.store).Country(c.code)
		if !ok || got.Name != c.want {
			t.Errorf("%.20q in a store in %q: %+v, want %s", c.accept, c.store, got, c.want)
		}
	}
}

func TestCountriesAreSortedAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	for lang, order := range map[string][]string{
		"en": {"AF", "AX", "AL", "CI", "HR", "CU", "ZW"}, // Åland among the A, Côte d'Ivoire among the C
		"de": {"NO", "OM", "AT", "PK"},                   // Österreich as if it were Osterreich
		"sv": {"EG", "ZW", "AX", "AT"},                   // å, ä, ö are behind z
		"es": {"NI", "NE", "NG", "NO", "NC", "NZ", "OM"},
	} {
		place := map[string]int{}
		for i, c := range shop.GeographyIn(lang, "").Countries(nil, nil) {
			place[c.Code] = i
		}
		for i := range order[1:] {
			if place[order[i]] >= place[order[i+1]] {
				t.Errorf("%s: %s is not before %s", lang, order[i], order[i+1])
			}
		}
	}
}

func TestCountriesAreFound(t *testing.T) {
	t.Parallel()
	g := shop.GeographyIn("de", "")
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		name, code *string
		want       string
	}{
		{text("Österreich"), nil, "AT"}, {text("austria"), nil, "AT"}, {text(" ÖSTERREICH "), nil, "AT"}, {text("Osterreich"), nil, "AT"},
		{text("Autriche"), nil, ""}, {text("Öster"), nil, ""}, {text(""), nil, ""}, {nil, text("at"), "AT"}, {nil, text(" AT "), "AT"},
		{nil, text(""), ""}, {nil, text("AUT"), ""}, {nil, text("AN"), ""}, {nil, text("EU"), ""}, {text("Österreich"), text("AT"), "AT"},
		{text("Österreich"), text("DE"), ""}, {text("Cote d'Ivoire"), nil, "CI"}, {text("\xff"), nil, ""},
	} {
		got := ""
		for _, found := range g.Countries(c.name, c.code) {
			got += found.Code
		}
		if got != c.want {
			t.Errorf("%v %v: %q, want %q", c.name, c.code, got, c.want)
		}
	}
	if list := g.Countries(text("nowhere"), nil); list == nil || len(list) != 0 {
		t.Errorf("%v", list)
	}
}

// What changed after the library's data were collected, or was never so.
func TestCurrenciesAreTodays(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"US": "USD $ US-Dollar", "DE": "EUR € Euro", "GB": "GBP £ Britisches Pfund", "CH": "CHF CHF Schweizer Franken", "HR": "EUR € Euro", "BG": "EUR € Euro",
		"CU": "CUP $ Kubanischer Peso", "SV": "USD $ US-Dollar", "UY": "UYU $ Uruguayischer Peso", "SL": "SLE SLE Sierra-leonischer Leone",
		"ZW": "ZWG ZWG Simbabwe-Gold", "CW": "XCG Cg. Karibischer Gulden", "SX": "XCG Cg. Karibischer Gulden", "AQ": "XXX ¤ Keine Währung", "VE": "VES VES Venezolanischer Bolívar",
	} {
		c := country(t, "de-AT", code).Currency
		if got := c.Code + " " + c.Symbol + " " + c.Name; got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	for lang, want := range map[string]string{"en-GB": "Swiss Franc", "fr": "franc suisse", "es-MX": "franco suizo", "ja": "Swiss Franc"} {
		if got := country(t, lang, "CH").Currency.Name; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

// The level that the addresses of a country name, in the library's words: of the
// countries with several levels never two, and all of that one.
func TestStatesAreOfTheLevelThatAddressesName(t *testing.T) {
	t.Parallel()
	levels := map[string]string{
		"AE": "Emirate", "AR": "City, Province", "AT": "State", "AU": "State, Territory", "BR": "Federal District, State", "CA": "Province, Territory",
		"CH": "Canton", "CL": "Region", "CN": "Autonomous Region, Municipality, Province", "CO": "Capital District, Department", "DE": "State", "EG": "Governorate",
		"ES": "Autonomous City, Province", "ID": "Autonomous Province, Province, Special District, Special Region", "IE": "County", "IN": "State, Union Territory", "IT": "Province", "JP": "Prefecture",
		"KR": "Capital Metropolitan City, Metropolitan Cities, Province", "MX": "Federal District, State", "MY": "Federal Territories, State",
		"NG": "Capital Territory, State", "PE": "Constitutional Province, Municipality, Region", "PH": "Province, Region", "TH": "Municipality, Province",
		"TR": "Province", "TW": "District, Municipality, Special Municipality", "UA": "Autonomous Republic, City, Province",
		"US": "District, Outlying Area, State", "VE": "Federal Dependency, Federal District, State", "ZA": "Province",
	}
	for _, c := range everywhere() {
		var got []string
		for _, s := range c.StatesOrProvinces {
			level := string(countries.SubdivisionCode(c.Code + "-" + s.Abbreviation).SubdivisionType())
			if level != countries.SubdivisionTypeUnknown && level != "" && !slices.Contains(got, level) {
				got = append(got, level)
			}
		}
		slices.Sort(got)
		if level := strings.Join(got, ", "); level != levels[c.Code] {
			t.Errorf("%s: %q, want %q", c.Code, level, levels[c.Code])
		}
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	want := map[string]int{
		"AE": 7, "AR": 24, "AT": 9, "AU": 8, "BR": 27, "CA": 13, "CH": 26, "CL": 16, "CN": 31, "CO": 33, "DE": 16, "EG": 27, "ES": 52, "ID": 38, "IE": 26,
		"IN": 36, "IT": 107, "JP": 47, "KR": 17, "MX": 32, "MY": 16, "NG": 37, "PE": 26, "PH": 83, "TH": 77, "TR": 81, "TW": 22, "UA": 27, "US": 59, "VE": 25, "ZA": 9,
	}
	ids := map[int64]string{}
	for _, c := range everywhere() {
		if len(c.StatesOrProvinces) != want[c.Code] {
			t.Errorf("%s has %d states, want %d", c.Code, len(c.StatesOrProvinces), want[c.Code])
		}
		codes := map[string]bool{}
		for _, s := range c.StatesOrProvinces {
			if s.ID < 1 || s.ID > 1<<31-1 || ids[s.ID] != "" || codes[s.Abbreviation] || s.Name != strings.TrimSpace(s.Name) || s.Name == "" {
				t.Errorf("%s %+v, and %s", c.Code, s, ids[s.ID])
			}
			ids[s.ID], codes[s.Abbreviation] = c.Code+"-"+s.Abbreviation, true
		}
	}
	// Ids are in clients' databases.
	for id, want := range map[int64]string{42001114: "US-TX", 42000479: "US-CA", 1814754: "AU-ACT", 3801070: "BR-SP", 18600014: "IE-D", 2000010: "AT-9"} {
		if ids[id] != want {
			t.Errorf("%d is %s, want %s", id, ids[id], want)
		}
	}
}

// states.txt was put together by hand: each of its codes has to be ISO 3166-2's,
// as the library has it, or stand here with the reason.
func TestStatesHaveCodesOfISO3166(t *testing.T) {
	t.Parallel()
	newer := map[string]bool{
		"US-AA": true, "US-AE": true, "US-AP": true, // the USPS's, for the armed forces
		"IN-CG": true, "IN-DH": true, "IN-LA": true, "IN-OD": true, "IN-TS": true, "IN-UK": true, // renamed or new since 2019
		"ID-PD": true, "ID-PE": true, "ID-PS": true, "ID-PT": true, // new in 2022
		"PH-MGN": true, "PH-MGS": true, // divided in 2022
		"IT-SU": true, // new in 2016
		// Missing there for no reason.
		"AR-F": true, "CL-NB": true, "EG-LX": true, "ID-KU": true, "KR-50": true, "PH-DVO": true, "TH-38": true, "TW-KIN": true, "TW-LIE": true,
		"TW-NWT": true, "ZA-GP": true, "ZA-KZN": true,
	}
	for _, c := range everywhere() {
		known := map[string]bool{}
		for _, s := range countries.ByName(c.Code).Subdivisions() {
			known[string(s)] = true
		}
		for _, s := range c.StatesOrProvinces {
			if code := c.Code + "-" + s.Abbreviation; known[code] == newer[code] {
				t.Errorf("%s %s: in the library %v, an exception %v", code, s.Name, known[code], newer[code])
			}
		}
	}
}

// A spelling that two states share would put a shopper's parcel in either.
func TestSpellingsOfStatesAreTheirOwn(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("states.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if line[0] == '#' {
			continue
		}
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(columns) != 3 && len(columns) != 4 {
			t.Fatalf("%q", line)
		}
		spellings := columns[1:3]
		if len(columns) == 4 {
			spellings = append(spellings, strings.Split(columns[3], ";")...)
		}
		for _, s := range spellings {
			key := columns[0] + " " + shop.Fold(s)
			if seen[key] != "" && seen[key] != columns[1] {
				t.Errorf("%s is %s and %s", key, seen[key], columns[1])
			}
			seen[key] = columns[1]
		}
	}
}

func TestGeographyIsMadeOnce(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	made := make([]*shop.Geography, 50)
	for i := range made {
		wg.Go(func() { made[i] = shop.GeographyIn("lt", "") })
	}
	wg.Wait()
	for _, g := range made {
		if g != made[0] {
			t.Fatal("made twice")
		}
	}
}

func TestAnyNumberOfLanguagesIsRead(t *testing.T) {
	t.Parallel()
	for i := range 3 * shop.MostRemembered {
		header := fmt.Sprintf("de;q=0.9, x-%d;q=0.1", i)
		for range 2 {
			if c, ok := shop.GeographyIn(header, "").Country("DE"); !ok || c.Name != "Deutschland" {
				t.Fatalf("%s: %+v, %v", header, c, ok)
			}
		}
	}
	// Others may have remembered one at the same time.
	if n := shop.Choices(); n < shop.MostRemembered || n > shop.MostRemembered+64 {
		t.Errorf("%d are remembered", n)
	}
}
