// Package command is the command line: what operators do without a client.
package command

import (
	"context"
	"fmt"
	"io"
	"time"

	"regulars/internal/keys"
	"regulars/storage"
)

// Env is what a command works with.
type Env struct {
	Ctx     context.Context
	Storage *storage.Store
	// Hash makes a password hash.
	Hash func(ctx context.Context, password string) (string, error)
	// Keys are the server's own, with which its settings are sealed.
	Keys func() (*keys.Ring, error)
	// SessionKeys sign cookies, newest first; the server's own, as far as known.
	SessionKeys func() ([][]byte, error)
	// Readable tells whether a hash from elsewhere can be checked, and Cost how
	// long that takes here.
	Readable func(hash string) bool
	Cost     func(ctx context.Context, hash string) (time.Duration, error)
	// LoginFloor is how long wrong logins take anyway.
	LoginFloor time.Duration
	// PublicURL is where the server is that runs this; "" for commands.
	PublicURL string
	Out       io.Writer
	// Terminal says that a person watches Out.
	Terminal bool
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
