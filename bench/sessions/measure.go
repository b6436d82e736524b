package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

// workers do what is measured, each on a connection of its own.
const workers = 8

// row is one line of the result.
type row struct {
	Name     string
	Rate     float64 // a second
	P50, P99 time.Duration
}

// place is a session that the fill made and that is still alive, and some customer
// of its store.
type place struct {
	store, customer int64
	hash            [32]byte
}

// alive picks one at random, as the shares are.
func (b *bench) alive() place {
	store := int64(1)
	for at := mathrand.IntN(100); at >= shares[store-1]; store++ {
		at -= shares[store-1]
	}
	rows := b.o.Rows / 100 * shares[store-1]
	// Each piece of the fill ends today; what began in its last tenth is alive.
	first := mathrand.IntN((rows+piece-1)/piece) * piece
	made := min(piece, rows-first)
	n := first + made - 1 - mathrand.IntN(made/10)
	for n%3 == 0 { // ended
		n--
	}
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(store*1_000_000_000+int64(n)))
	return place{store, firstCustomer(store) + mathrand.Int64N(int64(rows/perCustomer)), sha256.Sum256(number[:])}
}

// newLogin is a login from a network that is like those of the fill.
func newLogin(customer int64) storage.Login {
	var token [32]byte
	_, _ = rand.Read(token[:])
	network := fmt.Sprintf("203.%d.%d.0/24", token[0], token[1])
	return storage.Login{CustomerID: customer, NewSession: storage.NewSession{
		TokenHash: token, ID: rand.Text()[:22], Kind: shop.KindCookie, ChannelID: 1, Lifetime: 30 * 24 * time.Hour,
		Device: shop.Device{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", IPPrefix: network, Origin: "https://shop.example.com"},
	}}
}

var errNotFound = errors.New("what has to be there was not found")

// found is err, or errNotFound.
func found(ok bool, err error) error {
	if err == nil && !ok {
		return errNotFound
	}
	return err
}

// operations are what is measured, in this order.
func (b *bench) operations() []struct {
	name string
	do   func(context.Context) error
} {
	lookUp := func(ctx context.Context) error {
		p := b.alive()
		_, _, ok, err := b.db.Session(ctx, p.store, p.hash)
		if !ok { // logged out by an earlier run, or by this one
			b.missed.Add(1)
		}
		b.lookedUp.Add(1)
		return err
	}
	login := func(customer func(place) (int64, int64)) func(context.Context) error {
		return func(ctx context.Context) error {
			store, id := customer(b.alive())
			_, ok, err := b.db.Login(ctx, store, newLogin(id))
			return found(ok, err)
		}
	}
	anybody := func(p place) (int64, int64) { return p.store, p.customer }
	monitor := func(place) (int64, int64) { return 1, heavyCustomer }
	return []struct {
		name string
		do   func(context.Context) error
	}{
		{"look-up by token", lookUp},
		{"login: a session made", login(anybody)},
		{"login of the customer with many sessions", login(monitor)},
		{"touch", func(ctx context.Context) error {
			p := b.alive()
			return b.db.TouchSession(ctx, p.store, p.hash[:])
		}},
		{"sessions of a customer", func(ctx context.Context) error {
			p := b.alive()
			_, err := b.db.LiveSessions(ctx, p.store, p.customer)
			return err
		}},
		{"sessions of the customer with many", func(ctx context.Context) error {
			_, err := b.db.LiveSessions(ctx, 1, heavyCustomer)
			return err
		}},
		{"is the network known", func(ctx context.Context) error {
			p := b.alive()
			_, err := b.db.KnownPrefix(ctx, p.store, fmt.Sprintf("c%d@example.com", p.customer-firstCustomer(p.store)), "203.1.2.0/24")
			return err
		}},
		{"is the network known, many sessions", func(ctx context.Context) error {
			_, err := b.db.KnownPrefix(ctx, 1, "c0@example.com", "198.51.100.0/24")
			return err
		}},
		{"logout", func(ctx context.Context) error {
			p := b.alive()
			_, err := b.db.EndSession(ctx, p.store, p.hash[:], "")
			return err
		}},
	}
}

func (b *bench) measure(ctx context.Context, out io.Writer) error {
	var r result
	tell := func(line row) {
		fmt.Fprintln(out, line)
		r.Rows = append(r.Rows, line)
	}
	if err := b.look(ctx, &r); err != nil {
		return err
	}
	for _, op := range b.operations() {
		line, err := timed(ctx, op.name, b.o.Each, op.do)
		if err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
		tell(line)
	}
	if b.missed.Load()*10 > b.lookedUp.Load() {
		return errNotFound
	}
	if err := b.sweep(ctx, &r, tell); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n", r.table())
	if b.o.Page == "" {
		return nil
	}
	return r.record(b.o.Page)
}

// timed has the workers do something for so long.
func timed(ctx context.Context, name string, each time.Duration, do func(context.Context) error) (row, error) {
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	took := make([][]time.Duration, workers)
	errs := make([]error, workers)
	var all sync.WaitGroup
	started := time.Now()
	for i := range workers {
		all.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				if err := do(ctx); err != nil {
					if ctx.Err() == nil {
						errs[i] = err
					}
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	all.Wait()
	return summary(name, slices.Concat(took...), time.Since(started)), errors.Join(errs...)
}

func summary(name string, took []time.Duration, over time.Duration) row {
	if len(took) == 0 {
		return row{Name: name}
	}
	slices.Sort(took)
	return row{name, float64(len(took)) / over.Seconds(), took[len(took)/2], took[len(took)*99/100]}
}

// sweep runs to the end while others look sessions up, and once more when nothing
// is left.
func (b *bench) sweep(ctx context.Context, r *result, tell func(row)) error {
	if err := b.owner.QueryRowContext(ctx, `SELECT count(*) FROM sessions WHERE keep_until < now() AND expires_at < now() - interval '1 day'`).Scan(&r.Swept); err != nil {
		return err
	}
	during, stop := context.WithCancel(ctx)
	defer stop()
	type outcome struct {
		line row
		err  error
	}
	lookUps := make(chan outcome, 1)
	lookUp := b.operations()[0].do
	go func() {
		line, err := timed(during, "look-up by token, while the sweep runs", time.Hour, lookUp)
		lookUps <- outcome{line, err}
	}()
	started := time.Now()
	var batches []time.Duration
	for store := range shares {
		for more := true; more; {
			began := time.Now()
			var err error
			if more, err = b.db.Sweep(ctx, int64(store+1)); err != nil {
				return err
			}
			batches = append(batches, time.Since(began))
		}
	}
	r.SweepTook = time.Since(started)
	stop()
	o := <-lookUps
	if o.err != nil {
		return o.err
	}
	tell(o.line)
	tell(summary("a batch of the sweep, all tables", batches, r.SweepTook))
	line, err := timed(ctx, "a sweep that finds nothing", b.o.Each/3, func(ctx context.Context) error {
		_, err := b.db.Sweep(ctx, 1)
		return err
	})
	tell(line)
	return err
}
