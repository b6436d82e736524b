package mail_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/keys"
	"regulars/internal/mail"
	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
)

func TestMain(m *testing.M) {
	// The cluster of this test binary lives as long as the binary.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("regulars/internal/devdb.(*Cluster).launch.func1"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const registration = `mutation { customer { registerCustomer(input: {firstName: "Mary", lastName: "Shelley", email: "Mary@Example.com", password: "pass-canary of mine"}) {
	errors { __typename } } } }`

// Whoever registers is welcomed, once, in their language; E5: whatever the
// request calls itself.
func TestRegistrationIsWelcomed(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Mail: true})
	s.Query(t, registration, graphtest.Header{Name: "Host", Value: "localhost:1234"}, graphtest.Header{Name: "X-Forwarded-Host", Value: "evil.example"},
		graphtest.Header{Name: "Forwarded", Value: "host=evil.example"}, graphtest.Header{Name: "Accept-Language", Value: "es-MX,en;q=0.5"})
	s.Query(t, registration) // the address is taken by now
	mails := s.Mails(t)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	if m.To != "Mary@example.com" || m.Language != "es" || m.Subject != "Le damos la bienvenida a Demo Store" || m.From.Address != "no-reply@example.com" {
		t.Errorf("got %+v", m.Message)
	}
	inOrder(t, m.Text, "Hola, Mary:", "\nhttp://localhost:8080/account/confirm?t=")
	for _, bad := range []string{"evil", ":1234", "canary"} {
		if strings.Contains(m.Text+m.HTML+m.Subject+m.ID, bad) {
			t.Errorf("%s is in %+v", bad, m.Message)
		}
	}
}

// The demo, imports and members of staff welcome nobody.
func TestOnlyShoppersAreWelcomed(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Mail: true}) // has loaded the demo
	snapshot, err := s.Storage.SnapshotByHash(t.Context(), "demo")
	must(t, err)
	email, _ := shop.ParseEmail("staff@example.com")
	_, err = s.Storage.CreateCustomer(t.Context(), snapshot.Store.ID, storage.NewCustomer{Email: email, ChannelID: 1})
	must(t, err)
	if mails := s.Mails(t); len(mails) != 0 {
		t.Errorf("got %+v", mails)
	}
}

// K1: neither people's data nor secrets are in events, jobs or the log.
func TestNothingLeaksOnTheWay(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Mail: true})
	s.Query(t, registration)
	owner := s.DB.Owner(t)
	var store, mary int64
	must(t, owner.QueryRow(`SELECT store_id, id FROM customers WHERE email_key = 'mary@example.com'`).Scan(&store, &mary))
	ring := keys.NewRing([][]byte{graphtest.Key})
	tok := ring.Mint(store, shop.TokenReset, mary)
	text, _ := ring.Text(store, tok)
	must(t, s.Storage.IssueToken(t.Context(), store, tok, shop.EventResetRequested, shop.EventData{ChannelID: 1}))
	// One that cannot be sent: its address is refused for good.
	bad := ring.Mint(store, shop.TokenEmail, mary)
	bad.Payload = shop.TokenPayload{Email: "addr-canary@@example.com"}
	must(t, s.Storage.IssueToken(t.Context(), store, bad, shop.EventEmailRequested, shop.EventData{ChannelID: 1}))
	if mails := s.Mails(t); len(mails) != 3 || !slices.ContainsFunc(mails, func(m mail.Kept) bool { return strings.Contains(m.Text, text) }) {
		t.Errorf("got %+v", mails)
	}
	var rows string
	must(t, owner.Get(&rows, `SELECT (SELECT string_agg(e::text, E'\n') FROM events e) || (SELECT string_agg(j::text, E'\n') FROM jobs j)`))
	if !strings.Contains(rows, shop.EventResetRequested) || !strings.Contains(rows, "not an address") || !strings.Contains(s.Log.String(), "gave up") {
		t.Errorf("what should be there is not:\n%s\n%s", rows, s.Log)
	}
	for _, canary := range []string{text, "mary@", "Mary", "Shelley", "canary", "example.com"} {
		if strings.Contains(rows, canary) {
			t.Errorf("%s is in an event or a job:\n%s", canary, rows)
		}
		if strings.Contains(s.Log.String(), canary) {
			t.Errorf("%s is in the log:\n%s", canary, s.Log)
		}
	}
}

// The sender that a command sets is the one that mails have.
func TestSenderAndURLByCommand(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t, graphtest.Options{Mail: true})
	env := &command.Env{Ctx: t.Context(), Storage: s.Storage, Hash: password.New(1).Hash, Out: io.Discard}
	from, at := "Kim <kim@bücher.example>", "https://shop.example.com/de"
	must(t, (&command.StoreSet{Hash: "demo", Sender: &from}).Run(env))
	set := &command.ChannelSet{URL: &at}
	set.Store, set.Channel = "demo", 1
	must(t, set.Run(env))
	s.Query(t, registration)
	mails := s.Mails(t)
	// This server does not answer to shop.example.com, so its own pages are elsewhere.
	inOrder(t, mails[0].Text, "\nhttps://127.0.0.1/account/confirm?t=")
	s.Query(t, `mutation { customer { requestResetPassword(input: {email: "ada@example.com", path: "/new"}) { errors { __typename } } } }`)
	inOrder(t, s.Mails(t)[0].Text, "\nhttps://shop.example.com/de/new?c=1&t=")
	if len(mails) != 1 || mails[0].From != (shop.Sender{Name: "Kim", Address: "kim@xn--bcher-kva.example"}) {
		t.Fatalf("got %+v", mails)
	}
}
