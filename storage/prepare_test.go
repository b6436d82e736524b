package storage_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

// lone is a store with one connection, so that a test can reach into it: Exec
// gets there by the same pool as everything else.
func lone(t *testing.T, w *world) *storage.Store {
	t.Helper()
	return open(t, w.URL, 1)
}

func open(t *testing.T, url string, connections int) *storage.Store {
	t.Helper()
	s, err := storage.Open(url, storage.Options{Connections: connections})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStatementsArePreparedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := lone(t, w)
	w.customer(t, w.store, "ada@example.com", true)
	before := s.Executed()
	for range 5 {
		_, _, err := s.Credentials(t.Context(), w.store, "ada@example.com")
		must(t, err)
		must(t, s.Subscribe(t.Context(), w.store, guest("bob@example.com")))
	}
	if n := s.Executed() - before; n < 10 {
		t.Errorf("%d statements counted", n)
	}
	kept := prepared(t, s)
	for text, p := range kept {
		if strings.Contains(text, "INSERT INTO consents") && p.plans != 1 || strings.Contains(text, "password_hash") && p.plans != 5 {
			t.Errorf("%d plans of a statement that lives on: %s", p.plans, text)
		}
	}
	if len(kept) < 5 {
		t.Errorf("%d statements are kept", len(kept))
	}
}

type plan struct{ plans, custom int64 }

// prepared is what Postgres keeps for the only connection of s.
func prepared(t *testing.T, s *storage.Store) map[string]plan {
	t.Helper()
	rows, err := storage.DB(s).Query(`SELECT statement, generic_plans + custom_plans, custom_plans FROM pg_prepared_statements`)
	must(t, err)
	defer rows.Close()
	out := map[string]plan{}
	for rows.Next() {
		var text string
		var p plan
		must(t, rows.Scan(&text, &p.plans, &p.custom))
		if _, twice := out[text]; twice {
			t.Errorf("prepared twice: %s", text)
		}
		out[text] = p
	}
	must(t, rows.Err())
	return out
}

// Trap 1: statements with many keys must not be planned anew each time.
func TestManyKeysAreNotPlannedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := lone(t, w)
	ids, texts := []int64{1, 2, 3}, []string{"a", "b"}
	for range 12 {
		must(t, s.FetchMany(t.Context(), ids, texts))
	}
	seen := 0
	for text, p := range prepared(t, s) {
		if !strings.Contains(text, "unnest(") && !strings.Contains(text, "ANY(") {
			continue
		}
		if seen++; p.custom > 0 || p.plans < 12 {
			t.Errorf("%d of %d plans are custom: %s", p.custom, p.plans, text)
		}
	}
	if seen < 7 {
		t.Errorf("saw %d statements with many keys", seen)
	}
}

// everything does one read and one write of each kind.
func everything(t *testing.T, w *world, s *storage.Store, ada int64, n int) {
	t.Helper()
	ctx := t.Context()
	secret := "s" + mail(n)
	_, _, err := s.Credentials(ctx, w.store, "ada@example.com")
	must(t, err)
	in := loginOf(ada, secret)
	in.CartID, in.Forgive, in.Old = "cart", []byte("k"), []byte("old")
	if _, ok, err := s.Login(ctx, w.store, in); err != nil || !ok {
		t.Fatalf("login: %v, %v", ok, err)
	}
	if _, _, ok, err := s.Session(ctx, w.store, tokenOf(secret)); err != nil || !ok {
		t.Fatalf("session: %v, %v", ok, err)
	}
	_, err = s.Addresses(ctx, w.store, ada, shop.Window{Before: 1 << 40, Limit: 5})
	must(t, err)
	_, err = s.UpdateCustomer(ctx, w.store, ada, shop.CustomerUpdate{Company: &secret}, storage.Move{})
	must(t, err)
	must(t, s.Subscribe(ctx, w.store, guest(mail(n))))
	must(t, s.Take(ctx, w.store, storage.Use{Key: []byte(secret), Limit: shop.Limit{Burst: 1, Window: 1e9}}))
	_, err = s.CreateCustomer(ctx, w.store, person(t, "c"+mail(n)))
	must(t, err)
}

func TestLostStatementsAreMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	s := lone(t, w)
	for n := range 3 {
		everything(t, w, s, ada.ID, n)
		_, err := storage.DB(s).Exec(`DEALLOCATE ALL`)
		must(t, err)
	}
	everything(t, w, s, ada.ID, 3)
	w.wantCount(t, 4, `sessions`)
	w.wantCount(t, 4, `consents`)
}

func TestLostOnEveryConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 12
	s := open(t, w.URL, n)
	act := func(round int) func(i int) error {
		return func(i int) error { return s.Subscribe(t.Context(), w.store, guest(mail(round*n+i))) }
	}
	allFine(t, together(n, act(0)))
	for round := 1; round < 4; round++ {
		must(t, storage.OnEach(t.Context(), s, `DEALLOCATE ALL`))
		allFine(t, together(n, act(round)))
	}
	w.wantCount(t, 4*n, `subscribers`)
	w.wantCount(t, 4*n, `consents`)
}

// A migration under a running server: types of columns change, columns come.
func TestChangedResultTypesAreMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	_, err := w.s.AddAddress(t.Context(), w.store, ada.ID, shop.NewAddress{CustomerAddress: shop.CustomerAddress{FirstName: "A", LastName: "B", Address1: "C", City: "D", CountryCode: "DE"}})
	must(t, err)
	s := lone(t, w)
	for n, ddl := range []string{
		`SELECT 1`,
		`ALTER TABLE customers ALTER COLUMN company TYPE varchar(300), ALTER COLUMN phone TYPE varchar(60)`,
		`ALTER TABLE addresses ALTER COLUMN city TYPE varchar(300)`,
		`ALTER TABLE subscribers ALTER COLUMN email_key TYPE varchar(300), ADD COLUMN extra int`,
		`ALTER TABLE customers ALTER COLUMN company TYPE text`,
		`ALTER TABLE sessions ADD COLUMN extra int NOT NULL DEFAULT 0`,
	} {
		w.owner.MustExec(ddl)
		everything(t, w, s, ada.ID, n)
	}
	w.wantCount(t, 6, `consents`)
	w.wantCount(t, 6, `events WHERE scope = 'store/customer/updated'`)
}

func TestRolesSQLRuns(t *testing.T) {
	t.Parallel()
	lines := strings.Split(storage.RolesSQL("my shop"), "\n")
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `ON DATABASE "my shop"`) }) {
		t.Error("the database's name is not quoted")
	}
	owner := storagetest.New(t).Owner(t)
	for _, line := range lines {
		if strings.HasPrefix(line, "ALTER ROLE") && strings.Contains(line, " SET ") {
			setting := "SET LOCAL" + line[strings.Index(line, " SET ")+4:]
			if _, err := owner.Exec(setting); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

// An interruption would cost lib/pq two connections. What has begun is undone
// when its statement is done.
func TestAnEndedRequestInterruptsNoWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := lone(t, w)
	signUp(t, w, guest("ada@example.com"))
	backend := func() (pid int) {
		must(t, storage.DB(s).Get(&pid, `SELECT pg_backend_pid()`))
		return pid
	}
	before := backend()
	held, waited := w.hold(t, `UPDATE subscribers SET source = source`)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		in := guest("ada@example.com")
		in.Input.Form = "popup"
		done <- s.Subscribe(ctx, w.store, in)
	}()
	eventually(t, "the sign-up waits", waited)
	cancel()
	must(t, held.Commit())
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if after := backend(); after != before {
		t.Errorf("connection %d was given up for %d", before, after)
	}
	w.wantCount(t, 1, `consents`)
}
