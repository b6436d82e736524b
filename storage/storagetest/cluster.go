package storagetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/lib/pq" // registers "postgres"

	"regulars/internal/devdb"
	"regulars/storage"
)

// bootLimit is generous because the first run on a machine may have to fetch a
// server.
const bootLimit = 5 * time.Minute

// keepCache is how long a cached cluster of other migrations (another branch,
// another checkout) is kept.
const keepCache = time.Hour

type cluster struct {
	server *devdb.Cluster
	admin  *sql.DB
}

// startCluster copies a cached cluster that already holds the migrated template,
// making it first when the migrations or the server's version changed, and
// starts the copy. The server ends with this process, whatever ends that.
func startCluster() (*cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	o := devdb.Options{Throwaway: true, Install: true, Say: func(f string, a ...any) { fmt.Fprintf(os.Stderr, f+"\n", a...) }}
	found, err := devdb.Find(ctx, o)
	if err != nil {
		return nil, err
	}
	o.Bin = found.Bin
	base, err := baseFolder()
	if err != nil {
		return nil, err
	}
	cache := filepath.Join(base, "cache-"+cacheKey(found.Version))

	// Without the gate a sweep in another process could take our copy, whose
	// lock is not held yet, for a dead one. So it stays shut until the server
	// runs.
	gate, err := os.OpenFile(filepath.Join(base, "gate"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	defer gate.Close()
	if err := syscall.Flock(int(gate.Fd()), syscall.LOCK_EX); err != nil {
		return nil, err
	}
	sweep(base, cache)
	if err := fill(ctx, o, cache); err != nil {
		return nil, fmt.Errorf("making the template database: %w", err)
	}
	if o.Dir, err = copyCluster(base, cache); err != nil {
		return nil, err
	}
	return run(ctx, o)
}

// run starts the copy. It migrates once more, which applies nothing but renews
// the grants: those are not part of the key.
func run(ctx context.Context, o devdb.Options) (*cluster, error) {
	server, err := devdb.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, server); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	admin, err := sql.Open("postgres", server.DSN(devdb.Superuser, "postgres"))
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return &cluster{server, admin}, unused(ctx, admin, devdb.Database)
}

// unused waits until the sessions in a database are gone, which is shortly after
// they were closed. CREATE and DROP DATABASE wait for that too, but look only
// every 100 ms.
func unused(ctx context.Context, admin *sql.DB, database string) error {
	for {
		var n int
		err := admin.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = $1`, database).Scan(&n)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// baseFolder is in memory when there is room for the clusters of a few test
// binaries.
func baseFolder() (string, error) {
	parent := os.TempDir()
	var st syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &st) == nil && st.Bavail*uint64(st.Bsize) > 1<<30 {
		parent = "/dev/shm"
	}
	base := filepath.Join(parent, fmt.Sprintf("regulars-test-%d", os.Geteuid()))
	if err := os.Mkdir(base, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	// Everybody can write to the parent.
	info, err := os.Lstat(base)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()) {
		return "", fmt.Errorf("%s is not a folder of this user", base)
	}
	return base, os.Chmod(base, 0o755) // whatever the umask is: the server runs as another user when we are root
}

func cacheKey(version string) string {
	h := sha256.New()
	fmt.Fprintln(h, version)
	err := fs.WalkDir(storage.Migrations, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := storage.Migrations.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(b), b)
		return err
	})
	if err != nil {
		panic(err) // embedded files can be read
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// fill makes the cached cluster unless it is there. Its last act is the file
// "ready".
func fill(ctx context.Context, o devdb.Options, cache string) error {
	ready := filepath.Join(cache, "ready")
	if os.Chtimes(ready, time.Time{}, time.Now()) == nil { // sweep goes by the time of the last use
		return nil
	}
	if err := os.RemoveAll(cache); err != nil {
		return err
	}
	o.Dir = cache
	server, err := devdb.Start(ctx, o)
	if err != nil {
		return err
	}
	if err := errors.Join(prepare(ctx, server), server.Stop()); err != nil {
		return err
	}
	return os.WriteFile(ready, nil, 0o600)
}

func prepare(ctx context.Context, server *devdb.Cluster) error {
	if err := server.Prepare(ctx); err != nil {
		return err
	}
	return migrate(ctx, server)
}

func migrate(ctx context.Context, server *devdb.Cluster) error {
	owner, err := sql.Open("postgres", server.DSN(devdb.OwnerRole, devdb.Database))
	if err != nil {
		return err
	}
	defer owner.Close()
	return storage.Migrate(ctx, owner, devdb.AppRole)
}

// copyCluster makes this process's own copy of the cached data. The files belong
// to the server's user, so cp -a does it.
func copyCluster(base, cache string) (string, error) {
	dir, err := os.MkdirTemp(base, "run-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	data, err := filepath.Glob(filepath.Join(cache, "data-*"))
	if err != nil || len(data) != 1 {
		return "", fmt.Errorf("%s holds %d data folders: %w", cache, len(data), err)
	}
	if out, err := exec.Command("cp", "-a", "--", data[0], dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("copying the cached cluster: %w: %s", err, out)
	}
	return dir, nil
}

// sweep removes what test binaries left behind, and caches that nobody used for
// a while. A folder whose lock nobody holds has no owner any more; while the
// gate is ours, nobody is just about to take one.
func sweep(base, keep string) {
	entries, _ := os.ReadDir(base)
	for _, e := range entries {
		path := filepath.Join(base, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "run-") && ownerless(path):
			_ = os.RemoveAll(path)
		case strings.HasPrefix(e.Name(), "cache-") && path != keep:
			st, err := os.Stat(filepath.Join(path, "ready"))
			if err != nil || time.Since(st.ModTime()) > keepCache {
				_ = os.RemoveAll(path)
			}
		}
	}
}

// ownerless also waits for the server: removing its files while it shuts down
// would make it crash, and leak its shared memory.
func ownerless(dir string) bool {
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR, 0)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && !serverRuns(dir)
}

func serverRuns(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "data-*", "postmaster.pid"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		line, _, _ := strings.Cut(string(b), "\n")
		if pid, err := strconv.Atoi(line); err == nil && pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
	}
	return false
}
