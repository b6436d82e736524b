package storage

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// Timeouts towards Postgres. A reply is given up on later than Postgres itself
// gives up on the statement (the role's statement_timeout, 5 s), so that only a
// connection that died in silence ever meets replyTimeout: lib/pq does not heed
// a context's deadline there.
const (
	connectTimeout = 3 * time.Second
	replyTimeout   = 7 * time.Second
)

// newConnector gives connections with reply deadlines whose statements stay
// prepared. executed counts statements.
func newConnector(dsn string, executed *atomic.Int64) (driver.Connector, error) {
	dsn, err := withSSLMode(dsn)
	if err != nil {
		return nil, err
	}
	c, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL cannot be read: %w", hidden{err})
	}
	c.Dialer(dialer{})
	return preparing{c, executed}, nil
}

// withSSLMode writes down lib/pq's present default, so that a later version of
// it cannot make the connection less safe.
func withSSLMode(dsn string) (string, error) {
	if strings.Contains(dsn, "sslmode=") {
		return dsn, nil
	}
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return dsn + " sslmode=require", nil
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", fmt.Errorf("DATABASE_URL is not a URL")
	}
	q := u.Query()
	q.Set("sslmode", "require")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// hidden is an error whose text may hold the password of a connection string.
type hidden struct{ error }

func (hidden) Error() string {
	return "check its form: postgres://user:password@host:5432/database?sslmode=verify-full"
}

type dialer struct{}

// Dial is for drivers without a context; lib/pq uses DialContext.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout is for drivers without a context; lib/pq uses DialContext.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext connects with connectTimeout at most.
func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return deadlineConn{c}, nil
}

// deadlineConn bounds each wait for Postgres.
type deadlineConn struct{ net.Conn }

// Read gives up after replyTimeout.
func (c deadlineConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(replyTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write gives up after replyTimeout.
func (c deadlineConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(replyTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
