package mail_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/internal/keys"
	"regulars/internal/mail"
	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

var ring = keys.NewRing([][]byte{bytes.Repeat([]byte("a"), keys.MinLength)})

// world is a store with two storefronts, of which the first has a URL, and Ada.
type world struct {
	*storagetest.DB
	s     *storage.Store
	owner *sqlx.DB
	store int64
	ada   int64
	box   *mail.Box
	mails *mail.Mailer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.New(t)
	w := &world{DB: d, s: d.Store(t), owner: d.Owner(t), box: mail.NewBox()}
	var err error
	w.store, err = w.s.CreateStore(t.Context(), shop.Store{Hash: "one", Name: "Books & <Co>", Plan: shop.PlanEnterprise,
		Status: shop.StatusLaunched, Currency: "EUR", Country: "DE", Locale: "en", Settings: shop.DefaultSettings()},
		shop.Channel{Name: "one", URL: "https://shop.example.com/"}, shop.Channel{Name: "two"})
	must(t, err)
	w.ada = w.customer(t, "Ada@Example.com", "Ada", "en")
	w.mails = mail.New(w.s, ring, w.box, mail.Settings{PublicURL: "https://public.example.com", From: "no-reply@example.com"})
	return w
}

func (w *world) customer(t testing.TB, email, firstName, locale string) int64 {
	t.Helper()
	c, err := w.s.CreateCustomer(t.Context(), w.store, w.newCustomer(t, email, firstName, locale))
	must(t, err)
	return c.ID
}

func (w *world) newCustomer(t testing.TB, email, firstName, locale string) storage.NewCustomer {
	t.Helper()
	address, ok := shop.ParseEmail(email)
	if !ok {
		t.Fatalf("%q is no address", email)
	}
	return storage.NewCustomer{Email: address, Profile: shop.Profile{FirstName: firstName, LastName: "L"}, ChannelID: 1, Locale: locale, Registered: true}
}

// tell writes the event that a flow will write.
func (w *world) tell(t testing.TB, scope, entity string, id int64, changed, data string) {
	t.Helper()
	_, err := w.owner.Exec(`INSERT INTO events (store_id, scope, entity, entity_id, entity_version, changed, data)
		VALUES ($1, $2, $3, $4, 2, CASE WHEN $5 = '' THEN '{}' ELSE ARRAY[$5] END, $6)`, w.store, scope, entity, id, changed, data)
	must(t, err)
}

// issue makes a token and the event that has it mailed.
func (w *world) issue(t testing.TB, scope string, purpose shop.TokenPurpose, subject int64, payload shop.TokenPayload, channel int64) shop.Token {
	t.Helper()
	tok := ring.Mint(w.store, purpose, subject)
	tok.Payload = payload
	must(t, w.s.IssueToken(t.Context(), w.store, tok, scope, shop.EventData{ChannelID: channel}))
	return tok
}

// written numbers the events and gives the mails that they cause, oldest first;
// those that have lost their sense are left out.
func (w *world) written(t testing.TB) (out []mail.Message) {
	t.Helper()
	for _, job := range w.jobs(t) {
		m, ok, err := w.mails.Compose(t.Context(), job)
		must(t, err)
		if ok {
			out = append(out, m)
		}
	}
	return out
}

// jobs numbers the events and takes all mails that are due.
func (w *world) jobs(t testing.TB) (out []shop.Job) {
	t.Helper()
	_, err := w.s.NumberEvents(t.Context(), w.store, shop.MailsFor)
	must(t, err)
	for {
		job, ok, err := w.s.ClaimJob(t.Context(), w.store, storage.Claim{Kind: shop.JobMail, Lease: fmt.Sprint(len(out)), For: time.Hour})
		must(t, err)
		if !ok {
			return out
		}
		out = append(out, job)
	}
}

// one is the only mail of template mail among them.
func (w *world) one(t testing.TB) mail.Message {
	t.Helper()
	all := w.written(t)
	if len(all) != 1 {
		t.Fatalf("%d mails: %v", len(all), all)
	}
	return all[0]
}

// welcomed does away with the mails of the accounts made so far.
func (w *world) welcomed(t testing.TB) { w.jobs(t) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inOrder wants the parts in a text, in their order.
func inOrder(t testing.TB, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, p := range parts {
		_, after, ok := strings.Cut(rest, p)
		if !ok {
			t.Errorf("no %q (in this place) in:\n%s", p, text)
			return
		}
		rest = after
	}
}
