package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"regulars/internal/devdb"
	"regulars/internal/shop"
	"regulars/storage"
)

// database is the pool, and the private server behind it where there is one.
type database struct {
	store   *storage.Store
	cluster *devdb.Cluster // nil with DATABASE_URL
	owner   string         // the connection string that migrations use
	role    string         // the server's own role, to be granted what it needs; "" for the owner's
	log     *slog.Logger
}

// open connects to DATABASE_URL, or starts a private Postgres. A new one is made
// only for commands that something may begin with: the others would find nothing
// in it, and whoever mistook the folder would look for what is missing.
func open(ctx context.Context, c Config, begins bool, log *slog.Logger) (_ *database, err error) {
	db := &database{owner: c.DatabaseMigrateURL, log: log}
	url := c.DatabaseURL
	if url == "" {
		db.cluster, err = devdb.Start(ctx, devdb.Options{
			Dir: filepath.Join(c.DataDir, "postgres"), Bin: c.PGBin, Install: true, Existing: !begins,
			Say: func(format string, args ...any) { log.Info(fmt.Sprintf(format, args...)) },
		})
		if errors.Is(err, devdb.ErrNone) {
			return nil, fmt.Errorf("there is no database in %s; is DATA_DIR the server's?", c.DataDir)
		}
		if err != nil {
			return nil, err
		}
		if err := db.cluster.Prepare(ctx); err != nil {
			return nil, errors.Join(err, db.cluster.Stop())
		}
		url, db.owner = db.cluster.DSN(devdb.AppRole, devdb.Database), db.cluster.DSN(devdb.OwnerRole, devdb.Database)
	}
	if db.store, err = storage.Open(url, storage.Options{Connections: c.DatabaseConnections, SessionIdle: c.SessionIdle}); err != nil {
		return nil, errors.Join(err, db.stopCluster())
	}
	if db.owner == "" {
		db.owner = url
	}
	if db.role, err = db.store.Role(ctx); err != nil {
		db.close()
		return nil, fmt.Errorf("cannot connect to the database: %w", withCause(err))
	}
	return db, nil
}

// withCause adds why the service is busy: that is left out for shoppers, and
// operators have to see it.
func withCause(err error) error {
	e, ok := errors.AsType[*shop.Error](err)
	if !ok || e.Code != shop.Unavailable || e.Unwrap() == nil {
		return err
	}
	if err.Error() == e.Error() { // nothing stands around it
		return e.Unwrap()
	}
	return fmt.Errorf("%w (%w)", err, e.Unwrap())
}

// ready migrates where that is on, else insists that somebody did.
func (d *database) ready(ctx context.Context, c Config) error {
	if c.migrateOnStart() {
		if err := d.migrate(ctx); err != nil {
			return err
		}
	}
	pending, err := storage.Pending(ctx, d.store)
	if err != nil {
		return err
	}
	if pending {
		return errors.New("the database lacks migrations; run: regulars migrate")
	}
	owner, err := d.store.OwnsTables(ctx)
	if owner {
		d.log.Warn("the server connects as the owner of its tables; regulars migrate prints how to give it a role of its own")
	}
	return err
}

func (d *database) migrate(ctx context.Context) error {
	owner, err := sql.Open("postgres", d.owner)
	if err != nil {
		return err
	}
	defer owner.Close()
	return storage.Migrate(ctx, owner, d.role)
}

func (d *database) died() <-chan struct{} {
	if d.cluster == nil || !d.cluster.Owned {
		return nil
	}
	return d.cluster.Done()
}

func (d *database) close() {
	if d.store != nil {
		_ = d.store.Close()
	}
	if err := d.stopCluster(); err != nil {
		d.log.Error("stopping the private Postgres", "error", err)
	}
}

func (d *database) stopCluster() error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Stop()
}

func migrate(ctx context.Context, c Config, db *database, stdout io.Writer) error {
	if err := db.migrate(ctx); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "The schema is up to date.")
	if c.DatabaseURL != "" && c.DatabaseMigrateURL == "" {
		fmt.Fprintf(stdout, "\nThe server would connect as the owner of its tables. To give it a role of its own:\n\n%s\n",
			storage.RolesSQL("DATABASE"))
	}
	return nil
}
