package csvfile

import (
	"encoding/csv"
	"io"
	"regexp"
	"strings"
)

// formula finds texts that a spreadsheet would take for a formula, with any
// number of quotes that make them harmless already: one more is put in front, so
// that taking one away always gives the text back.
var formula = regexp.MustCompile("^'*[=+@\\t\\r\uFF1D\uFF0B\uFF0D\uFF20-]")

// Armed is the text as it may stand in a spreadsheet: a formula gets a quote in
// front, which spreadsheets do not show.
func Armed(s string) string {
	if formula.MatchString(s) {
		return "'" + s
	}
	return s
}

// Disarmed takes back what Armed did.
func Disarmed(s string) string {
	if strings.HasPrefix(s, "'") && formula.MatchString(s) {
		return s[1:]
	}
	return s
}

// phone is a number as people write it, which no spreadsheet can compute more
// than another number from.
var phone = regexp.MustCompile(`^\+?[0-9 ()./-]+$`)

// ArmedPhone leaves a telephone number alone and treats the rest as Armed does.
func ArmedPhone(s string) string {
	if phone.MatchString(s) {
		return s
	}
	return Armed(s)
}

// NewWriter writes records with commas, in UTF-8. Texts have to be Armed.
func NewWriter(w io.Writer) *csv.Writer { return csv.NewWriter(w) }
