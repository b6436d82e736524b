package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// ImportBatch is how many lines of a file one transaction takes.
const ImportBatch = 1000

// ImportRun is one process importing one file into one store.
type ImportRun struct {
	StoreID, ID, attempt int64
	// Update lets a line change what is known; else such a line is skipped.
	Update bool
	// DryRun lets nothing be written but the staging table.
	DryRun bool
	turns  *turns
}

// ImportPart is one transaction of an import: the lines behind After, up to the
// line UpTo. Parts are numbered from 0; two that run at the same time have the
// outcome of one after the other.
type ImportPart struct {
	Number      int
	After, UpTo int64
	// Lines were staged for it.
	Lines int
}

// ImportLine is one line of a file, checked.
type ImportLine struct {
	Line int64
	// Key is what the line is about: two lines with one key are about the same.
	Key string
	// Data is JSON of shop.ImportedCustomer or its like; Reason says why there is
	// none.
	Data   string
	Reason string
	// Fields is JSON of the line as it came, for the file of rejected lines.
	Fields string
}

// ImportResult says what became of a line.
type ImportResult string

// The results. What is skipped or rejected has a reason.
const (
	ImportCreated   ImportResult = "created"
	ImportUpdated   ImportResult = "updated"
	ImportUnchanged ImportResult = "unchanged"
	ImportSkipped   ImportResult = "skipped"
	ImportRejected  ImportResult = "rejected"
)

// ImportOutcome is what became of one line.
type ImportOutcome struct {
	ImportLine
	Result ImportResult
}

// ImportsAtOnce is how many parts of an import are worth running at the same
// time: while one waits for the disk, the next is made ready. One, where the
// pool has a single connection.
func (s *Store) ImportsAtOnce() int { return min(2, max(1, s.db.Stats().MaxOpenConnections)) }

// ErrImportTakenOver stops an import whose file another process imports by now.
var ErrImportTakenOver = errors.New("another import of this file has been started; this one stops")

// errUnstaged: Postgres came up after a crash, and the staging table, which is
// not logged, is empty.
var errUnstaged = errors.New("the database lost the staged lines; run the import again")

const startImport = `
INSERT INTO import_runs AS r (store_id, kind, file_hash)
VALUES ($1, $2, $3)
ON CONFLICT (store_id, kind, file_hash) WHERE done_at IS NULL
DO UPDATE SET attempt = r.attempt + 1, started_at = EXCLUDED.started_at
RETURNING r.id, r.attempt`

// lockTimeout is the SQLSTATE of having waited for a lock as long as the role
// may, 2 s.
const lockTimeout = "55P03"

// A bound and not IN: a table that was just filled looks empty to the planner,
// and it would compare each line with each of the 10,000.
const dropLeftovers = `
DELETE FROM import_rows
WHERE  store_id = $1 AND run_id = $2 AND line <= (
    SELECT max(line)
    FROM  (SELECT line FROM import_rows WHERE store_id = $1 AND run_id = $2 ORDER BY line LIMIT 10000) a)`

// StartImport begins an import, or begins again what another process left, and
// makes that process stop if it is still there.
func (s *Store) StartImport(ctx context.Context, storeID int64, kind string, fileHash []byte, update, dryRun bool) (run ImportRun, err error) {
	defer explain(&err, "starting an import into store %d", storeID)
	if dryRun {
		kind += " dry run"
	}
	run = ImportRun{StoreID: storeID, Update: update, DryRun: dryRun, turns: newTurns()}
	err = s.tx(ctx, func(t tx) error {
		return t.QueryRowContext(ctx, startImport, storeID, kind, fileHash).Scan(&run.ID, &run.attempt)
	})
	if err == nil {
		err = s.awaitBatches(ctx, run)
	}
	if err == nil {
		err = s.clearImport(ctx, run)
	}
	return run, err
}

const awaitBatches = `
SELECT attempt FROM import_runs WHERE store_id = $1 AND id = $2 FOR UPDATE`

// awaitBatches waits for what another process of the run has under way; it begins
// nothing more. One that was killed holds the run until Postgres has noticed.
func (s *Store) awaitBatches(ctx context.Context, run ImportRun) (err error) {
	for range 30 {
		err = s.tx(ctx, func(t tx) error {
			var attempt int64
			ok, err := found(t.get(&attempt, awaitBatches, run.StoreID, run.ID))
			if err == nil && (!ok || attempt != run.attempt) {
				err = ErrImportTakenOver
			}
			return err
		})
		if sqlState(err) != lockTimeout {
			break
		}
	}
	return err
}

func (s *Store) clearImport(ctx context.Context, run ImportRun) error {
	for left := int64(1); left > 0; {
		err := s.inImport(ctx, run, func(t tx) (err error) {
			left, err = t.exec(dropLeftovers, run.StoreID, run.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// KEY SHARE lets another process count up the attempt while this batch runs. With
// SHARE it would wait for a moment without any batch, which never comes where one
// begins before the other ends.
const holdImport = `
SELECT attempt FROM import_runs WHERE store_id = $1 AND id = $2 AND done_at IS NULL FOR KEY SHARE`

// The server's role plans each statement once, for whatever size the tables had
// then; an import makes empty ones large. What it looks up is planned anew, or
// each batch would read all that the ones before it wrote. The checks of foreign
// keys are planned the same way, row by row, so that writes go back to the usual.
const (
	planAfresh = `SET LOCAL plan_cache_mode = 'force_custom_plan'`
	planOnce   = `SET LOCAL plan_cache_mode TO DEFAULT`
)

// inImport is a transaction that only the newest process of a run may make.
func (s *Store) inImport(ctx context.Context, run ImportRun, do func(tx) error) error {
	return s.tx(ctx, func(t tx) error {
		var attempt int64
		ok, err := found(t.get(&attempt, holdImport, run.StoreID, run.ID))
		if err != nil {
			return err
		}
		if !ok || attempt != run.attempt {
			return ErrImportTakenOver
		}
		if _, err := t.exec(planAfresh); err != nil {
			return err
		}
		return do(t)
	})
}

const stagedRows = `
SELECT line, key, data, fields, reason
FROM   import_rows
WHERE  store_id = $1 AND run_id = $2 AND line > $3 AND line <= $4
ORDER  BY line`

const dropStaged = `
DELETE FROM import_rows WHERE store_id = $1 AND run_id = $2 AND line > $3 AND line <= $4`

// importLines is one transaction of an import, whose lines apply says what is to
// become of. What it returns is what was committed.
func (s *Store) importLines(ctx context.Context, run ImportRun, part ImportPart, apply func(tx, []ImportOutcome) error) (out []ImportOutcome, err error) {
	defer run.turns.leave(part.Number)
	take := func(t tx) error {
		out = nil
		if err := t.list(&out, stagedRows, run.StoreID, run.ID, part.After, part.UpTo); err != nil {
			return err
		}
		if len(out) != part.Lines {
			return errUnstaged
		}
		for i := range out {
			if out[i].Reason != "" {
				out[i].Result = ImportRejected
			}
		}
		run.turns.enter(part.Number, out)
		if run.DryRun {
			return t.rehearse(run, part, out, apply)
		}
		if _, err := t.exec(dropStaged, run.StoreID, run.ID, part.After, part.UpTo); err != nil {
			return err
		}
		return apply(t, out)
	}
	err = patiently(ctx, func() (err error) {
		// So many lines may be overtaken more often than the one of a shopper.
		for range 20 {
			if err = s.inImport(ctx, run, take); !errors.Is(err, errOvertaken) {
				break
			}
		}
		return err
	})
	return out, err
}

func (o *ImportOutcome) skip(reason string) { o.Result, o.Reason = ImportSkipped, reason }

// undecided is what a line says, where nothing was decided about it yet.
func undecided[T any](o *ImportOutcome) (said *T, err error) {
	if o.Result != "" {
		return nil, nil
	}
	said = new(T)
	if err := json.Unmarshal([]byte(o.Data), said); err != nil {
		return nil, fmt.Errorf("line %d of the staging table: %w", o.Line, err)
	}
	return said, nil
}

const finishImport = `
UPDATE import_runs SET done_at = now() WHERE store_id = $1 AND id = $2`

const forgetImport = `
DELETE FROM import_runs WHERE store_id = $1 AND id = $2`

// FinishImport notes that all of the file is in. A dry run leaves nothing.
func (s *Store) FinishImport(ctx context.Context, run ImportRun) (err error) {
	defer explain(&err, "finishing an import into store %d", run.StoreID)
	if !run.DryRun {
		return s.inImport(ctx, run, func(t tx) error {
			_, err := t.exec(finishImport, run.StoreID, run.ID)
			return err
		})
	}
	if err := s.clearImport(ctx, run); err != nil {
		return err
	}
	return s.inImport(ctx, run, func(t tx) error {
		_, err := t.exec(forgetImport, run.StoreID, run.ID)
		return err
	})
}
