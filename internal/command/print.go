package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
)

// steers tells characters that do something to a terminal or turn a line around
// instead of being seen. The two joiners are part of scripts and emoji.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) ||
		(unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d')
}

// printable writes out what steers: people put anything into a name.
func printable(s string) string {
	if !strings.ContainsFunc(s, steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			writeEscaped(&b, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// writeEscaped writes r as JSON does.
func writeEscaped(b *strings.Builder, r rune) {
	for _, unit := range utf16.Encode([]rune{r}) {
		fmt.Fprintf(b, `\u%04x`, unit)
	}
}

// printableList is a list on one line, or a word for an empty one.
func printableList(list []string, empty string) string {
	if len(list) == 0 {
		return empty
	}
	return printable(strings.Join(list, ", "))
}

// sayJSON prints v on one line. encoding/json leaves in what steers beyond ASCII.
func (e *Env) sayJSON(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	e.say("%s", printable(strings.TrimSuffix(line.String(), "\n")))
	return nil
}

// shownOnce is for commands that make a secret: what a program reads has no
// words around it.
type shownOnce struct {
	JSON bool `name:"json" help:"One JSON object, and no words around it."`
}

// table prints lines whose cells, separated by tabs, stand below each other.
func (e *Env) table(fill func(line func(format string, args ...any))) error {
	w := tabwriter.NewWriter(e.Out, 0, 0, 2, ' ', 0)
	fill(func(format string, args ...any) { _, _ = io.WriteString(w, fmt.Sprintf(format, args...)+"\n") })
	return w.Flush()
}

// moment writes a time for people.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// second is a time for machines: RFC 3339 without fractions.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// utc is the same for a time that may be missing.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := second(*t)
	return &u
}

// count is a number of things.
func count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// or is s, or a word for an empty one.
func or(s, empty string) string {
	if s == "" {
		return empty
	}
	return s
}
