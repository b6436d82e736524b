// Regulars is the customer side of a store: who the shopper is, which group they
// belong to and what that gets them, and who may be sent the newsletter.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"regulars/graph"
	"regulars/internal/account"
	"regulars/internal/command"
	"regulars/internal/keys"
	"regulars/internal/mail"
	"regulars/internal/middleware"
	"regulars/internal/newsletter"
	"regulars/internal/outbox"
	"regulars/internal/page"
	"regulars/internal/password"
	"regulars/internal/session"
	"regulars/internal/shop"
	"regulars/internal/sso"
	"regulars/internal/web"
	"regulars/storage"
)

func main() {
	tuneMemory(os.Getenv)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "regulars:", err)
		os.Exit(1)
	}
}

// run is the whole program: what the command line asks for, until it is done or
// ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c cli
	parser, err := newParser(&c, stdout, stderr)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	if err := c.check(parsed.Command(), c.Serve.Demo || parsed.Command() == "demo"); err != nil {
		return err
	}
	log, flush := c.logger(stderr)
	defer flush()
	if parsed.Command() == "serve" {
		return serve(ctx, c.Config, c.Serve, stdout, log)
	}
	db, err := open(ctx, c.Config, begins(parsed.Command()), log)
	if err != nil {
		return err
	}
	defer db.close()
	if parsed.Command() == "migrate" {
		return migrate(ctx, c.Config, db, stdout)
	}
	if err := db.ready(ctx, c.Config); err != nil {
		return err
	}
	return withCause(parsed.Run(commandEnv(ctx, c.Config, db.store, stdout)))
}

// begins tells the commands that there need be nothing before.
func begins(cmd string) bool {
	return cmd == "demo" || cmd == "migrate" || strings.HasPrefix(cmd, "store create")
}

// commandEnv is what commands work with.
func commandEnv(ctx context.Context, c Config, db *storage.Store, stdout io.Writer) *command.Env {
	hasher := password.New(0)
	env := &command.Env{Ctx: ctx, Storage: db, Hash: hasher.Hash, Keys: c.ring, SessionKeys: c.sessionKeys, Readable: password.Readable, Cost: hasher.Cost,
		LoginFloor: c.accounts().WrongAnswerFloor, Out: stdout}
	if f, ok := stdout.(*os.File); ok {
		info, err := f.Stat()
		env.Terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return env
}

// serve starts every part in order, and stops them in the opposite one.
func serve(ctx context.Context, c Config, o serveOptions, stdout io.Writer, log *slog.Logger) error {
	db, err := open(ctx, c, true, log)
	if err != nil {
		return err
	}
	defer db.close()
	if err := db.ready(ctx, c); err != nil {
		return err
	}
	hasher := password.New(0)
	if o.Demo {
		env := &command.Env{Ctx: ctx, Storage: db.store, Hash: hasher.Hash, PublicURL: c.PublicURL, Out: io.Discard}
		if err := (&command.Demo{}).Run(env); err != nil {
			return err
		}
	}
	sessionKeys, secrets, err := c.keys()
	if err != nil {
		return err
	}
	ring := keys.NewRing(secrets)
	box, post, err := c.post()
	if err != nil {
		return err
	}
	mails := mail.New(db.store, ring, post, c.mail())
	out := outbox.New(db.store, log, outbox.Settings{}, outbox.Mail(mails.Send))
	public, admin, err := listen(c)
	if err != nil {
		return err
	}
	var leaving atomic.Bool
	servers := []*http.Server{
		newServer(publicHandler(c, db.store, hasher, sessionKeys, ring, box, log), log),
		newServer(adminHandler(db.store, &leaving), log),
	}
	failed := make(chan error, len(servers))
	for i, listener := range []net.Listener{public, admin} {
		go func() { failed <- servers[i].Serve(listener) }()
	}
	stopWorkers := work(func(ctx context.Context) { sweep(ctx, db.store, log) }, out.Run)

	banner(stdout, c, o, public.Addr(), admin.Addr())
	select {
	case <-ctx.Done():
	case err = <-failed:
	case <-db.died():
		err = errors.New("the database stopped by itself")
	}
	leaving.Store(true)
	return errors.Join(err, shutdown(c, servers, stopWorkers, log))
}

// listen opens both listeners, or none.
func listen(c Config) (public, admin net.Listener, err error) {
	if public, err = net.Listen("tcp", c.Addr); err != nil {
		return nil, nil, err
	}
	if admin, err = net.Listen("tcp", c.AdminAddr); err != nil {
		return nil, nil, errors.Join(err, public.Close())
	}
	return public, admin, nil
}

// work starts what goes on beside requests. stop has it end, and waits for that.
func work(parts ...func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, part := range parts {
		running.Go(func() { part(ctx) })
	}
	return func() { cancel(); running.Wait() }
}

// shutdown lets the load balancer see that this server leaves, ends what is in
// flight, then the workers. The database is closed by its own defer.
func shutdown(c Config, servers []*http.Server, stopWorkers func(), log *slog.Logger) error {
	log.Info("stopping")
	time.Sleep(c.ShutdownDelay)
	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Second)
	defer cancel()
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Shutdown(ctx))
	}
	stopWorkers()
	return errors.Join(errs...)
}

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       75 * time.Second, // longer than load balancers keep theirs
		MaxHeaderBytes:    128 << 10,        // room for a cookie that is far too large, so that it can be taken away
	}
}

// publicHandler lists all public routes. box is nil where mails are sent.
func publicHandler(c Config, db *storage.Store, hasher *password.Hasher, sessionKeys [][]byte, ring *keys.Ring, box *mail.Box, log *slog.Logger) http.Handler {
	accounts := c.accounts()
	accounts.Log = log
	resolver := &graph.Resolver{
		Storage:    db,
		Accounts:   account.New(db, hasher, ring, accounts),
		Newsletter: newsletter.New(db, ring, c.newsletter()),
		SSO:        sso.New(db, ring, log, c.sso()),
	}
	cookies := session.NewCookies(db, sessionKeys, c.SessionLifetime)
	who, cors := session.Handler(db, cookies, log), middleware.CORS(session.Listed)
	pages := page.Handler(resolver.Accounts, resolver.SSO, log)

	mux := http.NewServeMux()
	mux.Handle("/graphql", who(cors(session.Gate(log, graph.NewHandler(resolver, c.Introspection, log)))))
	mux.Handle("/account/", who(pages))
	mux.Handle("/login/token/", who(cors(pages)))
	mux.Handle(shop.LoginPath, who(pages))
	mux.Handle(shop.AccountPath, who(pages))
	mux.Handle("/customer/current.jwt", who(cors(pages)))
	mux.Handle(session.DoctorPath, who(cors(page.Doctor())))
	if !c.production() {
		mux.Handle("/graphiql", web.GraphiQL())
		mux.Handle("/graphiql/", web.GraphiQL())
		mux.Handle("GET /{$}", http.RedirectHandler("/graphiql/", http.StatusFound))
	}
	if box != nil {
		mux.Handle("/dev/mail", box.Pages())
		mux.Handle("/dev/mail/", box.Pages())
	}
	return middleware.Chain(mux, middleware.Request(c.TrustedProxies), middleware.Log(log), middleware.Recover(log), middleware.Headers())
}

// adminHandler answers whoever runs the server. Liveness never asks the
// database: a restart would not mend that. Profiles are taken while the server
// works: go tool pprof http://ADMIN_ADDR/debug/pprof/profile?seconds=10
func adminHandler(db *storage.Store, leaving *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		switch {
		case leaving.Load():
			http.Error(w, "stopping", http.StatusServiceUnavailable)
		case db.Ping(ctx) != nil:
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(w, "ok")
		}
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // all but the command line: a key may stand in it
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}

// sweepEvery is how often expired rows are looked for.
const sweepEvery = time.Minute

// sweep removes what is over its time, store by store, until ctx ends.
func sweep(ctx context.Context, db *storage.Store, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepEvery):
		}
		if err := command.Sweep(ctx, db); err != nil && ctx.Err() == nil {
			log.Error("sweep failed", "error", err)
		}
	}
}

// banner says what to open.
func banner(w io.Writer, c Config, o serveOptions, public, admin net.Addr) {
	url := "http://" + public.String()
	fmt.Fprintf(w, "\nRegulars is up.\n\n  GraphQL    %s/graphql\n", url)
	if !c.production() {
		fmt.Fprintf(w, "  GraphiQL   %s/graphiql/\n", url)
	}
	if c.SMTPURL == "" {
		fmt.Fprintf(w, "  Mail       %s/dev/mail\n", url)
	}
	fmt.Fprintf(w, "  Health     http://%s/readyz\n", admin)
	if o.Demo {
		fmt.Fprintf(w, "\nThe demo store has these customers, password %q:\n\n", command.DemoPassword)
		for _, line := range command.DemoLogins {
			fmt.Fprintln(w, "  "+line)
		}
	}
	fmt.Fprintln(w, "\nCtrl-C stops it.")
}
