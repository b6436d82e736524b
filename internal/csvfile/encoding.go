// Package csvfile reads and writes the tables that shops exchange: whatever
// encoding, separator and line ends a program gave them, with quotes that may be
// broken, and without formulas that a spreadsheet would run.
package csvfile

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

var (
	utf8Mark    = []byte{0xEF, 0xBB, 0xBF}
	utf16Little = []byte{0xFF, 0xFE}
	utf16Big    = []byte{0xFE, 0xFF}
)

// decoded gives r as UTF-8 without a byte order mark. UTF-16 is known by its
// mark, or by the zero bytes that its first letters have.
func decoded(r io.Reader) *bufio.Reader {
	br := bufio.NewReaderSize(r, 64<<10)
	head, _ := br.Peek(4)
	switch {
	case bytes.HasPrefix(head, utf8Mark):
		_, _ = br.Discard(len(utf8Mark))
		return br
	case bytes.HasPrefix(head, utf16Little):
		return utf16(br, unicode.LittleEndian)
	case bytes.HasPrefix(head, utf16Big):
		return utf16(br, unicode.BigEndian)
	case len(head) == 4 && head[1] == 0 && head[3] == 0 && head[0] != 0:
		return utf16(br, unicode.LittleEndian)
	case len(head) == 4 && head[0] == 0 && head[2] == 0 && head[1] != 0:
		return utf16(br, unicode.BigEndian)
	}
	return br
}

func utf16(r io.Reader, e unicode.Endianness) *bufio.Reader {
	return bufio.NewReaderSize(transform.NewReader(r, unicode.UTF16(e, unicode.UseBOM).NewDecoder()), 64<<10)
}
