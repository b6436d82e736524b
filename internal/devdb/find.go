package devdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version that everything here works with.
const oldest = 15

// places are where packages put server binaries. Tests replace them.
var places = []string{
	"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                   // Red Hat, from postgresql.org
	"/usr/libexec/postgresql*",           // Alpine
	"/opt/homebrew/opt/postgresql@*/bin", // macOS, arm64
	"/usr/local/opt/postgresql@*/bin",    // macOS, x64
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Server is one set of server binaries.
type Server struct {
	Bin     string // the folder that holds initdb and postgres
	Major   int
	Version string // as `postgres -V` says it
}

// Find returns the binaries that Start would make a new cluster with, fetching
// them when o.Install allows it.
func Find(ctx context.Context, o Options) (Server, error) {
	return find(ctx, o, 0)
}

// find wants the major version that existing data was made by, or any when that
// is 0.
func find(ctx context.Context, o Options, want int) (Server, error) {
	if o.Bin != "" {
		return explicit(ctx, o.Bin, want)
	}
	var unfit []string
	for _, list := range [][]Server{inPath(ctx), installed(ctx), cached(ctx, o)} {
		for _, s := range list {
			if s.fits(want) {
				return s, nil
			}
			unfit = append(unfit, fmt.Sprintf("version %d in %s", s.Major, s.Bin))
		}
	}
	s, err := fetch(ctx, o, want)
	if err == nil {
		return s, nil
	}
	return Server{}, missing(want, unfit, err)
}

func (s Server) fits(want int) bool {
	return s.Major >= oldest && (want == 0 || s.Major == want)
}

func explicit(ctx context.Context, bin string, want int) (Server, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return Server{}, err
	}
	s, ok := inspect(ctx, bin)
	switch {
	case !ok:
		return Server{}, fmt.Errorf("%s does not hold PostgreSQL's initdb and postgres, or they do not run here", bin)
	case s.Major < oldest:
		return Server{}, fmt.Errorf("%s holds PostgreSQL %d; %d or newer is needed", bin, s.Major, oldest)
	case !s.fits(want):
		return Server{}, fmt.Errorf("the data was made by PostgreSQL %d and %s holds version %d", want, bin, s.Major)
	}
	return s, nil
}

func inPath(ctx context.Context) []Server {
	file, err := exec.LookPath("postgres")
	if err != nil {
		return nil
	}
	// A link's own folder need not hold initdb.
	if file, err = filepath.EvalSymlinks(file); err != nil {
		return nil
	}
	return inspectAll(ctx, filepath.Dir(file))
}

// installed lists the known folders, newest version first.
func installed(ctx context.Context) []Server {
	var bins []string
	for _, pattern := range places {
		found, _ := filepath.Glob(pattern)
		bins = append(bins, found...)
	}
	all := inspectAll(ctx, bins...)
	slices.SortStableFunc(all, func(a, b Server) int { return b.Major - a.Major })
	return all
}

func inspectAll(ctx context.Context, bins ...string) []Server {
	var all []Server
	for _, bin := range bins {
		if s, ok := inspect(ctx, bin); ok {
			all = append(all, s)
		}
	}
	return all
}

// inspect asks the binaries for their version, which also shows that they run on
// this machine.
func inspect(ctx context.Context, bin string) (Server, bool) {
	if !executable(filepath.Join(bin, "initdb")) || !executable(filepath.Join(bin, "postgres")) {
		return Server{}, false
	}
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "-V").Output()
	if err != nil {
		return Server{}, false
	}
	version := strings.TrimSpace(string(out))
	words := strings.Fields(version) // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
	if len(words) < 3 {
		return Server{}, false
	}
	major := leadingNumber(words[2])
	return Server{Bin: bin, Major: major, Version: version}, major > 0
}

// leadingNumber reads 19 from 19beta1 and 15 from 15+248.
func leadingNumber(s string) int {
	end := 0
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}

// errNotAllowed needs no explaining: the caller did not ask for an installation.
var errNotAllowed = errors.New("fetching is not allowed")

// fetch gets binaries from npm, which leaves the system alone, else from apt.
func fetch(ctx context.Context, o Options, want int) (Server, error) {
	if !o.Install {
		return Server{}, errNotAllowed
	}
	if v := os.Getenv("NO_INSTALL"); v != "" && v != "0" {
		return Server{}, errors.New("NO_INSTALL is set, so nothing was fetched")
	}
	s, errNPM := fromNPM(ctx, o, want)
	if errNPM == nil {
		return s, nil
	}
	s, errApt := fromApt(ctx, o, want)
	if errApt == nil {
		return s, nil
	}
	return Server{}, fmt.Errorf("npm: %w; apt: %w", errNPM, errApt)
}

// missing says in one line what to run.
func missing(want int, unfit []string, why error) error {
	what := fmt.Sprintf("PostgreSQL %d or newer", oldest)
	if want != 0 {
		what = fmt.Sprintf("PostgreSQL %d, which made the data that is there,", want)
	}
	msg := what + " was not found"
	if len(unfit) > 0 {
		msg += " (only " + strings.Join(unfit, ", ") + ")"
	}
	msg += "; " + remedy(want)
	if !errors.Is(why, errNotAllowed) {
		msg += " [" + why.Error() + "]"
	}
	return errors.New(msg)
}

// remedy is the command that installs a server on this kind of machine.
func remedy(want int) string {
	suffix := ""
	if want != 0 {
		suffix = "-" + strconv.Itoa(want)
	}
	sudo := ""
	if os.Geteuid() != 0 {
		sudo = "sudo "
	}
	for _, m := range []struct{ tool, line string }{
		{"apt-get", sudo + "apt-get install -y postgresql" + suffix},
		{"apk", sudo + "apk add postgresql" + strings.TrimPrefix(suffix, "-")},
		{"dnf", sudo + "dnf install -y postgresql-server"},
		{"brew", "brew install postgresql" + cmp.Or(strings.Replace(suffix, "-", "@", 1), "@17")},
	} {
		if _, err := exec.LookPath(m.tool); err == nil {
			return "run: " + m.line
		}
	}
	return "install it, or set DATABASE_URL to a server that runs elsewhere"
}
