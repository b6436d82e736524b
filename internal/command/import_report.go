package command

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"regulars/internal/csvfile"
	"regulars/storage"
)

// rejects is the file of lines that were not taken, made with the first of them:
// the columns of the original, and before them line and reason. Mended, it can
// be imported itself.
type rejects struct {
	path string
	temp *os.File
	out  *csv.Writer
	buf  *bufio.Writer
}

// rejectsPath stands beside the file.
func rejectsPath(file string) string {
	return strings.TrimSuffix(file, filepath.Ext(file)) + ".rejected.csv"
}

func (i *importing) reject(o storage.ImportOutcome) error {
	r := &i.rejects
	if r.temp == nil {
		if err := r.open(i.columns.header); err != nil {
			return err
		}
	}
	var fields []string
	if err := json.Unmarshal([]byte(o.Fields), &fields); err != nil {
		return err
	}
	return r.write(append([]string{strconv.FormatInt(o.Line, 10), o.Reason}, fields...), len(i.columns.header)+2)
}

// check tells before anything is changed that the file of rejects could not be
// written.
func (r *rejects) check(imported *os.File) error {
	if info, err := os.Stat(r.path); err == nil {
		of, err := imported.Stat()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || os.SameFile(info, of) {
			return fmt.Errorf("%s cannot hold rejected lines; name another file with --rejected", printable(r.path))
		}
	}
	probe, err := os.CreateTemp(filepath.Dir(r.path), ".rejected-*")
	if err != nil {
		return fmt.Errorf("rejected lines could not be written; say where to with --rejected: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func (r *rejects) open(header []string) (err error) {
	if r.temp, err = os.CreateTemp(filepath.Dir(r.path), ".rejected-*"); err != nil {
		return err
	}
	r.buf = bufio.NewWriter(r.temp)
	r.out = csvfile.NewWriter(r.buf)
	return r.write(append([]string{"Line", "Reason"}, header...), len(header)+2)
}

func (r *rejects) write(fields []string, columns int) error {
	for i := 1; i < len(fields); i++ {
		fields[i] = csvfile.Armed(strings.ReplaceAll(fields[i], "\x00", "�")) // a NUL makes a text file a binary one
	}
	for len(fields) < columns {
		fields = append(fields, "")
	}
	return r.out.Write(fields)
}

// finish puts the file in its place at once, whole.
func (r *rejects) finish() error {
	if r.temp == nil {
		return nil
	}
	r.out.Flush()
	if err := r.out.Error(); err != nil {
		return err
	}
	if err := r.buf.Flush(); err != nil {
		return err
	}
	if err := r.temp.Close(); err != nil {
		return err
	}
	if err := os.Rename(r.temp.Name(), r.path); err != nil {
		return fmt.Errorf("%w; the rejected lines are in %s", err, r.temp.Name())
	}
	return nil
}

// countingReader knows how much of a file was read.
type countingReader struct {
	in io.Reader
	n  int64
}

// Read implements io.Reader.
func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.in.Read(b)
	r.n += int64(n)
	return n, err
}

// progress tells how far a long work has got: on a terminal in one line that
// changes, else in a line now and then.
type progress struct {
	e            *Env
	what         string
	total        int64
	started, due time.Time
}

func (e *Env) progress(what string, total int64) *progress {
	now := time.Now()
	return &progress{e, what, total, now, now.Add(e.progressEvery())}
}

func (e *Env) progressEvery() time.Duration {
	if e.Terminal {
		return 200 * time.Millisecond
	}
	return 5 * time.Second
}

// at takes the part of the total that is done, and the rows that this was.
func (p *progress) at(done, rows int64) {
	now := time.Now()
	if now.Before(p.due) || done <= 0 {
		return
	}
	p.due = now.Add(p.e.progressEvery())
	spent := now.Sub(p.started)
	left := time.Duration(float64(spent) * float64(p.total-done) / float64(done))
	text := fmt.Sprintf("%d rows %s, %.0f a second, %s left", rows, p.what, float64(rows)/spent.Seconds(), left.Round(time.Second))
	if p.e.Terminal {
		fmt.Fprintf(p.e.Out, "\r\x1b[K%s", text)
		return
	}
	p.e.say("%s", text)
}

func (p *progress) end(rows int64) {
	spent := time.Since(p.started)
	if p.e.Terminal {
		fmt.Fprint(p.e.Out, "\r\x1b[K")
	}
	p.e.say("%d rows %s in %s.", rows, p.what, spent.Round(10*time.Millisecond))
}
