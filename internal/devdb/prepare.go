package devdb

import (
	"context"
	"database/sql"
	"fmt"
)

// prepareLock is the advisory lock that one process at a time holds in Prepare.
const prepareLock = 0x7265_6775

// roles grants nothing: what the app's role may do with tables is the business
// of whoever makes the tables.
var roles = []string{
	`ALTER ROLE ` + OwnerRole + ` LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE`,
	`ALTER ROLE ` + AppRole + ` LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE`,
	`ALTER ROLE ` + AppRole + ` SET statement_timeout = '5s'`,
	`ALTER ROLE ` + AppRole + ` SET lock_timeout = '2s'`,
	`ALTER ROLE ` + AppRole + ` SET idle_in_transaction_session_timeout = '10s'`,
	`ALTER ROLE ` + AppRole + ` SET plan_cache_mode = 'force_generic_plan'`,
}

// Prepare makes the roles and the database that the constants name. It may be
// called again, and by several processes at once.
func (c *Cluster) Prepare(ctx context.Context) error {
	err := c.as(ctx, "postgres", func(conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, prepareLock); err != nil {
			return err
		}
		for _, role := range []string{OwnerRole, AppRole} {
			if err := createUnless(ctx, conn, `SELECT FROM pg_roles WHERE rolname = $1`, role, `CREATE ROLE `+role); err != nil {
				return err
			}
		}
		if err := execAll(ctx, conn, roles); err != nil {
			return err
		}
		if err := createUnless(ctx, conn, `SELECT FROM pg_database WHERE datname = $1`, Database,
			`CREATE DATABASE `+Database+` OWNER `+OwnerRole); err != nil {
			return err
		}
		// Still under the lock, which belongs to this session.
		return c.as(ctx, Database, func(inside *sql.Conn) error {
			return execAll(ctx, inside, []string{
				`REVOKE CREATE, TEMPORARY ON DATABASE ` + Database + ` FROM PUBLIC`,
				`REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
			})
		})
	})
	if err != nil {
		return fmt.Errorf("preparing the database: %w", err)
	}
	return nil
}

// as runs f on one connection of the superuser and closes it, which also ends
// its session's locks.
func (c *Cluster) as(ctx context.Context, database string, f func(*sql.Conn) error) error {
	db, err := sql.Open("postgres", c.DSN(Superuser, database))
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f(conn)
}

func createUnless(ctx context.Context, conn *sql.Conn, lookup, name, create string) error {
	var there bool
	if err := conn.QueryRowContext(ctx, `SELECT EXISTS (`+lookup+`)`, name).Scan(&there); err != nil || there {
		return err
	}
	_, err := conn.ExecContext(ctx, create)
	return err
}

func execAll(ctx context.Context, conn *sql.Conn, statements []string) error {
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
