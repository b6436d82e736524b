// Raw is what Regulars is measured against: the same answers from net/http,
// database/sql and lib/pq by the shortest way, with no GraphQL, no limits and no
// care for anything that the benchmark does not send.
package main

import (
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"

	"github.com/alecthomas/kong"
	"github.com/gorilla/securecookie"
	"github.com/lib/pq"

	"regulars/internal/keys"
)

type options struct {
	Addr        string `default:"127.0.0.1:0" env:"ADDR" help:"Listener."`
	DatabaseURL string `required:"" env:"DATABASE_URL" help:"The database that Regulars uses."`
	SessionKeys string `required:"" env:"SESSION_KEYS" help:"The keys that Regulars signs cookies with."`
	Connections int    `default:"16" env:"DATABASE_CONNECTIONS" help:"Connections in the pool."`
	Store       string `arg:"" help:"Hash of the one store that is served."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("raw"))
	if err := serve(o); err != nil {
		fmt.Fprintln(os.Stderr, "raw:", err)
		os.Exit(1)
	}
}

// server answers for one store.
type server struct {
	db     *sql.DB
	store  int64
	codecs []securecookie.Codec

	session, addresses                 *sql.Stmt
	takeLimit, addSubscriber, addTouch *sql.Stmt
}

func serve(o options) error {
	connector, err := pq.NewConnector(o.DatabaseURL)
	if err != nil {
		return err
	}
	s := &server{db: sql.OpenDB(connector)}
	defer s.db.Close()
	s.db.SetMaxOpenConns(o.Connections)
	s.db.SetMaxIdleConns(o.Connections)
	if err := s.prepare(o); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /me", s.me)
	mux.HandleFunc("POST /subscribe", s.subscribe)
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	return http.Serve(listener, mux)
}

func (s *server) prepare(o options) error {
	secrets, err := keys.Parse(o.SessionKeys)
	if err != nil {
		return err
	}
	for _, key := range keys.Derived(secrets, "session cookie") {
		codec := securecookie.New(key, nil)
		codec.SetSerializer(securecookie.NopEncoder{})
		codec.MaxAge(0)
		s.codecs = append(s.codecs, codec)
	}
	if err := s.db.QueryRow(`SELECT id FROM stores WHERE hash = $1`, o.Store).Scan(&s.store); err != nil {
		return err
	}
	for text, to := range map[string]**sql.Stmt{
		sessionOf: &s.session, addressesOf: &s.addresses,
		takeLimit: &s.takeLimit, addSubscriber: &s.addSubscriber, addTouch: &s.addTouch,
	} {
		if *to, err = s.db.Prepare(text); err != nil { //nolint:sqlclosecheck // lives as long as the process
			return err
		}
	}
	return nil
}

// caller is whom the load balancer in front names.
func caller(r *http.Request) netip.Addr {
	addr, _ := netip.ParseAddr(r.Header.Get("X-Forwarded-For"))
	return addr
}
