package graph

import (
	"bytes"
	"encoding/json"
	"errors"
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
	in, err := scan(body)
	switch {
	case errors.Is(err, errTwice):
		return "The request has a key twice in one object."
	case err != nil:
		return "The request is not valid JSON."
	case !in.isObject:
		return "The request is not a JSON object."
	}
	// encoding/json would take QUERY for query as well.
	if !isText(in.members["query"], &p.Query) {
		return "query has to be a string."
	}
	if name := in.members["operationName"]; !isNone(name) && !isText(name, &p.OperationName) {
		return "operationName has to be a string."
	}
	return readMaps(in.members["variables"], in.members["extensions"], p)
}

func isNone(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// isText reads a JSON string that scan found to be right.
func isText(raw json.RawMessage, to *string) bool {
	if len(raw) == 0 || raw[0] != '"' {
		return false
	}
	*to = unquote(raw)
	return true
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
	d.UseNumber() // or a number beyond a float's range would not be JSON
	if d.Decode(&m) != nil || m == nil {
		return nil, false
	}
	return m, len(bytes.TrimLeft(raw[d.InputOffset():], " \t\r\n")) == 0
}
