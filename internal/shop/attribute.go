package shop

import (
	"encoding/json"
	"regexp"
	"time"
)

// AttributeType says what an attribute's values look like; they are texts all
// the same.
type AttributeType string

// The types, spelled as REST has them.
const (
	AttributeString AttributeType = "string"
	AttributeNumber AttributeType = "number"
	AttributeDate   AttributeType = "date"
)

// MaxAttributes is how many a store can define (contract/apps.md a.7).
const MaxAttributes = 50

// Attribute is something that a store's staff or apps note about every customer.
type Attribute struct {
	ID   int64
	Name string // unique in the store, whatever its case
	Type AttributeType
}

// CustomerAttribute is an attribute of one customer; Value is nil where nothing
// was noted.
type CustomerAttribute struct {
	ID    int64
	Name  string
	Value *string
}

// CheckAttributeName cleans a name.
func CheckAttributeName(name string) (string, error) {
	name, e := checkLine("name", name, 1, 255)
	if e != nil {
		return "", e
	}
	return name, nil
}

var plainNumber = regexp.MustCompile(`^-?[0-9]`)

// CheckValue cleans a value of the attribute.
func (a Attribute) CheckValue(value string) (string, error) {
	value, e := checkLine("value", value, 1, 255)
	if e != nil {
		return "", e
	}
	switch a.Type {
	case AttributeNumber:
		if !plainNumber.MatchString(value) || !json.Valid([]byte(value)) {
			return "", Invalid("value", "The attribute %q takes a number.", a.Name)
		}
	case AttributeDate:
		_, plain := Day(value)
		if _, err := time.Parse(time.RFC3339, value); err != nil && !plain {
			return "", Invalid("value", "The attribute %q takes a date, as in 2024-12-31 or 2024-12-31T12:00:00Z.", a.Name)
		}
	}
	return value, nil
}
