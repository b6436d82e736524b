package session_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/session"
	"regulars/internal/shop"
)

// diagnose asks the doctor; the codes come in their order, those of errors in
// capitals.
func diagnose(t testing.TB, s *graphtest.Server, headers ...graphtest.Header) (d shop.Diagnosis, codes string) {
	t.Helper()
	r := s.Do(t, http.MethodGet, session.DoctorPath, nil, headers...)
	if err := json.Unmarshal(r.Body, &d); err != nil || r.Status != http.StatusOK {
		t.Fatalf("%d %s %v", r.Status, r.Body, err)
	}
	if r.Header.Get("Cache-Control") != "private, no-store" || len(r.Header["Set-Cookie"]) != 0 {
		t.Errorf("%v", r.Header)
	}
	for _, f := range d.Findings {
		code := f.Code
		if f.Level == shop.LevelError {
			code = strings.ToUpper(code)
		}
		codes = strings.TrimSpace(codes + " " + code)
		if !strings.HasSuffix(f.Text, ".") || f.Do == "" && f.Level != shop.LevelOK && f.Code != "cookie_of_before" {
			t.Errorf("not sentences: %+v", f)
		}
	}
	return d, codes
}

func fetchMode(mode string) graphtest.Header {
	return graphtest.Header{Name: "Sec-Fetch-Mode", Value: mode}
}

func TestDoctorExplainsWhatCame(t *testing.T) {
	t.Parallel()
	s := declaring(t, usual)
	secondStore(t, s)
	cookie := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	value := strings.TrimPrefix(cookie, "__Host-SHOP_TOKEN=")
	over := pair(t, login(t, s, "grace@example.com", command.DemoPassword, at()...))
	s.Query(t, `mutation { logout { result } }`, at(over)...)
	local := []graphtest.Header{host("localhost")}
	shopOrigin, embeds := origin("https://shop.example.com"), origin("https://embeds.example")
	with := func(list []graphtest.Header, more ...graphtest.Header) []graphtest.Header {
		return append(append([]graphtest.Header{}, list...), more...)
	}
	plain := []graphtest.Header{host(apiHost)}
	before := dump(t, s.DB.Owner(t))
	for _, tt := range []struct {
		name    string
		headers []graphtest.Header
		want    string
	}{
		{"all is well", at(cookie), "session"},
		{"a listed page", with(at(cookie), shopOrigin, fetchSite("same-site"), fetchMode("cors")), "origin_listed session same_site"},
		{"a listed page of an old browser", with(at(cookie), shopOrigin), "origin_listed session same_site"},
		{"its own page", with(at(cookie), fetchSite("same-origin")), "session"},
		{"a visit", with(at(cookie), fetchSite("none"), fetchMode("navigate")), "visit typed session"},
		{"a visit by a link from elsewhere", with(at(cookie), fetchSite("cross-site"), fetchMode("navigate")), "CAME_FROM_ELSEWHERE visit"},
		{"nothing from a server", at(), "cookie_missing"},
		{"nothing from a page, not even other cookies", with([]graphtest.Header{host(apiHost), overTLS()}, shopOrigin, fetchSite("same-site")), "cookie_missing origin_listed same_site"},
		{"nothing from a page", with(at("other=1"), shopOrigin, fetchSite("same-site")), "cookie_missing origin_listed same_site"},
		{"SameSite kept it", with(at("other=1"), embeds, fetchSite("cross-site")), "CROSS_SITE cookie_missing origin_listed"},
		{"SameSite kept it, in an old browser", with(at("other=1"), embeds), "CROSS_SITE cookie_missing origin_listed"},
		{"a stranger", with(at(cookie), origin("https://evil.com"), fetchSite("cross-site")), "ORIGIN_NOT_LISTED CROSS_SITE"},
		{"a stranger of the same site", with(at(cookie), origin("https://evil.example.com"), fetchSite("same-site")), "ORIGIN_NOT_LISTED same_site"},
		{"a page without TLS", with(at(cookie), origin("http://shop.example.com"), fetchSite("cross-site")), "ORIGIN_WITHOUT_TLS SCHEMES_DIFFER"},
		{"no origin worth the name", with(at(cookie), origin("null"), fetchSite("cross-site")), "ORIGIN_NULL"},
		{"twice", at(cookie, cookie), "COOKIE_TWICE"},
		{"cut short", at(cookie[:len(cookie)-9]), "COOKIE_UNREADABLE"},
		{"another cookie's value", at("__Host-SHOP_TOKEN=x"), "COOKIE_UNREADABLE"},
		{"over", at(over), "SESSION_OVER"},
		{"of another store", []graphtest.Header{host("other.example"), overTLS(), {Name: "Cookie", Value: cookie}}, "SESSION_OVER"},
		{"from before", at("__Host-EMBEDDED_SHOP_TOKEN=x"), "COOKIE_UNREADABLE cookie_of_before"},
		{"with a domain", at("__Secure-SHOP_TOKEN=" + value), "cookie_missing cookie_with_domain"},
		{"of http", at("SHOP_TOKEN=" + value), "cookie_missing cookie_of_other_scheme"},
		{"of https", with(local, graphtest.Header{Name: "Cookie", Value: cookie}), "cookie_missing cookie_of_other_scheme"},
		{"no TLS", plain, "NO_TLS cookie_missing"},
		{"TLS that nobody tells of", with(plain, fetchSite("none")), "TLS_NOT_ANNOUNCED cookie_missing typed"},
		{"a proxy that says http", with(plain, graphtest.Header{Name: "X-Forwarded-Proto", Value: "https, http"}), "PROXY_SAYS_HTTP cookie_missing"},
		{"two names of this machine", with([]graphtest.Header{host("127.0.0.1")}, origin("http://localhost:3000")), "ORIGIN_NOT_LISTED LOCAL_NAMES_DIFFER"},
	} {
		d, codes := diagnose(t, s, tt.headers...)
		if codes != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, codes, tt.want)
		}
		if d.Working != strings.Contains(" "+tt.want+" ", " session ") {
			t.Errorf("%s: working %v", tt.name, d.Working)
		}
	}
	if dump(t, s.DB.Owner(t)) != before {
		t.Error("asking the doctor changed something")
	}
	// It changed nothing for the browser either; GraphQL does.
	if _, codes := diagnose(t, s, at(over)...); codes != "SESSION_OVER" {
		t.Error(codes)
	}
}

func TestDoctorOfOtherPolicies(t *testing.T) {
	t.Parallel()
	s := declaring(t, crossing)
	embeds := []graphtest.Header{origin("https://embeds.example"), fetchSite("cross-site")}
	cookie := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	if _, codes := diagnose(t, s, append(at("x=1"), embeds...)...); codes != "cookie_missing third_party origin_listed" {
		t.Error(codes)
	}
	if _, codes := diagnose(t, s, append(at(cookie), embeds...)...); codes != "origin_listed session cross_site_allowed" {
		t.Error(codes)
	}
	declare(t, s, usual)
	if _, codes := diagnose(t, s, at(cookie)...); codes != "cookie_of_before session" {
		t.Error(codes)
	}
	must(t, s.DB.Owner(t), `UPDATE customers SET channel_ids = '{7}' WHERE email_key = $1`, ada)
	if _, codes := diagnose(t, s, at(cookie)...); codes != "CUSTOMER_OF_ANOTHER_CHANNEL cookie_of_before" {
		t.Error(codes)
	}
	must(t, s.DB.Owner(t), `UPDATE channels SET policy = '{"cookie": {"domain": "com"}}'`)
	must(t, s.DB.Owner(t), `UPDATE stores SET config_version = config_version + 1`)
	if _, codes := diagnose(t, s, at()...); codes != "POLICY_BROKEN cookie_missing" {
		t.Error(codes)
	}
}

// A customer access token is what counts where one is sent, and what is talked of.
func TestDoctorOfAccessTokens(t *testing.T) {
	t.Parallel()
	s := declaring(t, usual)
	cookie := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	data, _ := loginForToken(t, s, append(at(), graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"})))...)
	token := data.Login.CustomerAccessToken.Value
	for _, tt := range []struct {
		headers []graphtest.Header
		want    string
	}{
		{append(at(), accessToken(token)), "session_by_token"},
		{append(at(cookie), accessToken(token)), "session_by_token"},
		{append(at(cookie), accessToken("x")), "ACCESS_TOKEN_OVER"},
		{append(at(), accessToken(token+"0")), "ACCESS_TOKEN_OVER"},
		{append(at(cookie), accessToken("")), "session"},
	} {
		if d, codes := diagnose(t, s, tt.headers...); codes != tt.want || d.Working != strings.HasPrefix(tt.want, "session") {
			t.Errorf("%s, want %s; working %v", codes, tt.want, d.Working)
		}
	}
	must(t, s.DB.Owner(t), `UPDATE customers SET channel_ids = '{7}' WHERE email_key = $1`, ada)
	if _, codes := diagnose(t, s, append(at(), accessToken(token))...); codes != "CUSTOMER_OF_ANOTHER_CHANNEL" {
		t.Error(codes)
	}
}

// The proxy's word counts only where the proxy is known.
func TestDoctorKnowsAnUntrustedProxy(t *testing.T) {
	t.Parallel()
	s := declaring(t, usual)
	direct := graphtest.New(t, graphtest.Options{DB: s.DB, NoDemo: true})
	d, codes := diagnose(t, direct, at()...)
	if codes != "PROXY_NOT_TRUSTED cookie_missing" || d.Saw.Scheme != "http" || !strings.Contains(d.Findings[0].Do, "TRUSTED_PROXIES") {
		t.Errorf("%s %+v", codes, d)
	}
	if d, codes := diagnose(t, s, at()...); codes != "cookie_missing" || d.Saw.Scheme != "https" {
		t.Errorf("%s %+v", codes, d)
	}
}

// Who may read the answer, and that nothing in it is a secret.
func TestDoctorKeepsSecrets(t *testing.T) {
	t.Parallel()
	s := declaring(t, usual)
	cookie := pair(t, login(t, s, ada, command.DemoPassword, at()...))
	token := graphtest.Header{Name: "Authorization", Value: "Bearer secret-of-mine"}
	for o, want := range map[string][2]string{"https://shop.example.com": {"https://shop.example.com", "true"}, "https://evil.com": {"*", ""}, "null": {"*", ""}} {
		r := s.Do(t, http.MethodGet, session.DoctorPath+"?q=mine", nil, append(at(cookie, "other=mine"), origin(o), token)...)
		wantCORS(t, r, want[0], want[1])
		for _, secret := range []string{strings.SplitN(cookie, "=", 2)[1], "mine", ada, "Lovelace", "127.0.0.1", "https://embeds.example"} {
			if strings.Contains(string(r.Body), secret) {
				t.Errorf("%s is in %s", secret, r.Body)
			}
		}
	}
	r := s.Do(t, http.MethodOptions, session.DoctorPath, nil, append(at(), origin("https://shop.example.com"), graphtest.Header{Name: "Access-Control-Request-Method", Value: "GET"})...)
	wantCORS(t, r, "https://shop.example.com", "true")
	if r := s.Do(t, http.MethodPost, session.DoctorPath, nil, at()...); r.Status != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", r.Status, r.Header)
	}
	if r := s.Do(t, http.MethodGet, session.DoctorPath, nil, host("nobody.example")); r.Status != http.StatusMisdirectedRequest {
		t.Errorf("a host that nobody has: %d", r.Status)
	}
}
