package storage

import "slices"

const linesBefore = ` e.line, e.key, e.data, '[]' AS fields, '' AS reason
FROM   unnest($3::text[]) AS k (key)
CROSS  JOIN LATERAL (
       SELECT r.line, r.key, r.data
       FROM   import_rows r
       WHERE  r.store_id = $1 AND r.run_id = $2 AND r.key = k.key AND r.line <= $4 AND r.reason = ''`

// What is skipped changes nothing, so that the first line about a key is the one
// that counts. With --update all do; the latest say nearly all of it, and there
// may be as many as the file has lines.
const (
	firstBefore = `
SELECT` + linesBefore + `
       ORDER  BY r.line LIMIT 1) e
ORDER  BY e.line`
	latestBefore = `
SELECT` + linesBefore + `
       ORDER  BY r.line DESC LIMIT 20) e
ORDER  BY e.line`
)

// rehearse decides about lines of a dry run: earlier batches left nothing that
// they could be compared with, so those of their lines that are about the same
// are gone through again.
func (t tx) rehearse(run ImportRun, part ImportPart, out []ImportOutcome, apply func(tx, []ImportOutcome) error) error {
	query := firstBefore
	if run.Update {
		query = latestBefore
	}
	keys := keysOf(out)
	slices.Sort(keys)
	var lines []ImportOutcome
	if err := t.list(&lines, query, run.StoreID, run.ID, slices.Compact(keys), part.After); err != nil {
		return err
	}
	before := len(lines)
	lines = append(lines, out...)
	if err := apply(t, lines); err != nil {
		return err
	}
	copy(out, lines[before:])
	return nil
}
