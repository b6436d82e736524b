// Package mailtest is a mail relay for tests, on loopback, that keeps what it
// receives and refuses what it is told to.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options change a Relay; the zero value takes everything from everybody,
// without TLS.
type Options struct {
	TLS            bool // offers STARTTLS
	Implicit       bool // speaks TLS from the start
	User, Password string
	UTF8           bool
	// Refuse answers MAIL, RCPT, DATA (once the message is there) with an error,
	// such as a *smtp.SMTPError; nil accepts.
	Refuse func(command, address string) error
	// Kept is called when a message is kept, and not yet answered for.
	Kept func()
	// Host is another loopback address than 127.0.0.1.
	Host string
}

// Relay is a running server. It ends with its test.
type Relay struct {
	Addr string
	// Roots trust the relay's certificate.
	Roots *x509.CertPool

	o        Options
	mu       sync.Mutex
	received []Received
	open     int
}

// Received is a message that was accepted.
type Received struct {
	From, To string // the envelope's
	Source   []byte
	Message  *mail.Message // its body is Source's
	User     string        // who logged in
	TLS      bool
	UTF8     bool
}

// NewRelay starts a relay on a free port.
func NewRelay(t testing.TB, o Options) *Relay {
	t.Helper()
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(o.Host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{Addr: l.Addr().String(), o: o}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		r.count(1)
		return &session{relay: r, conn: c}, nil
	}))
	s.EnableSMTPUTF8, s.AllowInsecureAuth, s.ErrorLog = o.UTF8, true, log.New(io.Discard, "", 0)
	if o.TLS || o.Implicit {
		config, roots := certificate(t, o.Host)
		r.Roots = roots
		if o.Implicit {
			l = tls.NewListener(l, config)
		} else {
			s.TLSConfig = config
		}
	}
	over := make(chan struct{})
	go func() { defer close(over); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); l.Close(); <-over }) // the second for a server that did not get round to the first
	return r
}

// Received lists what was accepted so far, oldest first.
func (r *Relay) Received() []Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.received)
}

// Open counts the connections that are open.
func (r *Relay) Open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

func (r *Relay) count(by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open += by
}

func (r *Relay) keep(m Received) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received = append(r.received, m)
}

func (r *Relay) refuses(command, address string) error {
	if r.o.Refuse == nil {
		return nil
	}
	return r.o.Refuse(command, address)
}

// session is one connection.
type session struct {
	relay *Relay
	conn  *smtp.Conn
	now   Received
	user  string
}

func (s *session) Reset() { s.now = Received{} }

func (s *session) Logout() error {
	s.relay.count(-1)
	return nil
}

// AuthMechanisms offers AUTH where there is a password.
func (s *session) AuthMechanisms() []string {
	if s.relay.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.relay.o.User || password != s.relay.o.Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no such user: " + user}
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if s.relay.o.User != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.now = Received{From: from, User: s.user, UTF8: o != nil && o.UTF8}
	_, s.now.TLS = s.conn.TLSConnectionState()
	return s.relay.refuses("MAIL", from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.now.To = to
	return s.relay.refuses("RCPT", to)
}

// Data keeps the message before it is answered: a sender that is gone by then
// has delivered it all the same.
func (s *session) Data(r io.Reader) error {
	source, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.relay.refuses("DATA", s.now.To); err != nil {
		return err
	}
	s.now.Source = source
	if s.now.Message, err = mail.ReadMessage(bytes.NewReader(source)); err != nil {
		return &smtp.SMTPError{Code: 554, Message: "this is no message"}
	}
	s.relay.keep(s.now)
	if s.relay.o.Kept != nil {
		s.relay.o.Kept()
	}
	return nil
}

// certificate is one that nobody else trusts.
func certificate(t testing.TB, host string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(host)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}
