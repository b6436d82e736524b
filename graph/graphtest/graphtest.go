// Package graphtest serves a demo store on loopback, on a database of its own,
// with everything around GraphQL that the real server has. Tests talk to it over
// HTTP, as clients do.
package graphtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"regulars/graph"
	"regulars/internal/account"
	"regulars/internal/command"
	"regulars/internal/keys"
	"regulars/internal/middleware"
	"regulars/internal/newsletter"
	"regulars/internal/page"
	"regulars/internal/password"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/internal/sso"
	"regulars/storage"
	"regulars/storage/storagetest"
)

// Options change what New serves; the zero value is a server as in development.
type Options struct {
	DB              *storagetest.DB  // shared by replicas; a new one when nil
	Store           *storage.Store   // such as a proxy's; DB's when nil
	NoDemo          bool             // the database already has it, or needs none
	SessionKeys     [][]byte         // newest first
	NoIntrospection bool             //
	TrustedProxies  []netip.Prefix   //
	Account         account.Settings // defaults when SessionLifetime is 0
	Newsletter      newsletter.Settings
	SSO             sso.Settings // defaults when SessionLifetime is 0
	Mail            bool         // events lead to mails, which Mails gives
}

// Key signs cookies unless Options say otherwise.
var Key = []byte("a key for tests, and for nothing else, 1")

// Server is a running server.
type Server struct {
	URL     string // http://127.0.0.1:port
	DB      *storagetest.DB
	Storage *storage.Store
	Log     *Log // all that the server logged

	ring *keys.Ring
	post *post
}

// New starts a server, which stops when t ends.
func New(t testing.TB, opts ...Options) *Server {
	t.Helper()
	var o Options
	if len(opts) > 0 {
		o = opts[0]
	}
	if o.DB == nil {
		o.DB = storagetest.New(t)
	}
	direct := o.DB.Store(t)
	if o.Store == nil {
		o.Store = direct
	}
	if o.SessionKeys == nil {
		o.SessionKeys = [][]byte{Key}
	}
	if o.Account.SessionLifetime == 0 {
		o.Account = account.DefaultSettings()
		o.Account.WrongAnswerFloor = 0
	}
	if o.Newsletter.PerPrefix.Burst == 0 {
		o.Newsletter = newsletter.DefaultSettings()
	}
	if o.SSO.SessionLifetime == 0 {
		o.SSO = sso.DefaultSettings()
	}
	hasher := password.New(0)
	if !o.NoDemo {
		env := &command.Env{Ctx: context.Background(), Storage: direct, Hash: demoHash, Out: io.Discard}
		if err := (&command.Demo{}).Run(env); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{DB: o.DB, Storage: o.Store, Log: &Log{}, ring: keys.NewRing(o.SessionKeys)}
	log := slog.New(slog.NewJSONHandler(s.Log, nil))
	if o.Mail {
		s.post = startPost(t, o, s.ring, log)
	}
	server := httptest.NewServer(handler(o, s.ring, hasher, log))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// hashed is a real hash of the demo password. A process loads the demo hundreds of
// times, and most of the work would be this.
var hashed = sync.OnceValues(func() (string, error) {
	return password.New(0).Hash(context.Background(), command.DemoPassword)
})

// demoHash is for the demo, which knows one password only.
func demoHash(context.Context, string) (string, error) { return hashed() }

// handler is the chain of server.go.
func handler(o Options, ring *keys.Ring, hasher *password.Hasher, log *slog.Logger) http.Handler {
	o.Account.Log = log
	accounts := account.New(o.Store, hasher, ring, o.Account)
	signOn := sso.New(o.Store, ring, log, o.SSO)
	h := graph.NewHandler(&graph.Resolver{
		Storage: o.Store, Accounts: accounts, Newsletter: newsletter.New(o.Store, ring, o.Newsletter), SSO: signOn,
	}, !o.NoIntrospection, log)
	cookies := session.NewCookies(o.Store, o.SessionKeys, o.Account.SessionLifetime)
	who, cors := session.Handler(o.Store, cookies, log), middleware.CORS(session.Listed)
	pages := page.Handler(accounts, signOn, log)
	mux := http.NewServeMux()
	mux.Handle("/graphql", who(cors(session.Gate(log, h))))
	mux.Handle("/account/", who(pages))
	mux.Handle("/login/token/", who(cors(pages)))
	mux.Handle(shop.LoginPath, who(pages))
	mux.Handle(shop.AccountPath, who(pages))
	mux.Handle("/customer/current.jwt", who(cors(pages)))
	mux.Handle(session.DoctorPath, who(cors(page.Doctor())))
	return middleware.Chain(mux, middleware.Request(o.TrustedProxies), middleware.Log(log), middleware.Recover(log), middleware.Headers())
}

// Reply is one answer, its body without the line feed at the end.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Cookie is the value of the session cookie that the answer sets; "" for none.
func (r *Reply) Cookie() string {
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		if strings.HasSuffix(c.Name, "SHOP_TOKEN") {
			return c.Value
		}
	}
	return ""
}

// Data decodes the answer's data into dst.
func (r *Reply) Data(t testing.TB, dst any) {
	t.Helper()
	var body struct{ Data json.RawMessage }
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	if err := json.Unmarshal(body.Data, dst); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
}

// Header is one request header; an empty value leaves it out.
type Header struct{ Name, Value string }

// WithCookie sends a session cookie.
func WithCookie(value string) Header { return Header{"Cookie", "SHOP_TOKEN=" + value} }

// Query posts a query without variables.
func (s *Server) Query(t testing.TB, query string, headers ...Header) *Reply {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return s.Post(t, body, headers...)
}

// Post posts a body as JSON to /graphql.
func (s *Server) Post(t testing.TB, body []byte, headers ...Header) *Reply {
	t.Helper()
	headers = append([]Header{{"Content-Type", "application/json"}}, headers...)
	return s.Do(t, http.MethodPost, "/graphql", bytes.NewReader(body), headers...)
}

// Do sends any request. A Host header names the virtual host.
func (s *Server) Do(t testing.TB, method, path string, body io.Reader, headers ...Header) *Reply {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		if h.Name == "Host" {
			req.Host = h.Value
		} else {
			req.Header.Set(h.Name, h.Value)
		}
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &Reply{resp.StatusCode, resp.Header, bytes.TrimSuffix(b, []byte("\n"))}
}

// client has connections of its own: each httptest server that stops closes the
// idle ones of http.DefaultTransport, under requests of other tests as well.
var client = &http.Client{Transport: &http.Transport{}, CheckRedirect: noRedirect}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Login logs a demo customer in and gives the cookie's value.
func (s *Server) Login(t testing.TB, email string) string {
	t.Helper()
	r := s.Query(t, `mutation { login(email: "`+email+`", password: "`+command.DemoPassword+`") { result } }`)
	if r.Cookie() == "" {
		t.Fatalf("no login: %d %s", r.Status, r.Body)
	}
	return r.Cookie()
}

// Log keeps what was logged.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// String is all of it so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
