package mail

import (
	"context"
	"slices"
	"sync"
	"time"
)

// boxSize is how many messages a Box keeps.
const boxSize = 200

// Box is the mailbox for development: it keeps the last messages in memory,
// where Pages shows them. They hold live links, so it has no place in
// production.
type Box struct {
	mu   sync.Mutex
	kept []Kept // oldest first
	next int
}

// Kept is a message in a Box.
type Kept struct {
	Number int // from 1, in the order of arrival
	At     time.Time
	Message
}

// NewBox makes an empty one.
func NewBox() *Box { return &Box{next: 1} }

// Begin keeps the message at its last step.
func (b *Box) Begin(_ context.Context, m Message) (last func() error, err error) {
	return func() error { b.keep(m); return nil }, nil
}

func (b *Box) keep(m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, Kept{b.next, time.Now().UTC(), m})
	b.next++
	if len(b.kept) > boxSize {
		b.kept = slices.Delete(b.kept, 0, len(b.kept)-boxSize)
	}
}

// Messages are those kept, newest first.
func (b *Box) Messages() []Kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.kept)
	slices.Reverse(out)
	return out
}

// message finds one by its number.
func (b *Box) message(number int) (Kept, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := slices.BinarySearchFunc(b.kept, number, func(k Kept, n int) int { return k.Number - n })
	if !ok {
		return Kept{}, false
	}
	return b.kept[i], true
}
