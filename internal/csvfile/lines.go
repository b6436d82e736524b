package csvfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxRecord is the most that one record may take, in bytes. What is longer is no
// table of people.
const MaxRecord = 1 << 20

// line is one physical line with its end, and its number from 1.
type line struct {
	text   []byte
	number int
}

// lines cuts a text into lines, whichever of the three ends they have, and takes
// lines back.
type lines struct {
	in     *bufio.Reader
	number int
	back   []line
	failed error // stays: what is behind it begins in the middle of a line
}

// TooLongError is a line beyond MaxRecord: nothing behind it can be read.
type TooLongError struct{ Line int }

// Error is a sentence for whoever sent the file.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("line %d is longer than 1 MB: this is not a table with one line per entry", e.Line)
}

// next gives io.EOF after the last line.
func (l *lines) next() (line, error) {
	if n := len(l.back); n > 0 {
		out := l.back[n-1]
		l.back = l.back[:n-1]
		return out, nil
	}
	if l.failed != nil {
		return line{}, l.failed
	}
	var text []byte
	for {
		chunk, err := l.in.Peek(max(1, l.in.Buffered()))
		if len(chunk) == 0 {
			if !errors.Is(err, io.EOF) {
				return line{}, err
			}
			if len(text) == 0 {
				return line{}, io.EOF
			}
			return l.numbered(text), nil
		}
		end := bytes.IndexAny(chunk, "\r\n")
		if end < 0 {
			text = append(text, chunk...)
			_, _ = l.in.Discard(len(chunk))
			if len(text) > MaxRecord {
				return line{}, l.tooLong()
			}
			continue
		}
		carriage := chunk[end] == '\r'
		text = append(text, chunk[:end+1]...)
		_, _ = l.in.Discard(end + 1)
		if carriage {
			if after, _ := l.in.Peek(1); len(after) == 1 && after[0] == '\n' {
				text = append(text, '\n')
				_, _ = l.in.Discard(1)
			}
		}
		if len(text) > MaxRecord {
			return line{}, l.tooLong()
		}
		return l.numbered(text), nil
	}
}

func (l *lines) tooLong() error {
	l.failed = &TooLongError{l.number + 1}
	return l.failed
}

func (l *lines) numbered(text []byte) line {
	l.number++
	return line{text, l.number}
}

// unread makes next give these lines again, in their order.
func (l *lines) unread(lines []line) {
	for i := len(lines) - 1; i >= 0; i-- {
		l.back = append(l.back, lines[i])
	}
}
