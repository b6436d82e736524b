package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"regexp"
	"testing"

	"regulars/internal/devdb"
	"regulars/storage"
	"regulars/storage/storagetest"
)

// empty is a database as a new cluster has it: no tables, no grants.
func empty(t *testing.T) (*storagetest.DB, *sql.DB) {
	t.Helper()
	d := storagetest.New(t)
	owner := d.Owner(t)
	owner.MustExec(`DROP SCHEMA public CASCADE`)
	owner.MustExec(`CREATE SCHEMA public`)
	return d, owner.DB
}

func isPending(t *testing.T, s *storage.Store) bool {
	t.Helper()
	pending, err := storage.Pending(t.Context(), s)
	must(t, err)
	return pending
}

func TestReplicasMigrateAtOnce(t *testing.T) {
	t.Parallel()
	d, owner := empty(t)
	s := d.Store(t)
	if !isPending(t, s) {
		t.Error("nothing is pending in an empty database")
	}
	allFine(t, together(4, func(int) error { return storage.Migrate(t.Context(), owner, devdb.AppRole) }))
	if isPending(t, s) {
		t.Error("steps are pending after they ran")
	}
	w := &world{DB: d, s: s, owner: d.Owner(t)}
	w.store = w.addStore(t, "one") // the server's role may write
	allFine(t, together(3, func(int) error { return storage.Migrate(t.Context(), owner, devdb.AppRole) }))
	w.wantCount(t, 1, "stores")
	names, err := fs.Glob(storage.Migrations, "migrations/*.sql")
	must(t, err)
	w.wantCount(t, len(names), "goose_db_version WHERE version_id > 0")
}

func TestStepsDoNotQueueReaders(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(storage.Migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d steps: %v", len(names), err)
	}
	sets := regexp.MustCompile(`(?s)-- \+goose Up\s+SET LOCAL lock_timeout = '\d+m?s';`)
	for _, name := range names {
		text, err := storage.Migrations.ReadFile(name)
		must(t, err)
		if !sets.Match(text) {
			t.Errorf("%s does not begin with a lock_timeout", name)
		}
	}
}

func TestMigrateComesBackToATableInUse(t *testing.T) {
	t.Parallel()
	_, owner := empty(t)
	holder, err := owner.Begin()
	must(t, err)
	defer func() { _ = holder.Rollback() }()
	_, err = holder.Exec(`CREATE TABLE stores (n int)`) // whoever makes another one waits for this
	must(t, err)

	done := make(chan error, 1)
	go func() { done <- storage.Migrate(t.Context(), owner, devdb.AppRole) }()
	tries := map[string]bool{} // each has a transaction of its own
	eventually(t, "a second try", func() bool {
		var began sql.NullString
		must(t, owner.QueryRow(`
			SELECT max(xact_start)::text FROM pg_stat_activity
			WHERE  datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%CREATE TABLE stores%'`).Scan(&began))
		tries[began.String] = began.Valid
		delete(tries, "")
		return len(tries) == 2
	})
	must(t, holder.Rollback())
	must(t, <-done)
}

func TestMigrateEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, owner := empty(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := storage.Migrate(ctx, owner, devdb.AppRole); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOneRoleForAll(t *testing.T) {
	t.Parallel()
	_, owner := empty(t)
	for _, role := range []string{"", devdb.OwnerRole} {
		must(t, storage.Migrate(t.Context(), owner, role))
	}
	var grants int
	must(t, owner.QueryRow(`SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = $1`, devdb.AppRole).Scan(&grants))
	if grants != 0 {
		t.Errorf("%d grants to a role that was not named", grants)
	}
}
