package shop

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// cleanLine trims s and says whether it can be kept as one line of text: valid
// UTF-8 without control characters. Postgres refuses NUL, and a line feed in a
// name would forge headers and log lines later on.
func cleanLine(s string) (string, bool) {
	s = strings.TrimSpace(s)
	return s, utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// cleanText is cleanLine for texts that may have several lines.
func cleanText(s string) (string, bool) {
	s = strings.TrimSpace(s)
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	return s, utf8.ValidString(s) && !strings.ContainsFunc(s, bad)
}

// checkLine cleans a line of min to max characters and reports field otherwise.
func checkLine(field, s string, min, max int) (string, *Error) {
	s, ok := cleanLine(s)
	n := utf8.RuneCountInString(s)
	switch {
	case !ok:
		return s, Invalid(field, "Line breaks and control characters are not allowed here.")
	case n == 0 && min > 0:
		return s, Invalid(field, "This field is required.")
	case n < min || n > max:
		return s, Invalid(field, "Use at most %d characters.", max)
	}
	return s, nil
}

// maxLocale is how long a BCP 47 tag may be.
const maxLocale = 35

// checkLocale accepts a BCP 47 tag.
func checkLocale(field, s string) (string, *Error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	tag, err := language.Parse(s)
	if err != nil || len(s) > maxLocale {
		return "", Invalid(field, "Give the language as a BCP 47 tag, such as en-GB.")
	}
	return tag.String(), nil
}
