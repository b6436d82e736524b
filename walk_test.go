package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// sending is a client's own headers; none of its answers may set a cookie where
// bare.
type sending struct {
	t       *testing.T
	headers http.Header
	bare    bool
}

func (s *sending) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range s.headers {
		r.Header[name] = values
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && s.bare && (len(r.Header["Cookie"]) > 0 || len(resp.Header["Set-Cookie"]) > 0) {
		s.t.Errorf("a server is handed cookies: %q", resp.Header["Set-Cookie"])
	}
	return resp, err
}

// walking is a client of a storefront, with headers of its own.
func walking(t *testing.T, url string, bare bool, headers map[string]string) (*shopper, *sending) {
	s, own := newShopper(t, url), &sending{t: t, headers: http.Header{}, bare: bare}
	for name, value := range headers {
		own.headers.Set(name, value)
	}
	s.client.Transport = own
	return s, own
}

// walk is what both walks do; in is after the login, out after the logout.
func walk(s *shopper, login string, in func(answer string), out func()) {
	s.t.Helper()
	const fine = `{"data":{"customer":{"%":{"errors":[]}}}}`
	change := func(field, input string) {
		s.t.Helper()
		s.says(`mutation { customer { `+field+`(input: `+input+`) { errors { __typename } } } }`, strings.Replace(fine, "%", field, 1))
	}
	change("registerCustomer", `{firstName: "Mary", lastName: "Shelley", email: "mary@example.com", password: "a monster of my own"}`)
	s.says(whoAsks, isNobody)
	in(s.ask(login))
	s.says(whoAsks, `{"data":{"currentCustomer":{"email":"mary@example.com"}}}`)
	change("updateCustomer", `{lastName: "Godwin", company: "Frankenstein & Co"}`)
	change("addCustomerAddress", `{firstName: "Mary", lastName: "Godwin", address1: "Marchmont Street 87", city: "London", postalCode: "WC1N 1AL", countryCode: "GB"}`)
	change("changePassword", `{currentPassword: "a monster of my own", newPassword: "the last man alive"}`)
	s.says(`{ customer { lastName company addresses { edges { node { city } } } sessions { current } } }`,
		`{"data":{"customer":{"lastName":"Godwin","company":"Frankenstein & Co","addresses":{"edges":[{"node":{"city":"London"}}]},"sessions":[{"current":true}]}}}`)
	s.says(`mutation { logout { result } }`, `{"data":{"logout":{"result":"success"}}}`)
	out()
	s.says(`mutation { login(email: "mary@example.com", password: "a monster of my own") { result } }`,
		`{"errors":[{"message":"Invalid credentials","path":["login"],"locations":[{"line":1,"column":12}],"extensions":{"code":"UNAUTHENTICATED"}}],"data":null}`)
}

// A storefront's server walks with tokens only.
func TestAServerFromRegistrationToLogout(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	url, _, _ := start(t, "--data-dir="+dir, "--demo")
	out := newPrinted()
	if err := run(context.Background(), []string{"token", "create", "demo", "--kind=private", "--scope=Customer", "--channel=1", "--expires=1h", "--data-dir=" + dir}, out, io.Discard); err != nil {
		t.Fatal(err)
	}
	s, own := walking(t, url, true, map[string]string{"Authorization": "Bearer " + out.find(t, `(eyJ\S+)`, nil), "X-Bc-Error-On-Invalid-Customer-Access-Token": "true"})
	const header = "X-Bc-Customer-Access-Token"
	walk(s, `mutation { login(email: "mary@example.com", password: "a monster of my own") { customerAccessToken { value } } }`, func(answer string) {
		token := regexp.MustCompile(`[0-9a-f]{64}_[0-9]+`).FindString(answer)
		if token == "" {
			t.Fatal(answer)
		}
		own.headers.Set(header, token)
	}, func() {
		s.says(whoAsks, `{"errors":[{"message":"You are no longer logged in. Please log in again.","extensions":{"code":"INVALID_CUSTOMER_ACCESS_TOKEN"}}]}`)
		own.headers.Del(header)
		s.says(whoAsks, isNobody)
	})
}

// A page of a listed origin walks with cookies only.
func TestAPageFromRegistrationToLogout(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	url, _, _ := start(t, "--data-dir="+dir, "--demo")
	const page = "http://localhost:3000"
	if err := run(context.Background(), []string{"channel", "add-origin", "demo", "1", page, "--data-dir=" + dir}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	url = strings.Replace(url, "127.0.0.1", "localhost", 1) // one site with the page
	s, _ := walking(t, url, false, map[string]string{"Origin": page, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"})
	var kept []*http.Cookie
	at := request(t, url).URL
	walk(s, `mutation { login(email: "mary@example.com", password: "a monster of my own") { result } }`, func(answer string) {
		if kept = s.client.Jar.Cookies(at); answer != `{"data":{"login":{"result":"success"}}}` || len(kept) != 1 {
			t.Fatalf("%s, %d cookies", answer, len(kept))
		}
	}, func() {
		if left := s.client.Jar.Cookies(at); len(left) != 0 {
			t.Errorf("after the logout the jar has %v", left)
		}
		s.client.Jar.SetCookies(at, kept) // as somebody would who took a copy
		s.says(whoAsks, isNobody)
	})
}
