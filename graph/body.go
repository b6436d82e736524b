package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// MaxBody is the largest request body, in bytes.
const MaxBody = 100 << 10

// readBody reads a JSON request strictly: one object, nothing after it, no key
// twice (two readers could take different ones for true). It gives the text of
// what is wrong, "" when nothing is.
func readBody(body []byte, p *graphql.RawParams) string {
	if !utf8.Valid(body) { // encoding/json would put other characters in its place
		return "The request is not valid UTF-8."
	}
	keys := json.NewDecoder(bytes.NewReader(body))
	keys.UseNumber() // or a number beyond a float's range would not be JSON
	if err := checkKeys(keys); err != nil {
		if errors.Is(err, errTwice) {
			return "The request has a key twice in one object."
		}
		return "The request is not valid JSON."
	}
	// Into a struct, encoding/json would take QUERY for query as well.
	var in map[string]json.RawMessage
	if json.Unmarshal(body, &in) != nil || in == nil {
		return "The request is not a JSON object."
	}
	if !isText(in["query"], &p.Query) {
		return "query has to be a string."
	}
	if name := in["operationName"]; !isNone(name) && !isText(name, &p.OperationName) {
		return "operationName has to be a string."
	}
	return readMaps(in["variables"], in["extensions"], p)
}

func isNone(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func isText(raw json.RawMessage, to *string) bool {
	return !isNone(raw) && json.Unmarshal(raw, to) == nil
}

func readMaps(variables, extensions json.RawMessage, p *graphql.RawParams) string {
	var ok bool
	if p.Variables, ok = object(variables); !ok {
		return "variables has to be an object."
	}
	if p.Extensions, ok = object(extensions); !ok {
		return "extensions has to be an object."
	}
	return ""
}

func object(raw json.RawMessage) (map[string]any, bool) {
	if isNone(raw) {
		return nil, true
	}
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&m) != nil || m == nil {
		return nil, false
	}
	_, err := d.Token()
	return m, errors.Is(err, io.EOF)
}

var (
	errTwice    = errors.New("a key stands twice")
	errTooDeep  = errors.New("nested too deeply")
	errTrailing = errors.New("something after the value")
)

// maxJSONDepth is far beyond what variables need.
const maxJSONDepth = 64

// checkKeys reads one JSON value to its end and finds keys that stand twice.
func checkKeys(d *json.Decoder) error {
	var open []map[string]bool // keys of each open object; nil for an array
	var key bool               // whether the next token of an object is a key
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'):
			open, key = append(open, map[string]bool{}), true
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			key = true
		default:
			if keys := innermost(open); keys != nil && key {
				name := t.(string)
				if keys[name] {
					return errTwice
				}
				keys[name], key = true, false
				continue
			}
			key = true
		}
		if len(open) > maxJSONDepth {
			return errTooDeep
		}
		if len(open) == 0 {
			if _, err := d.Token(); !errors.Is(err, io.EOF) {
				return errTrailing
			}
			return nil
		}
	}
}

func innermost(open []map[string]bool) map[string]bool {
	if len(open) == 0 {
		return nil
	}
	return open[len(open)-1]
}
