package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/captcha"
	"regulars/internal/command"
	"regulars/internal/newsletter"
	"regulars/internal/shop"
	"regulars/internal/sso"
)

var update = flag.Bool("update", false, "write the replies of testdata/*.golden anew")

// A golden file is who asks and what stands ready, a query, ten dashes and the
// reply. The lines before the query:
//
//	who: guest, or a demo customer's address
//	set: SQL that the database's owner runs first
//	setup: a file in testdata with such SQL
//	limit: register|update|login|link|subscribe|token, and how often an hour
//	app: claims in which a customer login token of an app for ada differs; the
//	     query has LOGIN_TOKEN where it stands
//	captcha: required or optional, for a demo store with one
//	guest: a query that a guest sends first
//	first: a query that the one who asks sends first
//	race: SQL in a transaction that commits as soon as the query waits for it
//	header: Name: value, sent with the query
//	token: a kind of storefront token and its scopes, sent with the query
//	hand-off: who hands on, where to, and claims to change afterwards; the
//	     query has HAND_OFF where the token stands
type golden struct {
	handOff string
	who     string
	set     []string
	limits  []string
	captcha string
	app     string
	earlier []step
	race    string
	headers []graphtest.Header
	token   []string
	query   string
	reply   string
}

type step struct {
	asGuest bool
	query   string
}

const dashes = "\n----------\n"

func TestGolden(t *testing.T) {
	t.Parallel()
	shared := &sharedServer{cookies: map[string]string{}}
	shared.Server = graphtest.New(t)
	for _, file := range goldenFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".golden"), func(t *testing.T) {
			t.Parallel()
			c := readGolden(t, file)
			got := c.run(t, shared)
			if *update {
				text := readFile(t, file)
				head, _, _ := strings.Cut(text, dashes)
				if err := os.WriteFile(file, []byte(strings.TrimRight(head, "\n")+dashes+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != c.reply {
				t.Errorf("got\n%s\nwant\n%s", got, c.reply)
			}
		})
	}
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	return files
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readGolden(t *testing.T, file string) *golden {
	t.Helper()
	head, reply, _ := strings.Cut(readFile(t, file), dashes)
	c := &golden{reply: reply}
	for rest := head; ; {
		line, after, _ := strings.Cut(rest, "\n")
		name, value, ok := strings.Cut(line, ": ")
		if !ok || !c.take(t, name, value) {
			c.query = strings.TrimRight(rest, "\n")
			break
		}
		rest = after
	}
	if c.who == "" || c.query == "" {
		t.Fatalf("%s needs a line who and a query", file)
	}
	return c
}

// take reads one line; false is the query's first.
func (c *golden) take(t *testing.T, name, value string) bool {
	t.Helper()
	switch name {
	case "who":
		c.who = value
	case "set":
		c.set = append(c.set, value)
	case "setup":
		c.set = append(c.set, readFile(t, filepath.Join("testdata", value)))
	case "limit":
		c.limits = append(c.limits, value)
	case "captcha":
		c.captcha = value
	case "app":
		c.app = value
	case "guest", "first":
		c.earlier = append(c.earlier, step{name == "guest", value})
	case "race":
		c.race = value
	case "header":
		n, v, _ := strings.Cut(value, ": ")
		c.headers = append(c.headers, graphtest.Header{Name: n, Value: v})
	case "hand-off":
		c.handOff = value
	case "token":
		c.token = strings.Fields(value)
	default:
		return false
	}
	return true
}

// sharedServer answers the cases that change nothing.
type sharedServer struct {
	*graphtest.Server
	mu      sync.Mutex
	cookies map[string]string
}

func (s *sharedServer) login(t *testing.T, who string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cookies[who] == "" {
		s.cookies[who] = s.Login(t, who)
	}
	return s.cookies[who]
}

func (c *golden) changes() bool {
	return len(c.set)+len(c.limits)+len(c.earlier)+len(c.app) > 0 || strings.Contains(c.query, "mutation")
}

func (c *golden) run(t *testing.T, shared *sharedServer) string {
	t.Helper()
	s, login := shared.Server, shared.login
	if c.changes() {
		s = graphtest.New(t, c.options(t))
		login = func(t *testing.T, who string) string { return s.Login(t, who) }
		owner := s.DB.Owner(t)
		for _, sql := range c.set {
			owner.MustExec(sql)
		}
		if c.captcha != "" {
			s.UseCaptcha(t, c.captcha == "required")
		}
	}
	var who []graphtest.Header
	if c.who != "guest" {
		who = []graphtest.Header{graphtest.WithCookie(login(t, c.who))}
	}
	token := strings.NewReplacer()
	if c.app != "" {
		var changed map[string]any
		if err := json.Unmarshal([]byte(c.app), &changed); err != nil {
			t.Fatal(err)
		}
		token = strings.NewReplacer("LOGIN_TOKEN", s.App(t, "demo").LoginToken(t, 1, changed))
	}
	if c.handOff != "" {
		token = strings.NewReplacer("HAND_OFF", c.handedOff(t, s))
	}
	for _, e := range c.earlier {
		if e.asGuest {
			s.Query(t, token.Replace(e.query))
		} else {
			s.Query(t, token.Replace(e.query), who...)
		}
	}
	if c.token != nil {
		text := s.Token(t, command.TokenCreate{Kind: c.token[0], Scope: c.token[1:]})
		c.headers = append(c.headers, graphtest.WithToken(text))
	}
	ask := func() *graphtest.Reply { return s.Query(t, token.Replace(c.query), append(who, c.headers...)...) }
	if c.race != "" {
		return pretty(t, during(t, s, c.race, ask, func(tx *sqlx.Tx) error { return tx.Commit() }))
	}
	return pretty(t, ask())
}

func (c *golden) handedOff(t *testing.T, s *graphtest.Server) string {
	t.Helper()
	words := strings.SplitN(c.handOff, " ", 3)
	var from []graphtest.Header
	if words[0] != "guest" {
		from = append(from, graphtest.WithCookie(s.Login(t, words[0])))
	}
	text, _ := s.HandOff(t, words[1], from...)
	if len(words) < 3 {
		return text
	}
	var changed map[string]any
	if err := json.Unmarshal([]byte(words[2]), &changed); err != nil {
		t.Fatal(err)
	}
	return s.Resign(t, text, changed)
}

func (c *golden) options(t *testing.T) (o graphtest.Options) {
	t.Helper()
	o.Account, o.Newsletter, o.SSO = account.DefaultSettings(), newsletter.DefaultSettings(), sso.DefaultSettings()
	o.Account.WrongAnswerFloor = 0
	if strings.Contains(c.query, `"`+graphtest.CaptchaSilent+`"`) {
		o.Account.Captcha = captcha.New(50 * time.Millisecond)
	}
	for _, line := range c.limits {
		var what string
		limit := shop.Limit{Window: time.Hour}
		if _, err := fmt.Sscan(line, &what, &limit.Burst); err != nil {
			t.Fatal(err)
		}
		switch what {
		case "register":
			o.Account.Limits.RegisterPerPrefix = limit
		case "update":
			o.Account.Limits.UpdatePerCustomer = limit
		case "login":
			o.Account.Limits.LoginPerAccountAndPrefix = limit
		case "link":
			o.Account.Limits.LinkPerPrefix = limit
		case "subscribe":
			o.Newsletter.PerPrefix = limit
		case "hand-off":
			o.SSO.HandOffFailuresPerPrefix = limit
		case "token":
			o.SSO.FailuresPerPrefix = limit
		default:
			t.Fatal("no such limit: " + what)
		}
	}
	return o
}

// during runs SQL in a transaction, asks, and does what is next as soon as asking
// waits for that transaction.
func during(t *testing.T, s *graphtest.Server, sql string, ask func() *graphtest.Reply, next func(*sqlx.Tx) error) *graphtest.Reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	owner := s.DB.Owner(t)
	tx, err := owner.BeginTxx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(sql)
	var pid int
	if err := tx.GetContext(ctx, &pid, `SELECT pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	answered := make(chan *graphtest.Reply, 1)
	go func() {
		defer close(answered) // when asking failed
		answered <- ask()
	}()
	for waiting := false; !waiting; {
		const waits = `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid)))`
		if err := owner.GetContext(ctx, &waiting, waits, pid); err != nil {
			t.Fatal("nothing waited for the transaction: ", err)
		}
	}
	if err := next(tx); err != nil {
		t.Fatal(err)
	}
	reply, ok := <-answered
	if !ok {
		t.Fatal("no answer")
	}
	return reply
}

var volatile = []struct {
	pattern *regexp.Regexp
	by      string
}{
	// Dates that a case is about are older.
	{regexp.MustCompile(`"20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"`), `"2000-01-01T00:00:00Z"`},
	{regexp.MustCompile(`("requestId": )"[A-Z2-7]{26}"`), `$1"*"`},
	{regexp.MustCompile(`("id": )"[a-z2-7]{26}"`), `$1"*"`}, // a session's
	{regexp.MustCompile(`[0-9a-f]{64}_\d+`), `*`},           // a customer access token
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`), `*`},  // a signed token
	{regexp.MustCompile(`(SHOP_TOKEN=)[^;]+`), `$1*`},
	{regexp.MustCompile(`(; Expires=)[^;]+`), `$1*`},
	{regexp.MustCompile(`(Retry-After: )\d+`), `$1*`},
}

// pretty is an answer in the form of golden files: what is notable of its head,
// then its body, without what differs from run to run.
func pretty(t *testing.T, r *graphtest.Reply) string {
	t.Helper()
	var out bytes.Buffer
	if r.Status != 200 {
		fmt.Fprintf(&out, "status: %d\n", r.Status)
	}
	for _, name := range []string{"Set-Cookie", "Retry-After"} {
		for _, value := range r.Header.Values(name) {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	if err := json.Indent(&out, bytes.TrimSpace(r.Body), "", "  "); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	text := out.String() + "\n"
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.by)
	}
	return text
}
