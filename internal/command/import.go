package command

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"regulars/internal/csvfile"
	"regulars/internal/shop"
	"regulars/storage"
)

// Import holds the commands that take a merchant's files.
type Import struct {
	Customers   ImportCustomers   `cmd:"" help:"Take customers, their addresses and their agreements to the newsletter from a file."`
	Subscribers ImportSubscribers `cmd:"" help:"Take subscribers of the newsletter from a file."`
	Groups      ImportGroups      `cmd:"" help:"Take customer groups from a file."`
}

// importFile is what the three have in common.
type importFile struct {
	File     string            `arg:"" type:"existingfile" help:"A CSV file with a header: any order, any common spelling, any separator, UTF-8 or UTF-16."`
	Store    string            `required:"" help:"Hash of the store."`
	Update   bool              `help:"Change what is known and differs, instead of skipping it."`
	DryRun   bool              `help:"Say what would happen, and change nothing."`
	Dates    csvfile.DateOrder `enum:",dmy,mdy" default:"" help:"How dates such as 03/04/2020 are meant: dmy or mdy. Without it they are refused."`
	Rejected string            `placeholder:"FILE" help:"Where lines go that are not taken; beside the file when not given."`
}

// sheet is one kind of file: how its lines are read and taken.
type sheet struct {
	kind      string // as in "3 customers"
	names     spelling
	addresses bool
	needs     meaning // the column without which there is nothing to do
	// parse gives the key of a line and what it says, or why it says nothing.
	parse func(row) (key string, said any, err error)
	take  func(context.Context, storage.ImportRun, storage.ImportPart) ([]storage.ImportOutcome, error)
	// alone: no two batches at the same time.
	alone bool
	// staged is called when all lines were read, before the first is taken.
	staged func() error
}

// ImportCustomers takes customers.
type ImportCustomers struct{ importFile }

// Run implements kong's command.
func (c *ImportCustomers) Run(e *Env) error {
	p, err := e.customerParser(c.Store, c.Dates)
	if err != nil {
		return err
	}
	return c.run(e, p.store, sheet{
		kind: "customers", names: customerColumns, addresses: true, needs: asEmail, parse: p.parse, staged: p.hashesFound,
		take: func(ctx context.Context, run storage.ImportRun, part storage.ImportPart) ([]storage.ImportOutcome, error) {
			return e.Storage.ImportCustomers(ctx, run, part)
		},
	})
}

// ImportSubscribers takes subscribers.
type ImportSubscribers struct{ importFile }

// Run implements kong's command.
func (c *ImportSubscribers) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	p := &subscriberParser{reading{c.Dates, time.Now()}, s}
	return c.run(e, &s.Store, sheet{
		kind: "subscribers", names: subscriberColumns, needs: asEmail, parse: p.parse,
		take: func(ctx context.Context, run storage.ImportRun, part storage.ImportPart) ([]storage.ImportOutcome, error) {
			return e.Storage.ImportSubscribers(ctx, run, part)
		},
	})
}

// ImportGroups takes groups.
type ImportGroups struct{ importFile }

// Run implements kong's command.
func (c *ImportGroups) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	if !s.Store.Plan.HasGroups() {
		return fmt.Errorf("the plan of store %s has no customer groups; plus and above have", c.Store)
	}
	return c.run(e, &s.Store, sheet{
		kind: "groups", names: groupColumns, needs: asGroupName, parse: parseGroup, alone: true,
		take: func(ctx context.Context, run storage.ImportRun, part storage.ImportPart) ([]storage.ImportOutcome, error) {
			return e.Storage.ImportGroups(ctx, run, part)
		},
	})
}

func (c *importFile) run(e *Env, store *shop.Store, s sheet) error {
	f, err := c.open()
	if err != nil {
		return err
	}
	defer f.Close()
	i := &importing{Env: e, sheet: s, rejects: rejects{path: c.Rejected}}
	if i.rejects.path == "" {
		i.rejects.path = rejectsPath(c.File)
	}
	if err := i.rejects.check(f); err != nil {
		return err
	}
	if i.columns, err = c.understand(e, f, s); err != nil {
		return err
	}
	var size int64
	if i.hash, size, err = hashOf(f); err != nil {
		return err
	}
	if i.run, err = e.Storage.StartImport(e.Ctx, store.ID, s.kind, i.hash, c.Update, c.DryRun); err != nil {
		return err
	}
	if err := i.stage(f, size); err != nil {
		return fmt.Errorf("%s: %w. Nothing was changed", printable(c.File), err)
	}
	if s.staged != nil && !c.DryRun {
		if err := s.staged(); err != nil {
			return err
		}
	}
	err = i.takeAll()
	kept := i.rejects.finish()
	if err == nil {
		err = e.Storage.FinishImport(e.Ctx, i.run)
	}
	if err := errors.Join(err, kept); err != nil {
		return err
	}
	i.sum(c.DryRun)
	return nil
}

// open refuses what cannot be read twice. Opening a pipe that nobody writes to
// would wait for ever, whatever signal comes.
func (c *importFile) open() (*os.File, error) {
	info, err := os.Stat(c.File)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file that can be read twice; save it as one first", printable(c.File))
	}
	return os.Open(c.File)
}

// understand reads the header and says what each column was taken for.
func (c *importFile) understand(e *Env, f io.Reader, s sheet) (*columns, error) {
	t, err := csvfile.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable(c.File), err)
	}
	cols := columnsOf(t.Header, s.names, s.addresses)
	e.say("The columns of %s are taken for:", printable(c.File))
	for _, line := range cols.told {
		e.say("%s", line)
	}
	if len(cols.unknown) > 0 {
		e.say("Not recognised, and left out: %s.", printable(strings.Join(cols.unknown, ", ")))
	}
	if !cols.has(s.needs) {
		return nil, fmt.Errorf("%s: no column holds the %s", printable(c.File), s.needs)
	}
	return cols, nil
}

func hashOf(f io.ReadSeeker) (hash []byte, size int64, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 0, err
	}
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return nil, 0, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return h.Sum(nil), size, err
}
