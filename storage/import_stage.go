package storage

import (
	"context"
	"time"
)

const copyRows = `
COPY import_rows (store_id, run_id, line, key, data, fields, reason) FROM STDIN`

// StageImport copies lines into the staging table.
func (s *Store) StageImport(ctx context.Context, run ImportRun, rows []ImportLine) (err error) {
	defer explain(&err, "staging an import into store %d", run.StoreID)
	return patiently(ctx, func() error { return s.inImport(ctx, run, func(t tx) error { return t.copyLines(run, rows) }) })
}

func (t tx) copyLines(run ImportRun, rows []ImportLine) error {
	c, err := t.PrepareContext(t.ctx, copyRows)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, r := range rows {
		data := r.Data
		if data == "" {
			data = "{}"
		}
		if _, err := c.ExecContext(t.ctx, run.StoreID, run.ID, r.Line, r.Key, data, r.Fields, r.Reason); err != nil {
			return err
		}
	}
	_, err = c.ExecContext(t.ctx)
	return err
}

// patiently tries again while the database is busy or away: a long import should
// not end because of a moment. It is part of a batch's turn: those behind it wait,
// or they would overtake it. What was committed before is not done twice.
func patiently(ctx context.Context, do func() error) error {
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		err := do()
		if err == nil || !outage(err) || pause > 20*time.Second {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}
