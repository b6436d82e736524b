package devdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// account is the user that the server runs as. PostgreSQL refuses to run as
// root.
type account struct {
	name     string
	uid, gid uint32
	drop     bool // we are root and have to become this user
}

// serverAccount is who we are, or for root one of the two users that it may
// become: the one that the data in dir belongs to, if there is any. Which users
// there are may have changed since it was made: installing PostgreSQL brings
// one along.
func serverAccount(dir string) (*account, error) {
	if uid := os.Geteuid(); uid != 0 {
		u, err := user.LookupId(strconv.Itoa(uid))
		if err != nil {
			return nil, fmt.Errorf("initdb needs a user name, and user %d has none in /etc/passwd: set DATABASE_URL to use another PostgreSQL", uid)
		}
		return &account{name: u.Username, uid: uint32(uid), gid: uint32(os.Getegid())}, nil
	}
	names := []string{"postgres", "nobody"}
	if owner := dataOwner(dir); owner == "nobody" {
		slices.Reverse(names)
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.ParseUint(u.Uid, 10, 32)
		gid, errG := strconv.ParseUint(u.Gid, 10, 32)
		if errU == nil && errG == nil && uid != 0 {
			return &account{name: name, uid: uint32(uid), gid: uint32(gid), drop: true}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// dataOwner names the user that owns the data in dir; "" when there is none.
func dataOwner(dir string) string {
	made, _ := filepath.Glob(filepath.Join(dir, "data-*"))
	for _, data := range made {
		st, err := os.Lstat(data)
		if err != nil {
			continue
		}
		if u, err := user.LookupId(strconv.FormatUint(uint64(st.Sys().(*syscall.Stat_t).Uid), 10)); err == nil {
			return u.Username
		}
	}
	return ""
}

func (a *account) credential() *syscall.Credential {
	if !a.drop {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own makes a folder that only the server's user can enter. The path may lie in
// a folder that everybody can write to, so one that is there already is trusted
// only when it is a real folder of ours.
func (a *account) own(path string) error {
	err := os.Mkdir(path, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	st, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if uid := st.Sys().(*syscall.Stat_t).Uid; !st.IsDir() || uid != a.uid && uid != uint32(os.Geteuid()) {
		return fmt.Errorf("%s is not a folder of user %s", path, a.name)
	}
	if a.drop {
		if err := os.Lchown(path, int(a.uid), int(a.gid)); err != nil {
			return err
		}
	}
	return os.Chmod(path, 0o700)
}

// canReach checks that the server's user may pass through every parent. Root's
// home is closed on most systems, and what the server itself would say of it is
// hard to read.
func (a *account) canReach(path string) error {
	if !a.drop {
		return nil
	}
	for p := path; ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil {
			return err
		}
		pass := fs.FileMode(0o001)
		switch sys := st.Sys().(*syscall.Stat_t); {
		case sys.Uid == a.uid:
			pass = 0o100
		case sys.Gid == a.gid:
			pass = 0o010
		}
		if st.Mode().Perm()&pass == 0 {
			return fmt.Errorf("%s is closed to user %s, which the database runs as", p, a.name)
		}
		if p == filepath.Dir(p) {
			return nil
		}
	}
}

// makeOpen makes a folder that the server's user can pass through whatever the
// umask is. One that exists stays as it is.
func makeOpen(dir string) error {
	if exists(dir) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}
