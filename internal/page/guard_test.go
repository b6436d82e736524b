package page_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/keys"
)

// Nothing but a page of ours may send a form, and nothing may frame, cache or
// pass on the address of one.
func TestPagesAreGuarded(t *testing.T) {
	t.Parallel()
	s := posted(t)
	s.Query(t, `mutation { customer { requestResetPassword(input: {email: "`+ada+`"}) { errors { __typename } } } }`)
	link := linkTo(t, s, ada)
	u, _ := url.Parse(link)
	form := url.Values{"c": {u.Query().Get("c")}, "t": {u.Query().Get("t")}, "password": {fresh}}
	header := func(name, value string) []graphtest.Header { return []graphtest.Header{{Name: name, Value: value}} }
	for name, headers := range map[string][]graphtest.Header{
		"another site": header("Sec-Fetch-Site", "cross-site"), "a sibling": header("Sec-Fetch-Site", "same-site"), "typed": header("Sec-Fetch-Site", "none"),
		"a foreign origin": header("Origin", "https://evil.example"), "no origin": header("Origin", "null"), "another port": header("Origin", s.URL+"1"),
		"a foreign origin that says otherwise": {{Name: "Sec-Fetch-Site", Value: "cross-site"}, {Name: "Origin", Value: s.URL}},
	} {
		r := post(t, s, "/account/reset", form, headers...)
		if r.Status != http.StatusForbidden {
			t.Errorf("%s: %d", name, r.Status)
		}
	}
	for _, r := range []*graphtest.Reply{
		get(t, s, link), get(t, s, "/account/confirm"), get(t, s, "/account/reset?c=1&t=x"),
		post(t, s, "/account/reset", form, header("Origin", "null")...), post(t, s, "/account/confirm", url.Values{"t": {"x"}}),
	} {
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Content-Security-Policy": "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if strings.Contains(string(r.Body), "<script") || strings.Contains(string(r.Body), "style=") || len(r.Header["Set-Cookie"]) > 0 {
			t.Errorf("%v\n%s", r.Header, r.Body)
		}
	}
	// Without either header it is no browser; the address of the form never has the token.
	if r := get(t, s, link); !strings.Contains(string(r.Body), `action="/account/reset"`) {
		t.Errorf("%s", r.Body)
	}
	says(t, post(t, s, "/account/reset", form, header("Origin", s.URL)...), 200, "Your new password is set")
}

func TestPagesThatCannotBe(t *testing.T) {
	t.Parallel()
	s := posted(t)
	for request, status := range map[string]int{
		"GET /account/": 404, "GET /account/other": 404, "DELETE /account/reset": 405, "PUT /account/confirm": 405, "POST /account/style.css": 405,
		"GET /account/style.css": 200, "HEAD /account/reset": 200, "GET /account/confirm?t=%zz": 200, "GET /account/reset?c=x&t=y": 410,
		"GET /account/reset?c=-1&t=y": 410, "GET /account/reset?c=99999999999999999999&t=y": 410, "GET /account/confirm?t=%00": 410,
	} {
		method, path, _ := strings.Cut(request, " ")
		if r := s.Do(t, method, path, nil, browser...); r.Status != status {
			t.Errorf("%s: %d", request, r.Status)
		}
	}
	if r := get(t, s, "/account/style.css"); r.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(string(r.Body), "h1") {
		t.Errorf("%v %s", r.Header, r.Body)
	}
	if r := get(t, s, "/account/reset", graphtest.Header{Name: "Host", Value: "nowhere.example"}); r.Status != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", r.Status)
	}
	long := url.Values{"email": {strings.Repeat("x", 20_000)}}
	says(t, post(t, s, "/account/reset", long, browser...), 400, "This form cannot be read")
	says(t, post(t, s, "/account/confirm?t=x", url.Values{"email": {ada}}, browser...), 200, "Look into your mailbox") // the query does not count
	says(t, post(t, s, "/account/confirm", url.Values{"email": {"a\x00b@example.com"}}, browser...), 422, "Enter a valid email address.")
}

// A name that looks like markup, and a storefront without a URL.
func TestPagesOfOddStores(t *testing.T) {
	t.Parallel()
	s := posted(t)
	exec(t, s, `UPDATE channels SET url = 'javascript:alert(1)'`)
	exec(t, s, `UPDATE stores SET name = '<script>alert(1)</script>', config_version = config_version + 1`)
	r := post(t, s, "/account/reset", url.Values{"email": {ada}}, browser...)
	says(t, r, 200, "&lt;script&gt;")
	if strings.Contains(string(r.Body), "<script") || strings.Contains(string(r.Body), "javascript:") {
		t.Errorf("%s", r.Body)
	}
	exec(t, s, `UPDATE channels SET url = ''`)
	exec(t, s, `UPDATE stores SET config_version = config_version + 1`)
	if r := post(t, s, "/account/reset", url.Values{"email": {ada}}, browser...); strings.Contains(string(r.Body), "<a ") {
		t.Errorf("%s", r.Body)
	}
}

// B10, K1: a database that is away is an apology, and the log has no token.
func TestPagesWithoutADatabase(t *testing.T) {
	t.Parallel()
	s := posted(t)
	if r := get(t, s, "/account/reset"); r.Status != 200 {
		t.Fatal(r.Status)
	}
	exec(t, s, `ALTER TABLE tokens RENAME TO t`)
	t.Cleanup(func() { exec(t, s, `ALTER TABLE t RENAME TO tokens`) })
	secret := keys.NewToken()
	for _, r := range []*graphtest.Reply{
		get(t, s, "/account/reset?c=1&t="+secret), get(t, s, "/account/confirm?t="+secret),
		post(t, s, "/account/confirm", url.Values{"t": {secret}}),
		post(t, s, "/account/reset", url.Values{"c": {"1"}, "t": {secret}, "password": {fresh}}),
	} {
		says(t, r, 500, "Something went wrong on our side.", r.Header.Get("X-Request-Id"))
		if strings.Contains(string(r.Body), secret) || strings.Contains(string(r.Body), "42P01") {
			t.Errorf("%s", r.Body)
		}
		if !strings.Contains(s.Log.String(), r.Header.Get("X-Request-Id")) {
			t.Error("the log does not have the request")
		}
	}
	if log := s.Log.String(); strings.Contains(log, secret) || strings.Contains(log, fresh) {
		t.Errorf("secrets are in the log: %s", log)
	}
}
