package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

// printed collects what run prints and tells when a line is there.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{}
}

func newPrinted() *printed { return &printed{news: make(chan struct{}, 1)} }

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default:
	}
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// find waits for a match and gives its first group.
func (p *printed) find(t *testing.T, pattern string, over <-chan error) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(time.Minute)
	for {
		if m := re.FindStringSubmatch(p.String()); m != nil {
			return m[1]
		}
		select {
		case <-p.news:
		case err := <-over:
			t.Fatalf("the server ended: %v\n%s", err, p)
		case <-deadline:
			t.Fatalf("no %q in:\n%s", pattern, p)
		}
	}
}

// dataDir is a folder that the private Postgres can reach when it drops root.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "regulars-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// start boots the whole program on free ports and gives its addresses. stop
// ends it as a signal would, and gives what run returned.
func start(t *testing.T, args ...string) (graphql, health string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, over := newPrinted(), make(chan error, 1)
	args = append(args, "serve", "--addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0")
	go func() { defer close(over); over <- run(ctx, args, out, io.Discard) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-over
	})
	t.Cleanup(func() { _ = stop() })
	graphql = out.find(t, `GraphQL +(http://127\.0\.0\.1:\d+/graphql)`, over)
	return graphql, out.find(t, `Health +(http://127\.0\.0\.1:\d+/readyz)`, over), stop
}

type shopper struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newShopper(t *testing.T, url string) *shopper {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &shopper{t, url, &http.Client{Jar: jar}}
}

// says sends a query and compares the whole answer.
func (s *shopper) says(query, want string) {
	s.t.Helper()
	if got := s.ask(query); got != want {
		s.t.Errorf("%s\n got %s\nwant %s", query, got, want)
	}
}

func (s *shopper) ask(query string) string {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.client.Post(s.url, "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

func TestAnUnknownHostIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	url, health, _ := start(t, "--data-dir="+dataDir(t))
	if resp, err := http.Get(health); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("not ready: %v %v", resp, err)
	}
	// Without --demo no host is known yet.
	s := newShopper(t, url)
	if got := s.ask(`{ __typename }`); !strings.Contains(got, "regulars channel add-host STORE CHANNEL 127.0.0.1") {
		t.Errorf("the unknown host was answered with %s", got)
	}
}

func TestAShopperFromRegistrationToLogout(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := run(context.Background(), []string{"migrate", "--data-dir=" + dir}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := run(context.Background(), []string{"demo", "--data-dir=" + dir}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	url, _, stop := start(t, "--data-dir="+dir)
	s := newShopper(t, url)
	s.says(`mutation { customer { registerCustomer(input: {firstName: "Mary", lastName: "Shelley", email: "Mary@Example.com", password: "a monster of my own"}) { customer { email } errors { __typename } } } }`,
		`{"data":{"customer":{"registerCustomer":{"customer":{"email":"Mary@Example.com"},"errors":[]}}}}`)
	s.says(`{ currentCustomer { email } }`, `{"data":{"currentCustomer":null}}`)
	s.says(`mutation { login(email: "mary@example.com", password: "something else") { result } }`,
		`{"errors":[{"message":"Invalid credentials","path":["login"],"locations":[{"line":1,"column":12}],"extensions":{"code":"UNAUTHENTICATED"}}],"data":null}`)
	s.says(`mutation { login(email: "mary@example.com", password: "a monster of my own") { customer { firstName } } }`,
		`{"data":{"login":{"customer":{"firstName":"Mary"}}}}`)
	s.says(`{ currentCustomer { email group { name isDefault } isSubscribedToNewsletter } }`,
		`{"data":{"currentCustomer":{"email":"Mary@Example.com","group":{"name":"Retail","isDefault":true},"isSubscribedToNewsletter":false}}}`)
	s.says(`mutation { newsletter { subscribe(input: {email: "mary@example.com", origin: ACCOUNT}) { errors { __typename } } } }`,
		`{"data":{"newsletter":{"subscribe":{"errors":[]}}}}`)
	s.says(`{ currentCustomer { isSubscribedToNewsletter subscriber { state origin } } }`,
		`{"data":{"currentCustomer":{"isSubscribedToNewsletter":true,"subscriber":{"state":"SUBSCRIBED","origin":"ACCOUNT"}}}}`)

	request, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	old := s.client.Jar.Cookies(request.URL)
	if len(old) != 1 {
		t.Fatalf("%d cookies after the login", len(old))
	}
	s.says(`mutation { logout { result } }`, `{"data":{"logout":{"result":"success"}}}`)
	replay := newShopper(t, url)
	replay.client.Jar.SetCookies(request.URL, old)
	replay.says(`{ currentCustomer { email } }`, `{"data":{"currentCustomer":null}}`)
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "postgres", "data-*", "postmaster.pid")); len(left) > 0 {
		t.Errorf("the private Postgres outlived the server: %v", left)
	}
}

// An app that is made while the server runs logs a shopper in, and hears who it is.
func TestAnAppFromItsCommandToItsTokens(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	url, _, _ := start(t, "--data-dir="+dir, "--demo")
	url = strings.TrimSuffix(url, "/graphql")
	out := newPrinted()
	if err := run(context.Background(), []string{"app", "create", "demo", "--name", "Loyalty", "--scope", "store_v2_customers_login", "--data-dir=" + dir}, out, io.Discard); err != nil {
		t.Fatal(err)
	}
	id, secret := out.find(t, `Client id: +(\S+)`, nil), out.find(t, `Client secret: +(\S+)`, nil)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": id, "iat": time.Now().Unix(), "jti": "1", "operation": "customer_login", "store_hash": "demo", "customer_id": 1,
	}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	s := newShopper(t, url+"/graphql")
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := s.client.Get(url + "/login/token/" + token)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/account.php" {
		t.Errorf("%d to %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	s.says(`{ currentCustomer { email } }`, `{"data":{"currentCustomer":{"email":"ada@example.com"}}}`)
	if resp, err = s.client.Get(url + "/customer/current.jwt?app_client_id=" + id); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	heard, err := jwt.Parse(string(body), func(*jwt.Token) (any, error) { return []byte(secret), nil },
		jwt.WithValidMethods([]string{"HS512"}), jwt.WithAudience(id), jwt.WithIssuer("bc/apps"), jwt.WithSubject("demo"), jwt.WithExpirationRequired())
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if c, _ := heard.Claims.(jwt.MapClaims)["customer"].(map[string]any); c["email"] != "ada@example.com" {
		t.Errorf("heard of %v", c)
	}
}

func TestProfilesAreForTheOperatorAlone(t *testing.T) {
	t.Parallel()
	url, health, _ := start(t, "--data-dir="+dataDir(t))
	public, admin := strings.TrimSuffix(url, "/graphql"), strings.TrimSuffix(health, "/readyz")
	for _, c := range []struct {
		url  string
		want int
	}{
		{admin + "/debug/pprof/", http.StatusOK}, {admin + "/debug/pprof/heap", http.StatusOK}, {admin + "/debug/pprof/goroutine?debug=1", http.StatusOK},
		{admin + "/debug/pprof/cmdline", http.StatusNotFound}, // a key may stand in it
		{public + "/debug/pprof/", http.StatusNotFound}, {public + "/debug/pprof/heap", http.StatusNotFound},
	} {
		resp, err := http.Get(c.url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s answers %d, not %d", c.url, resp.StatusCode, c.want)
		}
	}
}

func TestSettingsAreCheckedTogether(t *testing.T) {
	t.Parallel()
	err := run(context.Background(), []string{"serve", "--environment=production", "--secret-keys=short", "--database-connections=0",
		"--smtp-url=smtp://user:hush-hush@:25", "--mail-from=nobody"}, io.Discard, io.Discard)
	if err == nil {
		t.Fatal("started")
	}
	for _, want := range []string{"DATABASE_URL is required", "SESSION_KEYS is required", "SECRET_KEYS: each key needs 32 bytes", "DATABASE_CONNECTIONS",
		"SMTP_URL: not like", "PUBLIC_URL is required", "MAIL_FROM has to be an address"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing about %s in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "short") || strings.Contains(err.Error(), "hush") {
		t.Errorf("a secret is in the error: %v", err)
	}
}

func TestProductionSendsItsMails(t *testing.T) {
	t.Parallel()
	args := []string{"serve", "--environment=production", "--database-url=postgres://127.0.0.1:1/x", "--session-keys=" + strings.Repeat("k", 32)}
	err := run(context.Background(), args, io.Discard, io.Discard)
	for _, want := range []string{"SMTP_URL is required in production", "PUBLIC_URL is required in production", "MAIL_FROM is required in production"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("nothing about %s in: %v", want, err)
		}
	}
	for _, bad := range []string{"shop.example.com", "ftp://shop.example.com", "https://user@shop.example.com", "https://shop.example.com?x=1", "https://shop.example.com#x", ""} {
		if err := run(context.Background(), []string{"serve", "--public-url=" + bad, "--pg-bin=/none"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "PUBLIC_URL") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	args = append(args, "--smtp-url=smtp://mail.example.com", "--public-url=https://shop.example.com", "--mail-from=shop@example.com")
	if err := run(context.Background(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "cannot connect") {
		t.Errorf("with all of it: %v", err)
	}
}

// What is sealed with a key that the server does not have is lost.
func TestSealingNeedsTheServersKeys(t *testing.T) {
	t.Parallel()
	if _, err := (Config{Environment: "production", DataDir: t.TempDir()}).ring(); err == nil || !strings.Contains(err.Error(), "SECRET_KEYS") {
		t.Errorf("got %v", err)
	}
	c := Config{Environment: "production", SessionKeys: strings.Repeat("a", 32), SecretKeys: strings.Repeat("b", 32)}
	ring, err := c.ring()
	if err != nil {
		t.Fatal(err)
	}
	_, secrets, err := c.keys()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := keys.NewRing(secrets).Open("x", ring.Seal("x", "text")); err != nil || got != "text" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := (Config{Environment: "development", DataDir: t.TempDir()}).ring(); err != nil {
		t.Error(err)
	}
}

func TestUsersDatabaseIsUsedAndNothingIsStarted(t *testing.T) {
	t.Parallel()
	err := run(context.Background(), []string{"store", "list", "--data-dir=" + dataDir(t),
		"--database-url=postgres://nobody:verysecret@127.0.0.1:1/none?sslmode=disable"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "cannot connect") {
		t.Errorf("got %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "verysecret") {
		t.Error("the password is in the error")
	}
}

// A command with another DATA_DIR than the server's says so, and leaves no database
// behind.
func TestOnlyBeginningsMakeADatabase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "data")
	command := func(args ...string) error {
		return run(context.Background(), append(args, "--data-dir="+dir), io.Discard, io.Discard)
	}
	for _, args := range [][]string{{"store", "list"}, {"app", "list", "demo"}, {"store", "set", "demo", "--name=x"}, {"import", "groups", "server_test.go", "--store=demo"}} {
		if err := command(args...); err == nil || err.Error() != "there is no database in "+dir+"; is DATA_DIR the server's?" {
			t.Errorf("%s: %v", args, err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
	if err := command("store", "create", "one", "--name=One"); err != nil {
		t.Fatal(err)
	}
	out := newPrinted()
	if err := run(context.Background(), []string{"store", "list", "--data-dir=" + dir}, out, io.Discard); err != nil || !strings.HasPrefix(out.String(), "one  One") {
		t.Errorf("what is there is not started: %v %s", err, out)
	}
}

// What a command stumbled over is for its operator, not the shopper's sentence.
func TestOperatorsHearTheCause(t *testing.T) {
	t.Parallel()
	busy := shop.Errorf(shop.Unavailable, "The service is busy.").Because(errors.New("postgres refused with 57014"))
	for want, err := range map[string]error{
		"postgres refused with 57014": busy,
		"stopped after 3 lines: The service is busy. (postgres refused with 57014)": fmt.Errorf("stopped after 3 lines: %w", busy),
		"There is none.": shop.Errorf(shop.NotFound, "There is none.").Because(errors.New("x")),
		"other":          errors.New("other"),
	} {
		if got := withCause(err); got.Error() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if withCause(nil) != nil {
		t.Error("nothing became an error")
	}
	url := "postgres://nobody@127.0.0.1:1/none?sslmode=disable"
	err := run(context.Background(), []string{"store", "list", "--database-url=" + url}, io.Discard, io.Discard)
	if err == nil || strings.Contains(err.Error(), "busy") || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

func TestProductionHasNoDemo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"demo"}, {"serve", "--demo"}} {
		args = append(args, "--environment=production", "--database-url=postgres://127.0.0.1:1/x", "--session-keys="+strings.Repeat("k", 32))
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "demo store is not for production") {
			t.Errorf("%v: %v", args, err)
		}
	}
}
