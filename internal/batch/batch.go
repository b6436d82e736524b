// Package batch gathers loads that are asked for at the same time into one query, within a request and across requests.
// It waits for no timer and keeps no answer: a batch is what came together while the queries before it ran.
package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
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
	// InFlight is how many queries may run at once (2). More of them make smaller batches.
	InFlight int
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
	b := &Batcher[K, V]{opts: opts}
	b.calls.New = func() any { return &call[K, V]{done: make(chan struct{}, 1)} }
	return b
}

// Load answers with what a query that started after this call read for key; false means that it has no such key.
// When ctx ends first, Load returns its error at once and the other askers of the batch are not affected.
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
	b.startRunner()
	b.mu.Unlock()

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
	if b.queue.length > 0 && !b.starting && b.running < b.opts.InFlight {
		b.starting = true
		b.running++
		go b.run()
	}
}

// run takes batch after batch until nobody waits.
func (b *Batcher[K, V]) run() {
	// Siblings of the first asker are often runnable already; let them ask before the batch closes.
	runtime.Gosched()
	var w *work[K, V]
	ended := false
	defer func() {
		if !ended { // Fetch ended this goroutine: the askers that wait behind it need another one.
			b.mu.Lock()
			b.running--
			b.startRunner()
			b.mu.Unlock()
		}
	}()
	first := true
	for {
		if w = b.take(w, first); w == nil {
			ended = true
			return
		}
		first = false
		b.serve(w)
	}
}

// take closes a batch and returns it, reusing the runner's last one; nil, and the runner is counted out, if nobody waits.
func (b *Batcher[K, V]) take(w *work[K, V], first bool) *work[K, V] {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first {
		b.starting = false
	}
	if b.queue.length == 0 {
		b.running--
		if w != nil {
			b.idle = append(b.idle, w)
		}
		return nil
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
