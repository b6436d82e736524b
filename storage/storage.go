// Package storage holds the only SQL: Postgres through sqlx and lib/pq, one file
// per area. Every statement names the store it is for.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"
	"github.com/jmoiron/sqlx/reflectx"

	"regulars/internal/batch"
	"regulars/internal/shop"
)

// Store is the database. Its methods are safe for concurrent use, and what they
// return belongs to the caller.
type Store struct {
	db       *sqlx.DB
	idle     time.Duration
	executed atomic.Int64
	hint     func(storeID int64) // see OnEvent

	versions      *batch.Batcher[int64, int64]
	hosts         *batch.Batcher[string, int64]
	sessions      *batch.Batcher[sessionKey, *sessionRow]
	tokens        *batch.Batcher[tokenKey, *foundToken]
	liveSessions  *batch.Batcher[customerKey, []shop.SessionRecord]
	groups        *batch.Batcher[groupKey, versionedGroup]
	addresses     *batch.Batcher[addressKey, shop.Page[shop.CustomerAddress]]
	addressCounts *batch.Batcher[customerKey, int64]
	subscribers   *batch.Batcher[subscriberKey, shop.Subscriber]

	customerFields *batch.Batcher[ownerKey, []shop.FieldValue]
	addressFields  *batch.Batcher[ownerKey, []shop.FieldValue]

	attributes      *batch.Batcher[attributeKey, shop.CustomerAttribute]
	attributeCounts *batch.Batcher[customerKey, int64]
	credits         *batch.Batcher[customerKey, []shop.Money]
	metafields      *batch.Batcher[metafieldKey, shop.Page[shop.Metafield]]
}

// Options tune a Store; the zero value is good.
type Options struct {
	// Connections in the pool, 16 when 0. Those of all servers together have to
	// stay below Postgres' max_connections.
	Connections int
	// SessionIdle ends a session that was not seen for so long; decision 16's
	// when 0.
	SessionIdle time.Duration
}

// Open makes a Store for a lib/pq URL or key=value string. It connects at the
// first use.
func Open(dsn string, o ...Options) (*Store, error) {
	opts := Options{}
	if len(o) > 0 {
		opts = o[0]
	}
	s := &Store{idle: opts.SessionIdle}
	if s.idle == 0 {
		s.idle = shop.SessionIdle
	}
	connector, err := newConnector(dsn, &s.executed)
	if err != nil {
		return nil, err
	}
	s.db = sqlx.NewDb(sql.OpenDB(connector), "postgres")
	s.db.Mapper = reflectx.NewMapperFunc("db", snake)
	n := opts.Connections
	if n == 0 {
		n = 16
	}
	s.db.SetMaxOpenConns(n)
	s.db.SetMaxIdleConns(n)
	s.db.SetConnMaxLifetime(20 * time.Minute)
	s.db.SetConnMaxIdleTime(5 * time.Minute)
	s.gather()
	return s, nil
}

// OnEvent has hint called after each commit that wrote an event, with its store.
// It must not block, and may miss commits whose reply was lost. To be called
// before the first use of s.
func (s *Store) OnEvent(hint func(storeID int64)) { s.hint = hint }

// gather sets up the reads that many requests share (internal/batch).
func (s *Store) gather() {
	s.versions = batch.New(batch.Options[int64, int64]{Fetch: s.fetchVersions})
	s.hosts = batch.New(batch.Options[string, int64]{Fetch: s.fetchHosts})
	s.sessions = batch.New(batch.Options[sessionKey, *sessionRow]{Fetch: s.fetchSessions, Copy: (*sessionRow).clone})
	s.tokens = batch.New(batch.Options[tokenKey, *foundToken]{Fetch: s.fetchTokens, Copy: (*foundToken).clone})
	s.liveSessions = batch.New(batch.Options[customerKey, []shop.SessionRecord]{Fetch: s.fetchLiveSessions, Copy: cloneSessions})
	s.groups = batch.New(batch.Options[groupKey, versionedGroup]{Fetch: s.fetchGroups, Copy: cloneGroup})
	s.addresses = batch.New(batch.Options[addressKey, shop.Page[shop.CustomerAddress]]{Fetch: s.fetchAddresses, Copy: clonePage})
	s.addressCounts = batch.New(batch.Options[customerKey, int64]{Fetch: s.fetchAddressCounts})
	s.subscribers = batch.New(batch.Options[subscriberKey, shop.Subscriber]{Fetch: s.fetchSubscribers, Copy: cloneSubscriber})
	s.customerFields = batch.New(batch.Options[ownerKey, []shop.FieldValue]{Fetch: s.fetchFields(customerValues), Copy: cloneValues})
	s.addressFields = batch.New(batch.Options[ownerKey, []shop.FieldValue]{Fetch: s.fetchFields(addressValues), Copy: cloneValues})
	s.attributes = batch.New(batch.Options[attributeKey, shop.CustomerAttribute]{Fetch: s.fetchAttributes, Copy: cloneAttribute})
	s.attributeCounts = batch.New(batch.Options[customerKey, int64]{Fetch: s.fetchAttributeCounts})
	s.credits = batch.New(batch.Options[customerKey, []shop.Money]{Fetch: s.fetchCredits, Copy: cloneCredits})
	s.metafields = batch.New(batch.Options[metafieldKey, shop.Page[shop.Metafield]]{Fetch: s.fetchMetafields, Copy: cloneMetafields})
}

// Close ends the pool.
func (s *Store) Close() error { return s.db.Close() }

// Executed counts the statements that went to Postgres, transactions' own
// BEGIN and COMMIT left out.
func (s *Store) Executed() int64 { return s.executed.Load() }

// SessionIdle is how long a session lasts unseen, where its store does not end it
// earlier.
func (s *Store) SessionIdle() time.Duration { return s.idle }

// Ping asks Postgres for a sign of life.
func (s *Store) Ping(ctx context.Context) (err error) {
	defer explain(&err, "asking the database for a sign of life")
	return s.db.PingContext(ctx)
}

const currentRole = `
SELECT current_user`

// Role is the role that the server connects as.
func (s *Store) Role(ctx context.Context) (role string, err error) {
	defer explain(&err, "connecting")
	err = s.get(ctx, &role, currentRole)
	return role, err
}

const ownsTables = `
SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'stores' AND tableowner = current_user)`

// OwnsTables tells that the server's role could change the schema.
func (s *Store) OwnsTables(ctx context.Context) (owner bool, err error) {
	defer explain(&err, "asking who owns the tables")
	err = s.get(ctx, &owner, ownsTables)
	return owner, err
}

// snake maps BrandID to brand_id and ChannelIDs to channel_ids, so that types of
// shop carry no tags.
func snake(name string) string {
	name = strings.ReplaceAll(name, "IDs", "Ids")
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 &&
			(unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// get reads one row outside of a transaction.
func (s *Store) get(ctx context.Context, dest any, query string, args ...any) error {
	return s.db.GetContext(ctx, dest, query, args...)
}

// lister is list for a reader that may also be in a transaction.
func (s *Store) lister(ctx context.Context) func(dest any, query string, args ...any) error {
	return func(dest any, query string, args ...any) error { return s.list(ctx, dest, query, args...) }
}

// tx is a transaction and the request it is for.
type tx struct {
	*sqlx.Tx
	ctx   context.Context
	tells *int64 // the store that an event was written for, 0 for none
}

func (t tx) get(dest any, query string, args ...any) error {
	return t.GetContext(t.ctx, dest, query, args...)
}

func (t tx) list(dest any, query string, args ...any) error {
	return t.SelectContext(t.ctx, dest, query, args...)
}

// exec says how many rows were touched.
func (t tx) exec(query string, args ...any) (int64, error) {
	r, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// maxTries bounds how often a transaction is done over.
const maxTries = 5

// tx runs do in a transaction: committed when it returns nil, rolled back when
// it fails or panics. It is done over, from the start, when Postgres asks for
// that; so do must only write to what it sets anew each time. Every write goes
// through here: outside of a transaction database/sql may run a statement three
// times (lib/pq calls a lost reply a bad connection).
func (s *Store) tx(ctx context.Context, do func(tx) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, do)
		if err == nil || !doOver(err) || try >= s.tries(err) {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(10*time.Millisecond) << try))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (s *Store) once(ctx context.Context, do func(tx) error) (err error) {
	t, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // does nothing after a commit
	var told int64
	if err := do(tx{t, ctx, &told}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return err
	}
	if told != 0 && s.hint != nil {
		s.hint(told)
	}
	return nil
}

// tries is maxTries, and more where each try may meet another connection of the
// pool that has to prepare anew.
func (s *Store) tries(err error) int {
	if state := sqlState(err); state == stalePlan || state == lostStatement {
		return maxTries + s.db.Stats().MaxOpenConnections
	}
	return maxTries
}

// doOver tells the refusals after which the same transaction may well succeed:
// serialisation, deadlock, and a prepared statement that no longer fits.
func doOver(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01", stalePlan, lostStatement:
		return true
	}
	return errors.Is(err, errOvertaken)
}

// errOvertaken asks for the transaction to be done over: a row that was there a
// statement ago is gone.
var errOvertaken = errors.New("storage: overtaken by another transaction")

// guardID refuses an id that GraphQL's Int cannot carry. The tables' checks
// refuse it as well; this names what happened.
func guardID(id int64) error {
	if id < 1 || id > 1<<31-1 {
		return fmt.Errorf("id %d is outside of what clients can read", id)
	}
	return nil
}

// found turns "no rows" into ok=false.
func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
