package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/graph/graphtest"
)

// errorsIn gives the messages and codes of an answer.
func errorsIn(t *testing.T, r *graphtest.Reply) (messages, codes []string) {
	t.Helper()
	var body struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	for _, e := range body.Errors {
		messages, codes = append(messages, e.Message), append(codes, e.Extensions.Code)
	}
	return messages, codes
}

// bomb doubles a field n times by fragments.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString(`{ currentCustomer { ...f0 } }`)
	for i := range n {
		fmt.Fprintf(&b, " fragment f%d on Customer { ...f%d ...f%d }", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment f%d on Customer { email }", n)
	return b.String()
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: __typename ", i)
	}
	return "{ " + b.String() + "}"
}

// nested is a query of depth n, through inline fragments or named ones.
func nested(n int, named bool) string {
	q, fragments := "name", ""
	for i := range n - 3 {
		if named && i%2 == 0 {
			fragments += fmt.Sprintf(" fragment n%d on __Type { ofType { %s } }", i, q)
			q = fmt.Sprintf("...n%d", i)
		} else {
			q = "... on __Type { ofType { " + q + " } }"
		}
	}
	return "{ __schema { types { " + q + " } } }" + fragments
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	fields := func(n int) string { return "{" + strings.Repeat(" __typename", n) + " }" }
	for name, c := range map[string]struct{ query, want string }{
		"1000 tokens are many fields": {fields(400), "more than 300 fields"},
		"more than 1000 tokens":       {fields(1001), "token"},
		"9000 fields":                 {fields(9000), "token"},
		"500 of one field":            {fields(500), "more than 300 fields"},
		"300 fields":                  {fields(300), ""},
		"15 aliases":                  {aliases(15), ""},
		"30 aliases":                  {aliases(30), ""},
		"31 aliases":                  {aliases(31), "more than 30 aliases"},
		"101 aliases":                 {aliases(101), "more than 30 aliases"},
		"fragment bomb 10":            {bomb(10), "more than 300 fields"},
		"fragment bomb 26":            {bomb(26), "more than 300 fields"},
		"fragment bomb 40":            {bomb(40), "more than 300 fields"},
		"fragment bomb 60":            {bomb(60), "more than 300 fields"},
		"depth 17 inline":             {nested(17, false), "nested deeper"},
		"depth 17 named":              {nested(17, true), "nested deeper"},
		"fragment cycle":              {`{ currentCustomer { ...a } } fragment a on Customer { ...a }`, "within itself"},
		"circular introspection":      {`{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`, "depth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.Query(t, c.query)
			messages, _ := errorsIn(t, r)
			if c.want == "" {
				if len(messages) > 0 {
					t.Errorf("refused: %s", r.Body)
				}
				return
			}
			refusedAs(t, r, http.StatusOK)
			if !strings.Contains(strings.Join(messages, " "), c.want) {
				t.Errorf("%s, want %q", r.Body, c.want)
			}
		})
	}
}

// A bomb costs no more than any wrong query, and others do not wait for it.
func TestBombsCostNothing(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	s.Query(t, `{ __typename }`)
	began := time.Now()
	var bombs sync.WaitGroup
	for i := range 20 {
		bombs.Go(func() { s.Query(t, bomb(26+i)) })
	}
	bombs.Wait()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("20 bombs took %s", took)
	}
}

func TestFewErrorsAreTold(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	unknown := ""
	for i := range 200 {
		unknown += fmt.Sprintf(" no%d", i)
	}
	for name, query := range map[string]string{
		"@aa 10":      "{ __typename " + strings.Repeat("@aa ", 10) + "}",
		"@aa 400":     "{ __typename " + strings.Repeat("@aa ", 400) + "}",
		"@aa 10000":   "{ __typename " + strings.Repeat("@aa ", 10_000) + "}",
		"@skip 50":    "{ __typename " + strings.Repeat("@skip(if: false) ", 50) + "}",
		"200 unknown": "{" + unknown + " }",
	} {
		r := s.Query(t, query)
		refusedAs(t, r, http.StatusOK)
		if messages, _ := errorsIn(t, r); len(messages) > 5 || len(r.Body) > 8<<10 {
			t.Errorf("%s: %d errors in %d bytes", name, len(messages), len(r.Body))
		}
	}
}

func TestOneMutationPerRequest(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const login = `login(email: "ada@example.com", password: "x") { result }`
	const subscribe = `subscribe(input: {email: "canary7@example.com"}) { errors { __typename } }`
	const update = `updateCustomer(input: {}) { errors { __typename } }`
	for _, query := range []string{
		`mutation { a: ` + login + ` b: ` + login + ` }`,
		`mutation { logout { result } newsletter { ` + subscribe + ` } }`,
		`mutation { newsletter { a: ` + subscribe + ` b: ` + subscribe + ` } }`,
		`mutation { a: newsletter { ` + subscribe + ` } b: newsletter { ` + subscribe + ` } }`,
		`mutation { customer { ` + update + ` } newsletter { ` + subscribe + ` } }`,
		`mutation { customer { a: ` + update + ` b: ` + update + ` } }`,
		`mutation { ...a ...b } fragment a on Mutation { newsletter { ` + subscribe + ` } } fragment b on Mutation { logout { result } }`,
		`mutation { newsletter { ... on NewsletterMutations { a: ` + subscribe + ` } b: ` + subscribe + ` } }`,
	} {
		r := s.Query(t, query)
		refusedAs(t, r, http.StatusOK)
		messages, codes := errorsIn(t, r)
		if messages[0] != "Only one mutation can be run per request." || codes[0] != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", query, r.Body)
		}
	}
	if signedUp(t, s) {
		t.Error("a mutation ran")
	}
	r := s.Query(t, `mutation { __typename newsletter { __typename ... on NewsletterMutations { `+subscribe+` } } }`)
	if !signedUp(t, s) {
		t.Errorf("one alone, beside what is none: %s", r.Body)
	}
}

func TestNoSuggestions(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for name, query := range map[string]string{
		"field":           `{ currentCustome { email } }`,
		"nested field":    `{ currentCustomer { emai } }`,
		"argument":        `{ groups(firs: 1) { edges { cursor } } }`,
		"type":            `{ currentCustomer { ... on Custome { email } } }`,
		"variable's type": `query($a: CreateSubscriberInpu!) { __typename }`,
		"enum value":      `mutation { newsletter { subscribe(input: {email: "a@example.com", origin: STOREFRON}) { errors { __typename } } } }`,
		"enum as text":    `mutation { newsletter { subscribe(input: {email: "a@example.com", origin: "STOREFRON"}) { errors { __typename } } } }`,
		"input field":     `mutation { newsletter { subscribe(input: {email: "a@example.com", firstNam: "a"}) { errors { __typename } } } }`,
		"directive":       `{ __typename @ski(if: true) }`,
		"dir. argument":   `{ __typename @skip(i: true) }`,
		"leaf":            `{ currentCustomer }`,
		"leaf's fields":   `{ currentCustomer { email { a } } }`,
		"fragment":        `{ ...a } fragment b on Query { __typename }`,
	} {
		r := s.Query(t, query)
		refusedAs(t, r, http.StatusOK)
		if bytes.Contains(r.Body, []byte("ean ")) {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
}

func TestIntrospectionOff(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{NoIntrospection: true})
	for _, query := range []string{
		`{ __schema { queryType { name } } }`,
		`{ __type(name: "Customer") { name fields { name } } }`,
		`{ a: __schema { types { name } } }`,
		`{ ...f } fragment f on Query { b: __type(name: "Customer") { name } }`,
		`{ ... on Query { __schema { directives { name } } } }`,
	} {
		r := s.Query(t, query)
		messages, _ := errorsIn(t, r)
		if len(messages) == 0 || bytes.Contains(r.Body, []byte(`"Customer"`)) || bytes.Contains(r.Body, []byte(`"name"`)) {
			t.Errorf("%s: %s", query, r.Body)
		}
	}
	if r := s.Query(t, `{ __typename }`); string(r.Body) != `{"data":{"__typename":"Query"}}` {
		t.Errorf("__typename: %s", r.Body)
	}
}

// The directive would run a mutation after its answer, which has one part.
func TestDeferIsNotOffered(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	r := s.Query(t, `mutation { newsletter { ... @defer { subscribe(input: {email: "deferred@example.com"}) { errors { __typename } } } } }`)
	if want := `Unknown directive`; !strings.Contains(string(r.Body), want) {
		t.Errorf("got %s, want %q", r.Body, want)
	}
	var n int
	if err := s.DB.Owner(t).Get(&n, `SELECT count(*) FROM subscribers WHERE email_key = 'deferred@example.com'`); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Fields fail at the same time; the race detector watches.
func TestErrorsOfOneAnswerDoNotRace(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	r := s.Query(t, `{ a: customer(entityId: 99) { email } b: customer(entityId: 98) { email } c: groups(first: 99) { edges { cursor } } d: customer(entityId: 97) { email } }`)
	if n := strings.Count(string(r.Body), `"code"`); n != 4 {
		t.Errorf("%d errors: %s", n, r.Body)
	}
}
