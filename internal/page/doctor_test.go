package page_test

import (
	"strings"
	"testing"

	"regulars/graph/graphtest"
)

func TestDoctorIsAPageForBrowsers(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	header := func(name, value string) graphtest.Header { return graphtest.Header{Name: name, Value: value} }
	accept := header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r := get(t, s, "/session/doctor", accept, header("Sec-Fetch-Site", "none"), header("Sec-Fetch-Mode", "navigate"), header("Cookie", "SHOP_TOKEN=<x>; SHOP_TOKEN=y"))
	says(t, r, 200, `<html lang="en">`, "Demo Store", "This request had no session", "<strong>error</strong> <code>cookie_twice</code>", "<dt>Address</dt><dd>"+s.URL,
		"SHOP_TOKEN (2 times)", "<dd>not sent</dd>", `fetch("`+s.URL+`/session/doctor", {credentials: "include"})`)
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "private, no-store", "X-Frame-Options": "DENY",
		"Content-Security-Policy": "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if !strings.Contains(strings.Join(r.Header["Vary"], ","), "Accept") || strings.Contains(string(r.Body), "<x>") {
		t.Errorf("%v\n%s", r.Header, r.Body)
	}
	r = get(t, s, "/session/doctor", accept, header("Origin", `https://a<script>.example`))
	if says(t, r, 200, "origin_not_listed", "&lt;script&gt;"); strings.Contains(string(r.Body), "<script") {
		t.Errorf("%s", r.Body)
	}
	if r := get(t, s, "/session/doctor"); r.Header.Get("Content-Type") != "application/json; charset=utf-8" || !strings.HasPrefix(string(r.Body), "{") {
		t.Errorf("%v %s", r.Header, r.Body)
	}
}
