package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Reader reads a table record by record, in memory that does not grow with the
// file.
type Reader struct {
	// Header holds the names of the columns, trimmed.
	Header []string
	named  int // columns up to the last one with a name
	lines  lines
	comma  rune
}

// Record is one entry of a table.
type Record struct {
	// Line is where it begins in the file, from 1.
	Line int
	// Fields has one text per column of the header, formulas made harmless by us
	// or by others taken back. Of a record that cannot be read it is the raw line.
	Fields []string
	// Err says, in a sentence, why the record cannot be read; reading goes on
	// behind it.
	Err error
}

// separators, likeliest first.
var separators = []rune{',', ';', '\t', '|'}

// NewReader reads up to the header.
func NewReader(r io.Reader) (*Reader, error) {
	t := &Reader{lines: lines{in: decoded(r)}}
	first, err := t.firstLine()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	// Some programs say the separator in a line of its own.
	if s := strings.TrimRight(string(first.text), "\r\n"); len(s) == 5 && strings.EqualFold(s[:4], "sep=") {
		t.comma = rune(s[4])
		if first, err = t.firstLine(); err != nil {
			return nil, errors.New("the file is empty")
		}
	} else {
		t.comma = separatorOf(first.text)
	}
	t.lines.unread([]line{first})
	header, err := t.Next()
	if err == nil {
		err = header.Err
	}
	if err != nil {
		return nil, fmt.Errorf("the header cannot be read: %w", err)
	}
	t.Header = header.Fields
	for i, name := range t.Header {
		t.Header[i] = strings.TrimSpace(name)
		if strings.Contains(name, "@") {
			return nil, errors.New("the first line has to name the columns; this one has data")
		}
		if t.Header[i] != "" {
			t.named = i + 1
		}
	}
	return t, nil
}

func (t *Reader) firstLine() (line, error) {
	for {
		l, err := t.lines.next()
		if err != nil || len(bytes.TrimSpace(l.text)) > 0 {
			return l, err
		}
	}
}

// separatorOf is what stands most often in the header, outside of quotes.
func separatorOf(header []byte) rune {
	best, most := separators[0], 0
	for _, s := range separators {
		n, quoted := 0, false
		for _, r := range string(header) {
			switch {
			case r == '"':
				quoted = !quoted
			case r == s && !quoted:
				n++
			}
		}
		if n > most {
			best, most = s, n
		}
	}
	return best
}

// Next gives io.EOF after the last record. Other errors are about the whole
// file; those of one record are in the record. Records of nothing but
// separators, which spreadsheets write, are none.
func (t *Reader) Next() (Record, error) {
	for {
		first, err := t.firstLine()
		if err != nil {
			return Record{}, err
		}
		out := t.record(first)
		if out.Err == nil && out.blank() {
			continue
		}
		if out.Err == nil && t.Header != nil {
			out.fit(t.named, len(t.Header))
		}
		return out, nil
	}
}

func (r *Record) blank() bool {
	return !slices.ContainsFunc(r.Fields, func(f string) bool { return strings.TrimSpace(f) != "" })
}

// maxLines is how many lines one record may have: what is longer comes from a
// quote that does not close.
const maxLines = 10_000

// record reads lines until the quotes are even. Where that does not give a
// record, a quote is broken: the first line is given up, and those behind it are
// read again, each as the begin of a record.
func (t *Reader) record(first line) Record {
	out := Record{Line: first.number}
	if bytes.IndexByte(first.text, '"') < 0 {
		out.Fields, out.Err = t.plain(first.text)
		return out
	}
	text, behind := first.text, []line(nil)
	quotes := bytes.Count(text, []byte{'"'})
	for quotes%2 != 0 && len(text) <= MaxRecord && len(behind) < maxLines {
		more, err := t.lines.next()
		if err != nil {
			break // the end, or a line that is too long, which the next call meets
		}
		behind = append(behind, more)
		text = append(text, more.text...)
		quotes += bytes.Count(more.text, []byte{'"'})
	}
	if out.Fields, out.Err = t.quoted(text); out.Err != nil {
		t.lines.unread(behind)
		out.Fields = []string{strings.ToValidUTF8(strings.TrimRight(string(first.text), "\r\n"), "�")}
	}
	return out
}

var (
	errNotUTF8 = errors.New("the text is not UTF-8; save the file as \"CSV UTF-8\"")
	errQuote   = errors.New("a quotation mark is not closed, or stands in the middle of a field")
)

// plain splits a line without quotes.
func (t *Reader) plain(text []byte) ([]string, error) {
	s := strings.TrimRight(string(text), "\r\n")
	if !utf8.ValidString(s) {
		return []string{strings.ToValidUTF8(s, "�")}, errNotUTF8
	}
	fields := strings.Split(s, string(t.comma))
	for i, f := range fields {
		fields[i] = Disarmed(f)
	}
	return fields, nil
}

func (t *Reader) quoted(text []byte) ([]string, error) {
	if !utf8.Valid(text) {
		return nil, errNotUTF8
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = t.comma, -1, t.comma != '\t'
	fields, err := r.Read()
	if err != nil {
		return nil, errQuote
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		return nil, errQuote
	}
	for i, f := range fields {
		fields[i] = Disarmed(f)
	}
	return fields, nil
}

// fit refuses a record that has other columns than the header: one that broke in
// two, most likely. Empty columns at the end are no harm, nor is it that columns
// without a name are left out.
func (r *Record) fit(named, columns int) {
	n := len(r.Fields)
	for n > columns && strings.TrimSpace(r.Fields[n-1]) == "" {
		n--
	}
	if r.Fields = r.Fields[:n]; n < named || n > columns {
		r.Err = fmt.Errorf("this line has %d fields, the header has %d", n, columns)
		return
	}
	for len(r.Fields) < columns {
		r.Fields = append(r.Fields, "")
	}
}
