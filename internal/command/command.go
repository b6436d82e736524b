// Package command is the command line: what operators do without a client.
package command

import (
	"context"
	"fmt"
	"io"

	"regulars/storage"
)

// Env is what a command works with.
type Env struct {
	Ctx     context.Context
	Storage *storage.Store
	// Hash makes a password hash.
	Hash func(ctx context.Context, password string) (string, error)
	Out  io.Writer
}

func (e *Env) say(format string, args ...any) { fmt.Fprintf(e.Out, format+"\n", args...) }

// Sweep removes what is over its time in every store, each in turn, until
// nothing is left to remove.
func Sweep(ctx context.Context, db *storage.Store) error {
	ids, err := db.StoreIDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		for more := true; more; {
			if more, err = db.Sweep(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}
