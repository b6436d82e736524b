package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"regulars/internal/shop"
)

// connectFor bounds connecting, TLS and logging in, and each wait for a relay
// that a context does not bound tighter.
const connectFor = 15 * time.Second

// SMTP hands messages to a relay, each over a connection of its own.
type SMTP struct {
	host, user, password string
	port                 int
	policy               gomail.TLSPolicy
	implicit             bool           // TLS from the first byte
	roots                *x509.CertPool // the system's when nil
}

// ParseSMTP reads smtp://user:password@host:587 or smtps://host:465. TLS is
// mandatory but to this very machine; ?tls=opportunistic takes what the relay
// offers, ?tls=mandatory insists. The error does not quote the URL: it has a
// password in it.
func ParseSMTP(raw string) (*SMTP, error) {
	wrong := errors.New("not like smtp://user:password@mail.example.com:587?tls=mandatory or smtps://user:password@mail.example.com")
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, wrong
	}
	s := &SMTP{host: u.Hostname(), user: u.User.Username(), port: 587, policy: gomail.TLSMandatory}
	s.password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
		if ip := net.ParseIP(s.host); s.host == "localhost" || ip.IsLoopback() {
			s.policy = gomail.TLSOpportunistic
		}
	case "smtps":
		s.implicit, s.port = true, 465
	default:
		return nil, wrong
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, wrong
		}
	}
	return s, s.options(u.Query())
}

func (s *SMTP) options(query url.Values) error {
	for name, values := range query {
		switch {
		case name == "tls" && values[0] == "mandatory":
			s.policy = gomail.TLSMandatory
		case name == "tls" && values[0] == "opportunistic" && !s.implicit:
			s.policy = gomail.TLSOpportunistic
		default:
			return errors.New("only tls=mandatory and, with smtp:, tls=opportunistic can stand behind the ?")
		}
	}
	return nil
}

// Begin delivers all but the dot that ends a message.
func (s *SMTP) Begin(ctx context.Context, m Message) (last func() error, err error) {
	msg, err := m.mime()
	if err != nil {
		return nil, &shop.Undelivered{Reason: "cannot be written as a mail", ForGood: true}
	}
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if !isASCII(m.To) {
		if ok, _ := c.Extension("SMTPUTF8"); !ok {
			return nil, &shop.Undelivered{Reason: "the relay knows no SMTPUTF8", ForGood: true}
		}
	}
	c.SkipSMTPUTF8(isASCII(m.To) && isASCII(m.From.Address))
	if err := c.Mail("<" + m.From.Address + ">"); err != nil {
		return nil, refused("MAIL", err)
	}
	if err := c.Rcpt("<" + m.To + ">"); err != nil {
		return nil, refused("RCPT", err)
	}
	w, err := c.Data()
	if err != nil {
		return nil, refused("DATA", err)
	}
	if _, err := msg.WriteTo(w); err != nil {
		return nil, refused("DATA", err)
	}
	return func() error {
		if err := w.Close(); err != nil {
			return refused("DATA", err)
		}
		c.over.Store(true)
		return nil
	}, nil
}

// connection ends with the context that it was made for.
type connection struct {
	*smtp.Client
	over atomic.Bool // nothing is under way: a farewell is in order
}

func (s *SMTP) connect(ctx context.Context) (*connection, error) {
	c := &connection{}
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(connectFor), gomail.WithTLSPolicy(s.policy), gomail.WithTLSConfig(s.tls()),
		gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			conn, err := s.dial(dialing, network, address)
			if err == nil {
				context.AfterFunc(ctx, func() { c.end(conn) })
			}
			return conn, err
		}),
	}
	if s.implicit {
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS)) // dial has seen to it
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password),
			// Over a connection that is not encrypted go-mail does not give PLAIN and LOGIN away.
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, unreachable(err)
	}
	if c.Client, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		return nil, unreachable(err)
	}
	left := connectFor
	if until, ok := ctx.Deadline(); ok {
		left = time.Until(until)
	}
	if err := c.UpdateDeadline(left); err != nil {
		return nil, unreachable(err)
	}
	return c, nil
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, RootCAs: s.roots}
}

func (s *SMTP) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.implicit {
		return (&tls.Dialer{NetDialer: &net.Dialer{}, Config: s.tls()}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// end says goodbye where that disturbs nothing, and closes in any case.
func (c *connection) end(conn net.Conn) {
	defer conn.Close()
	if c.over.Load() && conn.SetDeadline(time.Now().Add(time.Second)) == nil {
		_ = c.Quit()
	}
}

// unreachable is a failure before anything was said of the mail: nothing in it
// is about people, but for what the relay itself answered.
func unreachable(err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return &shop.Undelivered{Reason: fmt.Sprintf("the relay refused the connection with %d", reply.Code)}
	}
	reason := "no connection: " + err.Error()
	return &shop.Undelivered{Reason: reason[:min(len(reason), 200)]}
}

var enhanced = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})\b`)

// refused turns an answer to one of the commands into what is to be done. A
// recipient or a message that is refused with 5xx is refused for good; a sender
// that is, is a matter between operators and their relay.
func refused(command string, err error) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return &shop.Undelivered{Reason: "the connection broke after " + command}
	}
	status := enhanced.FindString(reply.Msg)
	why := &shop.Undelivered{Reason: strings.TrimSpace(fmt.Sprintf("%s refused with %d %s", command, reply.Code, status))}
	why.ForGood = reply.Code >= 500 && command != "MAIL"
	switch {
	case !why.ForGood:
	case command == "RCPT": // 5.7: it is not the address, but who asks
		why.Bounced = !strings.HasPrefix(status, "5.7.")
	default:
		why.Bounced = strings.HasPrefix(status, "5.1.")
	}
	return why
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e })
}
