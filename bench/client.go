package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httputil"
	"strconv"
	"time"
)

// exchange is one kind of request and what has to be answered. The client shares
// the processors with what it measures, so requests are put together from parts
// that were prepared, and answers are searched, not parsed.
type exchange interface {
	// pick chooses the next request by number.
	pick(*rand.Rand) uint64
	// request appends request n to b.
	request(b []byte, n uint64) []byte
	// check says what is wrong with the body of the answer to request n.
	check(n uint64, body []byte) error
}

// client is one keep-alive connection, for one goroutine.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	rand *rand.Rand
	out  []byte
	body []byte
}

// answerTimeout is longer than any answer takes, the error that says why
// included.
const answerTimeout = 20 * time.Second

func dial(address string, seed uint64) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 16<<10), rand: rand.New(rand.NewPCG(1, seed))}, nil
}

// do sends one request and insists on the right answer.
func (c *client) do(x exchange) error {
	n := x.pick(c.rand)
	c.out = x.request(c.out[:0], n)
	if _, err := c.conn.Write(c.out); err != nil {
		return err
	}
	status, err := c.read()
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if status != 200 {
		return fmt.Errorf("status %d: %s", status, c.body)
	}
	if err := x.check(n, c.body); err != nil {
		return fmt.Errorf("%w in: %s", err, c.body)
	}
	return nil
}

// read takes one answer off the connection, its body into c.body.
func (c *client) read() (status int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("%q is no HTTP", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := -1, false
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return 0, err
			}
		}
		chunked = chunked || bytes.Equal(line, []byte("Transfer-Encoding: chunked"))
	}
	return status, c.readBody(length, chunked)
}

func (c *client) readBody(length int, chunked bool) error {
	if chunked {
		buf := bytes.NewBuffer(c.body[:0])
		_, err := buf.ReadFrom(httputil.NewChunkedReader(c.in))
		c.body = buf.Bytes()
		if err != nil {
			return err
		}
		_, err = c.in.Discard(2) // the empty line after the last chunk
		return err
	}
	if length < 0 {
		return fmt.Errorf("an answer without a length")
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err := io.ReadFull(c.in, c.body)
	return err
}
