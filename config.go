package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"regulars/internal/account"
	"regulars/internal/command"
	"regulars/internal/keys"
	"regulars/internal/mail"
	"regulars/internal/newsletter"
	"regulars/internal/shop"
	"regulars/internal/sso"
)

// cli is the command line; kong reads it.
type cli struct {
	Config `group:"settings"`

	Serve    serveOptions     `cmd:"" default:"withargs" help:"Run the server (the default)."`
	Migrate  struct{}         `cmd:"" help:"Bring the database's schema up to date."`
	Demo     command.Demo     `cmd:"" help:"Load the demo store; changes nothing when it is there."`
	Store    command.Store    `cmd:"" help:"Create and list stores."`
	Channel  command.Channel  `cmd:"" help:"Set up the storefronts of a store."`
	Token    command.Token    `cmd:"" help:"Make, list and revoke the tokens of storefronts and their servers."`
	Customer command.Customer `cmd:"" help:"Look up the customers of a store, lock them out, let them in, delete them."`
	Doctor   command.Doctor   `cmd:"" help:"Say what keeps sessions from working: names, hosts, origins, TLS, keys. Fails where it finds an error."`
	Import   command.Import   `cmd:"" help:"Take customers, subscribers or groups from a CSV file."`
	Export   command.Export   `cmd:"" help:"Write customers, subscribers or groups as a CSV file."`

	FormField command.FormField `cmd:"" name:"formfield" help:"Define the form fields of a store."`
	Attribute command.Attribute `cmd:"" help:"Define attributes of customers, and set them."`
	Metafield command.Metafield `cmd:"" help:"Keep notes about a store, its channels and customers."`
	Credit    command.Credit    `cmd:"" help:"Set store credit of customers."`
	App       command.App       `cmd:"" help:"Let others sign for shoppers, and read who they are."`
}

type serveOptions struct {
	Demo bool `help:"Load the demo store first, once."`
}

// Config is every setting. Flags and environment mean the same.
type Config struct {
	Environment string `enum:"development,production" default:"development" env:"ENVIRONMENT" help:"production refuses every default that is only good for development."`

	Addr           string         `default:"127.0.0.1:8080" env:"ADDR" help:"Public listener."`
	AdminAddr      string         `default:"127.0.0.1:8081" env:"ADMIN_ADDR" help:"Listener for health, readiness and profiles; not for the public."`
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" help:"Networks (CIDR) whose forwarding headers count."`
	ShutdownDelay  time.Duration  `default:"0s" env:"SHUTDOWN_DELAY" help:"How long to go on serving after saying not ready, at a stop; 5s behind a load balancer."`

	DatabaseURL         string `env:"DATABASE_URL" help:"Any Postgres 15 or later; a private one is started when empty."`
	DatabaseMigrateURL  string `env:"DATABASE_MIGRATE_URL" help:"The owner's direct connection, for migrations; DATABASE_URL when empty."`
	DatabaseConnections int    `default:"16" env:"DATABASE_CONNECTIONS" help:"Connections in the pool."`
	MigrateOnStart      *bool  `env:"MIGRATE_ON_START" help:"Migrate before serving; on in development."`
	DataDir             string `env:"DATA_DIR" help:"Where the private Postgres and generated keys live; /var/lib/regulars for root and ~/.local/share/regulars for others when empty."`
	PGBin               string `name:"pg-bin" env:"PG_BIN" help:"Folder of Postgres' programs, for the private Postgres."`

	SessionKeys     string        `env:"SESSION_KEYS" help:"Keys that sign cookies, 32 bytes or more each, comma-separated, newest first."`
	SecretKeys      string        `env:"SECRET_KEYS" help:"Keys for everything else; SESSION_KEYS when empty."`
	SessionLifetime time.Duration `default:"720h" env:"SESSION_LIFETIME" help:"How long a session lasts at most."`
	TokenLifetime   time.Duration `name:"customer-token-lifetime" default:"168h" env:"CUSTOMER_TOKEN_LIFETIME" help:"How long a customer access token lasts."`
	SessionIdle     time.Duration `default:"336h" env:"SESSION_IDLE" help:"How long a session lasts unseen."`

	LoginLimit        shop.Limit `default:"10/15m" env:"LOGIN_LIMIT" help:"Logins per account and network."`
	LoginAccountLimit shop.Limit `default:"50/1h" env:"LOGIN_ACCOUNT_LIMIT" help:"Logins per account from networks that are new to it."`
	LoginNetworkLimit shop.Limit `default:"100/15m" env:"LOGIN_NETWORK_LIMIT" help:"Logins per network (/24 or /48)."`
	LoginTokenLimit   shop.Limit `default:"100/15m" env:"LOGIN_TOKEN_LIMIT" help:"Customer login tokens of apps that do not work, per network."`
	RegisterLimit     shop.Limit `default:"20/1h" env:"REGISTER_LIMIT" help:"Registrations per network."`
	UpdateLimit       shop.Limit `default:"60/1h" env:"UPDATE_LIMIT" help:"Changes of one's own data per customer."`
	LinkLimit         shop.Limit `default:"30/1h" env:"LINK_LIMIT" help:"Links of mails asked for, and used, per network."`
	MailLimit         shop.Limit `default:"1/2m" env:"MAIL_LIMIT" help:"Mails of a kind that strangers can cause, per recipient."`
	MailDayLimit      shop.Limit `default:"5/24h" env:"MAIL_DAY_LIMIT" help:"The same, over a day."`
	NewDeviceLimit    shop.Limit `default:"1/24h" env:"NEW_DEVICE_LIMIT" help:"Mails about logins from new networks, per customer."`
	TokenLimit        shop.Limit `default:"3000/15m" env:"TOKEN_LIMIT" help:"Logins, registrations, links and newsletter sign-ups, of each so many, per token of a storefront's server that forwards no addresses."`
	SubscribeLimit    shop.Limit `default:"120/1h" env:"SUBSCRIBE_LIMIT" help:"Newsletter sign-ups per network."`

	PublicURL string `name:"public-url" default:"http://localhost:8080" env:"PUBLIC_URL" help:"Base of links in mails, where a channel has no URL of its own; in development at the port of ADDR."`
	MailFrom  string `default:"no-reply@example.com" env:"MAIL_FROM" help:"Address that mails are from, where a store has none of its own."`
	SMTPURL   string `name:"smtp-url" env:"SMTP_URL" help:"Relay for mails: smtp://user:password@host:587, smtps://...; TLS is mandatory unless ?tls=opportunistic. In development mails are kept at /dev/mail when empty."`

	Introspection bool `default:"true" negatable:"" env:"INTROSPECTION" help:"Let clients read the schema."`
}

func (c Config) production() bool { return c.Environment == "production" }

func (c Config) migrateOnStart() bool {
	if c.MigrateOnStart != nil {
		return *c.MigrateOnStart
	}
	return !c.production()
}

// accounts, sso and newsletter are the settings of these areas.
func (c Config) accounts() account.Settings {
	s := account.DefaultSettings()
	s.SessionLifetime, s.TokenLifetime = c.SessionLifetime, c.TokenLifetime
	s.Limits = account.Limits{
		LoginPerAccountAndPrefix: c.LoginLimit, LoginPerAccount: c.LoginAccountLimit, LoginPerPrefix: c.LoginNetworkLimit,
		RegisterPerPrefix: c.RegisterLimit, UpdatePerCustomer: c.UpdateLimit, LinkPerPrefix: c.LinkLimit, PerToken: c.TokenLimit,
		MailPerRecipient: c.MailLimit, MailPerRecipientDay: c.MailDayLimit, NewDevicePerCustomer: c.NewDeviceLimit,
	}
	return s
}

func (c Config) sso() sso.Settings {
	return sso.Settings{SessionLifetime: c.SessionLifetime, TokenLifetime: c.TokenLifetime, FailuresPerPrefix: c.LoginTokenLimit,
		NewDevicePerCustomer: c.NewDeviceLimit, HandOffFailuresPerPrefix: sso.HandOffLimit}
}

func (c Config) newsletter() newsletter.Settings {
	return newsletter.Settings{PerPrefix: c.SubscribeLimit, PerToken: c.TokenLimit}
}

func (c Config) mail() mail.Settings { return mail.Settings{PublicURL: c.PublicURL, From: c.MailFrom} }

// post is where mails go: to the relay, or in development to a mailbox.
func (c Config) post() (*mail.Box, mail.Transport, error) {
	if c.SMTPURL == "" {
		box := mail.NewBox()
		return box, box, nil
	}
	relay, err := mail.ParseSMTP(c.SMTPURL)
	return nil, relay, err
}

// check reports all mistakes together, and fills in the data folder.
func (c *Config) check(cmd string, demo bool) error {
	var errs []error
	fail := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for _, k := range []struct{ name, list string }{{"SESSION_KEYS", c.SessionKeys}, {"SECRET_KEYS", c.SecretKeys}} {
		if k.list != "" {
			_, err := keys.Parse(k.list)
			fail(err == nil, "%s: %v", k.name, err)
		}
	}
	if c.production() {
		fail(c.DatabaseURL != "", "DATABASE_URL is required in production: the private Postgres is for development")
		fail(c.SessionKeys != "" || cmd != "serve", "SESSION_KEYS is required in production; openssl rand -base64 48 makes one")
	}
	c.checkMail(cmd, fail)
	c.follow()
	fail(!c.production() || !demo, "the demo store is not for production: its passwords are in the README")
	fail(c.DatabaseConnections > 0, "DATABASE_CONNECTIONS has to be 1 or more")
	fail(c.SessionLifetime > 0 && c.SessionIdle > 0 && c.TokenLifetime > 0,
		"SESSION_LIFETIME, SESSION_IDLE and CUSTOMER_TOKEN_LIFETIME have to be more than nothing")
	fail(c.DatabaseMigrateURL == "" || c.DatabaseURL != "", "DATABASE_MIGRATE_URL needs DATABASE_URL")
	if c.DataDir == "" {
		dir, err := defaultDataDir()
		fail(err == nil, "DATA_DIR: %v", err)
		c.DataDir = dir
	}
	return errors.Join(errs...)
}

// checkMail says what mails need; in production nothing of it has a default.
func (c *Config) checkMail(cmd string, fail func(ok bool, format string, args ...any)) {
	if c.SMTPURL != "" {
		_, err := mail.ParseSMTP(c.SMTPURL)
		fail(err == nil, "SMTP_URL: %v", err)
	}
	u, err := url.Parse(c.PublicURL)
	fail(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "",
		"PUBLIC_URL has to be like https://shop.example.com")
	from, ok := shop.ParseSender(c.MailFrom)
	fail(ok && from.Name == "", "MAIL_FROM has to be an address; the name beside it is each store's")
	if c.production() && cmd == "serve" {
		fail(c.SMTPURL != "", "SMTP_URL is required in production: the mailbox at /dev/mail is for development")
		fail(c.PublicURL != developmentURL, "PUBLIC_URL is required in production")
		fail(c.MailFrom != developmentSender, "MAIL_FROM is required in production")
	}
}

// follow has links lead to this server where it listens at another port than the
// usual one, and nobody said where they should lead.
func (c *Config) follow() {
	_, port, err := net.SplitHostPort(c.Addr)
	if err == nil && port != "0" && c.PublicURL == developmentURL {
		c.PublicURL = "http://localhost:" + port
	}
}

// The defaults that production refuses.
const (
	developmentURL    = "http://localhost:8080"
	developmentSender = "no-reply@example.com"
)

func defaultDataDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/regulars", nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "regulars"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share", "regulars"), err
}

// keys are the session keys and the other secrets, newest first. In development
// a key is made once and kept, so that a restart logs nobody out.
func (c Config) keys() (session, secrets [][]byte, err error) {
	list := c.SessionKeys
	if list == "" {
		if list, err = developmentKey(filepath.Join(c.DataDir, "development.key")); err != nil {
			return nil, nil, err
		}
	}
	if session, err = keys.Parse(list); err != nil {
		return nil, nil, err
	}
	if c.SecretKeys == "" {
		return session, session, nil
	}
	secrets, err = keys.Parse(c.SecretKeys)
	return session, secrets, err
}

// sessionKeys are what a command checks a server's against.
func (c Config) sessionKeys() ([][]byte, error) {
	if c.production() && c.SessionKeys == "" {
		return nil, errors.New("they are not set")
	}
	session, _, err := c.keys()
	return session, err
}

// ring is what a command seals with: the server's secrets, or nothing could open
// it again.
func (c Config) ring() (*keys.Ring, error) {
	if c.production() && c.SecretKeys == "" && c.SessionKeys == "" {
		return nil, errors.New("SECRET_KEYS (or SESSION_KEYS, where the server has only these) is required, to seal it")
	}
	_, secrets, err := c.keys()
	if err != nil {
		return nil, err
	}
	return keys.NewRing(secrets), nil
}

func developmentKey(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return string(b), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	random := make([]byte, 48)
	_, _ = rand.Read(random) // never fails: crypto/rand crashes the process instead
	key := base64.StdEncoding.EncodeToString(random)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return developmentKey(path)
	}
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(key)
	return key, errors.Join(err, f.Close())
}
