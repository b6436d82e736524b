package graph

import "encoding/json"

var (
	ErrTwice   = errTwice
	ErrTooDeep = errTooDeep
	ErrSyntax  = errSyntax

	Unquote = unquote
)

// Scan gives the members of the outermost object.
func Scan(body []byte) (map[string]json.RawMessage, error) {
	s, err := scan(body)
	return s.members, err
}

// Scopes is what private tokens need, by type and field.
var Scopes = scopes
