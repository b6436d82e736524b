// Package devdb runs a private PostgreSQL cluster as a child of this process,
// for development and for tests. It uses server binaries that are on the machine
// or fetches some, and never touches a system cluster.
package devdb

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What Prepare makes.
const (
	Database  = "regulars"       // owned by OwnerRole
	OwnerRole = "regulars_owner" // migrates: may change the schema, is no superuser
	AppRole   = "regulars"       // serves: owns nothing and changes no schema
)

// Superuser is the role that initdb makes; only Prepare and test set-up need it.
const Superuser = "postgres"

// lockName is held by the process that runs the server; making it is the first
// thing that is done to a folder.
const lockName = ".lock"

// port names the socket file and nothing else: the server has no TCP listener.
const port = "5432"

// Options describes one cluster. Only Dir is required.
type Options struct {
	Dir      string // holds data-<major>, sock and postgres.log; made when absent
	Bin      string // folder of the server binaries; looked for when empty
	CacheDir string // where npm puts binaries; /var/cache/regulars or the user's cache folder when empty

	// Existing starts what is there, and makes nothing: ErrNone where Dir holds no
	// cluster.
	Existing bool
	// Throwaway trades every guarantee of durability for speed. For tests.
	Throwaway bool
	// Install allows fetching binaries with npm or apt when there are none.
	// NO_INSTALL=1 in the environment overrules it.
	Install bool
	// Say tells the user what is going on, before it happens. It may be nil.
	Say func(format string, args ...any)
}

func (o Options) say(format string, args ...any) {
	if o.Say != nil {
		o.Say(format, args...)
	}
}

// ErrNone says that a cluster which should have been there is not.
var ErrNone = errors.New("there is no PostgreSQL data")

// Cluster is a running server.
type Cluster struct {
	// Owned says that this process runs the server. Otherwise another process
	// does, and the server ends with that one.
	Owned bool

	dir, bin, data, socket string

	who  *account
	lock *os.File
	cmd  *exec.Cmd
	done chan struct{}
	stop sync.Once
}

// Start starts the cluster in o.Dir, making it first when it is not there, and
// returns when it answers. When another process already runs it, Start attaches
// to that server. ctx bounds starting (installing included), not the life of the
// server. If this process dies, even by kill -9, the server shuts down cleanly
// (on Linux).
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	c := &Cluster{done: make(chan struct{})}
	if c.dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if o.Existing && absent(filepath.Join(c.dir, lockName)) {
		return nil, fmt.Errorf("%w in %s", ErrNone, c.dir)
	}
	if c.who, err = serverAccount(c.dir); err != nil {
		return nil, err
	}
	if err := makeOpen(c.dir); err != nil {
		return nil, err
	}
	if err := c.who.canReach(c.dir); err != nil {
		return nil, fmt.Errorf("the data folder cannot be %s: %w; choose another, for example /var/lib/regulars", c.dir, err)
	}
	c.socket = socketFolder(c.dir)
	if c.lock, err = os.OpenFile(filepath.Join(c.dir, lockName), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("the data folder belongs to another user: %w", err)
	}
	defer func() {
		if err != nil {
			c.lock.Close()
		}
	}()
	if c.Owned, err = c.acquire(ctx); err != nil || !c.Owned {
		return c, err
	}
	return c, c.run(ctx, o)
}

// acquire takes the lock that goes with owning the server, or returns false once
// another owner's server answers. If that owner goes away before its server
// answers, the lock becomes ours after all.
func (c *Cluster) acquire(ctx context.Context) (owned bool, err error) {
	for {
		if lockNow(c.lock) {
			return true, nil
		}
		if c.ping(ctx) == nil {
			return false, nil
		}
		if !pause(ctx) {
			return false, fmt.Errorf("%s is in use by another process whose server does not answer: %w", c.dir, ctx.Err())
		}
	}
}

// run finds binaries that fit the data, makes the data when there is none, and
// launches.
func (c *Cluster) run(ctx context.Context, o Options) error {
	major := dataMajor(c.dir)
	if o.Existing && major == 0 {
		return fmt.Errorf("%w in %s", ErrNone, c.dir)
	}
	server, err := find(ctx, o, major)
	if err != nil {
		return err
	}
	if err := c.who.canReach(server.Bin); err != nil {
		return fmt.Errorf("the server in %s cannot be used: %w", server.Bin, err)
	}
	c.bin, c.data = server.Bin, filepath.Join(c.dir, fmt.Sprintf("data-%d", server.Major))
	if err := c.who.own(c.socket); err != nil {
		return err
	}
	if !exists(filepath.Join(c.data, "PG_VERSION")) {
		o.say("Making a PostgreSQL %d database in %s.", server.Major, c.data)
		if err := c.initdb(ctx, o.Throwaway); err != nil {
			return err
		}
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	return c.launch(ctx, o.Throwaway)
}

// DSN is a lib/pq connection string.
func (c *Cluster) DSN(role, database string) string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable", quote(c.socket), port, quote(role), quote(database))
}

// SocketFile is the unix socket that the server listens on.
func (c *Cluster) SocketFile() string { return filepath.Join(c.socket, ".s.PGSQL."+port) }

// Done is closed when the server that this process owns has exited, on request
// or not. For an attached cluster it never is.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Stop asks for a fast, clean shutdown and waits for it. A cluster that another
// process owns is left running.
func (c *Cluster) Stop() (err error) {
	c.stop.Do(func() {
		// The lock goes last: whoever gets it may start a server on the same
		// data.
		defer c.lock.Close()
		if !c.Owned || c.cmd == nil {
			return
		}
		_ = c.cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-c.done:
		case <-time.After(20 * time.Second):
			_ = c.cmd.Process.Signal(syscall.SIGQUIT)
			<-c.done
			err = errors.New("postgres needed an immediate shutdown")
		}
	})
	return err
}

// socketFolder is inside dir unless that makes a path that does not fit a socket
// address (108 bytes on Linux, 104 on macOS).
func socketFolder(dir string) string {
	inside := filepath.Join(dir, "sock")
	if len(inside)+len("/.s.PGSQL."+port) <= 100 {
		return inside
	}
	h := fnv.New64a()
	h.Write([]byte(dir))
	return filepath.Join(os.TempDir(), fmt.Sprintf("regulars-%x", h.Sum64()))
}

// quote makes a value of a connection string.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func lockNow(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// pause waits one polling interval; false means that ctx is over.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// absent is not the opposite of exists: of what cannot be looked at nobody knows.
func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
