package graph_test

import (
	"encoding/json"
	"testing"

	"regulars/graph/graphtest"
)

// What is remembered of a query's text must not stand in for its variables.
func TestDirectivesDecideAnewForEachRequest(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for _, query := range []string{
		`query ($in: Boolean!) { site { settings { storeName @include(if: $in) storeHash } } }`,
		`query ($in: Boolean!) { site { settings { ...name @include(if: $in) storeHash } } } fragment name on Settings { storeName }`,
		`query ($in: Boolean!) { site { settings { ... @include(if: $in) { storeName } storeHash } } }`,
		`query ($in: Boolean!) { site { settings { ...name storeHash } } } fragment name on Settings { storeName @include(if: $in) }`,
	} {
		for i, in := range []bool{true, false, true, false} {
			want := `{"data":{"site":{"settings":{"storeHash":"demo"}}}}`
			if in {
				want = `{"data":{"site":{"settings":{"storeName":"Demo Store","storeHash":"demo"}}}}`
			}
			if got := string(ask(t, s, query, map[string]any{"in": in}).Body); got != want {
				t.Errorf("request %d of %s: %s", i+1, query, got)
			}
		}
	}
}

func ask(t *testing.T, s *graphtest.Server, query string, variables map[string]any) *graphtest.Reply {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return s.Post(t, body)
}

func TestCostIsThatOfTheRequest(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cost := func(r *graphtest.Reply) string { return r.Header.Get("X-Bc-Graphql-Complexity") }
	const page = `query ($n: Int) { currentCustomer { addresses(first: $n) { edges { node { city } } } } }`
	const filtered = `query ($f: CountryFiltersInput) { geography { countries(filters: $f) { code } } }`
	const inside = `query ($c: String) { geography { countries(filters: {code: $c}) { code } } }`
	for range 2 { // the second time from memory
		for n, want := range map[int]string{1: "5", 50: "152"} {
			if got := cost(ask(t, s, page, map[string]any{"n": n})); got != want {
				t.Errorf("%d addresses cost %s, not %s", n, got, want)
			}
		}
		if one, all := cost(ask(t, s, filtered, map[string]any{"f": map[string]any{"code": "DE"}})), cost(ask(t, s, filtered, nil)); one != "3" || all != "252" {
			t.Errorf("one country costs %s, all of them %s", one, all)
		}
		if one, all := cost(ask(t, s, inside, map[string]any{"c": "DE"})), cost(ask(t, s, inside, nil)); one != "3" || all != "252" {
			t.Errorf("one country costs %s, all of them %s", one, all)
		}
		const signUp = `mutation ($in: CreateSubscriberInput!) { newsletter { subscribe(input: $in) { errors { __typename } } } }`
		for _, email := range []string{"ada@example.com", "no address"} {
			if got := cost(ask(t, s, signUp, map[string]any{"in": map[string]any{"email": email, "origin": "STOREFRONT"}})); got != "4" {
				t.Errorf("a sign-up costs %s", got)
			}
		}
		const two = `query Small { site { settings { storeHash } } } query Large { currentCustomer { addresses { edges { node { city } } } } }`
		for name, want := range map[string]string{"Small": "3", "Large": "32"} {
			body, err := json.Marshal(map[string]any{"query": two, "operationName": name})
			if err != nil {
				t.Fatal(err)
			}
			if got := cost(s.Post(t, body)); got != want {
				t.Errorf("%s costs %s, not %s", name, got, want)
			}
		}
	}
}
