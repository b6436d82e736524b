package devdb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/lib/pq" // registers "postgres"
)

// settings hold for every cluster. Durability is PostgreSQL's default and stays
// on.
var settings = []string{
	"listen_addresses=", "unix_socket_permissions=0700", "max_connections=200", "timezone=UTC", "log_timezone=UTC",
}

// throwaway settings give up crash safety. Without autovacuum there is no
// autoanalyze either: a test that looks at plans must ANALYZE.
var throwaway = []string{
	"fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0",
	"autovacuum=off", "jit=off",
}

// dataMajor is the version that made the newest data folder in dir, 0 when there
// is none.
func dataMajor(dir string) int {
	found, _ := filepath.Glob(filepath.Join(dir, "data-*", "PG_VERSION"))
	newest := 0
	for _, f := range found {
		if strings.HasSuffix(filepath.Dir(f), unfinished) {
			continue
		}
		b, _ := os.ReadFile(f)
		n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
		newest = max(newest, n)
	}
	return newest
}

// unfinished marks a data folder that initdb has not completed.
const unfinished = ".init"

// initdb builds in a temporary folder and renames, so that one killed half-way
// leaves nothing that looks like a cluster.
func (c *Cluster) initdb(ctx context.Context, fast bool) error {
	temp := c.data + unfinished
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	if err := c.who.own(temp); err != nil {
		return err
	}
	// The C locale sorts the same with any libc or ICU, so replaced binaries
	// never call for a REINDEX.
	args := []string{"-D", temp, "-U", Superuser, "--auth-local=trust", "--auth-host=reject", "-E", "UTF8", "--locale=C", "--no-instructions"}
	if fast {
		args = append(args, "--no-sync", "--wal-segsize=1")
	} else {
		args = append(args, "--data-checksums")
	}
	// The death signal is tied to the thread that forks.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := c.command(ctx, "initdb", args...)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // initdb has children
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out))
	}
	return os.Rename(temp, c.data)
}

// settle waits for a server that outlived its owner to go. We hold the lock, so
// nobody owns it any more: it is either shutting down, or got no signal when its
// owner died (outside Linux) and is asked to.
func (c *Cluster) settle(ctx context.Context) error {
	asked := false
	for {
		pid := c.leftover()
		if pid == 0 {
			return nil
		}
		// A server that answers on our socket is the one in the pid file, and
		// not another process with its number.
		if !asked && c.ping(ctx) == nil {
			_ = syscall.Kill(pid, syscall.SIGINT)
			asked = true
		}
		if !pause(ctx) {
			return fmt.Errorf("process %d still holds %s: %w", pid, c.data, ctx.Err())
		}
	}
}

// leftover is the process that a pid file in the data folder names, 0 when there
// is none. PostgreSQL removes stale files itself.
func (c *Cluster) leftover() int {
	b, err := os.ReadFile(filepath.Join(c.data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return 0
	}
	// On Linux a number that something else uses by now shows by its folder.
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil && !sameFile(cwd, c.data) {
		return 0
	}
	return pid
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// launch starts the server and waits until it answers; if it does not, the error
// carries what it logged.
func (c *Cluster) launch(ctx context.Context, fast bool) error {
	logs, err := os.OpenFile(filepath.Join(c.dir, "postgres.log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer logs.Close()
	mark, err := logs.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	args := []string{"-D", c.data, "-k", c.socket, "-p", port}
	set := settings
	if fast {
		set = append(set[:len(set):len(set)], throwaway...)
	}
	for _, s := range set {
		args = append(args, "-c", s)
	}
	if err := c.spawn(c.command(context.Background(), "postgres", args...), logs); err != nil {
		return err
	}
	if err := c.wait(ctx); err != nil {
		_ = c.Stop()
		said, _ := io.ReadAll(io.NewSectionReader(logs, mark, 16<<10))
		return fmt.Errorf("%w\npostgres.log:\n%s", err, bytes.TrimSpace(said))
	}
	return nil
}

// spawn starts cmd on a thread that lives as long as it does: the death signal
// fires when the forking thread ends.
func (c *Cluster) spawn(cmd *exec.Cmd, logs *os.File) error {
	cmd.Stdout, cmd.Stderr = logs, logs
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	c.cmd = cmd
	return nil
}

func (c *Cluster) wait(ctx context.Context) error {
	for {
		err := c.ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.done:
			return errors.New("postgres exited while starting")
		default:
		}
		if !pause(ctx) {
			return fmt.Errorf("postgres did not answer in time: %w", err)
		}
	}
}

func (c *Cluster) ping(ctx context.Context) error {
	db, err := sql.Open("postgres", c.DSN(Superuser, "postgres")+" connect_timeout=5")
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Dir = c.socket // a folder that the server's user can be in
	cmd.Env = append(cleanEnv(), "LC_ALL=C", "TZ=UTC")
	cmd.SysProcAttr = sysProcAttr(c.who.credential())
	return cmd
}

// cleanEnv drops what would steer the server: a developer's PGDATA or PGPORT,
// and the locale.
func cleanEnv() []string {
	var kept []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			kept = append(kept, kv)
		}
	}
	return kept
}
