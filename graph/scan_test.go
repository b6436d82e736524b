package graph_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regulars/graph"
)

// texts are pieces that JSON is made of, and some that it is not.
var texts = []string{
	`{`, `}`, `[`, `]`, `,`, `:`, ` `, "\n", "\t", "\v", `"a"`, `"b"`, `"a`, `"\u0061"`, `"\u00e4\ud83d\ude00"`, `"\ud800"`, `"\u12"`, `"\x"`, `"ä"`,
	`"\"\\\/\b\f\n\r\t"`, "\"\x01\"", `0`, `-`, `-0`, `01`, `1.`, `.5`, `1.5e+10`, `1e`, `1E-2`, `12345678901234567890`, `1e999`, `true`, `nul`, `null`, `false`, `x`, ``,
}

func TestScanTakesWhatIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(texts), 1, 12).Draw(t, "pieces"), "")
		_, err := graph.Scan([]byte(text))
		if errors.Is(err, graph.ErrTwice) {
			return // it did not look further
		}
		if valid := json.Valid([]byte(text)); (err == nil) != valid {
			t.Fatalf("%q: %v, encoding/json says %v", text, err, valid)
		}
	})
}

// document draws a value with keys from a small set.
func document(t *rapid.T, depth int) any {
	if depth == 0 || rapid.Bool().Draw(t, "leaf") {
		return rapid.OneOf(rapid.Just(any(nil)), rapid.Just(any(true)), rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f })).Draw(t, "value")
	}
	out := map[string]any{}
	for range rapid.IntRange(0, 12).Draw(t, "size") {
		out[rapid.StringN(0, 3, -1).Draw(t, "key")] = document(t, depth-1)
	}
	return out
}

func TestScanFindsTheMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want, ok := document(t, 3).(map[string]any)
		if !ok {
			return
		}
		text, err := json.MarshalIndent(want, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		members, err := graph.Scan(text)
		if err != nil || len(members) != len(want) {
			t.Fatalf("%s: %v, %d members", text, err, len(members))
		}
		for key, value := range want {
			var a, b any
			plain, _ := json.Marshal(value)
			if json.Unmarshal(plain, &a) != nil || json.Unmarshal(members[key], &b) != nil {
				t.Fatalf("%s: member %q is %s", text, key, members[key])
			}
			if x, y := must(json.Marshal(a)), must(json.Marshal(b)); x != y {
				t.Fatalf("member %q: %s, not %s", key, y, x)
			}
		}
	})
}

func must(b []byte, _ error) string { return string(b) }

func TestScanFindsKeysThatStandTwice(t *testing.T) {
	t.Parallel()
	many := ""
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		many += `"` + string(c) + `": 1, `
	}
	for text, want := range map[string]error{
		`{"a": 1, "b": {"a": 1}}`:                         nil,
		`[{"a": 1}, {"a": 1}]`:                            nil,
		`{"a": 1, "a": 1}`:                                graph.ErrTwice,
		`{"a": 1, "\u0061": 1}`:                           graph.ErrTwice,
		`{"b": [{"c": 1, "d": 2, "c": 3}]}`:               graph.ErrTwice,
		`{` + many + `"ä": 1}`:                            nil,
		`{` + many + `"c": 1}`:                            graph.ErrTwice,
		strings.Repeat("[", 64) + strings.Repeat("]", 64): nil,
		strings.Repeat("[", 65) + strings.Repeat("]", 65): graph.ErrTooDeep,
		strings.Repeat(`{"a":`, 65):                       graph.ErrTooDeep,
		`{} {}`:                                           graph.ErrSyntax,
		`{"a": 1,}`:                                       graph.ErrSyntax,
		``:                                                graph.ErrSyntax,
	} {
		if _, err := graph.Scan([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%.60s: %v, not %v", text, err, want)
		}
	}
}

func TestUnquoteSaysWhatEncodingJSONSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) string { return must(json.Marshal(s)) }),
			rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{`\n`, `\"`, `\\`, `\/`, `a`, `ä`, `\u00e4`, `\ud83d\ude00`, `\ud800`})),
				func(s []string) string { return `"` + strings.Join(s, "") + `"` }),
		).Draw(t, "raw")
		var want string
		if err := json.Unmarshal([]byte(raw), &want); err != nil {
			t.Fatal(err)
		}
		if got := graph.Unquote([]byte(raw)); got != want {
			t.Fatalf("%s: %q, not %q", raw, got, want)
		}
	})
}

func BenchmarkReadBody(b *testing.B) {
	body := must(json.Marshal(map[string]any{
		"query":     "query Me {\n  currentCustomer {\n    entityId email firstName lastName\n    addresses(first: 10) { edges { node { entityId address1 city } } }\n  }\n}",
		"variables": map[string]any{"first": 10},
	}))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := graph.Scan([]byte(body)); err != nil {
			b.Fatal(err)
		}
	}
}
