package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"regulars/internal/csvfile"
	"regulars/internal/shop"
	"regulars/storage"
)

// importing is one import under way.
type importing struct {
	*Env
	sheet
	columns *columns
	run     storage.ImportRun
	hash    []byte // of the file
	lines   int64  // entries of the file
	parts   []storage.ImportPart
	counts  map[storage.ImportResult]int64
	rejects rejects
}

// maxBatchBytes ends a batch early, so that long lines do not fill the memory.
const maxBatchBytes = 4 << 20

var errChanged = errors.New("the file changed while it was read")

// stage checks every line and copies it into the staging table.
func (i *importing) stage(f io.Reader, total int64) error {
	hash := sha256.New()
	counted := &countingReader{in: io.TeeReader(f, hash)}
	t, err := csvfile.NewReader(counted)
	if err != nil {
		return err
	}
	if !slices.Equal(t.Header, i.columns.header) {
		return errChanged
	}
	p := i.progress("checked", total)
	batch, size := make([]storage.ImportLine, 0, storage.ImportBatch), 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := i.Storage.StageImport(i.Ctx, i.run, batch); err != nil {
			return err
		}
		i.lines += int64(len(batch))
		part := storage.ImportPart{Number: len(i.parts), UpTo: batch[len(batch)-1].Line, Lines: len(batch)}
		if part.Number > 0 {
			part.After = i.parts[part.Number-1].UpTo
		}
		i.parts = append(i.parts, part)
		batch, size = batch[:0], 0
		p.at(counted.n, i.lines)
		return nil
	}
	for {
		record, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		line, err := i.line(record)
		if err != nil {
			return err
		}
		batch = append(batch, line)
		size += len(line.Data) + len(line.Fields)
		if len(batch) == storage.ImportBatch || size > maxBatchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if !bytes.Equal(hash.Sum(nil), i.hash) {
		return errChanged
	}
	p.end(i.lines)
	return nil
}

// line is a record, checked.
func (i *importing) line(r csvfile.Record) (storage.ImportLine, error) {
	out := storage.ImportLine{Line: int64(r.Line)}
	var said any
	err := r.Err
	if err == nil {
		out.Key, said, err = i.parse(row{i.columns, r.Fields})
	}
	if err != nil {
		out.Key, out.Reason = "", sentence(err)
	} else {
		b, err := json.Marshal(said)
		if err != nil {
			return out, err
		}
		out.Data = string(b)
	}
	b, err := json.Marshal(r.Fields)
	out.Fields = string(b)
	return out, err
}

// sentence is an error for people: one of several after the other, each with the
// column that it is about.
func sentence(err error) string {
	refusals := shop.ErrorsIn(err)
	if len(refusals) == 0 {
		return err.Error()
	}
	texts := make([]string, len(refusals))
	for i, e := range refusals {
		texts[i] = e.Error()
		if e.Field != "" {
			texts[i] = strings.TrimPrefix(e.Field, "input.") + ": " + texts[i]
		}
	}
	return strings.Join(texts, " ")
}

// takeAll takes the batches, each in a transaction of its own, and counts what
// became of their lines in the order of the file.
func (i *importing) takeAll() error {
	i.counts = map[storage.ImportResult]int64{}
	type result struct {
		out []storage.ImportOutcome
		err error
	}
	ctx, stop := context.WithCancel(i.Ctx)
	defer stop()
	atOnce := 1
	if !i.alone {
		atOnce = i.Storage.ImportsAtOnce()
	}
	results, slots := make(chan chan result, atOnce), make(chan struct{}, atOnce)
	go func() {
		defer close(results)
		for _, part := range i.parts {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			done := make(chan result, 1)
			results <- done
			go func() {
				var r result
				r.out, r.err = i.take(ctx, i.run, part)
				<-slots
				done <- r
			}()
		}
	}()
	p, done := i.progress("taken", i.lines), int64(0)
	var failed error
	for next := range results {
		r := <-next
		if failed == nil {
			failed = r.err
		}
		if r.err != nil {
			stop()
			continue
		}
		done += int64(len(r.out))
		if err := i.count(r.out); err != nil && failed == nil {
			failed = err
			stop()
		}
		p.at(done, done)
	}
	if err := i.Ctx.Err(); err != nil {
		return fmt.Errorf("stopped after %d of %d lines; run it again to go on", done, i.lines)
	}
	if failed != nil {
		return fmt.Errorf("stopped after %d of %d lines; run it again to go on: %w", done, i.lines, failed)
	}
	p.end(done)
	return nil
}

func (i *importing) count(out []storage.ImportOutcome) error {
	for _, o := range out {
		i.counts[o.Result]++
		if o.Reason != "" {
			if err := i.reject(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// sum says what became of the file.
func (i *importing) sum(dryRun bool) {
	if dryRun {
		i.say("A dry run: nothing was changed. It would be:")
	}
	for _, r := range []storage.ImportResult{storage.ImportCreated, storage.ImportUpdated, storage.ImportUnchanged, storage.ImportSkipped, storage.ImportRejected} {
		i.say("  %-9s %d", r, i.counts[r])
	}
	if i.rejects.temp != nil {
		i.say("Lines that were skipped or rejected are in %s, each with the reason.", printable(i.rejects.path))
	}
}
