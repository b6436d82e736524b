package session_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
)

const storeName = `{ site { settings { storeName } } }`

// store asks whose storefront answers; "" when none does.
func store(t testing.TB, s *graphtest.Server, headers ...graphtest.Header) string {
	t.Helper()
	r := s.Query(t, storeName, headers...)
	if r.Status == http.StatusMisdirectedRequest {
		return ""
	}
	if r.Status != http.StatusOK {
		t.Fatalf("%d: %s", r.Status, r.Body)
	}
	var data struct {
		Site struct{ Settings struct{ StoreName string } }
	}
	r.Data(t, &data)
	return data.Site.Settings.StoreName
}

// G3.
func TestOnlyTheHostNamesTheStore(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	secondStore(t, s)
	for _, tt := range []struct {
		name    string
		headers []graphtest.Header
		want    string
	}{
		{"its own", []graphtest.Header{host("other.example")}, "Second"},
		{"with a port", []graphtest.Header{host("other.example:8443")}, "Second"},
		{"in capitals", []graphtest.Header{host("OTHER.Example")}, "Second"},
		{"with a trailing dot", []graphtest.Header{host("other.example.")}, "Second"},
		{"with all of that", []graphtest.Header{host("OTHER.example.:80")}, "Second"},
		{"X-Forwarded-Host is nobody's word", []graphtest.Header{host("other.example"), {Name: "X-Forwarded-Host", Value: "localhost"}}, "Second"},
		{"Forwarded neither", []graphtest.Header{host("localhost"), {Name: "Forwarded", Value: "host=other.example"}}, "Demo Store"},
		{"X-Original-Host neither", []graphtest.Header{host("localhost"), {Name: "X-Original-Host", Value: "other.example"}}, "Demo Store"},
		{"a name below", []graphtest.Header{host("a.other.example")}, ""},
		{"a name that ends alike", []graphtest.Header{host("another.example")}, ""},
		{"two dots", []graphtest.Header{host("other.example..")}, ""},
		{"a user in front", []graphtest.Header{host("localhost@other.example")}, ""},
		{"a list", []graphtest.Header{host("other.example,localhost")}, ""},
		{"unknown, whatever was forwarded", []graphtest.Header{host("evil.example"), {Name: "X-Forwarded-Host", Value: "other.example"}}, ""},
		{"an address in brackets", []graphtest.Header{host("[::1]:80")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := store(t, s, tt.headers...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// G3: what no client library sends. Nobody decides which of two hosts counts.
func TestTwoHostsAreNone(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	secondStore(t, s)
	const path = "/graphql?query={site{settings{storeName}}}"
	for head, want := range map[string]int{
		"GET " + path + " HTTP/1.1\r\nHost: localhost\r\n":                                                      http.StatusOK,
		"GET " + path + " HTTP/1.1\r\nHost: localhost\r\nHost: other.example\r\n":                               http.StatusBadRequest,
		"GET " + path + " HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n":                                   http.StatusBadRequest,
		"GET " + path + " HTTP/1.1\r\nX: y\r\n":                                                                 http.StatusBadRequest,
		"GET " + path + " HTTP/1.1\r\nHost:\r\n":                                                                http.StatusMisdirectedRequest,
		"GET " + path + " HTTP/1.0\r\n":                                                                         http.StatusMisdirectedRequest,
		"GET http://nobody.example" + path + " HTTP/1.1\r\nHost: localhost\r\n":                                 http.StatusMisdirectedRequest, // RFC 9112: the target wins
		"GET " + path + " HTTP/1.1\r\nHost: nobody.example\r\nX-Host: localhost\r\nX-HTTP-Host-Override: a\r\n": http.StatusMisdirectedRequest,
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(head + "Connection: close\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || r.StatusCode != want {
			t.Errorf("%q: %v %v, want %d", head, r, err, want)
		}
		_ = conn.Close()
	}
}

// G3.
func TestUnknownHostLearnsTheCommand(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := s.Login(t, ada)
	r := s.Query(t, asking, host("Nobody.example:81"), graphtest.WithCookie(cookie))
	if r.Status != http.StatusMisdirectedRequest {
		t.Errorf("status %d", r.Status)
	}
	for _, want := range []string{`nobody.example`, `regulars channel add-host STORE CHANNEL nobody.example`, `"NOT_FOUND"`} {
		if !strings.Contains(string(r.Body), want) {
			t.Errorf("%s lacks %q", r.Body, want)
		}
	}
	if got := r.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if len(r.Header["Set-Cookie"]) != 0 {
		t.Errorf("Set-Cookie %q", r.Header["Set-Cookie"])
	}
	for _, method := range []string{http.MethodGet, http.MethodOptions, http.MethodDelete} {
		if r := s.Do(t, method, "/graphql", nil, host("nobody.example")); r.Status != http.StatusMisdirectedRequest {
			t.Errorf("%s: status %d", method, r.Status)
		}
	}
}

// G3: the same address and password in two stores are two accounts.
func TestSessionIsNobodysInAnotherStore(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{TrustedProxies: loopback})
	secondStore(t, s)
	const name = `{ currentCustomer { lastName } }`
	last := func(cookie, at string) string {
		t.Helper()
		var data struct{ CurrentCustomer struct{ LastName string } }
		s.Query(t, name, secure(cookie), overTLS(), host(at)).Data(t, &data)
		return data.CurrentCustomer.LastName
	}
	first := login(t, s, ada, command.DemoPassword, overTLS(), host("localhost")).Cookie()
	second := login(t, s, ada, command.DemoPassword, overTLS(), host("other.example")).Cookie()
	for _, tt := range []struct{ name, cookie, host, want string }{
		{"first at home", first, "localhost", "Lovelace"},
		{"first in the second store", first, "other.example", ""},
		{"second at home", second, "other.example", "Second"},
		{"second in the first store", second, "localhost", ""},
	} {
		if got := last(tt.cookie, tt.host); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	// A login there with a session from here ends nothing here.
	login(t, s, ada, command.DemoPassword, overTLS(), host("other.example"), secure(first))
	if got := last(first, "localhost"); got != "Lovelace" {
		t.Errorf("after a login elsewhere: %q", got)
	}
}
