package shop

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// StateOrProvince is a state of a country, at the level that its addresses name:
// provinces in Italy, not regions; none in France.
type StateOrProvince struct {
	ID           int64
	Name         string
	Abbreviation string // the second half of its ISO 3166-2 code
}

// stateOptional are countries whose states storefronts offer, though no address
// needs one.
var stateOptional = map[string]bool{"AT": true, "CH": true, "DE": true}

//go:embed states.txt
var stateList string

// state is a line of states.txt.
type state struct {
	code, name string
	others     []string
}

// states holds states.txt by country, in the order that people look names up by.
var states = sync.OnceValue(func() map[string][]state {
	out := map[string][]state{}
	for line := range strings.Lines(stateList) {
		if line[0] == '#' {
			continue
		}
		columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
		s := state{code: columns[1], name: columns[2]}
		if len(columns) > 3 {
			s.others = strings.Split(columns[3], ";")
		}
		out[columns[0]] = append(out[columns[0]], s)
	}
	alphabet := collate.New(language.Und)
	for _, list := range out {
		slices.SortFunc(list, func(a, b state) int { return alphabet.CompareString(a.name, b.name) })
	}
	return out
})

// statesOf lists the states of a country, by name.
func statesOf(country string, id int64) []StateOrProvince {
	out := []StateOrProvince{}
	for _, s := range states()[country] {
		out = append(out, StateOrProvince{ID: stateID(id, s.code), Name: s.name, Abbreviation: s.code})
	}
	return out
}

// stateID is country × 50,000 + the code, read as a number whose digits 1 to 36
// are 0 to 9 and A to Z: nothing has to be kept for it to stay the same, and none
// is used twice.
func stateID(country int64, code string) int64 {
	var n int64
	for _, r := range code {
		n = n*36 + int64(strings.IndexRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", r)) + 1
	}
	return country*50_000 + n
}

// spellings finds a state's place in its country by everything that it is called.
var spellings = sync.OnceValue(func() map[string]map[string]int {
	out := map[string]map[string]int{}
	for country, list := range states() {
		out[country] = map[string]int{}
		for i, s := range list {
			for _, spelling := range append([]string{s.code, s.name}, s.others...) {
				out[country][fold(spelling)] = i
			}
		}
	}
	return out
})

// state finds a state by name, abbreviation or another spelling, whatever the
// case and the accents.
func (c *Country) state(text string) (StateOrProvince, bool) {
	i, ok := spellings()[c.Code][fold(text)]
	if !ok {
		return StateOrProvince{}, false
	}
	return c.StatesOrProvinces[i], true
}

// fold makes two spellings of a name equal that differ in case, accents, the form
// of an apostrophe or the width of a space.
func fold(s string) string {
	// A chain has state: one for each call.
	plain, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), strings.ToLower(s))
	if err != nil {
		return s
	}
	return strings.Join(strings.Fields(strings.NewReplacer("ı", "i", "ß", "ss", "’", "'", "‘", "'").Replace(plain)), " ")
}
