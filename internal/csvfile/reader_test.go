package csvfile_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"regulars/internal/csvfile"
)

// read gives every record as text, one that cannot be read in brackets.
func read(t *testing.T, in io.Reader) (header string, records []string) {
	t.Helper()
	r, err := csvfile.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(r.Header, "|"), records
		}
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%d:%s", rec.Line, strings.Join(rec.Fields, "|"))
		if rec.Err != nil {
			text = "[" + text + " " + rec.Err.Error() + "]"
		}
		records = append(records, text)
	}
}

func wide(name string, n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprint(name, i)
	}
	return strings.Join(fields, ",")
}

func TestReader(t *testing.T) {
	t.Parallel()
	const (
		broken = "a quotation mark is not closed, or stands in the middle of a field"
		short  = "this line has 1 fields, the header has 2"
	)
	for name, c := range map[string]struct {
		in, header string
		want       []string
	}{
		"commas":               {"a,b\n1,2\n", "a|b", []string{"2:1|2"}},
		"semicolons":           {"a;b\n1,5;2\n", "a|b", []string{"2:1,5|2"}},
		"tabs":                 {"a\tb\n1\t\n\t2", "a|b", []string{"2:1|", "3:|2"}},
		"separator said":       {"sep=;\r\na;b,c\r\n1;2\r\n", "a|b,c", []string{"3:1|2"}},
		"tab said":             {"sep=\t\na\tb,c\n1\t2\n", "a|b,c", []string{"3:1|2"}},
		"only separators":      {",\na,b\n,\n1,2\n , \n\"\",\n", "a|b", []string{"4:1|2"}},
		"no name, no value":    {"a,b,,\n1,2\n1,2,\n1,2,3\n1\n", "a|b||", []string{"2:1|2||", "3:1|2||", "4:1|2|3|", "[5:1 this line has 1 fields, the header has 4]"}},
		"separator in quotes":  {"\"a;b;c\",d\n1,2\n", "a;b;c|d", []string{"2:1|2"}},
		"byte order mark":      {"\uFEFFa,b\n1,ü😀\n", "a|b", []string{"2:1|ü😀"}},
		"mixed line ends":      {"a,b\r\n1,2\n3,4\r5,6\r\n", "a|b", []string{"2:1|2", "3:3|4", "4:5|6"}},
		"line ends of old":     {"a,b\r1,2\r3,4", "a|b", []string{"2:1|2", "3:3|4"}},
		"blank lines":          {"\n\na,b\n\n1,2\n  \n3,4\n\n", "a|b", []string{"5:1|2", "7:3|4"}},
		"quoted breaks":        {"a,b\n1,\"two\r\nlines \"\"here\"\"\"\n3,4\n", "a|b", []string{"2:1|two\nlines \"here\"", "4:3|4"}},
		"space before a quote": {"a,b\n1, \"2,3\"\n", "a|b", []string{"2:1|2,3"}},
		"quote not closed":     {"a,b\n1,\"2\n3,4\n5,6\n", "a|b", []string{`[2:1,"2 ` + broken + "]", "3:3|4", "4:5|6"}},
		"quote closed later":   {"a,b\n1,\"2\n3,\"4\"\n5,6\n", "a|b", []string{`[2:1,"2 ` + broken + "]", "3:3|4", "4:5|6"}},
		"quote in the middle":  {"a,b\n1,5\" pipe\n3,4\n", "a|b", []string{`[2:1,5" pipe ` + broken + "]", "3:3|4"}},
		"broken in two":        {"a,b\n1\n2,3\n", "a|b", []string{"[2:1 " + short + "]", "3:2|3"}},
		"empty columns behind": {"a,b\n1,2,,\n", "a|b", []string{"2:1|2"}},
		"full columns behind":  {"a,b\n1,2,3\n", "a|b", []string{"[2:1|2|3 this line has 3 fields, the header has 2]"}},
		"not UTF-8":            {"a,b\nM\xfcller,2\n3,4\n", "a|b", []string{"[2:M�ller,2 the text is not UTF-8; save the file as \"CSV UTF-8\"]", "3:3|4"}},
		"formulas of others":   {"a,b\n'=1+1,'x\n", "a|b", []string{"2:=1+1|'x"}},
		"300 columns":          {wide("h", 300) + "\n" + wide("v", 300) + "\n", strings.ReplaceAll(wide("h", 300), ",", "|"), []string{"2:" + strings.ReplaceAll(wide("v", 300), ",", "|")}},
		"header alone":         {"a,b", "a|b", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header, got := read(t, strings.NewReader(c.in))
			if header != c.header || strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got %q %q, want %q %q", header, got, c.header, c.want)
			}
		})
	}
}

func TestUTF16(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]struct {
		endian unicode.Endianness
		mark   unicode.BOMPolicy
	}{
		"little": {unicode.LittleEndian, unicode.UseBOM}, "big": {unicode.BigEndian, unicode.UseBOM},
		"little without a mark": {unicode.LittleEndian, unicode.IgnoreBOM}, "big without a mark": {unicode.BigEndian, unicode.IgnoreBOM},
	} {
		text, err := unicode.UTF16(e.endian, e.mark).NewEncoder().String("name\tcity\r\nJürgen 😀\tKöln\r\n")
		if err != nil {
			t.Fatal(err)
		}
		header, got := read(t, strings.NewReader(text))
		if header != "name|city" || len(got) != 1 || got[0] != "2:Jürgen 😀|Köln" {
			t.Errorf("%s: %q %q", name, header, got)
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "the file is empty",
		"\n \n":                  "the file is empty",
		"sep=;\n":                "the file is empty",
		"ada@example.com,Ada\n":  "the first line has to name the columns",
		"a,\"b\nc\n":             "the header cannot be read",
		"a\xff,b\n":              "the header cannot be read",
		strings.Repeat("a", 2e6): "line 1 is longer than 1 MB",
	} {
		if _, err := csvfile.NewReader(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %q", in, err, want)
		}
	}
}

// endless is a text of one letter.
type endless struct{ left int64 }

func (e *endless) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), e.left))
	for i := range n {
		b[i] = 'a'
	}
	e.left -= int64(n)
	return n, nil
}

func TestOneLineOfAGigabyte(t *testing.T) {
	t.Parallel()
	line := &endless{1 << 30}
	r, err := csvfile.NewReader(io.MultiReader(strings.NewReader("a,b\n1,2\n"), line))
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := r.Next(); err != nil || rec.Err != nil {
		t.Fatal(rec, err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 2 { // and stays refused
		_, err = r.Next()
		var tooLong *csvfile.TooLongError
		if !errors.As(err, &tooLong) || tooLong.Line != 3 {
			t.Fatalf("got %v", err)
		}
	}
	runtime.ReadMemStats(&after)
	if line.left < 1<<30-8<<20 || after.TotalAlloc-before.TotalAlloc > 64<<20 {
		t.Errorf("read %d MB, took %d MB of memory", (1<<30-line.left)>>20, (after.TotalAlloc-before.TotalAlloc)>>20)
	}
}

// A quote that opens at the begin and never closes costs a bounded look ahead,
// not the file.
func TestAQuoteThatNeverCloses(t *testing.T) {
	t.Parallel()
	in := "a,b\n\"1,2\n" + strings.Repeat("3,4\n", 600_000)
	r, err := csvfile.NewReader(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := 0, 0
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Err != nil {
			bad++
		} else {
			good++
		}
	}
	if good != 600_000 || bad != 1 {
		t.Errorf("%d good, %d bad", good, bad)
	}
}

// Blank lines behind such a quote are many lines in few bytes: how far is looked
// ahead has a bound for them too.
func TestBlankLinesBehindAQuote(t *testing.T) {
	t.Parallel()
	file := strings.NewReader("a,b\n1,\"2\n" + strings.Repeat("\n", 900_000))
	size := file.Len()
	r, err := csvfile.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := r.Next(); err != nil || rec.Err == nil {
		t.Errorf("got %v, %v", rec, err)
	}
	if read := size - file.Len(); read > 200_000 {
		t.Errorf("read %d bytes ahead", read)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}
