package storage

import "sync"

// turns lets batches of one import run at the same time and have the outcome of
// one after the other: a batch waits for those before it that are about the same
// keys, and ids are given in the order of the file.
type turns struct {
	mu      sync.Mutex
	changed *sync.Cond
	entered int // batches that said what they are about
	numbers int // batches that have their ids, or need none
	keys    map[int]map[string]bool
	left    map[int]bool
}

func newTurns() *turns {
	t := &turns{keys: map[int]map[string]bool{}, left: map[int]bool{}}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// enter waits until nothing that batch n is about is under way before it.
func (t *turns) enter(n int, lines []ImportOutcome) {
	keys := make(map[string]bool, len(lines))
	for _, l := range lines {
		if l.Key != "" {
			keys[l.Key] = true
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.entered < n || t.meets(n, keys) {
		t.changed.Wait()
	}
	if t.entered == n {
		t.entered++
	}
	t.keys[n] = keys
	t.changed.Broadcast()
}

func (t *turns) meets(n int, keys map[string]bool) bool {
	for other, theirs := range t.keys {
		if other >= n {
			continue
		}
		for k := range theirs {
			if keys[k] {
				return true
			}
		}
	}
	return false
}

// number runs give, which takes ids, after all batches before n did.
func (t *turns) number(n int, give func() error) error {
	t.mu.Lock()
	for t.numbers < n {
		t.changed.Wait()
	}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.numbers = max(t.numbers, n+1)
		t.changed.Broadcast()
	}()
	return give()
}

// leave ends batch n, whatever became of it.
func (t *turns) leave(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, n)
	t.left[n] = true
	for t.left[t.entered] {
		t.entered++
	}
	for t.left[t.numbers] {
		t.numbers++
	}
	t.changed.Broadcast()
}
