package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/gorilla/securecookie"
	_ "github.com/lib/pq" // registers "postgres"

	"regulars/internal/devdb"
	"regulars/internal/keys"
)

// system is a database with a store in it, and both servers on top, each a
// process of its own.
type system struct {
	o         options
	dir       string
	temporary bool
	cluster   *devdb.Cluster
	owner     *sql.DB
	postgres  int // process id
	key       string
	codecs    []securecookie.Codec
	ours, raw *process

	customers int
	store     int64
	run       int // how often the data has been used
}

// startSystem starts all of it and fills the store.
func startSystem(ctx context.Context, o options, out io.Writer) (_ *system, err error) {
	s := &system{o: o, dir: o.Data, customers: o.Customers}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if s.dir == "" {
		s.temporary = true
		if s.dir, err = os.MkdirTemp("", "regulars-bench-"); err != nil {
			return nil, err
		}
		// The database's user has to get in where it is not ours.
		if err := os.Chmod(s.dir, 0o755); err != nil {
			return nil, err
		}
	}
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	if s.cluster, err = devdb.Start(ctx, devdb.Options{Dir: filepath.Join(s.dir, "postgres"), Install: true, Say: say}); err != nil {
		return nil, err
	}
	if err := s.cluster.Prepare(ctx); err != nil {
		return nil, err
	}
	if s.owner, err = sql.Open("postgres", s.cluster.DSN(devdb.OwnerRole, devdb.Database)); err != nil {
		return nil, err
	}
	if err := s.makeKey(); err != nil {
		return nil, err
	}
	if err := s.seed(ctx, out); err != nil {
		return nil, err
	}
	if s.postgres, err = postmaster(s.dir); err != nil {
		return nil, err
	}
	if err := s.startServers(ctx); err != nil {
		return nil, err
	}
	return s, s.rest(ctx)
}

// makeKey makes the key that signs the shoppers' cookies.
func (s *system) makeKey() error {
	path := filepath.Join(s.dir, "session.key")
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		random := make([]byte, 48)
		_, _ = rand.Read(random)
		b = []byte(base64.StdEncoding.EncodeToString(random))
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return err
	}
	s.key = string(b)
	for _, key := range keys.Derived([][]byte{b}, "session cookie") {
		codec := securecookie.New(key, nil)
		codec.SetSerializer(securecookie.NopEncoder{})
		s.codecs = append(s.codecs, codec)
	}
	return nil
}

// environment is what both servers are told, as in production. A setting of the
// Go runtime goes through, so that one can be tried.
func (s *system) environment() []string {
	env := []string{
		"ENVIRONMENT=production", "ADDR=127.0.0.1:0", "ADMIN_ADDR=127.0.0.1:0", "TRUSTED_PROXIES=127.0.0.0/8",
		"DATABASE_URL=" + s.cluster.DSN(devdb.AppRole, devdb.Database),
		"DATABASE_MIGRATE_URL=" + s.cluster.DSN(devdb.OwnerRole, devdb.Database),
		"SESSION_KEYS=" + s.key, "DATA_DIR=" + s.dir, "PUBLIC_URL=https://" + host, "MAIL_FROM=shop@example.com", "SMTP_URL=smtp://127.0.0.1:9", // nothing here sends a mail
	}
	for _, name := range []string{"PATH", "GOGC", "GOMEMLIMIT", "GODEBUG"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func (s *system) startServers(ctx context.Context) (err error) {
	if s.ours, err = s.start(ctx, s.o.Server, `(?s)GraphQL +http://(\S+)/graphql.* Health +http://(\S+)/readyz\n`, "serve"); err != nil {
		return err
	}
	s.raw, err = s.start(ctx, s.o.Raw, `listening on (\S+)`, storeHash)
	return err
}

// rest waits until the server has told the world of everything that the import
// did.
func (s *system) rest(ctx context.Context) error {
	for {
		var untold bool
		err := s.owner.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE store_id = $1 AND position IS NULL)`, s.store).Scan(&untold)
		if err != nil || !untold {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// process is one of the servers.
type process struct {
	cmd     *exec.Cmd
	address string
	admin   string // where its profile is
	log     string
}

// start runs a server and waits until it prints where it listens: the groups of
// announces.
func (s *system) start(ctx context.Context, program, announces string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), log: filepath.Join(s.dir, filepath.Base(program)+".log")}
	p.cmd.Env = s.environment()
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.await(ctx, out, regexp.MustCompile(announces)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w: %s", program, err, lastLines(p.log)), p.stop())
	}
	return p, nil
}

// await reads until everything was said that announces has groups for.
func (p *process) await(ctx context.Context, out io.Reader, announces *regexp.Regexp) error {
	ready := make(chan [][]byte, 1)
	go func() {
		defer close(ready)
		in := bufio.NewReader(out)
		var said []byte
		for {
			line, err := in.ReadBytes('\n')
			said = append(said, line...)
			if m := announces.FindSubmatch(said); m != nil {
				ready <- m
				_, _ = io.Copy(io.Discard, in)
				return
			}
			if err != nil {
				return
			}
		}
	}()
	select {
	case m, ok := <-ready:
		if !ok {
			return errors.New("ended before it listened")
		}
		p.address, p.admin = string(m[1]), string(m[len(m)-1])
		return nil
	case <-time.After(time.Minute):
		return errors.New("does not listen")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *process) stop() error {
	if p == nil || p.cmd.Process == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	var ended *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &ended) {
		return err
	}
	return nil
}

// meter reads what a server uses, and Postgres with it.
func (s *system) meter(p *process) meter {
	return func() (u usage, err error) {
		if u.server, err = cpuOf(p.cmd.Process.Pid); err != nil {
			return u, err
		}
		if u.resident, err = residentOf(p.cmd.Process.Pid); err != nil {
			return u, err
		}
		if u.postgres, err = cpuOfFamily(s.postgres); err != nil {
			return u, err
		}
		if u.client, err = cpuOf(os.Getpid()); err != nil {
			return u, err
		}
		all, err := busy()
		u.others = all - u.client - u.server - u.postgres
		return u, err
	}
}

// stop ends everything that was started, and removes a temporary folder.
func (s *system) stop() error {
	errs := []error{s.raw.stop(), s.ours.stop()}
	if s.owner != nil {
		errs = append(errs, s.owner.Close())
	}
	if s.cluster != nil {
		errs = append(errs, s.cluster.Stop())
	}
	if s.temporary {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// lastWords is the end of both servers' logs, for whoever looks for a mistake.
func (s *system) lastWords() string { return lastLines(s.ours.log) + lastLines(s.raw.log) }

func lastLines(file string) string {
	b, err := os.ReadFile(file)
	if err != nil || len(b) < 4096 {
		return string(b)
	}
	return string(b[len(b)-4096:])
}

// postmaster is the process of the database in dir.
func postmaster(dir string) (int, error) {
	files, err := filepath.Glob(filepath.Join(dir, "postgres", "data-*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		return 0, fmt.Errorf("no process of Postgres in %s: %w", dir, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return strconv.Atoi(string(bytes.TrimSpace(line)))
}
