package storagetest_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/lib/pq"

	"regulars/storage"
	"regulars/storage/storagetest"
)

// marks makes a table that the app's role may write to.
func marks(t *testing.T, d *storagetest.DB) {
	t.Helper()
	d.Owner(t).MustExec(`CREATE TABLE marks (n int); GRANT ALL ON marks TO regulars`)
}

func count(t *testing.T, d *storagetest.DB) (n int) {
	t.Helper()
	if err := d.Owner(t).Get(&n, `SELECT count(*) FROM marks`); err != nil {
		t.Fatal(err)
	}
	return n
}

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// connection gives one connection, on which database/sql does not try again.
func connection(t *testing.T, url string) *sql.Conn {
	t.Helper()
	c, err := open(t, url).Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	for range 2 {
		t.Run("alone", func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			d := storagetest.New(t)
			t.Logf("%s in %s", d.Name, time.Since(began).Round(100*time.Microsecond))
			marks(t, d)
			d.Owner(t).MustExec(`INSERT INTO marks VALUES (1)`)
			if n := count(t, d); n != 1 {
				t.Errorf("%d rows, want the one of this test", n)
			}
		})
	}
}

func TestMigrated(t *testing.T) {
	t.Parallel()
	d := storagetest.New(t)
	pending, err := storage.Pending(t.Context(), d.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	if pending {
		t.Error("the clone lacks migrations")
	}
}

func TestDroppedAfterItsStores(t *testing.T) {
	t.Parallel()
	keeper := storagetest.New(t)
	var name string
	t.Run("short", func(t *testing.T) {
		d := storagetest.New(t)
		name = d.Name
		if _, err := storage.Pending(t.Context(), d.Store(t)); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	if err := keeper.Owner(t).Get(&there, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Errorf("%s outlived its test", name)
	}
}

func TestAppRoleChangesNoSchema(t *testing.T) {
	t.Parallel()
	d := storagetest.New(t)
	marks(t, d)
	app := open(t, d.URL)
	for _, ddl := range []string{
		`CREATE TABLE mine (n int)`, `CREATE TEMP TABLE mine (n int)`, `CREATE SCHEMA mine`,
		`ALTER TABLE marks ADD m int`, `DROP TABLE marks`,
	} {
		_, err := app.ExecContext(t.Context(), ddl)
		var refusal *pq.Error
		if !errors.As(err, &refusal) || refusal.Code != "42501" {
			t.Errorf("%s: got %v, want insufficient_privilege", ddl, err)
		}
	}
	var timeout string
	if err := app.QueryRow(`SHOW statement_timeout`).Scan(&timeout); err != nil || timeout != "5s" {
		t.Errorf("statement_timeout is %q: %v", timeout, err)
	}
}

func TestCutRepliesLosesTheReplyAndKeepsTheRow(t *testing.T) {
	t.Parallel()
	for name, insert := range map[string]func(context.Context, *sql.Conn) error{
		"simple": func(ctx context.Context, c *sql.Conn) error {
			_, err := c.ExecContext(ctx, `INSERT INTO marks VALUES (1)`)
			return err
		},
		"arguments": func(ctx context.Context, c *sql.Conn) error {
			_, err := c.ExecContext(ctx, `INSERT INTO marks VALUES ($1)`, 1)
			return err
		},
		"returning": func(ctx context.Context, c *sql.Conn) error {
			var n int
			return c.QueryRowContext(ctx, `INSERT INTO marks VALUES ($1) RETURNING n`, 1).Scan(&n)
		},
		"transaction": func(ctx context.Context, c *sql.Conn) error {
			tx, err := c.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			if _, err := tx.ExecContext(ctx, `INSERT INTO marks VALUES ($1)`, 1); err != nil {
				return errors.New("failed before the commit")
			}
			return tx.Commit()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := storagetest.New(t)
			marks(t, d)
			p := storagetest.NewProxy(t, d)
			c := connection(t, p.URL())
			marker := "INSERT"
			if name == "transaction" {
				marker = "COMMIT"
			}
			p.CutReplies(marker, 1)
			err := insert(t.Context(), c)
			if err == nil || err.Error() == "failed before the commit" {
				t.Errorf("the reply arrived, or the wrong one was cut: %v", err)
			}
			if rows, cuts := count(t, d), p.Cuts(); rows != 1 || cuts != 1 {
				t.Errorf("%d rows and %d cuts, want 1 and 1", rows, cuts)
			}
			if err := insert(t.Context(), connection(t, p.URL())); err != nil {
				t.Errorf("after the cut: %v", err)
			}
		})
	}
}

func TestCutRepliesSeesPreparedStatements(t *testing.T) {
	t.Parallel()
	d := storagetest.New(t)
	marks(t, d)
	p := storagetest.NewProxy(t, d)
	insert, err := connection(t, p.URL()).PrepareContext(t.Context(), `INSERT INTO marks VALUES ($1)`)
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	for range 3 {
		if _, err := insert.Exec(1); err != nil {
			t.Fatal(err)
		}
	}
	p.CutReplies("INSERT", 1)
	if _, err := insert.Exec(1); err == nil {
		t.Error("the reply arrived")
	}
	if n := count(t, d); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
}

func TestBlackHole(t *testing.T) {
	t.Parallel()
	d := storagetest.New(t)
	p := storagetest.NewProxy(t, d)
	c := connection(t, p.URL())
	if err := c.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.BlackHole(true)
	answered := make(chan error, 1)
	go func() { answered <- c.PingContext(context.Background()) }()
	fresh := open(t, p.URL()+" connect_timeout=1")
	if err := fresh.PingContext(t.Context()); err == nil {
		t.Error("a new connection got through")
	}
	select {
	case err := <-answered:
		t.Errorf("a reply, or a closed connection, came out of the black hole: %v", err)
	default:
	}
	p.BlackHole(false)
	if err := open(t, p.URL()).PingContext(t.Context()); err != nil {
		t.Errorf("after the black hole: %v", err)
	}
	p.Down(true) // frees the client that still waits
	if err := <-answered; err == nil {
		t.Error("a swallowed message was answered")
	}
}

func TestDown(t *testing.T) {
	t.Parallel()
	d := storagetest.New(t)
	p := storagetest.NewProxy(t, d)
	c := connection(t, p.URL())
	p.Down(true)
	if err := c.PingContext(t.Context()); err == nil {
		t.Error("an open connection survived")
	}
	if err := open(t, p.URL()).PingContext(t.Context()); err == nil {
		t.Error("a new connection got through")
	}
	p.Down(false)
	if err := open(t, p.URL()).PingContext(t.Context()); err != nil {
		t.Errorf("after Down(false): %v", err)
	}
}

func TestProxyCarriesAStore(t *testing.T) {
	t.Parallel()
	p := storagetest.NewProxy(t, storagetest.New(t))
	if _, err := storage.Pending(t.Context(), p.Store(t)); err != nil {
		t.Fatal(err)
	}
}
