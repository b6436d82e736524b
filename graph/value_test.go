package graph_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"regulars/graph/graphtest"
)

// Values of the wrong kind are the caller's mistake, and are not repeated.
func TestWrongVariables(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const (
		first     = `query($v: Int) { groups(first: $v) { edges { cursor } } }`
		entity    = `query($v: Int) { customer(entityId: $v) { email } }`
		after     = `query($v: String) { groups(after: $v) { edges { cursor } } }`
		password  = `mutation($v: String!) { login(email: "a@example.com", password: $v) { result } }`
		subscribe = `mutation($v: CreateSubscriberInput!) { newsletter { subscribe(input: $v) { errors { __typename } } } }`
		number    = `mutation($v: Float!) { customer { updateCustomer(input: {formFields: {numbers: [{fieldEntityId: 26, number: $v}]}}) { errors { __typename } } } }`
		fields    = `mutation($v: CustomerFormFieldsInput) { customer { updateCustomer(input: {formFields: $v}) { errors { __typename } } } }`
		keys      = `query($v: [String!]) { currentCustomer { metafields(namespace: "a", keys: $v) { edges { cursor } } } }`
		origin    = `mutation($v: SubscribeOrigin!) { newsletter { subscribe(input: {email: "a@example.com", origin: $v}) { errors { __typename } } } }`
	)
	const secret, digits = `"` + canary + `"`, "77712345"
	for _, c := range []struct{ query, value string }{
		{first, secret}, {first, `"1"`}, {first, `1.5`}, {first, `7771234.5`}, {first, `2147483648`}, {first, `-2147483649`},
		{first, `9223372036854775808`}, {first, digits + `12345678901234567890`}, {first, `1e400`}, {first, `true`}, {first, `[1, 2]`},
		{first, `{"a": ` + secret + `}`}, {entity, `2147483648`}, {entity, secret}, {entity, `1e3`},
		{after, `true`}, {after, `[` + secret + `, ` + secret + `]`}, {after, `{"a": ` + secret + `}`}, {after, secret},
		{password, `null`}, {password, `true`}, {password, digits}, {password, `[` + secret + `]`}, {password, `{"a": ` + secret + `}`},
		{subscribe, secret}, {subscribe, digits}, {subscribe, `[]`}, {subscribe, `null`}, {subscribe, `{}`},
		{subscribe, `{"email": null}`}, {subscribe, `{"email": ` + digits + `}`},
		{subscribe, `{"email": "a@example.com", "consent": {"text": ` + digits + `}}`}, {subscribe, `{"email": [` + secret + `]}`},
		{subscribe, `{"email": "a@example.com", "origin": ` + secret + `}`}, {subscribe, `{"email": "a@example.com", "origin": null}`},
		{subscribe, `{"email": "a@example.com", "origin": "API"}`}, {subscribe, `{"email": "a@example.com", "` + canary + `": 1}`},
		{subscribe, `{"email": "a@example.com", "origin": "CHECKOUT", "orderEntityId": "` + digits + `"}`},
		{subscribe, `{"email": "a@example.com", "origin": "CHECKOUT", "orderEntityId": 2147483648}`},
		{subscribe, `{"email": "a@example.com", "origin": "CHECKOUT", "orderEntityId": 1.5}`},
		{subscribe, `{"email": "a@example.com", "consent": ` + secret + `}`}, {subscribe, `{"email": "a@example.com", "consent": [1]}`},
		{subscribe, `{"email": "a@example.com", "storeId": 2, "isAdmin": true}`},
		{number, secret}, {number, `"1.5"`}, {number, `true`}, {number, `[` + digits + `, 1]`}, {number, `1e400`}, {number, `null`}, {number, `{"a": ` + digits + `}`},
		{fields, secret}, {fields, `[` + secret + `, 1]`}, {fields, `{"` + canary + `": 1}`}, {fields, `{"texts": ` + secret + `}`}, {fields, `{"texts": [null]}`}, {fields, `{"texts": [{"text": "a"}]}`},
		{fields, `{"texts": [{"fieldEntityId": ` + secret + `, "text": "a"}]}`}, {fields, `{"texts": [{"fieldEntityId": 26, "text": ` + digits + `}]}`},
		{fields, `{"texts": [{"fieldEntityId": 26, "text": "a", "customerId": 2}]}`}, {fields, `{"numbers": [{"fieldEntityId": 26, "number": ` + secret + `}]}`},
		{fields, `{"dates": [{"fieldEntityId": 26, "date": ` + secret + `}]}`}, {fields, `{"dates": [{"fieldEntityId": 26, "date": "2024-02-30T00:00:00Z"}]}`}, {fields, `{"dates": [{"fieldEntityId": 26, "date": ` + digits + `}]}`},
		{fields, `{"checkboxes": [{"fieldEntityId": 26, "fieldValueEntityIds": null}]}`}, {fields, `{"checkboxes": [{"fieldEntityId": 26, "fieldValueEntityIds": [2147483648]}]}`},
		{fields, `{"multipleChoices": [{"fieldEntityId": 26, "fieldValueEntityId": 1.5}]}`}, {fields, `{"passwords": [{"fieldEntityId": 26, "password": null}]}`},
		{keys, `[null]`}, {keys, `{"a": ` + secret + `}`},
		{origin, secret}, {origin, digits}, {origin, `null`}, {origin, `["STOREFRONT"]`}, {origin, `{}`},
	} {
		query, err := json.Marshal(c.query)
		if err != nil {
			t.Fatal(err)
		}
		isCallersMistake(t, s, []byte(`{"query":`+string(query)+`,"variables":{"v":`+c.value+`}}`), digits)
	}
}

// The same in the text of the query.
func TestWrongLiterals(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const number = "77712345"
	for _, query := range []string{
		`{ groups(first: "` + canary + `") { edges { cursor } } }`,
		`{ groups(first: 7771234.5) { edges { cursor } } }`,
		`{ groups(first: ` + number + `12345678901234567890) { edges { cursor } } }`,
		`{ groups(first: ` + canary + `) { edges { cursor } } }`,
		`{ groups(first: [` + number + `]) { edges { cursor } } }`,
		`{ groups(after: ` + number + `) { edges { cursor } } }`,
		`{ groups(after: """` + canary + "\n" + canary + `""") { edges { cursor } } }`,
		`mutation { login(email: "a@example.com", password: ` + canary + `) { result } }`,
		`mutation { login(email: "a@example.com", password: {a: "` + canary + `"}) { result } }`,
		`mutation { login(email: "a@example.com", password: "` + canary + `" { result } }`,
		`mutation { login(email: "a@example.com", password: "` + canary + "\n" + `") { result } }`,
		`mutation { login(email: "a@example.com", password: "` + canary + `\q") { result } }`,
		`mutation { login(email: "a@example.com", password: "` + canary + `) { result } }`,
		`mutation { login(email: "a@example.com", password: null) { result } }`,
		`mutation { newsletter { subscribe(input: {email: "a@example.com", origin: "` + canary + `"}) { errors { __typename } } } }`,
		`mutation { newsletter { subscribe(input: {email: "a@example.com", origin: ` + canary + `}) { errors { __typename } } } }`,
		`mutation { newsletter { subscribe(input: "` + canary + `") { errors { __typename } } } }`,
		`query($v: Int = "` + canary + `") { groups(first: $v) { edges { cursor } } }`,
		`{ groups(first: 1, first: ` + number + `) { edges { cursor } } }`,
		`"` + canary + `"`,
	} {
		isCallersMistake(t, s, bodyOf(t, query, nil), number)
	}
}

func isCallersMistake(t *testing.T, s *graphtest.Server, body []byte, number string) {
	t.Helper()
	r := s.Post(t, body)
	messages, codes := errorsIn(t, r)
	if len(codes) == 0 || r.Status != http.StatusOK {
		t.Errorf("%s: %d %s", body, r.Status, r.Body)
	}
	for _, code := range codes {
		if code != "BAD_USER_INPUT" && code != "GRAPHQL_VALIDATION_FAILED" && code != "GRAPHQL_PARSE_FAILED" {
			t.Errorf("%s: code %q", body, code)
		}
	}
	if text := strings.Join(messages, " "); strings.Contains(text, canary) || strings.Contains(text, number[:7]) {
		t.Errorf("%s: repeats a value: %s", body, text)
	}
	if log := s.Log.String(); strings.Contains(log, canary) || strings.Contains(log, "internal error") {
		t.Fatalf("%s: logged: %s", body, log)
	}
}
