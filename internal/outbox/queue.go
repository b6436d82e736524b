package outbox

import (
	"context"
	"sync"
)

// queue is a line of stores. Each stands in it once at most, and is served so
// often at a time and no more: a store that has much to do, or whose deliveries
// take long, stands behind the others again after each one.
type queue struct {
	perStore, perTarget int

	mu      sync.Mutex
	news    *sync.Cond
	waiting []int64
	stands  map[int64]bool
	busy    map[int64]int           // servings of a store at present
	targets map[int64]map[int64]int // and those of its targets
}

func newQueue(perStore, perTarget int) *queue {
	q := &queue{perStore: perStore, perTarget: perTarget, stands: map[int64]bool{}, busy: map[int64]int{}, targets: map[int64]map[int64]int{}}
	q.news = sync.NewCond(&q.mu)
	return q
}

// push has a store served. While it is being served it is served once more: what
// made somebody push may have come too late for the serving at hand.
func (q *queue) push(stores ...int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range stores {
		q.add(s)
	}
}

func (q *queue) add(store int64) {
	if !q.stands[store] {
		q.stands[store] = true
		q.waiting = append(q.waiting, store)
		q.news.Broadcast()
	}
}

// take waits for the first store that may be served; ok is false once ctx ends.
// release ends the serving.
func (q *queue) take(ctx context.Context) (store int64, ok bool) {
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.news.Broadcast()
	})
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for ctx.Err() == nil {
		for i, s := range q.waiting {
			if q.busy[s] < q.perStore {
				q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
				delete(q.stands, s)
				q.busy[s]++
				return s, true
			}
		}
		q.news.Wait()
	}
	return 0, false
}

func (q *queue) release(store int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy[store]--; q.busy[store] == 0 {
		delete(q.busy, store)
	}
	q.news.Broadcast()
}

// full lists the targets of a store that have as many deliveries as they may.
func (q *queue) full(store int64) (out []int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for target, n := range q.targets[store] {
		if n >= q.perTarget {
			out = append(out, target)
		}
	}
	return out
}

// enter counts a delivery to a target; false when there are too many. leave ends
// it, and has the store served again: jobs may have waited for that.
func (q *queue) enter(store, target int64) bool {
	if q.perTarget == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.targets[store][target] >= q.perTarget {
		return false
	}
	if q.targets[store] == nil {
		q.targets[store] = map[int64]int{}
	}
	q.targets[store][target]++
	return true
}

func (q *queue) leave(store, target int64) {
	if q.perTarget == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.targets[store]
	if n[target]--; n[target] == 0 {
		delete(n, target)
	}
	if len(n) == 0 {
		delete(q.targets, store)
	}
	q.add(store)
}
