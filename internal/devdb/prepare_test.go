package devdb_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/lib/pq"

	"regulars/internal/devdb"
)

func TestPrepareTogether(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c := start(t, devdb.Options{Dir: dir, Throwaway: true})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := c.Prepare(limit(t)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := c.Prepare(limit(t)); err != nil {
		t.Errorf("once more: %v", err)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	c := start(t, devdb.Options{Dir: folder(t), Throwaway: true})
	if err := c.Prepare(limit(t)); err != nil {
		t.Fatal(err)
	}
	owner := open(t, c, devdb.OwnerRole, devdb.Database)
	mustExec(t, owner, `CREATE TABLE things (n int)`, `CREATE EXTENSION citext`)
	app := open(t, c, devdb.AppRole, devdb.Database)
	for _, ddl := range []string{
		`CREATE TABLE mine (n int)`, `CREATE TEMP TABLE mine (n int)`, `CREATE SCHEMA mine`, `ALTER TABLE things ADD m int`,
		`DROP TABLE things`, `CREATE DATABASE mine`, `CREATE ROLE mine`, `SELECT n FROM things`,
	} {
		_, err := app.ExecContext(limit(t), ddl)
		if e, ok := errors.AsType[*pq.Error](err); !ok || e.Code != "42501" {
			t.Errorf("%s: got %v, want insufficient_privilege", ddl, err)
		}
	}
	for name, want := range map[string]string{
		"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s", "is_superuser": "off",
	} {
		if got := value(t, app, `SHOW `+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, ddl := range []string{`CREATE DATABASE mine`, `CREATE ROLE mine`} {
		if _, err := owner.ExecContext(limit(t), ddl); err == nil {
			t.Errorf("the owner may %s", ddl)
		}
	}
}
