package graph

import (
	"bytes"
	"encoding/json"
	"errors"
)

var (
	errTwice   = errors.New("a key stands twice")
	errTooDeep = errors.New("nested too deeply")
	errSyntax  = errors.New("not JSON")
)

// maxJSONDepth is far beyond what variables need.
const maxJSONDepth = 64

// scanned is a JSON text that was read to its end, in which no object has a key
// twice.
type scanned struct {
	isObject bool
	members  map[string]json.RawMessage // of the outermost object
}

// scan reads a request once. encoding/json lets keys stand twice; to find them by
// its tokens takes as long as running a small query.
func scan(body []byte) (scanned, error) {
	s := scanner{b: body}
	s.blanks()
	out := scanned{isObject: s.peek() == '{'}
	if out.isObject {
		out.members = make(map[string]json.RawMessage, 4)
	}
	if err := s.value(out.members); err != nil {
		return out, err
	}
	if s.blanks(); s.at < len(s.b) {
		return out, errSyntax
	}
	return out, nil
}

// scanner is at a place in a text.
type scanner struct {
	b     []byte
	at    int
	depth int
}

// peek is the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

func (s *scanner) blanks() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\n' || s.b[s.at] == '\r' || s.b[s.at] == '\t') {
		s.at++
	}
}

// value reads one value; the members of an object go into members, unless that
// is nil.
func (s *scanner) value(members map[string]json.RawMessage) error {
	switch c := s.peek(); {
	case c == '"':
		return s.text()
	case c == '{':
		return s.nested(func() error { return s.object(members) })
	case c == '[':
		return s.nested(s.array)
	case c == '-' || isDigit(c):
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.b[s.at:], []byte(word)) {
			s.at += len(word)
			return nil
		}
	}
	return errSyntax
}

func (s *scanner) nested(read func() error) error {
	if s.depth++; s.depth > maxJSONDepth {
		return errTooDeep
	}
	s.at++
	err := read()
	s.depth--
	return err
}

func (s *scanner) object(members map[string]json.RawMessage) error {
	var seen keySet
	return s.list('}', func() error {
		if s.peek() != '"' {
			return errSyntax
		}
		from := s.at
		if err := s.text(); err != nil {
			return err
		}
		key := unquote(s.b[from:s.at])
		if !seen.add(key) {
			return errTwice
		}
		if s.blanks(); s.peek() != ':' {
			return errSyntax
		}
		s.at++
		s.blanks()
		from = s.at
		if err := s.value(nil); err != nil {
			return err
		}
		if members != nil {
			members[key] = s.b[from:s.at]
		}
		return nil
	})
}

func (s *scanner) array() error {
	return s.list(']', func() error { return s.value(nil) })
}

// list reads entries with commas between them, to the end of the list.
func (s *scanner) list(end byte, entry func() error) error {
	if s.blanks(); s.peek() == end {
		s.at++
		return nil
	}
	for {
		s.blanks()
		if err := entry(); err != nil {
			return err
		}
		s.blanks()
		switch s.peek() {
		case end:
			s.at++
			return nil
		case ',':
			s.at++
		default:
			return errSyntax
		}
	}
}

// text reads a string.
func (s *scanner) text() error {
	for s.at++; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; {
		case c == '"':
			s.at++
			return nil
		case c < ' ':
			return errSyntax
		case c == '\\':
			if s.at++; !s.escape() {
				return errSyntax
			}
		}
	}
	return errSyntax
}

// escape stays at the last byte of what follows a backslash.
func (s *scanner) escape() bool {
	if s.peek() != 'u' {
		return s.at < len(s.b) && bytes.IndexByte([]byte(`"\/bfnrt`), s.b[s.at]) >= 0
	}
	for range 4 {
		s.at++
		if c := s.peek() | 0x20; !isDigit(s.peek()) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return errSyntax
	}
	if s.peek() == '.' {
		if s.at++; !s.digits() {
			return errSyntax
		}
	}
	if s.peek()|0x20 == 'e' {
		if s.at++; s.peek() == '+' || s.peek() == '-' {
			s.at++
		}
		if !s.digits() {
			return errSyntax
		}
	}
	return nil
}

// digits reads one or more.
func (s *scanner) digits() bool {
	from := s.at
	for isDigit(s.peek()) {
		s.at++
	}
	return s.at > from
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// keySet is the keys of one object: mostly few.
type keySet struct {
	few  []string
	many map[string]bool
}

const fewKeys = 8

// add is false for a key that is there already.
func (k *keySet) add(key string) bool {
	if k.many != nil {
		there := k.many[key]
		k.many[key] = true
		return !there
	}
	for _, other := range k.few {
		if other == key {
			return false
		}
	}
	if k.few = append(k.few, key); len(k.few) == fewKeys {
		k.many = make(map[string]bool, 4*fewKeys)
		for _, other := range k.few {
			k.many[other] = true
		}
	}
	return true
}

// unquote gives what a JSON string says. It has to be one.
func unquote(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	first := bytes.IndexByte(inner, '\\')
	if first < 0 {
		return string(inner)
	}
	out := append(make([]byte, 0, len(inner)), inner[:first]...)
	for at := first; at < len(inner); at++ {
		c := inner[at]
		if c == '\\' {
			at++
			if c = escaped[inner[at]]; c == 0 { // \u
				return unquoteSlowly(raw)
			}
		}
		out = append(out, c)
	}
	return string(out)
}

var escaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func unquoteSlowly(raw []byte) (out string) {
	_ = json.Unmarshal(raw, &out) // it is right
	return out
}
