package batch

// call is one asker. Whoever holds it last recycles it, so fields are read before done is signalled.
type call[K comparable, V any] struct {
	key        K
	prev, next *call[K, V] // neighbours in the queue
	same       *call[K, V] // once taken: the next asker of the same key
	taken      bool        // guarded by the batcher's lock

	value V
	ok    bool
	err   error
	done  chan struct{}
}

func (c *call[K, V]) release(value V, ok bool, err error) {
	c.value, c.ok, c.err = value, ok, err
	c.done <- struct{}{}
}

// queue is a list, so that an asker who leaves costs nothing however long the queue is.
type queue[K comparable, V any] struct {
	head, tail *call[K, V]
	length     int
}

func (q *queue[K, V]) push(c *call[K, V]) {
	c.prev = q.tail
	if q.tail == nil {
		q.head = c
	} else {
		q.tail.next = c
	}
	q.tail = c
	q.length++
}

func (q *queue[K, V]) remove(c *call[K, V]) {
	if c.prev == nil {
		q.head = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		q.tail = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	q.length--
}

// work is one batch: distinct keys, the first asker of each at the same index, and the others linked behind it.
type work[K comparable, V any] struct {
	keys   []K
	askers []*call[K, V]
	index  map[K]int
}

func newWork[K comparable, V any](maxKeys int) *work[K, V] {
	// Most batches are small; the slices grow once and are then reused.
	n := min(maxKeys, 8)
	return &work[K, V]{keys: make([]K, 0, n), askers: make([]*call[K, V], 0, n), index: make(map[K]int, n)}
}

// add reports false when c would be one key too many.
func (w *work[K, V]) add(c *call[K, V], maxKeys int) bool {
	if i, ok := w.index[c.key]; ok {
		c.same, w.askers[i].same = w.askers[i].same, c
		return true
	}
	if len(w.keys) == maxKeys {
		return false
	}
	w.index[c.key] = len(w.keys)
	w.keys = append(w.keys, c.key)
	w.askers = append(w.askers, c)
	return true
}

// deliver gives the first asker of a key the value itself, last: afterwards that asker may change it.
func (w *work[K, V]) deliver(found map[K]V, clone func(V) V) {
	for i, first := range w.askers {
		value, ok := found[first.key]
		for first.same != nil {
			own := value
			if ok && clone != nil {
				own = clone(value)
			}
			c := first.same
			first.same = c.same
			c.release(own, ok, nil)
		}
		w.askers[i] = nil
		first.release(value, ok, nil)
	}
}

// fail releases every asker that deliver has not.
func (w *work[K, V]) fail(err error) {
	var none V
	for i, first := range w.askers {
		for first != nil {
			next := first.same
			first.release(none, false, err)
			first = next
		}
		w.askers[i] = nil
	}
}

// reset keeps the space and drops what it pointed to.
func (w *work[K, V]) reset() {
	clear(w.keys)
	clear(w.askers)
	clear(w.index)
	w.keys, w.askers = w.keys[:0], w.askers[:0]
}
