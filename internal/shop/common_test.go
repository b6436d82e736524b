package shop_test

import (
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestWellKnownPasswords(t *testing.T) {
	t.Parallel()
	words := shop.Common()
	if len(words) != 51_300 || !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Errorf("%d words, or not in order", len(words))
	}
	for _, w := range words {
		if w == "" || w != strings.ToLower(w) || strings.ContainsFunc(w, func(r rune) bool { return r < '!' || r > '~' }) {
			t.Errorf("%q", w)
		}
	}
	anything := shop.PasswordPolicy{}
	for word, known := range map[string]bool{
		// The first and the last of the list, and the commonest of all.
		words[0]: true, words[len(words)-1]: true, "123456": true, "password": true, "qwerty": true, "111111": true, "iloveyou": true,
		// Names and words are commoner elsewhere than as passwords, and passwords nevertheless.
		"jennifer": true, "michael": true, "Christopher": true, "williams": true, "university": true,
		"correct horse battery staple": false, "": false, "passwore": false, "\xff": false, "~~~~~~~~~~~~": false,
	} {
		errs := anything.Check("x", word)
		if got := len(errs) == 1 && errs[0].Error() == "This password is too well known. Choose another one."; got != known {
			t.Errorf("%q: %v", word, errs)
		}
	}
	// Whatever its case.
	for _, word := range []string{"12345678", "baseball", "sunshine", "trustno1", "1qaz2wsx", "passw0rd", "qwertyuiop", "dragonball"} {
		if len(shop.DefaultPasswordPolicy.Check("x", strings.ToUpper(word))) != 1 {
			t.Errorf("%q is taken", word)
		}
	}
}

func BenchmarkCheckPassword(b *testing.B) {
	for b.Loop() {
		shop.DefaultPasswordPolicy.Check("x", "correct horse battery staple")
	}
}
