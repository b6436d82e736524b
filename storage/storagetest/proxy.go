package storagetest

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"testing"

	"regulars/internal/devdb"
	"regulars/storage"
)

// Proxy stands between a store and its database and breaks connections on
// purpose.
type Proxy struct {
	database string
	upstream string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	pairs  map[*pair]struct{}
	marker []byte
	left   int // replies still to cut
	cut    int // replies cut
	down   bool
	hole   chan struct{} // not nil while everything is swallowed; closed when that ends
	closed bool
}

// NewProxy listens on a free port of 127.0.0.1 and forwards to d. It ends with
// t.
func NewProxy(t testing.TB, d *DB) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{database: d.Name, upstream: d.Socket, listener: l, pairs: map[*pair]struct{}{}}
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// URL connects through the proxy with the role that the server has.
func (p *Proxy) URL() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable",
		p.listener.Addr().(*net.TCPAddr).Port, devdb.AppRole, p.database)
}

// Store opens a store that goes through the proxy. It is closed when t ends.
func (p *Proxy) Store(t testing.TB) *storage.Store {
	t.Helper()
	return openStore(t, p.URL())
}

// CutReplies loses the next n replies to statements of one kind: each was
// carried out, and the client sees its connection close instead of the reply.
// What is compared is the server's own word for what it did, the first word of
// its CommandComplete tag: "INSERT", "UPDATE", "DELETE", "SELECT", "BEGIN",
// "COMMIT" ... (a statement that opens with WITH has the tag of its main part).
// The text that the client sent would not do, because a prepared statement's
// text goes over the wire once, when it is prepared.
//
// The cut happens when the server is ready for the next statement, so a
// statement outside a transaction has committed by then. Inside one, losing any
// reply but COMMIT's makes the server roll back. It replaces what an earlier
// call asked for.
func (p *Proxy) CutReplies(marker string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marker, p.left = []byte(marker), n
}

// Cuts is how many replies were cut so far.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

// BlackHole swallows every message in both directions, on new connections too,
// without closing anything: what a network that died looks like. A message that
// was swallowed stays lost after it is turned off, so a client that waits for a
// reply still does.
func (p *Proxy) BlackHole(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case on && p.hole == nil:
		p.hole = make(chan struct{})
	case !on && p.hole != nil:
		close(p.hole)
		p.hole = nil
	}
}

// Down closes all connections and, while it is on, every new one: what a server
// that is being restarted looks like.
func (p *Proxy) Down(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = on
	if on {
		p.closePairs()
	}
}

// take reports whether the reply with this tag has to be lost, and counts it.
func (p *Proxy) take(tag []byte) bool {
	word, _, _ := bytes.Cut(bytes.TrimRight(tag, "\x00"), []byte(" "))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 || !bytes.Equal(word, p.marker) {
		return false
	}
	p.left--
	p.cut++
	return true
}

// swallows is not nil while messages have to be dropped.
func (p *Proxy) swallows() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hole
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

// serve connects client with the database until either side ends.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("unix", p.upstream)
	if err != nil {
		client.Close()
		return
	}
	c := &pair{proxy: p, client: client, server: server}
	p.mu.Lock()
	refused := p.down || p.closed
	if refused {
		c.close()
	} else {
		p.pairs[c] = struct{}{}
	}
	p.mu.Unlock()
	if refused {
		return
	}
	c.run()
	p.mu.Lock()
	delete(p.pairs, c)
	p.mu.Unlock()
}

func (p *Proxy) closePairs() {
	for c := range p.pairs {
		c.close()
	}
}

func (p *Proxy) close() {
	p.BlackHole(false)
	p.mu.Lock()
	p.closed = true
	p.closePairs()
	p.mu.Unlock()
	p.listener.Close()
	p.running.Wait()
}
