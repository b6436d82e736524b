package storage_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

func TestMain(m *testing.M) {
	// The cluster of this test binary lives as long as the binary.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("regulars/internal/devdb.(*Cluster).launch.func1"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"))
}

// world is a database with one store in it, channel 1 with host shop<store>.
type world struct {
	*storagetest.DB
	s     *storage.Store
	owner *sqlx.DB
	store int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.New(t)
	w := &world{DB: d, s: d.Store(t), owner: d.Owner(t)}
	w.store = w.addStore(t, "one")
	return w
}

func (w *world) addStore(t testing.TB, hash string) int64 {
	t.Helper()
	id, err := w.s.CreateStore(t.Context(), shop.Store{
		Hash: hash, Name: hash, Plan: shop.PlanEnterprise, Status: shop.StatusLaunched,
		Currency: "EUR", Country: "DE", Locale: "de", Settings: shop.DefaultSettings(),
	})
	must(t, err)
	_, err = w.s.CreateChannel(t.Context(), id, shop.Channel{Name: hash, Hosts: []string{hash + ".example.com"}, AllowGlobalLogin: true})
	must(t, err)
	return id
}

func address(t testing.TB, s string) shop.Email {
	t.Helper()
	e, ok := shop.ParseEmail(s)
	if !ok {
		t.Fatalf("%q is no address", s)
	}
	return e
}

// person is an account to be made, with a hash that is none.
func person(t testing.TB, email string) storage.NewCustomer {
	t.Helper()
	return storage.NewCustomer{Email: address(t, email), Profile: shop.Profile{FirstName: "Ada", LastName: "Lovelace"},
		PasswordHash: "hash", ChannelID: 1}
}

func (w *world) customer(t testing.TB, store int64, email string, verified bool) *shop.Customer {
	t.Helper()
	in := person(t, email)
	in.Verified = verified
	c, err := w.s.CreateCustomer(t.Context(), store, in)
	must(t, err)
	return &c
}

func tokenOf(s string) [32]byte { return sha256.Sum256([]byte(s)) }

func (w *world) login(t testing.TB, store, customer int64, secret string) {
	t.Helper()
	_, ok, err := w.s.Login(t.Context(), store, loginOf(customer, secret))
	if err != nil || !ok {
		t.Fatalf("login: %v %v", ok, err)
	}
}

func loginOf(customer int64, secret string) storage.Login {
	verified := "hash"
	return storage.Login{CustomerID: customer, Verified: &verified, NewSession: storage.NewSession{
		TokenHash: tokenOf(secret), ID: "id-" + secret, Kind: shop.KindCookie, ChannelID: 1, Lifetime: time.Hour,
	}}
}

func (w *world) alive(t testing.TB, store int64, secret string) bool {
	t.Helper()
	_, _, ok, err := w.s.Session(t.Context(), store, tokenOf(secret))
	must(t, err)
	return ok
}

// count is how many rows FROM and WHERE find.
func (w *world) count(t testing.TB, from string, args ...any) (n int) {
	t.Helper()
	must(t, w.owner.Get(&n, `SELECT count(*) FROM `+from, args...))
	return n
}

func (w *world) wantCount(t testing.TB, want int, from string, args ...any) {
	t.Helper()
	if n := w.count(t, from, args...); n != want {
		t.Errorf("%d rows of %s, want %d", n, from, want)
	}
}

// text is one value, written out.
func (w *world) text(t testing.TB, query string, args ...any) (s string) {
	t.Helper()
	must(t, w.owner.Get(&s, `SELECT COALESCE((`+query+`)::text, '')`, args...))
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code shop.Code) {
	t.Helper()
	if err == nil || shop.CodeOf(err) != code {
		t.Errorf("got %v (%s), want %s", err, shop.CodeOf(err), code)
	}
}

// together runs n calls at once and gives what each answered.
func together(n int, call func(i int) error) []error {
	start, out := make(chan struct{}), make(chan error)
	for i := range n {
		go func() {
			<-start
			out <- call(i)
		}()
	}
	close(start)
	errs := make([]error, n)
	for i := range n {
		errs[i] = <-out
	}
	return errs
}

func allFine(t testing.TB, errs []error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

// eventually waits for something that another connection brings about.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatal("never: " + what)
}

func mail(i int) string { return fmt.Sprintf("p%d@example.com", i) }

// late is err, but nil for whoever was not the first: the link is used, or a busy
// machine had no time for all of them.
func late(err error) error {
	if code := shop.CodeOf(err); err != nil && (code == shop.NotFound || code == shop.Unavailable) {
		return nil
	}
	return err
}
