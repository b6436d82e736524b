package devdb_test

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"

	"regulars/internal/devdb"
)

// A machine without a user postgres has one as soon as PostgreSQL is installed:
// data that was made before goes on under the user that made it. Who is not root
// can only be one user.
func TestDataGoesOnUnderItsOwner(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := start(t, devdb.Options{Dir: dir, Throwaway: true}).Stop(); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		giveTo(t, dir, "nobody")
	}
	c := start(t, devdb.Options{Dir: dir, Throwaway: true})
	if got := value(t, open(t, c, devdb.Superuser, "postgres"), `SELECT 'on'`); got != "on" {
		t.Error(got)
	}
}

func giveTo(t *testing.T, dir, name string) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	for _, pattern := range []string{"data-*", "sock"} {
		made, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, top := range made {
			err := filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				return os.Lchown(path, uid, gid)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
