package graph_test

import (
	"slices"
	"strings"
	"testing"

	"regulars/graph/graphtest"
)

// B6: the geography costs what it holds, and a request for it asks the database
// no more than one for nothing.
func TestGeographyCostsWhatItHolds(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cost := func(query string) string { return s.Query(t, query).Header.Get("X-Bc-Graphql-Complexity") }
	for query, want := range map[string]string{
		`{ geography { countries { code } } }`:                                             "252",
		`{ geography { countries(filters: {}) { code } } }`:                                "252",
		`{ geography { countries(filters: {code: "US"}) { code } } }`:                      "3",
		`{ geography { countries { code statesOrProvinces { name entityId } } } }`:         "2502",
		`{ geography { countries(filters: {name: "x"}) { statesOrProvinces { name } } } }`: "7",
	} {
		if got := cost(query); got != want {
			t.Errorf("%s costs %s, want %s", query, got, want)
		}
	}
	s.Query(t, `{ __typename }`)
	before := s.Storage.Executed()
	s.Query(t, `{ __typename }`)
	alone := s.Storage.Executed() - before
	s.Query(t, `{ geography { countries { name statesOrProvinces { name } } } store { entityId } channel { entityId } site { settings { locales { code } } } }`)
	if got := s.Storage.Executed() - before - alone; got != alone {
		t.Errorf("%d statements, %d for nothing", got, alone)
	}
}

// A cache that keeps answers apart by what they vary by gives nobody another's
// language.
func TestAnswersVaryByLanguage(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for lang, want := range map[string]string{"de": "Deutschland", "fr": "Allemagne", "": "Germany"} {
		r := s.Query(t, `{ geography { countries(filters: {code: "DE"}) { name } } }`, graphtest.Header{Name: "Accept-Language", Value: lang})
		vary := strings.Split(strings.Join(r.Header.Values("Vary"), ", "), ", ")
		if !strings.Contains(string(r.Body), `"`+want+`"`) || !slices.Contains(vary, "Accept-Language") || !slices.Contains(vary, "Origin") {
			t.Errorf("%q: %s, varies by %q", lang, r.Body, vary)
		}
	}
}
