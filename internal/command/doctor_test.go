package command_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"regulars/graph/graphtest"
)

// beside is a console on a server's database.
func beside(t *testing.T, s *graphtest.Server) *console {
	t.Helper()
	return &console{s: s.DB.Store(t), owner: s.DB.Owner(t), url: s.DB.URL}
}

// before is a proxy in front of a server; it may meddle with both directions.
func before(t *testing.T, s *graphtest.Server, request func(*http.Request), answer func(http.Header)) string {
	t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host
			if request != nil {
				request(p.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if answer != nil {
				answer(r.Header)
			}
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

func TestDoctorReadsWhatIsSaved(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One")
	out := c.says(t, "WARNING (no_host): No host leads to this channel.\n    regulars channel add-host one 1 HOST", "doctor", "one")
	for _, want := range []string{"Channel 1 One", "__Host-SHOP_TOKEN: sent to this host alone", "NOTE (no_origin)", "With --url a server is asked"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	c.says(t, "", "channel", "add", "one", "--name", "Two", "--host", "api.example.com", "--origin", "https://shop.de")
	c.says(t, "WARNING (origin_is_cross_site)", "doctor", "one", "2")
	if out := c.says(t, "Channel 2", "doctor", "one", "2"); strings.Contains(out, "Channel 1") {
		t.Error(out)
	}
	c.refuses(t, "store one has no channel 3", "doctor", "one", "3")
	c.refuses(t, "no store", "doctor", "other")
	c.refuses(t, "--url is the whole address", "doctor", "one", "--url", "localhost:8080")
	if _, err := c.owner.Exec(`UPDATE channels SET policy = '{"cookie": {"domain": "co.uk"}}', url = 'http://shop.de' WHERE id = 2`); err != nil {
		t.Fatal(err)
	}
	out, err := c.run(t, "doctor", "one", "2")
	if err == nil || err.Error() != "1 thing keeps sessions from working or from being safe" || strings.Index(out, "ERROR (domain_is_public)") > strings.Index(out, "WARNING (url_without_tls)") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := c.run(t, "doctor", "one", "2", "--json"); err == nil || !strings.HasPrefix(out, `{"channel":2,"code":"domain_is_public","level":"error","text":"--cookie-domain co.uk`) {
		t.Errorf("%v\n%s", err, out)
	}
	c.noKey = http.ErrNoCookie
	if out, err := c.run(t, "doctor", "one", "1"); err == nil || !strings.Contains(out, "ERROR (keys)") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDoctorAsksAServer(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	c := beside(t, s)
	c.says(t, "", "channel", "add-origin", "demo", "1", "http://localhost:3000")
	out := c.says(t, "OK (reached)", "doctor", "demo", "--url", s.URL)
	for _, want := range []string{s.URL + " for the host 127.0.0.1 answers, by http.", "OK (keys_agree)", "OK (cors): Pages of http://localhost:3000 get to see the answers."} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	inside := before(t, s, func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }, nil)
	other := graphtest.New(t, graphtest.Options{DB: s.DB, NoDemo: true, SessionKeys: [][]byte{[]byte("another key than that of the console")}})
	elsewhere := graphtest.New(t)
	move := httptest.NewServer(http.RedirectHandler("https://api.example.com/session/doctor", http.StatusMovedPermanently))
	t.Cleanup(move.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, tt := range []struct{ name, url, want string }{
		{"a proxy that is not trusted", inside, "proxy_not_trusted"},
		{"other keys", other.URL, "keys_differ"},
		{"nobody there", gone.URL, "not_reached"},
		{"a redirect", move.URL, "redirected"},
		{"only /graphql is passed on", s.URL + "/nowhere", "something_else"},
		{"no cookies are passed on", before(t, s, func(r *http.Request) { r.Header.Del("Cookie") }, nil), "cookie_lost"},
		{"another host is passed on", before(t, s, func(r *http.Request) { r.Host = "nobody.example" }, nil), "host_unknown"},
		{"CORS headers are taken out", before(t, s, nil, func(h http.Header) { h.Del("Access-Control-Allow-Origin") }), "cors_lost"},
		{"credentials are taken out", before(t, s, nil, func(h http.Header) { h.Del("Access-Control-Allow-Credentials") }), "cors_lost"},
		{"Vary is taken out", before(t, s, nil, func(h http.Header) { h.Del("Vary") }), "vary_lost"},
		{"all origins are let in", before(t, s, nil, func(h http.Header) { h.Set("Access-Control-Allow-Credentials", "true") }), "cors_for_strangers"},
		{"preflights are swallowed", before(t, s, func(r *http.Request) {
			if r.Method == http.MethodOptions {
				r.Header.Del("Origin")
			}
		}, nil), "preflight_lost"},
	} {
		out, err := c.run(t, "doctor", "demo", "--url", tt.url)
		if err == nil || strings.Count(out, "ERROR") != 1 || !strings.Contains(out, "ERROR ("+tt.want+")") {
			t.Errorf("%s: want %s, %v\n%s", tt.name, tt.want, err, out)
		}
	}
	// The address of another store's server, and one inside for a host of the store's.
	c.says(t, "", "store", "create", "two", "--name", "Two", "--host", "two.example")
	if out, err := c.run(t, "doctor", "two", "--url", elsewhere.URL); err == nil || !strings.Contains(out, "ERROR (host_unknown)") {
		t.Errorf("%v\n%s", err, out)
	}
	c.says(t, "two.example answers, by http.", "doctor", "two", "--url", s.URL)
	if _, err := elsewhere.DB.Owner(t).Exec(`UPDATE stores SET hash = 'renamed'`); err != nil {
		t.Fatal(err)
	}
	if out, err := c.run(t, "doctor", "demo", "--url", elsewhere.URL); err == nil || !strings.Contains(out, "ERROR (another_channel)") {
		t.Errorf("%v\n%s", err, out)
	}
	if log := s.Log.String(); strings.Contains(log, "SHOP_TOKEN") {
		t.Error(log)
	}
}
