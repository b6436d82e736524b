// Package batch gathers loads that are asked for at the same time into one query, within a request and across requests.
// It delays nobody to gather more and keeps no answer: a batch is what came together while the query before it ran.
package batch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// ErrOverloaded is what Load answers, at once, when MaxWaiting askers wait already. Nothing was queried.
var ErrOverloaded = errors.New("batch: too many loads are waiting")

// errGoexit stands in for a panic value when Fetch ended its goroutine.
var errGoexit = errors.New("fetch called runtime.Goexit")

// PanicError is what the askers of a batch get whose Fetch or Copy panicked. The process and the other batches go on.
type PanicError struct {
	Value any
	Stack []byte
}

// Error leaves the stack out: it is for the log, not for a reply.
func (e *PanicError) Error() string { return fmt.Sprintf("batch: fetch panicked: %v", e.Value) }

// Unwrap gives the panic's value when it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Options say how a Batcher queries. Only Fetch is required.
type Options[K comparable, V any] struct {
	// Fetch answers distinct keys with one query; a key that it leaves out is answered as missing. Its context ends with
	// no asker's, so it needs a deadline of its own. It must not keep keys, which are reused, nor write to the map later.
	Fetch func(ctx context.Context, keys []K) (map[K]V, error)
	// Copy makes a second asker's own value. Without it all askers of a key in one batch share one value.
	Copy func(V) V
	// InFlight is how many queries may run at once (2). One is the rule, since more of them make smaller batches; another
	// one starts when a full batch waits, or when somebody has waited for Patience: a query that hangs holds up few.
	InFlight int
	// Patience is how long an asker waits behind a query that runs while another one could (5 ms).
	Patience time.Duration
	// MaxKeys bounds the keys of one query (64).
	MaxKeys int
	// MaxWaiting bounds the askers whose query has not started (4096).
	MaxWaiting int
}

// Batcher is safe for concurrent use, needs no closing and holds no goroutine while nobody asks.
type Batcher[K comparable, V any] struct {
	opts  Options[K, V]
	calls sync.Pool

	mu       sync.Mutex
	queue    queue[K, V]
	running  int
	starting bool // a runner was started and has not taken its first batch
	patience *time.Timer
	patient  bool // the timer is set: nobody in the queue has waited for Patience
	idle     []*work[K, V]
}

// New fills what opts leaves at zero with the defaults named there.
func New[K comparable, V any](opts Options[K, V]) *Batcher[K, V] {
	orDefault := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	orDefault(&opts.InFlight, 2)
	orDefault(&opts.MaxKeys, 64)
	orDefault(&opts.MaxWaiting, 4096)
	if opts.Patience <= 0 {
		opts.Patience = 5 * time.Millisecond
	}
	b := &Batcher[K, V]{opts: opts}
	b.calls.New = func() any { return &call[K, V]{done: make(chan struct{}, 1)} }
	return b
}

// Load answers with what a query that started after this call read for key; false means that it has no such key.
// When ctx ends first, Load returns its error at once and the other askers of the batch are not affected; but who asked
// when nobody else did runs the query itself, and stays until it is answered.
// The transaction of the caller is not seen: a read of one's own uncommitted write must not come here.
func (b *Batcher[K, V]) Load(ctx context.Context, key K) (V, bool, error) {
	var none V
	if err := ctx.Err(); err != nil {
		return none, false, err
	}
	c := b.calls.Get().(*call[K, V])
	c.key = key

	b.mu.Lock()
	if b.queue.length >= b.opts.MaxWaiting {
		b.mu.Unlock()
		b.recycle(c)
		return none, false, ErrOverloaded
	}
	b.queue.push(c)
	alone := b.running == 0
	if alone {
		b.starting = true
		b.running++
	} else {
		b.startRunner()
	}
	b.mu.Unlock()
	if alone { // a goroutine for this one would have to be woken, and to grow its stack
		b.run(1)
	}

	select {
	case <-c.done:
		value, ok, err := c.value, c.ok, c.err
		b.recycle(c)
		return value, ok, err
	case <-ctx.Done():
		b.leave(c)
		return none, false, ctx.Err()
	}
}

// leave drops a call that still waits. One that a runner has taken is left to it, and never recycled.
func (b *Batcher[K, V]) leave(c *call[K, V]) {
	b.mu.Lock()
	waiting := !c.taken
	if waiting {
		b.queue.remove(c)
	}
	if b.queue.length == 0 {
		b.calm()
	}
	b.mu.Unlock()
	if waiting {
		b.recycle(c)
	}
}

func (b *Batcher[K, V]) recycle(c *call[K, V]) {
	*c = call[K, V]{done: c.done}
	b.calls.Put(c)
}

// startRunner is called with the lock held. While a runner is on its way to its first batch, that batch is still open
// and a second runner would only split it.
func (b *Batcher[K, V]) startRunner() {
	switch {
	case b.queue.length == 0 || b.starting || b.running >= b.opts.InFlight:
	case b.running == 0 || b.queue.length >= b.opts.MaxKeys:
		b.addRunner()
	case !b.patient:
		b.patient = true
		if b.patience == nil {
			b.patience = time.AfterFunc(b.opts.Patience, b.losePatience)
		} else {
			b.patience.Reset(b.opts.Patience)
		}
	}
}

func (b *Batcher[K, V]) addRunner() {
	b.starting = true
	b.running++
	go b.gather()
}

// losePatience starts a runner beside the one whose query takes so long.
func (b *Batcher[K, V]) losePatience() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.patient = false
	if b.queue.length > 0 && !b.starting && b.running < b.opts.InFlight {
		b.addRunner()
	}
}

// calm is called with the lock held, when nobody waits any more.
func (b *Batcher[K, V]) calm() {
	if b.patient && b.patience.Stop() {
		b.patient = false
	}
}

// gather is a runner with a goroutine of its own.
func (b *Batcher[K, V]) gather() {
	// Siblings of the first asker are often runnable already; let them ask before the batch closes.
	runtime.Gosched()
	b.run(math.MaxInt)
}

// run takes batch after batch until nobody waits, or it has taken so many.
func (b *Batcher[K, V]) run(batches int) {
	var w *work[K, V]
	defer func() {
		// Whoever waits behind this runner needs another one, also when Fetch ended its goroutine.
		b.mu.Lock()
		if w != nil {
			b.idle = append(b.idle, w)
		}
		b.running--
		b.startRunner()
		b.mu.Unlock()
	}()
	for n := range batches {
		if w = b.take(w, n == 0); len(w.keys) == 0 {
			return
		}
		b.serve(w)
	}
}

// take closes a batch and returns it, reusing the runner's last one. It is empty if nobody waits.
func (b *Batcher[K, V]) take(w *work[K, V], first bool) *work[K, V] {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first {
		b.starting = false
	}
	if n := len(b.idle); w == nil && n > 0 {
		w, b.idle = b.idle[n-1], b.idle[:n-1]
	}
	if w == nil {
		w = newWork[K, V](b.opts.MaxKeys)
	}
	for c := b.queue.head; c != nil && w.add(c, b.opts.MaxKeys); c = b.queue.head {
		b.queue.remove(c)
		c.taken = true
	}
	if b.queue.length == 0 {
		b.calm()
	}
	b.startRunner()
	return w
}

// serve queries for a batch and releases all of its askers, whatever Fetch does.
func (b *Batcher[K, V]) serve(w *work[K, V]) {
	returned := false
	defer func() {
		if returned {
			return
		}
		value := recover()
		if value == nil {
			value = errGoexit
		}
		w.fail(&PanicError{Value: value, Stack: debug.Stack()})
		// What failed in the middle may still hold the keys: the next batch gets new ones.
		*w = *newWork[K, V](b.opts.MaxKeys)
	}()
	found, err := b.opts.Fetch(context.Background(), w.keys)
	if err != nil {
		w.fail(err)
	} else {
		w.deliver(found, b.opts.Copy)
	}
	w.reset()
	returned = true
}
