package storage

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrations are the steps of the schema, in the folder migrations. A step that
// has landed never changes.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// lockWait is how long a replica waits for another one that migrates.
const lockWait = 5 * time.Minute

// Migrate brings the schema to the newest step and gives appRole what the
// server needs. owner is a direct connection (not through a pooler) of the role
// that owns the tables. Replicas may call it at the same time: one works, the
// others wait. A step gives up on a table that is in use after 2 s, and is tried
// again, rather than queue every reader behind it.
func Migrate(ctx context.Context, owner *sql.DB, appRole string) error {
	steps, err := fs.Sub(Migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, uint64(lockWait/time.Second)))
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, owner, steps, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		_, err := p.Up(ctx)
		if err == nil {
			break
		}
		if sqlState(err) != lockTimeout || try == maxTries {
			return fmt.Errorf("migrating: %w", err)
		}
	}
	return grant(ctx, owner, appRole)
}

// Pending tells whether the schema lacks steps of this program.
func Pending(ctx context.Context, db *Store) (_ bool, err error) {
	defer explain(&err, "reading the schema's version")
	var applied int64
	if err := db.get(ctx, &applied, schemaVersion); err != nil {
		if sqlState(err) == "42P01" {
			return true, nil
		}
		return false, err
	}
	names, err := fs.Glob(Migrations, "migrations/*.sql")
	return applied < int64(len(names)), err
}

const schemaVersion = `
SELECT COALESCE(max(version_id), 0) FROM goose_db_version WHERE is_applied`

// grant lets the server's role read and write rows, and no more: consent rows
// cannot be deleted, and of one only what retention takes away can change.
func grant(ctx context.Context, owner *sql.DB, appRole string) error {
	var me string
	if err := owner.QueryRowContext(ctx, `SELECT current_user`).Scan(&me); err != nil {
		return err
	}
	if appRole == "" || appRole == me {
		return nil
	}
	tx, err := owner.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	// Two replicas that grant at once would collide in the catalogue.
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(7236545)`); err != nil {
		return err
	}
	for _, statement := range grants(appRole) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("granting to %s: %w", appRole, err)
		}
	}
	return tx.Commit()
}

func grants(appRole string) []string {
	role := pq.QuoteIdentifier(appRole)
	return []string{
		`GRANT USAGE ON SCHEMA public TO ` + role,
		`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ` + role,
		`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ` + role,
		`REVOKE INSERT, UPDATE, DELETE ON goose_db_version FROM ` + role,
		`REVOKE UPDATE, DELETE ON consents FROM ` + role,
		`GRANT UPDATE (email_salt, ip_salt, ip_prefix) ON consents TO ` + role,
	}
}

// RolesSQL is what the owner of a database runs to have the server connect as a
// role that can do no more than it needs (decision 36).
func RolesSQL(database string) string {
	return `CREATE ROLE regulars LOGIN PASSWORD '...';
ALTER ROLE regulars SET statement_timeout = '5s';
ALTER ROLE regulars SET lock_timeout = '2s';
ALTER ROLE regulars SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE regulars SET plan_cache_mode = 'force_generic_plan';
REVOKE CREATE, TEMPORARY ON DATABASE ` + pq.QuoteIdentifier(database) + ` FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- then: DATABASE_MIGRATE_URL = the owner's URL, DATABASE_URL = the one of regulars,
-- and once more: regulars migrate`
}
