package session_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

func header(name, value string) graphtest.Header { return graphtest.Header{Name: name, Value: value} }

func authorization(value string) graphtest.Header { return header("Authorization", value) }

func revokeToken(t testing.TB, s *graphtest.Server, text string) {
	t.Helper()
	run(t, s, &command.TokenRevoke{Store: "demo", TokenFile: []byte(text)})
}

// refusal is the text of an answer that is nothing but one, and its code.
func refusal(t testing.TB, r *graphtest.Reply) (text, code string) {
	t.Helper()
	var body struct {
		Data   any
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(r.Body, &body); err != nil || len(body.Errors) != 1 || body.Data != nil {
		t.Fatalf("%v: %d %s", err, r.Status, r.Body)
	}
	return body.Errors[0].Message, body.Errors[0].Extensions.Code
}

func wantRefusal(t testing.TB, r *graphtest.Reply, status int, text string) {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	want := shop.Forbidden
	if status == http.StatusUnauthorized {
		want = shop.Unauthenticated
	}
	if got, code := refusal(t, r); got != text || code != string(want) {
		t.Errorf("got %s %q, want %s %q", code, got, want, text)
	}
	if challenge := r.Header.Get("WWW-Authenticate"); (challenge == "Bearer") != (status == http.StatusUnauthorized) {
		t.Errorf("WWW-Authenticate %q with %d", challenge, status)
	}
	if cache := r.Header.Get("Cache-Control"); !strings.Contains(cache, "no-cache") && !strings.Contains(cache, "no-store") {
		t.Errorf("Cache-Control %q", cache)
	}
}

const onlyAsked = `{ currentCustomer { email } }`

func TestAuthorizationHeaders(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	good := s.Token(t, command.TokenCreate{Kind: "storefront"})
	for name, tt := range map[string]struct {
		headers []graphtest.Header
		want    string
	}{
		"none":                        {nil, ""},
		"a good one":                  {[]graphtest.Header{graphtest.WithToken(good)}, ""},
		"two spaces, as B2B sends it": {[]graphtest.Header{authorization("Bearer  " + good)}, ""},
		"many spaces":                 {[]graphtest.Header{authorization("bearer     " + good + "  ")}, ""},
		"another scheme":              {[]graphtest.Header{authorization("Basic c2hvcDpzaG9w")}, ""},
		"a scheme alone":              {[]graphtest.Header{authorization("Bearer")}, shop.TextNotJWT},
		"no token set up":             {[]graphtest.Header{authorization("Bearer undefined")}, shop.TextNotJWT},
		"half of one":                 {[]graphtest.Header{graphtest.WithToken(good[:len(good)/2])}, shop.TextNotJWT},
		"two in one":                  {[]graphtest.Header{graphtest.WithToken(good + " " + good)}, shop.TextNotJWT},
		"100 KB":                      {[]graphtest.Header{graphtest.WithToken(strings.Repeat("a.", 50_000))}, shop.TextNotJWT},
		"a megabyte of dots":          {[]graphtest.Header{graphtest.WithToken(strings.Repeat(".", 1<<20))}, shop.TextNotJWT},
		"another signature":           {[]graphtest.Header{graphtest.WithToken(good[:len(good)-43] + strings.Repeat("A", 43))}, shop.TextBadSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.Query(t, onlyAsked, tt.headers...)
			if tt.want != "" {
				wantRefusal(t, r, http.StatusUnauthorized, tt.want)
			} else if r.Status != http.StatusOK {
				t.Errorf("status %d: %s", r.Status, r.Body)
			}
		})
	}
}

func TestTokensAreForTheirStoreAndChannel(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	secondStore(t, s)
	run(t, s, &command.ChannelAdd{Store: "demo", Name: "Two", Host: []string{"two.example"}})
	token := map[string]string{
		"demo 1":   s.Token(t, command.TokenCreate{Kind: "private", Scope: []string{"Customer"}}),
		"demo 1+2": s.Token(t, command.TokenCreate{Kind: "storefront", Channel: []int64{1, 2}}),
		"second 1": s.Token(t, command.TokenCreate{Store: "second", Kind: "impersonation"}),
	}
	for _, tt := range []struct{ token, host, want string }{
		{"demo 1", "localhost", ""}, {"demo 1", "two.example", shop.TextOtherChannel}, {"demo 1", "other.example", shop.TextOtherStore},
		{"demo 1+2", "localhost", ""}, {"demo 1+2", "two.example", ""}, {"demo 1+2", "other.example", shop.TextOtherStore},
		{"second 1", "localhost", shop.TextOtherStore}, {"second 1", "two.example", shop.TextOtherStore}, {"second 1", "other.example", ""},
	} {
		for range 2 { // the second time it is remembered
			r := s.Query(t, onlyAsked, host(tt.host), graphtest.WithToken(token[tt.token]))
			if tt.want != "" {
				wantRefusal(t, r, http.StatusUnauthorized, tt.want)
			} else if r.Status != http.StatusOK {
				t.Errorf("%s at %s: %d %s", tt.token, tt.host, r.Status, r.Body)
			}
		}
	}
}

// Each server remembers the token before it is taken away or runs out.
func TestRevokedAndExpiredTokensEndEverywhereAtOnce(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	replicas := []*graphtest.Server{s, graphtest.New(t, graphtest.Options{DB: s.DB, NoDemo: true})}
	all := func(text string, status int, want string) {
		t.Helper()
		for _, r := range replicas {
			reply := r.Query(t, onlyAsked, graphtest.WithToken(text))
			if want != "" {
				wantRefusal(t, reply, status, want)
			} else if reply.Status != http.StatusOK {
				t.Errorf("status %d: %s", reply.Status, reply.Body)
			}
		}
	}
	first, second := s.Token(t, command.TokenCreate{Kind: "storefront"}), s.Token(t, command.TokenCreate{Kind: "storefront"})
	all(first, 0, "")
	all(second, 0, "")
	revokeToken(t, s, first)
	all(first, http.StatusUnauthorized, shop.TextUnknownToken)
	all(second, 0, "")
	must(t, s.DB.Owner(t), `UPDATE storefront_tokens SET expires_at = now() - interval '1 second'`)
	must(t, s.DB.Owner(t), `UPDATE stores SET config_version = config_version + 1`)
	all(second, http.StatusUnauthorized, shop.TextTokenExpired)
	must(t, s.DB.Owner(t), `DELETE FROM storefront_tokens`)
	must(t, s.DB.Owner(t), `UPDATE stores SET config_version = config_version + 1`)
	all(second, http.StatusUnauthorized, shop.TextUnknownToken)
}

func TestKnownTokens(t *testing.T) {
	t.Parallel()
	asked := time.Now()
	known := shop.KnownToken{Asked: asked, Left: 30 * time.Second}
	if known.Expired(asked.Add(29*time.Second)) || !known.Expired(asked.Add(30*time.Second)) {
		t.Error("a token ends at another time than the database said")
	}
	if known.Stale(asked.Add(shop.TokenMemory)) || !known.Stale(asked.Add(shop.TokenMemory+1)) {
		t.Error("a token is believed for another time")
	}
}

// A token that is known costs nothing beyond a request without one, and one that
// is made up asks the database for nothing.
func TestTokensCauseNoStatements(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	good := s.Token(t, command.TokenCreate{Kind: "storefront"})
	forged := good[:len(good)-43] + strings.Repeat("A", 43)
	statements := func(headers ...graphtest.Header) int64 {
		before := s.Storage.Executed()
		s.Query(t, onlyAsked, headers...)
		return s.Storage.Executed() - before
	}
	statements(graphtest.WithToken(good))
	without := statements()
	if n := statements(graphtest.WithToken(good)); n != without {
		t.Errorf("%d statements with a token, %d without", n, without)
	}
	if n := statements(graphtest.WithToken(forged)); n != without {
		t.Errorf("%d statements with a forged token, %d without", n, without)
	}
}

func TestServersTokensAreNotForBrowsers(t *testing.T) {
	t.Parallel()
	s := listing(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	for kind, want := range map[string]string{"private": shop.TextPrivateInBrowser, "impersonation": shop.TextImpersonationInBrowser} {
		c := command.TokenCreate{Kind: kind}
		if kind == "private" {
			c.Scope = []string{"Customer"}
		}
		token := graphtest.WithToken(s.Token(t, c))
		for _, sign := range []graphtest.Header{
			origin(listedOrigin), origin(s.URL), origin("https://evil.com"), origin("null"), fetchSite("same-origin"), fetchSite("none"), fetchSite("cross-site"),
			cookie, secure("x"), graphtest.WithCookie("x"),
		} {
			wantRefusal(t, s.Query(t, onlyAsked, token, sign), http.StatusForbidden, want)
		}
		if r := s.Query(t, onlyAsked, token, header("Cookie", "basket=1")); r.Status != http.StatusOK {
			t.Errorf("%s: status %d: %s", kind, r.Status, r.Body)
		}
	}
}

// A token's origins narrow who may send it, and widen nothing: who may act for a
// shopper is for the channel to say. Without any no page may.
func TestOriginsOfTokens(t *testing.T) {
	t.Parallel()
	s := listing(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	plain := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"}))
	bound := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront", Origin: []string{listedOrigin, "https://unlisted.example"}}))
	const other, none = "Pages of this origin may not send this token.", "This token is for servers: it names no origins whose pages may send it."
	for _, tt := range []struct {
		token   graphtest.Header
		origin  string
		refused bool
		email   string
		allowed string
	}{
		{plain, s.URL, true, "", s.URL}, {plain, "", false, ada, ""}, {plain, listedOrigin, true, "", listedOrigin}, {plain, "https://evil.com", true, "", "*"},
		{bound, listedOrigin, false, ada, listedOrigin}, {bound, s.URL, false, ada, s.URL}, {bound, "", false, ada, ""},
		{bound, "https://unlisted.example", false, "", "*"},
		{bound, "https://evil.com", true, "", "*"}, {bound, "null", true, "", "*"}, {bound, "https://second.com", true, "", "*"},
	} {
		headers := []graphtest.Header{tt.token, cookie}
		if tt.origin != "" {
			headers = append(headers, origin(tt.origin))
		}
		r := s.Query(t, onlyAsked, headers...)
		if tt.refused {
			text := other
			if tt.token == plain {
				text = none
			}
			wantRefusal(t, r, http.StatusForbidden, text)
		} else if email, _ := asked(t, s, headers...); email != tt.email {
			t.Errorf("%s: %q is asked for, want %q", tt.origin, email, tt.email)
		}
		if got := r.Header.Get("Access-Control-Allow-Origin"); got != tt.allowed {
			t.Errorf("%s: allowed %q, want %q", tt.origin, got, tt.allowed)
		}
	}
	r := s.Query(t, `mutation { logout { result } }`, bound, origin("https://unlisted.example"))
	if r.Status != http.StatusForbidden {
		t.Errorf("a token lets an origin act that the channel does not list: %d %s", r.Status, r.Body)
	}
}

func TestChannelsMayAskForAToken(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	token := s.Token(t, command.TokenCreate{Kind: "storefront"})
	required := true
	set := command.ChannelSet{TokenRequired: &required}
	set.Store, set.Channel = "demo", 1
	run(t, s, &set)
	wantRefusal(t, s.Query(t, onlyAsked), http.StatusUnauthorized, shop.TextNoToken)
	wantRefusal(t, s.Query(t, onlyAsked, origin(s.URL)), http.StatusUnauthorized, shop.TextNoToken)
	wantRefusal(t, s.Query(t, onlyAsked, authorization("Basic c2hvcDpzaG9w")), http.StatusUnauthorized, shop.TextNoToken)
	if r := s.Query(t, onlyAsked, graphtest.WithToken(token)); r.Status != http.StatusOK {
		t.Errorf("status %d: %s", r.Status, r.Body)
	}
	r := s.Do(t, http.MethodOptions, "/graphql", nil, origin("https://any.example"), header("Access-Control-Request-Method", "POST"),
		header("Access-Control-Request-Headers", "authorization"))
	if r.Status != http.StatusNoContent || r.Header.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("preflight: %d %v", r.Status, r.Header)
	}
	for _, headers := range [][]graphtest.Header{nil, {authorization("Bearer nonsense")}} {
		if r := s.Do(t, http.MethodGet, "/account/reset", nil, headers...); r.Status != http.StatusOK {
			t.Errorf("our own page: %d %s", r.Status, r.Body)
		}
	}
	required = false
	run(t, s, &set)
	if r := s.Query(t, onlyAsked); r.Status != http.StatusOK {
		t.Errorf("status %d: %s", r.Status, r.Body)
	}
}

// K1: neither what is good nor what is refused is logged.
func TestTokensAreNotLogged(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	good := s.Token(t, command.TokenCreate{Kind: "storefront"})
	s.Query(t, onlyAsked, graphtest.WithToken(good))
	revokeToken(t, s, good)
	s.Query(t, onlyAsked, graphtest.WithToken(good))
	s.Query(t, onlyAsked, graphtest.WithToken("CANARY"))
	log := s.Log.String()
	for _, part := range append(strings.Split(good, "."), "CANARY") {
		if strings.Contains(log, part) {
			t.Errorf("logged: %s", log)
		}
	}
	if !strings.Contains(log, `"reason":"Unknown JWT token"`) || strings.Contains(dump(t, s.DB.Owner(t)), strings.Split(good, ".")[2]) {
		t.Error("no line about the refusal, or a token in the database")
	}
}

// Somebody who is named by an id has no session row, and none is touched or made.
func TestImpersonationWritesNoRows(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	token := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "impersonation"}))
	before := rows(t, s.DB.Owner(t))
	for _, query := range []string{onlyAsked, `mutation { logout { result } }`} {
		r := s.Query(t, query, token, header("X-Bc-Customer-Id", "1"))
		if r.Status != http.StatusOK || len(setCookies(r)) > 0 {
			t.Errorf("%s: %d %s %v", query, r.Status, r.Body, r.Header)
		}
	}
	if email, _ := asked(t, s, token, header("X-Bc-Customer-Id", "1"), header("X-Bc-Customer-Access-Token", "")); email != ada {
		t.Errorf("asked for %q", email)
	}
	if after := rows(t, s.DB.Owner(t)); !maps.Equal(before, after) {
		t.Errorf("rows before %v, after %v", before, after)
	}
	// On pages of ours a token says nothing.
	page := func(headers ...graphtest.Header) string {
		return string(s.Do(t, http.MethodGet, "/account/reset", nil, headers...).Body)
	}
	if page(token, header("X-Bc-Customer-Id", "1")) != page() {
		t.Error("a page heeds the token")
	}
}

// What was done with somebody's account by a server ends with the account.
func TestImpersonationEndsWithTheAccount(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	secondStore(t, s)
	token := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "impersonation"}))
	named := header("X-Bc-Customer-Id", "1")
	other := one[string](t, s.DB.Owner(t), `SELECT id::text FROM customers WHERE last_name = 'Second'`)
	for _, id := range []string{other, "0", "-1", "1e0", "", "4294967298", "9999999999999999999"} {
		if email, _ := asked(t, s, token, header("X-Bc-Customer-Id", id)); email != "" {
			t.Errorf("%q is %q", id, email)
		}
	}
	for _, step := range []struct{ sql, email string }{
		{`SELECT 1`, ada}, {`UPDATE customers SET disabled_at = now() WHERE id = 1`, ""}, {`UPDATE customers SET disabled_at = NULL WHERE id = 1`, ada},
		{`UPDATE customers SET channel_ids = '{2}' WHERE id = 1`, ""}, {`UPDATE customers SET channel_ids = '{1}' WHERE id = 1`, ada},
		{`DELETE FROM customers WHERE id = 1`, ""},
	} {
		must(t, s.DB.Owner(t), step.sql)
		if email, _ := asked(t, s, token, named); email != step.email {
			t.Errorf("%s: asked for %q, want %q", step.sql, email, step.email)
		}
	}
}

// A server that acts for somebody sees that shopper's sessions, is none of them,
// and ends those that it is told to.
func TestImpersonationAndTheShoppersSessions(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	named := []graphtest.Header{graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "impersonation"})), header("X-Bc-Customer-Id", "1")}
	type live struct {
		ID      string
		Current bool
	}
	list := func() []live {
		t.Helper()
		var data struct{ CurrentCustomer struct{ Sessions []live } }
		s.Query(t, `{ currentCustomer { sessions { id current } } }`, named...).Data(t, &data)
		return data.CurrentCustomer.Sessions
	}
	for _, tt := range []struct {
		end  string
		left int
	}{
		{`logout { result }`, 2}, {`logout(scope: THIS) { result }`, 2}, {`logout(scope: OTHERS) { result }`, 0}, {`logout(scope: EVERYWHERE) { result }`, 0},
		{`customer { revokeSession(input: {sessionId: "%s"}) { errors { __typename } } }`, 1},
	} {
		must(t, s.DB.Owner(t), `DELETE FROM sessions`)
		cookies := []string{s.Login(t, ada), s.Login(t, ada)}
		other := s.Login(t, "grace@example.com")
		before := list()
		if len(before) != 2 || before[0].Current || before[1].Current {
			t.Fatalf("sessions %+v", before)
		}
		end := strings.Replace(tt.end, "%s", before[0].ID, 1)
		if r := s.Query(t, `mutation { `+end+` }`, named...); r.Status != http.StatusOK || strings.Contains(string(r.Body), "rror\"") || len(setCookies(r)) > 0 {
			t.Errorf("%s: %d %s", end, r.Status, r.Body)
		}
		in := 0
		for _, c := range cookies {
			if who(t, s, graphtest.WithCookie(c)) == ada {
				in++
			}
		}
		if in != tt.left || len(list()) != tt.left || who(t, s, graphtest.WithCookie(other)) == "" {
			t.Errorf("%s: %d sessions left, %d listed, want %d", end, in, len(list()), tt.left)
		}
	}
}
