// Sessions measures how sessions fare in a large table: it fills a private
// Postgres with millions of them, and times the program's own statements on it.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	_ "github.com/lib/pq" // registers "postgres"

	"regulars/internal/devdb"
	"regulars/storage"
)

type options struct {
	Rows int           `default:"10000000" help:"Sessions in the table."`
	Each time.Duration `default:"15s" help:"How long one measurement takes."`
	Data string        `help:"Keep the database here, and use the one that is there; a temporary folder when empty."`
	Page string        `default:"docs/sessions.md" help:"The page whose table is written anew; nothing when empty."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	kong.Parse(&o, kong.Name("sessions"), kong.Description("Measures sessions in a large table. Takes about a quarter of an hour and 10 GB of disk."))
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sessions:", err)
		os.Exit(1)
	}
}

// bench is a database of its own, seen as the owner and as the server sees it.
type bench struct {
	o     options
	owner *sql.DB
	db    *storage.Store

	lookedUp, missed atomic.Int64
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	dir := o.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "regulars-sessions-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	// The database's user has to get in where it is not ours.
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(dir, 0o755)); err != nil {
		return err
	}
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	cluster, err := devdb.Start(ctx, devdb.Options{Dir: filepath.Join(dir, "postgres"), Install: true, Say: say})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if err := cluster.Prepare(ctx); err != nil {
		return err
	}
	b := &bench{o: o}
	if b.owner, err = sql.Open("postgres", cluster.DSN(devdb.OwnerRole, devdb.Database)+" statement_timeout=0 synchronous_commit=off maintenance_work_mem=512MB"); err != nil {
		return err
	}
	defer b.owner.Close()
	b.owner.SetMaxOpenConns(1)
	if b.db, err = storage.Open(cluster.DSN(devdb.AppRole, devdb.Database), storage.Options{Connections: 40}); err != nil {
		return err
	}
	defer b.db.Close()
	if err := storage.Migrate(ctx, b.owner, devdb.AppRole); err != nil {
		return err
	}
	var filled bool
	if err := b.owner.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sessions)`).Scan(&filled); err != nil {
		return err
	}
	if !filled {
		if err := b.fill(ctx, out); err != nil {
			return err
		}
	}
	return b.measure(ctx, out)
}

func (b *bench) exec(ctx context.Context, statement string, args ...any) error {
	_, err := b.owner.ExecContext(ctx, statement, args...)
	return err
}
