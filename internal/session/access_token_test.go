package session_test

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/keys"
	"regulars/internal/shop"
)

func accessToken(value string) graphtest.Header { return header("X-Bc-Customer-Access-Token", value) }

var loud = header("X-Bc-Error-On-Invalid-Customer-Access-Token", "true")

// given is what a login answered about a customer access token.
type given struct {
	Login struct {
		Customer            struct{ Email string }
		CustomerAccessToken *struct {
			Value     string
			ExpiresAt time.Time
		}
	}
}

func loginForToken(t testing.TB, s *graphtest.Server, headers ...graphtest.Header) (given, *graphtest.Reply) {
	t.Helper()
	r := s.Query(t, `mutation { login(email: "`+ada+`", password: "`+command.DemoPassword+`") { customer { email } customerAccessToken { value expiresAt } } }`, headers...)
	var data given
	r.Data(t, &data)
	if data.Login.Customer.Email != ada {
		t.Fatalf("no login: %d %s", r.Status, r.Body)
	}
	return data, r
}

func bodyOf(t testing.TB, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

// tokenOf logs Ada in as a storefront's server does.
func tokenOf(t testing.TB, s *graphtest.Server, server graphtest.Header) string {
	t.Helper()
	data, r := loginForToken(t, s, server)
	if data.Login.CustomerAccessToken == nil {
		t.Fatalf("no token: %s", r.Body)
	}
	return data.Login.CustomerAccessToken.Value
}

// A storefront's server gets the token in the body, in the platform's form, and no
// cookie.
func TestServersGetAnAccessToken(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for _, kind := range []command.TokenCreate{{Kind: "storefront"}, {Kind: "private", Scope: []string{"Customer"}}} {
		server := graphtest.WithToken(s.Token(t, kind))
		data, r := loginForToken(t, s, server)
		got := data.Login.CustomerAccessToken
		if got == nil || len(setCookies(r)) != 0 || strings.Contains(string(r.Body), "errors") {
			t.Fatalf("%s: %s, Set-Cookie %q", kind.Kind, r.Body, r.Header["Set-Cookie"])
		}
		m := regexp.MustCompile(`^[0-9a-f]{64}_(\d+)$`).FindStringSubmatch(got.Value)
		if m == nil || m[1] != strconv.FormatInt(got.ExpiresAt.Unix(), 10) {
			t.Errorf("%s: the token does not say when it expires", kind.Kind)
		}
		db := s.DB.Owner(t)
		hash := keys.Hash(got.Value[:64])
		if !one[bool](t, db, `SELECT kind = 'token' AND expires_at = $2 AND expires_at - created_at BETWEEN interval '7 days' - interval '1 second' AND interval '7 days'
			FROM sessions WHERE token_hash = $1`, hash[:], got.ExpiresAt) {
			t.Errorf("%s: the row does not fit", kind.Kind)
		}
		for _, headers := range [][]graphtest.Header{{server, accessToken(got.Value)}, {accessToken(got.Value)}} {
			if email, r := asked(t, s, headers...); email != ada || r.Header.Get("Cache-Control") != "private, no-store" || len(setCookies(r)) != 0 {
				t.Errorf("%s: %q, %v", kind.Kind, email, r.Header)
			}
		}
	}
}

// Whatever shows a browser makes one: the cookie is set, and the token refused
// without undoing the login.
func TestBrowsersGetTheCookie(t *testing.T) {
	t.Parallel()
	s := listing(t)
	server := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront", Origin: []string{listedOrigin}}))
	for name, headers := range map[string][]graphtest.Header{
		"nothing at all":    nil,
		"a page":            {origin(s.URL), fetchSite("same-origin")},
		"its Origin alone":  {server, origin(s.URL)},
		"a listed page":     {server, origin(listedOrigin)},
		"Sec-Fetch-Site":    {server, fetchSite("same-origin")},
		"typed by hand":     {server, fetchSite("none")},
		"a useless cookie":  {server, graphtest.WithCookie("x")},
		"a cookie's header": {server, graphtest.WithCookie(s.Login(t, ada))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, r := loginForToken(t, s, headers...)
			want := `{"message":"` + shop.TextTokenInBrowser + `","path":["login","customerAccessToken"]`
			if data.Login.CustomerAccessToken != nil || r.Cookie() == "" || !strings.Contains(string(r.Body), want) || !strings.Contains(string(r.Body), `"FORBIDDEN"`) {
				t.Errorf("%s, cookie %q", r.Body, r.Cookie())
			}
			if r := login(t, s, ada, command.DemoPassword, headers...); strings.Contains(string(r.Body), "errors") || r.Cookie() == "" {
				t.Errorf("without asking for it: %s", r.Body)
			}
		})
	}
}

// A channel may let its listed pages hold a token: those that ask for one.
func TestListedPagesMayHoldAToken(t *testing.T) {
	t.Parallel()
	s := listing(t)
	configure(t, s, func(_ *shop.Store, c *shop.Channel) { c.Policy.BrowserTokens = true })
	page := []graphtest.Header{origin(listedOrigin), fetchSite("cross-site")}
	data, r := loginForToken(t, s, page...)
	if data.Login.CustomerAccessToken == nil || len(setCookies(r)) != 0 || strings.Contains(string(r.Body), "errors") {
		t.Fatalf("%s, Set-Cookie %q", r.Body, r.Header["Set-Cookie"])
	}
	if got := r.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("the answer with the token: Cache-Control %q", got)
	}
	value := data.Login.CustomerAccessToken.Value
	if got := who(t, s, append(page, accessToken(value))...); got != ada {
		t.Errorf("with the token: %q", got)
	}
	if got := who(t, s, origin("https://evil.com"), accessToken(value)); got != "" {
		t.Errorf("from a foreign page: %q", got)
	}
	if r := login(t, s, ada, command.DemoPassword, page...); r.Cookie() == "" {
		t.Error("who does not ask for a token has no cookie either")
	}
	// The session before ends, and its cookie goes.
	cookie := graphtest.WithCookie(login(t, s, ada, command.DemoPassword, page...).Cookie())
	if _, r := loginForToken(t, s, append(page, cookie)...); !cleared(r, "SHOP_TOKEN") || who(t, s, cookie) != "" {
		t.Errorf("Set-Cookie %q", r.Header["Set-Cookie"])
	}
	for name, headers := range map[string][]graphtest.Header{
		"the host's own page": {origin(s.URL), fetchSite("same-origin")}, "no page": nil,
	} {
		if data, r := loginForToken(t, s, headers...); data.Login.CustomerAccessToken != nil || r.Cookie() == "" {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
}

// A header beats a cookie, also one that is good for nothing.
func TestTheHeaderBeatsTheCookie(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	server := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"}))
	value, grace := tokenOf(t, s, server), graphtest.WithCookie(s.Login(t, "grace@example.com"))
	if got := who(t, s, grace, accessToken(value)); got != ada {
		t.Errorf("both: %q", got)
	}
	email, r := asked(t, s, grace, accessToken("x"))
	if email != "" || len(setCookies(r)) != 0 {
		t.Errorf("a bad header: %q, Set-Cookie %q", email, r.Header["Set-Cookie"])
	}
	if got := who(t, s, grace, accessToken("")); got != "grace@example.com" {
		t.Errorf("an empty header: %q", got)
	}
	// Logging the header's session out leaves the cookie's alone.
	r = s.Query(t, `mutation { logout { result } }`, grace, accessToken(value))
	if a, b := who(t, s, accessToken(value)), who(t, s, grace); a != "" || b != "grace@example.com" || len(setCookies(r)) != 0 {
		t.Errorf("after the logout %q and %q, Set-Cookie %q", a, b, r.Header["Set-Cookie"])
	}
}

// What is no token is a guest's without a word; and with the word that asks for
// it an error at status 200, with nothing done.
func TestUselessAccessTokens(t *testing.T) {
	t.Parallel()
	s := listing(t)
	db := s.DB.Owner(t)
	server := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"}))
	good := tokenOf(t, s, server)
	over, ended := tokenOf(t, s, server), tokenOf(t, s, server)
	hash := keys.Hash(over[:64])
	must(t, db, `UPDATE sessions SET expires_at = date_trunc('second', now()) - interval '1 second' WHERE token_hash = $1`, hash[:])
	expired := shop.AccessToken(over[:64], one[time.Time](t, db, `SELECT expires_at FROM sessions WHERE token_hash = $1`, hash[:]))
	s.Query(t, `mutation { logout { result } }`, server, accessToken(ended))
	secret, suffix, _ := strings.Cut(good, "_")
	for name, value := range map[string]string{
		"garbage": "x", "100 KB": strings.Repeat("a", 100<<10), "a space": " ", "expired": expired, "ended": ended,
		"no suffix": secret, "an empty suffix": secret + "_", "another suffix": secret + "_1" + suffix, "a sign": secret + "_+" + suffix,
		"zeros before": secret + "_0" + suffix, "a negative": secret + "_-1", "too large": secret + "_99999999999999999999", "letters": secret + "_abc",
		"upper case": strings.ToUpper(secret) + "_" + suffix, "short": secret[1:] + "_" + suffix, "one letter more": "a" + good,
		"another letter": map[bool]string{true: "1", false: "0"}[good[0] == '0'] + good[1:], "never given": keys.NewSecret(shop.KindToken) + "_" + suffix,
		"a cookie's": tokenIn(t, s.Login(t, ada)) + "_" + suffix, "NUL": secret + "_\t" + suffix, "not ASCII": "\xff" + good[1:],
	} {
		t.Run(name, func(t *testing.T) {
			email, r := asked(t, s, server, accessToken(value))
			if email != "" || string(r.Body) != `{"data":{"currentCustomer":null}}` || len(setCookies(r)) != 0 {
				t.Errorf("%q: %s", email, r.Body)
			}
			if strings.TrimSpace(value) == "" {
				return // clients send that for guests
			}
			r = s.Query(t, asking, server, accessToken(value), loud, header("Accept-Language", "de"))
			if text, code := refusal(t, r); r.Status != http.StatusOK || code != "INVALID_CUSTOMER_ACCESS_TOKEN" || text != "Diese Anmeldung gilt nicht mehr. Bitte erneut anmelden." {
				t.Errorf("%d %s %s", r.Status, code, text)
			}
		})
	}
	before := dump(t, db)
	r := s.Query(t, `mutation { newsletter { subscribe(input: {email: "new@example.com"}) { errors { __typename } } } }`, accessToken(ended), loud)
	if _, code := refusal(t, r); code != "INVALID_CUSTOMER_ACCESS_TOKEN" || dump(t, db) != before {
		t.Errorf("something was done: %s", r.Body)
	}
	// Foreign pages' headers are not looked at.
	if email, r := asked(t, s, origin("https://evil.com"), accessToken(ended), loud); email != "" || strings.Contains(string(r.Body), "errors") {
		t.Errorf("a foreign page: %s", r.Body)
	}
	if got := who(t, s, accessToken(good), loud); got != ada {
		t.Errorf("the good one: %q", got)
	}
	req, err := http.NewRequest(http.MethodGet, s.URL+"/graphql?query="+`%7BcurrentCustomer%7Bemail%7D%7D`, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["X-Bc-Customer-Access-Token"] = []string{good, good}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := bodyOf(t, resp); got != `{"data":{"currentCustomer":null}}` {
		t.Errorf("twice: %s", got)
	}
}

// The suffix is the row's end, and nobody moves it.
func TestTheSuffixIsTheRows(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	value := tokenOf(t, s, graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"})))
	must(t, s.DB.Owner(t), `UPDATE sessions SET expires_at = expires_at + interval '1 day'`)
	if got := who(t, s, accessToken(value)); got != "" {
		t.Errorf("a token of another time: %q", got)
	}
}

// MISSING is only for what needs a shopper, from those that sent nothing at all
// and asked to be told.
func TestMissingAccessToken(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	server := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"}))
	const missing = "MISSING_CUSTOMER_ACCESS_TOKEN"
	for name, c := range map[string]struct {
		query   string
		headers []graphtest.Header
		missing bool
	}{
		"update":                  {`mutation { customer { updateCustomer(input: {firstName: "A"}) { errors { __typename } } } }`, []graphtest.Header{loud}, true},
		"password":                {`mutation { customer { changePassword(input: {currentPassword: "a", newPassword: "b"}) { errors { __typename } } } }`, []graphtest.Header{loud}, true},
		"address":                 {`mutation { customer { deleteCustomerAddress(input: {addressEntityId: 1}) { errors { __typename } } } }`, []graphtest.Header{loud, server}, true},
		"revoke":                  {revoking("x"), []graphtest.Header{loud}, true},
		"not asked for":           {revoking("x"), nil, false},
		"not true":                {revoking("x"), []graphtest.Header{header(loud.Name, "1")}, false},
		"a useless cookie":        {revoking("x"), []graphtest.Header{loud, graphtest.WithCookie("x")}, false},
		"customer":                {`{ customer { email } }`, []graphtest.Header{loud}, false},
		"current customer":        {`{ currentCustomer { email } }`, []graphtest.Header{loud}, false},
		"subscribe":               {`mutation { newsletter { subscribe(input: {email: "new@example.com"}) { errors { __typename } } } }`, []graphtest.Header{loud}, false},
		"logout":                  {`mutation { logout { result } }`, []graphtest.Header{loud}, false},
		"login":                   {`mutation { login(email: "` + ada + `", password: "` + command.DemoPassword + `") { result } }`, []graphtest.Header{loud, server}, false},
		"reset":                   {`mutation { customer { requestResetPassword(input: {email: "ada@example.com"}) { errors { __typename } } } }`, []graphtest.Header{loud}, false},
		"an unproved address":     {`mutation { customer { resendEmailConfirmation(input: {email: "ada@example.com"}) { errors { __typename } } } }`, []graphtest.Header{loud}, false},
		"a link of a mail":        {`mutation { customer { confirmEmail(input: {token: "x"}) { errors { __typename } } } }`, []graphtest.Header{loud}, false},
		"registration":            {`mutation { customer { registerCustomer(input: {firstName: "", lastName: "", email: "", password: ""}) { errors { __typename } } } }`, []graphtest.Header{loud}, false},
		"the store, for everyone": {`{ site { settings { storeName } } }`, []graphtest.Header{loud}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.Query(t, c.query, c.headers...)
			if r.Status != http.StatusOK || strings.Contains(string(r.Body), missing) != c.missing {
				t.Errorf("%d: %s", r.Status, r.Body)
			}
			if !c.missing && strings.Contains(string(r.Body), `"errors":[{"message"`) {
				t.Errorf("%s", r.Body)
			}
		})
	}
}

// A storefront's server gets the cart back that it names, and nobody else does.
func TestServersReleaseTheCart(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	server := graphtest.WithToken(s.Token(t, command.TokenCreate{Kind: "storefront"}))
	const out = `mutation { logout(cartEntityId: "a-cart"%s) { cartUnassignResult { cart { entityId } errors { __typename } } } }`
	logout := func(scope string) string { return strings.Replace(out, "%s", scope, 1) }
	const (
		released     = `{"data":{"logout":{"cartUnassignResult":{"cart":{"entityId":"a-cart"},"errors":[]}}}}`
		inaccessible = `{"data":{"logout":{"cartUnassignResult":{"cart":null,"errors":[{"__typename":"CartUnassignInaccessibleError"}]}}}}`
		notAllowed   = `{"data":{"logout":{"cartUnassignResult":{"cart":null,"errors":[{"__typename":"CartUnassignNotAllowedError"}]}}}}`
	)
	for _, c := range []struct{ name, cart, scope, want, then string }{
		{"the recorded one", "a-cart", "", released, ""},
		{"everywhere", "a-cart", ", scope: EVERYWHERE", released, ""},
		{"another one", "another", "", inaccessible, "another"},
		{"none recorded", "", "", inaccessible, ""},
		{"of others", "a-cart", ", scope: OTHERS", notAllowed, "a-cart"},
	} {
		value, db := tokenOf(t, s, server), s.DB.Owner(t)
		must(t, db, `UPDATE customers SET cart_entity_id = NULLIF($2, '') WHERE email_key = $1`, ada, c.cart)
		r := s.Query(t, logout(c.scope), server, accessToken(value))
		if string(r.Body) != c.want || len(setCookies(r)) != 0 {
			t.Errorf("%s: %s", c.name, r.Body)
		}
		if got := one[string](t, db, `SELECT COALESCE(cart_entity_id, '') FROM customers WHERE email_key = $1`, ada); got != c.then {
			t.Errorf("%s: the account has cart %q", c.name, got)
		}
		if got := who(t, s, accessToken(value)); (got == ada) != (c.scope == ", scope: OTHERS") {
			t.Errorf("%s: then %q", c.name, got)
		}
	}
	// The same token from a browser: its cart stays.
	value := tokenOf(t, s, server)
	if r := s.Query(t, logout(""), accessToken(value)); string(r.Body) != notAllowed {
		t.Errorf("without a storefront token: %s", r.Body)
	}
}

// C4 for tokens: over on every server, at once.
func TestEndedAccessTokenIsOverOnEveryReplica(t *testing.T) {
	t.Parallel()
	a := graphtest.New(t)
	b := graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true})
	server := graphtest.WithToken(a.Token(t, command.TokenCreate{Kind: "storefront"}))
	for _, c := range []struct{ name, query string }{
		{"logout", `mutation { logout { result } }`},
		{"everywhere", `mutation { logout(scope: EVERYWHERE) { result } }`},
		{"password", `mutation { customer { changePassword(input: {currentPassword: "` + command.DemoPassword + `", newPassword: "an engine of my own"}) { errors { __typename } } } }`},
	} {
		name, query := c.name, c.query
		value, other := tokenOf(t, a, server), tokenOf(t, a, server)
		if got := who(t, b, accessToken(value)); got != ada {
			t.Fatalf("%s: on the other replica %q", name, got)
		}
		s := a.Query(t, query, server, accessToken(other))
		first, second := who(t, b, accessToken(other)), who(t, b, accessToken(value))
		if keeps := name == "password"; strings.Contains(string(s.Body), "Error") || (first == ada) != keeps || (second == ada) != (name == "logout") {
			t.Errorf("%s: %s, then %q and %q", name, s.Body, first, second)
		}
	}
}
