package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/graph"
	"regulars/graph/graphtest"
)

const (
	canary   = "CANARY7d1f"
	signUp   = `mutation { newsletter { subscribe(input: {email: "canary7@example.com"}) { errors { __typename } } } }`
	jsonType = "application/json"
)

// signedUp tells whether signUp ran.
func signedUp(t *testing.T, s *graphtest.Server) bool {
	t.Helper()
	var there bool
	err := s.DB.Owner(t).Get(&there, `SELECT EXISTS (SELECT FROM subscribers WHERE email = 'canary7@example.com')`)
	if err != nil {
		t.Fatal(err)
	}
	return there
}

// bodyOf is the JSON body of a query.
func bodyOf(t *testing.T, query string, variables map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// refusedAs checks a request that was not run: the status, errors, no data, and
// nothing repeated of what was sent.
func refusedAs(t *testing.T, r *graphtest.Reply, status int) {
	t.Helper()
	var body map[string]json.RawMessage
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatalf("%v: %d %s", err, r.Status, r.Body)
	}
	if _, has := body["data"]; has || len(body["errors"]) < 3 || r.Status != status {
		t.Errorf("%d, want %d, errors and no data: %s", r.Status, status, r.Body)
	}
	if bytes.Contains(r.Body, []byte(canary)) {
		t.Errorf("the answer repeats what was sent: %s", r.Body)
	}
	checkHeaders(t, r)
}

func checkHeaders(t *testing.T, r *graphtest.Reply) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type": "; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
	} {
		if got := r.Header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"Server", "X-Powered-By"} {
		if got := r.Header.Get(name); got != "" {
			t.Errorf("%s: %s tells too much", name, got)
		}
	}
}

func TestMutationsByGetDoNotRun(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for _, query := range []string{
		signUp,
		`query Q { __typename } ` + strings.Replace(signUp, "mutation", "mutation M", 1),
	} {
		v := url.Values{"query": {query}}
		if strings.Contains(query, "mutation M") {
			v.Set("operationName", "M")
		}
		r := s.Do(t, http.MethodGet, "/graphql?"+v.Encode(), nil)
		refusedAs(t, r, http.StatusMethodNotAllowed)
		if allow := r.Header.Get("Allow"); allow != "POST" {
			t.Errorf("Allow is %q", allow)
		}
	}
	if signedUp(t, s) {
		t.Error("a mutation ran")
	}
	r := s.Do(t, http.MethodGet, "/graphql?query="+url.QueryEscape(`query($n: Int) { groups(first: $n) { edges { cursor } } }`)+
		"&variables="+url.QueryEscape(`{"n": 1}`), nil)
	if r.Status != http.StatusOK || !bytes.Contains(r.Body, []byte(`"edges":[{"cursor"`)) {
		t.Errorf("a query by GET: %d %s", r.Status, r.Body)
	}
}

func TestOnlyJSONRuns(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	body := bodyOf(t, signUp, nil)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	_ = m.WriteField("operations", string(body))
	_ = m.WriteField("map", "{}")
	_ = m.Close()
	for _, c := range []struct{ contentType, body string }{
		{"", string(body)},
		{"text/plain", string(body)},
		{"application/x-www-form-urlencoded", "query=" + url.QueryEscape(signUp)},
		{m.FormDataContentType(), form.String()},
		{"application/json; charset=utf-16", string(body)},
		{"application/json; charset=iso-8859-1", string(body)},
		{"application/graphql", signUp},
		{"application/json-patch+json", string(body)},
		{"application/json; charset", string(body)},
	} {
		r := s.Do(t, http.MethodPost, "/graphql", strings.NewReader(c.body), graphtest.Header{Name: "Content-Type", Value: c.contentType})
		refusedAs(t, r, http.StatusUnsupportedMediaType)
	}
	if signedUp(t, s) {
		t.Error("a mutation ran")
	}
	for _, contentType := range []string{jsonType, "application/json; charset=utf-8", `Application/JSON; Charset="UTF-8"`} {
		r := s.Post(t, bodyOf(t, `{ __typename }`, nil), graphtest.Header{Name: "Content-Type", Value: contentType})
		if string(r.Body) != `{"data":{"__typename":"Query"}}` {
			t.Errorf("%s: %d %s", contentType, r.Status, r.Body)
		}
	}
}

func TestWrongBodiesAreNotRepeated(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for name, body := range map[string]string{
		"batch":            `[` + strings.Repeat(`{"query":"{__typename}"},`, 9) + `{"query":"{` + canary + `}"}]`,
		"cut":              `{"query":"x","variables":{"password":"` + canary + `"`,
		"cut in a string":  `{"query":"` + canary,
		"trailing":         `{"query":"{__typename}"}` + canary,
		"trailing object":  `{"query":"{__typename}"}{"query":"{` + canary + `}"}`,
		"trailing brace":   `{"query":"{__typename}"}}`,
		"key twice":        `{"query":"{__typename}","query":"` + canary + `"}`,
		"escaped key":      `{"query":"{__typename}","\u0071uery":"` + canary + `"}`,
		"other case":       `{"QUERY":"{` + canary + `}"}`,
		"variable twice":   `{"query":"{__typename}","variables":{"a":"` + canary + `","a":1}}`,
		"deep key twice":   `{"query":"{__typename}","variables":{"a":[{"b":{"c":1,"c":"` + canary + `"}}]}}`,
		"no query":         `{"variables":{"a":"` + canary + `"}}`,
		"null query":       `{"query":null,"x":"` + canary + `"}`,
		"number":           `{"query":7,"x":"` + canary + `"}`,
		"query object":     `{"query":{"a":"` + canary + `"}}`,
		"operation number": `{"query":"{__typename}","operationName":7,"x":"` + canary + `"}`,
		"variables text":   `{"query":"{__typename}","variables":"` + canary + `"}`,
		"variables list":   `{"query":"{__typename}","variables":["` + canary + `"]}`,
		"extensions text":  `{"query":"{__typename}","extensions":"` + canary + `"}`,
		"string":           `"` + canary + `"`,
		"null":             `null`,
		"empty":            ``,
		"deep":             `{"query":"{__typename}","variables":{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}}`,
		"comment":          `{"query":"{__typename}"} // ` + canary,
		"single quotes":    `{'query':'` + canary + `'}`,
		"byte order mark":  "\ufeff" + `{"query":"{__typename}"}`,
	} {
		r := s.Post(t, []byte(body))
		refusedAs(t, r, http.StatusBadRequest)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	if log := s.Log.String(); strings.Contains(log, canary) {
		t.Errorf("the log has it: %s", log)
	}
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	padded := func(n int) []byte {
		b := bodyOf(t, `{ __typename }`, nil)
		return append(b, bytes.Repeat([]byte(" "), n-len(b))...)
	}
	if r := s.Post(t, padded(graph.MaxBody)); r.Status != http.StatusOK {
		t.Errorf("at the limit: %d %s", r.Status, r.Body)
	}
	for _, size := range []int{graph.MaxBody + 1, 30 << 20} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d chunked %v", size, chunked), func(t *testing.T) {
				var body io.Reader = bytes.NewReader(padded(size))
				if chunked {
					body = io.MultiReader(body) // hides the length
				}
				began := time.Now()
				r := s.Do(t, http.MethodPost, "/graphql", body, graphtest.Header{Name: "Content-Type", Value: jsonType})
				refusedAs(t, r, http.StatusRequestEntityTooLarge)
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("took %s", took)
				}
			})
		}
	}
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for _, method := range []string{"HEAD", "TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECTED"} {
		r := s.Do(t, method, "/graphql?query="+url.QueryEscape(signUp), nil, graphtest.Header{Name: "Content-Type", Value: jsonType})
		if r.Status != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, POST, OPTIONS" {
			t.Errorf("%s: %d, Allow %q", method, r.Status, r.Header.Get("Allow"))
		}
		checkHeaders(t, r)
	}
	r := s.Do(t, http.MethodGet, "/graphql", nil, graphtest.Header{Name: "Upgrade", Value: "websocket"},
		graphtest.Header{Name: "Connection", Value: "Upgrade"}, graphtest.Header{Name: "Sec-WebSocket-Version", Value: "13"},
		graphtest.Header{Name: "Sec-WebSocket-Key", Value: "dGhlIHNhbXBsZSBub25jZQ=="},
		graphtest.Header{Name: "Sec-WebSocket-Protocol", Value: "graphql-transport-ws"})
	refusedAs(t, r, http.StatusBadRequest)
	if signedUp(t, s) {
		t.Error("a mutation ran")
	}
}

func TestUnknownKeysAreLeftAside(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	r := s.Post(t, []byte(`{"query":"{__typename}","Query":"{x}","operationName":null,"variables":null,"extensions":{"a":1},"more":[1]}`))
	if string(r.Body) != `{"data":{"__typename":"Query"}}` {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}

// A request that is wrong has no data; one that ran has it, whatever came of it.
func TestDataOnlyWhereSomethingRan(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const ofInt = `query($n: Int) { groups(first: $n) { edges { cursor } } }`
	for name, body := range map[string][]byte{
		"parse":     bodyOf(t, `{`, nil),
		"empty":     bodyOf(t, ``, nil),
		"field":     bodyOf(t, `{ nothing }`, nil),
		"variable":  bodyOf(t, ofInt, map[string]any{"n": canary}),
		"required":  bodyOf(t, `query($s: String!) { groups(after: $s) { edges { cursor } } }`, nil),
		"operation": []byte(`{"query":"query A { __typename }","operationName":"` + canary + `"}`),
		"two":       bodyOf(t, `query A { __typename } query B { __typename }`, nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusedAs(t, s.Post(t, body), http.StatusOK)
			refusedAs(t, s.Post(t, body, graphtest.Header{Name: "Accept", Value: jsonType}), http.StatusOK)
			r := s.Post(t, body, graphtest.Header{Name: "Accept", Value: "application/graphql-response+json"})
			refusedAs(t, r, http.StatusBadRequest)
		})
	}
	ran := s.Post(t, bodyOf(t, ofInt, map[string]any{"n": 51}))
	var body struct {
		Data   *json.RawMessage
		Errors []struct {
			Path       []any
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(ran.Body, &body); err != nil || ran.Status != http.StatusOK || !bytes.Contains(ran.Body, []byte(`"data":`)) ||
		len(body.Errors) != 1 || len(body.Errors[0].Path) != 1 || body.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
		t.Errorf("%v: %d %s", err, ran.Status, ran.Body)
	}
	if log := s.Log.String(); strings.Contains(log, canary) {
		t.Errorf("the log has it: %s", log)
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	const modern = "application/graphql-response+json"
	for accept, want := range map[string]string{
		"": jsonType, "*/*": jsonType, jsonType: jsonType, "application/*": jsonType, modern: modern,
		jsonType + ", " + modern + ";q=0.9": jsonType, jsonType + ", " + modern: modern,
		jsonType + ";q=0.5, " + modern + ";q=0.9": modern, jsonType + ";q=0.0": "", modern + ";q=0, " + jsonType: jsonType,
		"text/html,*/*;q=0.8": jsonType, "text/html": "", "application/xml;q=0.9": "", "nonsense": "",
	} {
		r := s.Query(t, `{ __typename }`, graphtest.Header{Name: "Accept", Value: accept})
		switch {
		case want == "":
			refusedAs(t, r, http.StatusNotAcceptable)
		case r.Status != http.StatusOK || r.Header.Get("Content-Type") != want+"; charset=utf-8":
			t.Errorf("%s: %d %s", accept, r.Status, r.Header.Get("Content-Type"))
		}
	}
}
