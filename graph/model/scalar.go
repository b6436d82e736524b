package model

import (
	"encoding/json"

	"io"
	"math"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"regulars/internal/shop"
)

var errInt = shop.Errorf(shop.BadUserInput, "Int is a whole number between -2147483648 and 2147483647.")

// MarshalInt writes GraphQL's Int. Ids are int64 in Go; those beyond the
// specification's 32 bits cannot come into being (storage refuses them).
func MarshalInt(n int64) graphql.Marshaler { return MarshalLong(n) }

// UnmarshalInt reads GraphQL's Int. Strings are refused, and the value is not
// repeated: errors must not echo what was sent.
func UnmarshalInt(v any) (int64, error) {
	n, ok := whole(v)
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, errInt
	}
	return n, nil
}

// MarshalString writes text. Most of it needs no escapes, and goes out in one
// piece.
func MarshalString(s string) graphql.Marshaler {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			return graphql.MarshalString(s)
		}
	}
	return clean(s)
}

// clean is text without characters that JSON escapes.
type clean string

// MarshalGQL implements graphql.Marshaler.
func (s clean) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, `"`)
	_, _ = io.WriteString(w, string(s))
	_, _ = io.WriteString(w, `"`)
}

// UnmarshalString reads text, and nothing else: gqlgen's own takes numbers too.
func UnmarshalString(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", shop.Errorf(shop.BadUserInput, "String is text in quotes")
	}
	return s, nil
}

// MarshalLong writes a 64-bit integer as a JSON number.
func MarshalLong(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var b [20]byte
		_, _ = w.Write(strconv.AppendInt(b[:0], n, 10))
	})
}

// UnmarshalLong reads a 64-bit integer.
func UnmarshalLong(v any) (int64, error) {
	n, ok := whole(v)
	if !ok {
		return 0, shop.Errorf(shop.BadUserInput, "Long is a whole number.")
	}
	return n, nil
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		return n, err == nil
	case int64:
		return v, true
	case int:
		return int64(v), true
	}
	return 0, false
}

// MarshalFloat writes GraphQL's Float.
func MarshalFloat(f float64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(strconv.AppendFloat(nil, f, 'g', -1, 64)) })
}

// UnmarshalFloat reads GraphQL's Float, which a whole number may stand for.
func UnmarshalFloat(v any) (float64, error) {
	f := math.NaN()
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseFloat(string(v), 64); err == nil {
			f = n
		}
	case float64:
		f = v
	case int64:
		f = float64(v)
	case int:
		f = float64(v)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, shop.Errorf(shop.BadUserInput, "Float is a number.")
	}
	return f, nil
}

// MarshalBigDecimal writes an exact decimal as a JSON number.
func MarshalBigDecimal(d shop.Decimal) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, string(d)) })
}

// UnmarshalBigDecimal reads a decimal number without going through a float.
func UnmarshalBigDecimal(v any) (shop.Decimal, error) {
	n, ok := v.(json.Number)
	if !ok || !json.Valid([]byte(n)) {
		return "", shop.Errorf(shop.BadUserInput, "BigDecimal is a decimal number.")
	}
	return shop.Decimal(n), nil
}

// MarshalDateTime writes a moment in UTC, to the second as the contract has it.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.MarshalString(t.UTC().Format("2006-01-02T15:04:05Z"))
}

// UnmarshalDateTime reads RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, shop.Errorf(shop.BadUserInput, "DateTime is RFC 3339, as in 2024-01-01T00:00:00Z.")
	}
	return t, nil
}
