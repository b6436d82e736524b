package devdb_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"regulars/internal/devdb"
)

// folder is like t.TempDir, but one that the server's user can pass through when
// the test runs as root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devdb-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func limit(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, o devdb.Options) *devdb.Cluster {
	t.Helper()
	began := time.Now()
	c, err := devdb.Start(limit(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %s", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() { _ = c.Stop() })
	return c
}

func open(t *testing.T, c *devdb.Cluster, role, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", c.DSN(role, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func mustExec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(limit(t), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func value(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var v string
	if err := db.QueryRowContext(limit(t), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func serverLog(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestHelperProcess is no test: it is what the tests below run as a second
// process.
func TestHelperProcess(t *testing.T) {
	dir := os.Getenv("DEVDB_HELPER_DIR")
	if dir == "" {
		t.Skip("only for other tests")
	}
	c, err := devdb.Start(limit(t), devdb.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := open(t, c, devdb.Superuser, "postgres").Ping(); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("ready owned=%v\n", c.Owned)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
}

type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	owned bool
}

// startHelper returns when the second process has its cluster.
func startHelper(t *testing.T, dir string) *helper {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
	cmd.Env = append(os.Environ(), "DEVDB_HELPER_DIR="+dir)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if owned, ok := strings.CutPrefix(lines.Text(), "ready owned="); ok {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return &helper{cmd, stdin, owned == "true"}
		}
		t.Log("helper: ", lines.Text())
	}
	t.Fatal("the second process did not get its cluster")
	return nil
}

func TestStartStopStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "made by start")
	c := start(t, devdb.Options{Dir: dir})
	if !c.Owned {
		t.Error("the only process does not own the cluster")
	}
	db := open(t, c, devdb.Superuser, "postgres")
	mustExec(t, db, `CREATE TABLE kept (n int)`, `INSERT INTO kept VALUES (7)`)
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if err := c.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	again := start(t, devdb.Options{Dir: dir})
	if got := value(t, open(t, again, devdb.Superuser, "postgres"), `SELECT n FROM kept`); got != "7" {
		t.Errorf("read %s after a restart, want 7", got)
	}
}

func TestNothingIsMadeWhereSomethingShouldBe(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "data")
	if _, err := devdb.Start(limit(t), devdb.Options{Dir: dir, Existing: true}); !errors.Is(err, devdb.ErrNone) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
	// One that was killed before it had made its data.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := devdb.Start(limit(t), devdb.Options{Dir: dir, Existing: true}); !errors.Is(err, devdb.ErrNone) {
		t.Errorf("got %v", err)
	}
	c := start(t, devdb.Options{Dir: dir, Throwaway: true}) // the lock was let go
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if c = start(t, devdb.Options{Dir: dir, Throwaway: true, Existing: true}); !c.Owned {
		t.Error("what is there was not started")
	}
}

func TestServerExitClosesDone(t *testing.T) {
	t.Parallel()
	c := start(t, devdb.Options{Dir: folder(t), Throwaway: true})
	b, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(c.SocketFile())), fmt.Sprintf("data-%d", major(t)), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(b), "\n")
	if out, err := exec.Command("kill", "-INT", pid).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	select {
	case <-c.Done():
	case <-limit(t).Done():
		t.Fatal("Done stays open")
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
}

func major(t *testing.T) int {
	t.Helper()
	s, err := devdb.Find(limit(t), devdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Major
}

func TestDurableAndPrivate(t *testing.T) {
	t.Parallel()
	c := start(t, devdb.Options{Dir: folder(t)})
	db := open(t, c, devdb.Superuser, "postgres")
	for name, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on", "autovacuum": "on",
		"listen_addresses": "", "unix_socket_permissions": "0700", "server_encoding": "UTF8", "timezone": "UTC",
		"unix_socket_directories": filepath.Dir(c.SocketFile()),
	} {
		if got := value(t, db, `SHOW `+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	st, err := os.Stat(filepath.Dir(c.SocketFile()))
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder has mode %o", st.Mode().Perm())
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c := start(t, devdb.Options{Dir: dir, Throwaway: true})
	db := open(t, c, devdb.Superuser, "postgres")

	other := startHelper(t, dir)
	if other.owned {
		t.Error("two processes own one cluster")
	}
	other.stdin.Close()
	if err := other.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		t.Errorf("the server went with a process that had only attached: %v", err)
	}

	same := start(t, devdb.Options{Dir: dir})
	if same.Owned {
		t.Error("a second Start in one process owns the cluster as well")
	}
	if err := same.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		t.Errorf("Stop of an attached cluster stopped the server: %v", err)
	}
}

func TestKilledOwnerLeavesCleanCluster(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	owner := startHelper(t, dir)
	if !owner.owned {
		t.Fatal("the helper does not own its cluster")
	}
	if err := owner.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.cmd.Wait()
	c := start(t, devdb.Options{Dir: dir})
	if !c.Owned {
		t.Error("attached to the server of a dead process")
	}
	log := serverLog(t, dir)
	if strings.Contains(log, "not properly shut down") || strings.Contains(log, "interrupted") {
		t.Errorf("the server had to recover:\n%s", log)
	}
	if strings.Count(log, "database system was shut down at") < 2 {
		t.Errorf("no clean shutdown in the log:\n%s", log)
	}
}
