package devdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// system is the root of the file system that apt installs into. Tests replace
// it.
var system = "/"

// fromApt installs Debian's or Ubuntu's package without the cluster that it
// would make and start.
func fromApt(ctx context.Context, o Options, want int) (Server, error) {
	if !exists(filepath.Join(system, "etc/debian_version")) {
		return Server{}, errors.New("this is neither Debian nor Ubuntu")
	}
	if os.Geteuid() != 0 {
		return Server{}, errors.New("only root may install")
	}
	if want != 0 {
		return Server{}, errors.New("installs the version that it likes, not the one that the data needs")
	}
	if !readsOurFolder(filepath.Join(system, "etc/postgresql-common/createcluster.conf")) {
		return Server{}, errors.New("createcluster.conf was changed and would start a system cluster")
	}
	o.say("No PostgreSQL server found. Installing the package postgresql with apt-get; it will neither make nor start a " +
		"system cluster (NO_INSTALL=1 prevents this).")
	err := withoutSystemCluster(system, func() error { return aptInstall(ctx, o) })
	if err != nil {
		return Server{}, err
	}
	for _, s := range installed(ctx) {
		if s.fits(want) {
			return s, nil
		}
	}
	return Server{}, errors.New("the package was installed, but its server was not found")
}

// aptInstall refreshes the package lists only when they do not know the package
// or are too old to fetch it.
func aptInstall(ctx context.Context, o Options) error {
	update := func() error {
		o.say("Refreshing the package lists with apt-get update.")
		return apt(ctx, "update")
	}
	refreshed := false
	if aptCandidate(ctx) == 0 {
		if err := update(); err != nil {
			return err
		}
		refreshed = true
	}
	if v := aptCandidate(ctx); v < oldest {
		return fmt.Errorf("offers version %d, and %d or newer is needed", v, oldest)
	}
	install := func() error {
		return apt(ctx, "install", "-y", "--no-install-recommends", "postgresql")
	}
	err := install()
	if err == nil || refreshed || ctx.Err() != nil {
		return err
	}
	if update() != nil {
		return err
	}
	return install()
}

// aptCandidate is the major version that apt would install, 0 when it knows
// none.
func aptCandidate(ctx context.Context) int {
	cmd := exec.CommandContext(ctx, "apt-cache", "policy", "postgresql")
	cmd.Env = append(cleanEnv(), "LC_ALL=C")
	out, _ := cmd.Output()
	_, after, _ := strings.Cut(string(out), "Candidate: ") // 15+248, 16+257build1, (none)
	return leadingNumber(after)
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q", "-o", "DPkg::Lock::Timeout=120"}, args...)...)
	cmd.Env = append(cleanEnv(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	// Not SIGKILL: dpkg must be able to leave its database whole.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = time.Minute
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(string(bytes.TrimSpace(out)), "\n")
	tail := strings.Join(lines[max(0, len(lines)-3):], " ")
	return fmt.Errorf("apt-get %s: %w: %s", args[0], err, tail)
}

// noCluster makes the package's postinst leave out the cluster "main".
const noCluster = "# Written by regulars while it installs PostgreSQL, removed afterwards.\ncreate_main_cluster = false\n"

// noStart keeps the package from starting clusters that an older version left
// behind; other services are not affected.
const noStart = `#!/bin/sh
# Written by regulars while it installs PostgreSQL, removed afterwards.
case "$1" in postgresql*) exit 101 ;; esac
exit 0
`

// withoutSystemCluster runs install while two files keep it from making or
// starting a cluster, and removes what it added.
func withoutSystemCluster(root string, install func() error) (err error) {
	restoreConf, err := temporary(filepath.Join(root, "etc/postgresql-common/createcluster.d/regulars.conf"), noCluster, 0o644)
	defer func() { err = errors.Join(err, restoreConf()) }()
	if err != nil {
		return err
	}
	restorePolicy, err := temporary(filepath.Join(root, "usr/sbin/policy-rc.d"), noStart, 0o755)
	defer func() { err = errors.Join(err, restorePolicy()) }()
	if err != nil {
		return err
	}
	return install()
}

// temporary writes a file and returns how to take it away again, together with
// the folders that had to be made for it and are still empty. A file that is
// there already is somebody's and stays, unless it is ours from a run that was
// killed.
func temporary(path, content string, mode fs.FileMode) (restore func() error, err error) {
	var made []string
	restore = func() error {
		for _, p := range made {
			// A folder that the package put files into by now is its own.
			if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) {
				return err
			}
		}
		return nil
	}
	if b, err := os.ReadFile(path); err == nil && string(b) != content {
		return restore, nil
	}
	for dir := filepath.Dir(path); !exists(dir); dir = filepath.Dir(dir) {
		made = append(made, dir)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return restore, err
	}
	made = append([]string{path}, made...)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		return restore, err
	}
	return restore, os.Chmod(path, mode) // whatever the umask is
}

// readsOurFolder says whether createcluster.conf, if it is there, still reads
// the folder that our file goes to.
func readsOurFolder(conf string) bool {
	b, err := os.ReadFile(conf)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(strings.TrimSpace(line), "include_dir") && strings.Contains(line, "/createcluster.d") {
			return true
		}
	}
	return false
}
