package page_test

import (
	"strings"
	"testing"

	"regulars/internal/page"
)

func TestWhoIsAnsweredWithJSON(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"":                                                    false,
		"*/*":                                                 false,
		"application/json, text/plain, */*":                   true, // checkout-sdk-js, axios
		"application/json":                                    true,
		"application/json, */*":                               true,
		"application/json;q=0.9":                              true,
		"Application/JSON; charset=utf-8":                     true,
		"application/*":                                       true,
		"application/json, text/plain":                        true,
		"text/plain, application/json":                        false,
		"text/plain":                                          false,
		"text/*":                                              false,
		"*/*, application/json":                               false,
		"*/*;q=0.8, application/json":                         true,
		"application/json;q=0.8, */*":                         false,
		"application/json;q=0.5, text/plain;q=0.9":            false,
		"application/json;q=0.9, text/plain;q=0.5":            true,
		"text/plain;q=0.5, application/json;q=0.9":            true,
		"text/*;q=0.5, application/json":                      true,
		"text/html, application/xhtml+xml, */*;q=0.8":         false,
		"application/json;q=0":                                false,
		"application/json;q=0, */*;q=0":                       false,
		"application/json;q=high, text/plain;q=0.5":           true,
		"application/json;q=-1":                               true,
		"application/*;q=0.2, application/json, text/plain":   true,
		"application/jsonp, text/plain":                       false,
		"nonsense/, application/json":                         true,
		strings.Repeat("x,", 1000) + "application/json":       true,
		"application/graphql-response+json, application/json": true,
	} {
		if got := page.PrefersJSON([]string{accept}); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
	if !page.PrefersJSON([]string{"text/plain;q=0.1", "application/json"}) || page.PrefersJSON(nil) {
		t.Error("lines are not read as one list")
	}
}
