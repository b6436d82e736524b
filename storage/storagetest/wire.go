package storagetest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

// Kinds of messages from the server that the proxy looks at.
const (
	bindComplete    = '2'
	rowDescription  = 'T'
	dataRow         = 'D'
	commandComplete = 'C'
	readyForQuery   = 'Z'
)

// maxHeld is how much of one reply is held back; of a longer one the beginning
// has passed when its end is cut.
const maxHeld = 1 << 20

// pair is one client's connection and the one to the server that belongs to it.
type pair struct {
	proxy          *Proxy
	client, server net.Conn
}

func (c *pair) close() {
	c.client.Close()
	c.server.Close()
}

// run returns when both directions have ended. The first to end ends the other
// one, except in a black hole, where neither side learns that the other is gone.
func (c *pair) run() {
	var both sync.WaitGroup
	for _, direction := range []func() error{c.requests, c.replies} {
		both.Go(func() {
			_ = direction()
			if hole := c.proxy.swallows(); hole != nil {
				<-hole
			}
			c.close()
		})
	}
	both.Wait()
}

// requests passes on what the client says. Its first message, which opens or
// cancels, has no kind.
func (c *pair) requests() error {
	in := bufio.NewReader(c.client)
	for first := true; ; first = false {
		m, err := readMessage(in, !first)
		if err != nil {
			return err
		}
		if c.proxy.swallows() != nil {
			continue
		}
		if _, err := c.server.Write(m); err != nil {
			return err
		}
	}
}

// replies passes on what the server says, holding back the parts of a
// statement's reply until it is known whether that reply is to be lost.
func (c *pair) replies() error {
	in := bufio.NewReader(c.server)
	var held []byte
	losing := false
	for {
		m, err := readMessage(in, true)
		if err != nil {
			return err
		}
		kind := m[0]
		if kind == commandComplete && !losing {
			losing = c.proxy.take(m[5:])
		}
		switch {
		case losing && kind == readyForQuery:
			return nil
		case losing:
			continue
		case c.proxy.swallows() != nil:
			held = nil
			continue
		}
		held = append(held, m...)
		if (kind == bindComplete || kind == rowDescription || kind == dataRow) && len(held) < maxHeld {
			continue
		}
		if _, err := c.client.Write(held); err != nil {
			return err
		}
		held = held[:0]
	}
}

// readMessage reads one whole message: its kind, if it has one, a length that
// counts itself, and the rest.
func readMessage(in *bufio.Reader, hasKind bool) ([]byte, error) {
	head := 4
	if hasKind {
		head = 5
	}
	m := make([]byte, head, 256)
	if _, err := io.ReadFull(in, m); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(m[head-4:])
	if n < 4 || n > 1<<30 {
		return nil, fmt.Errorf("a message of %d bytes is not PostgreSQL's protocol", n)
	}
	m = append(m, make([]byte, n-4)...)
	_, err := io.ReadFull(in, m[head:])
	return m, err
}
