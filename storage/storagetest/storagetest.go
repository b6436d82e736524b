// Package storagetest gives every test its own migrated database on a throw-away
// cluster that the test binary owns, and a proxy that breaks connections on
// purpose.
package storagetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/internal/devdb"
	"regulars/storage"
)

// DB is a database that nobody else uses.
type DB struct {
	URL      string // connects as the role that the server has: rows, but no schema
	OwnerURL string // connects as the role that migrates
	Socket   string // the server's unix socket file
	Name     string
}

var (
	boot    = sync.OnceValues(startCluster)
	serials atomic.Int64
)

// New clones the migrated template. The clone is dropped when t ends, after
// everything that t opened from it has closed.
func New(t testing.TB) *DB {
	t.Helper()
	c, err := boot()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d", serials.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// Copying files beats writing the template through the log as soon as
	// several tests clone at once.
	clone := `CREATE DATABASE ` + name + ` OWNER ` + devdb.OwnerRole + ` TEMPLATE ` + devdb.Database + ` STRATEGY file_copy`
	if _, err := c.admin.ExecContext(ctx, clone); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.drop(t, name) })
	// A clone has its template's schema with all privileges, but not those on
	// the database itself.
	if _, err := c.admin.ExecContext(ctx, `REVOKE CREATE, TEMPORARY ON DATABASE `+name+` FROM PUBLIC`); err != nil {
		t.Fatal(err)
	}
	return &DB{
		URL:      c.server.DSN(devdb.AppRole, name),
		OwnerURL: c.server.DSN(devdb.OwnerRole, name),
		Socket:   c.server.SocketFile(),
		Name:     name,
	}
}

// drop gives sessions that were closed a moment to end; those that a test left
// behind, say in a black hole, it throws out.
func (c *cluster) drop(t testing.TB, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_ = unused(ctx, c.admin, name)
	if _, err := c.admin.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
		t.Error(err)
	}
}

// Store opens a store as the server does. It is closed when t ends.
func (d *DB) Store(t testing.TB) *storage.Store {
	t.Helper()
	return openStore(t, d.URL)
}

// Owner connects as the role that may do everything in this database. It is
// closed when t ends.
func (d *DB) Owner(t testing.TB) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Open("postgres", d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openStore(t testing.TB, url string) *storage.Store {
	t.Helper()
	s, err := storage.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
