package command_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/keys"
	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

// console runs commands as an operator types them.
type console struct {
	s     *storage.Store
	owner *sqlx.DB
	url   string
	noKey error // why there is none to seal with
}

// keys are those that the console seals with.
func (c *console) keys() (*keys.Ring, error) {
	return keys.NewRing([][]byte{[]byte("a key")}), c.noKey
}

func (c *console) sessionKeys() ([][]byte, error) { return [][]byte{graphtest.Key}, c.noKey }

func newConsole(t *testing.T) *console {
	t.Helper()
	d := storagetest.New(t)
	return &console{s: d.Store(t), owner: d.Owner(t), url: d.URL}
}

// run gives what was printed, and how it ended.
func (c *console) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var cli struct {
		Demo     command.Demo     `cmd:""`
		Store    command.Store    `cmd:""`
		Channel  command.Channel  `cmd:""`
		Doctor   command.Doctor   `cmd:""`
		Token    command.Token    `cmd:""`
		Import   command.Import   `cmd:""`
		Export   command.Export   `cmd:""`
		Customer command.Customer `cmd:""`

		FormField command.FormField `cmd:"" name:"formfield"`
		Attribute command.Attribute `cmd:""`
		Metafield command.Metafield `cmd:""`
		Credit    command.Credit    `cmd:""`
		App       command.App       `cmd:""`
	}
	var out bytes.Buffer
	k, err := kong.New(&cli, kong.Name("regulars"), kong.Writers(&out, &out))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := k.Parse(args)
	if err != nil {
		return out.String(), err
	}
	hasher := password.New(2)
	err = parsed.Run(&command.Env{Ctx: t.Context(), Storage: c.s, Hash: hasher.Hash, Keys: c.keys, SessionKeys: c.sessionKeys, Readable: password.Readable, Cost: hasher.Cost, Out: &out})
	return out.String(), err
}

// says runs a command that succeeds.
func (c *console) says(t *testing.T, want string, args ...string) string {
	t.Helper()
	out, err := c.run(t, args...)
	if err != nil || !strings.Contains(out, want) {
		t.Errorf("%s: %v, %q, want %q", args, err, out, want)
	}
	return out
}

// refuses runs a command that fails, with a sentence.
func (c *console) refuses(t *testing.T, want string, args ...string) {
	t.Helper()
	before := c.all(t)
	_, err := c.run(t, args...)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", args, err, want)
	}
	if after := c.all(t); after != before {
		t.Errorf("%s: refused, and changed something:\n%s\n%s", args, before, after)
	}
}

// all is how many rows each table has.
func (c *console) all(t *testing.T) string {
	t.Helper()
	var tables []string
	if err := c.owner.Select(&tables, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&out, "%s %d\n", table, c.count(t, table))
	}
	return out.String()
}

func (c *console) count(t *testing.T, from string) (n int) {
	t.Helper()
	if err := c.owner.Get(&n, `SELECT count(*) FROM `+from); err != nil {
		t.Fatal(err)
	}
	return n
}

func (c *console) channel(t *testing.T, hash string) *shop.Channel {
	t.Helper()
	s, err := c.s.SnapshotByHash(t.Context(), hash)
	if err != nil || len(s.Channels) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	return s.Channels[0]
}

func TestStoreCreate(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "Created store acme with channel 1.", "store", "create", "acme", "--name", "Acme", "--host", "Shop.Example.com.", "--currency", "eur", "--country", "de")
	if ch := c.channel(t, "acme"); ch.ID != 1 || fmt.Sprint(ch.Hosts) != "[shop.example.com]" {
		t.Errorf("%+v", ch)
	}
	if n := c.count(t, `stores WHERE currency = 'EUR' AND country = 'DE' AND plan = 'standard'`); n != 1 {
		t.Error("what was given was not kept")
	}
	c.says(t, "regulars channel add-host bare 1 HOST", "store", "create", "bare", "--name", "Bare")
	c.refuses(t, `There is a store "acme" already.`, "store", "create", "acme", "--name", "Again")
	c.refuses(t, "a hash is", "store", "create", "Acme", "--name", "x")
	c.refuses(t, "a hash is", "store", "create", strings.Repeat("a", 33), "--name", "x")
	c.refuses(t, "--currency", "store", "create", "x", "--name", "x", "--currency", "EURO")
	c.refuses(t, "--country", "store", "create", "x", "--name", "x", "--country", "ZZ")
	c.refuses(t, "--country", "store", "create", "x", "--name", "x", "--country", "276")
	c.refuses(t, "--locale", "store", "create", "x", "--name", "x", "--locale", "!")
	c.refuses(t, "plan", "store", "create", "x", "--name", "x", "--plan", "gold")
	c.refuses(t, "name", "store", "create", "x")
	c.refuses(t, "is not a host name", "store", "create", "x", "--name", "x", "--host", "https://shop.example.com")
	c.says(t, "hosts: shop.example.com  origins: -\n", "store", "list")
}

func TestStoreCreateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One", "--host", "shop.example.com")
	c.refuses(t, "The host shop.example.com belongs to another channel.", "store", "create", "two", "--name", "Two", "--host", "two.example.com", "--host", "shop.example.com")
	c.says(t, "Created store two", "store", "create", "two", "--name", "Two", "--host", "two.example.com")
}

func TestHosts(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One", "--host", "one.example.com")
	c.says(t, "", "store", "create", "two", "--name", "Two")
	version := c.version(t, "one")
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "xn--bcher-kva.example", "my_shop.local", "one.example.com"} {
		c.says(t, "answers to "+host, "channel", "add-host", "one", "1", host)
	}
	if ch := c.channel(t, "one"); len(ch.Hosts) != 6 {
		t.Errorf("hosts %v", ch.Hosts)
	}
	if c.version(t, "one") <= version {
		t.Error("running servers would not notice")
	}
	for _, bad := range []string{"", "a b", "https://a.example", "a.example/x", "a.example:8080", "cafe:8080", "::ffff::1", "[::1]", "0:0:0:0:0:0:0:1", "-a.example", "a..example", ".example",
		"*.example.com", "a.example?", "user@a.example", "bücher.example", strings.Repeat("a.", 127) + "com", "a.example\n"} {
		if strings.TrimSpace(bad) == "a.example" {
			continue // cleaned
		}
		c.refuses(t, "is not a host name", "channel", "add-host", "one", "1", "--", bad)
	}
	c.refuses(t, "belongs to another channel", "channel", "add-host", "two", "1", "fresh.example.com", "one.example.com")
	c.refuses(t, "no channel 2", "channel", "add-host", "one", "2", "x.example.com")
	c.refuses(t, `no store "three"`, "channel", "add-host", "three", "1", "x.example.com")
	c.refuses(t, "no such host", "channel", "remove-host", "two", "1", "one.example.com")
	c.refuses(t, "no such host", "channel", "remove-host", "one", "2", "one.example.com")
	c.says(t, "no longer answers to one.example.com", "channel", "remove-host", "one", "1", "ONE.example.com.")
	c.refuses(t, "no such host", "channel", "remove-host", "one", "1", "one.example.com")
	c.says(t, "", "channel", "add-host", "two", "1", "one.example.com")
}

func (c *console) version(t *testing.T, hash string) int64 {
	t.Helper()
	s, err := c.s.SnapshotByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	return s.Store.ConfigVersion
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One", "--host", "one.example.com")
	for _, origin := range []string{"https://shop.example.com", "http://localhost:3000", "https://[::1]:8443", "https://shop.example.com"} {
		c.says(t, origin, "channel", "add-origin", "one", "1", origin)
	}
	if ch := c.channel(t, "one"); len(ch.Origins) != 3 || len(ch.Hosts) != 1 {
		t.Errorf("%+v", ch)
	}
	for _, bad := range []string{"", "null", "*", "shop.example.com", "https://", "https://shop.example.com/", "https://Shop.example.com", "HTTPS://shop.example.com",
		"https://shop.example.com:443", "http://shop.example.com:80", "https://shop.example.com:", "https://*.example.com", "https://user@shop.example.com",
		"https://shop.example.com?x", "https://shop.example.com#x", "ftp://shop.example.com", "file://", "https://shop.example.com https://x.example", "https://a..b"} {
		c.refuses(t, "an origin is", "channel", "add-origin", "one", "1", bad)
	}
	for bad, clean := range map[string]string{
		"https://shop.example.com/": "https://shop.example.com", " https://Shop.example.com/de?a#b": "https://shop.example.com", "HTTPS://user@shop.example.com:443": "https://shop.example.com",
		"http://[::1]:80/": "http://[::1]", "http://Localhost:3000/": "http://localhost:3000", "https://shop.example.com:": "https://shop.example.com",
	} {
		c.refuses(t, fmt.Sprintf("%q is not as browsers send it, %s is: an origin is", bad, clean), "channel", "add-origin", "one", "1", bad)
	}
	c.refuses(t, `"ftp://shop.example.com" is none: an origin is`, "channel", "add-origin", "one", "1", "ftp://shop.example.com")
	c.refuses(t, "no channel 9", "channel", "add-origin", "one", "9", "https://shop.example.com")
	c.says(t, "are strangers", "channel", "remove-origin", "one", "1", "http://localhost:3000")
	c.refuses(t, "does not list that origin", "channel", "remove-origin", "one", "1", "http://localhost:3000")
	c.refuses(t, "no channel 9", "channel", "remove-origin", "one", "9", "https://shop.example.com")
	if ch := c.channel(t, "one"); fmt.Sprint(ch.Origins) != "[https://shop.example.com https://[::1]:8443]" {
		t.Errorf("origins %v", ch.Origins)
	}
}

func TestProxySecret(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One")
	secret := regexp.MustCompile(`\n(\S{32,})\n$`)
	var last string
	for range 2 {
		out := c.says(t, "X-BC-Trusted-Proxy-Secret", "channel", "proxy-secret", "one", "1")
		m := secret.FindStringSubmatch(out)
		if m == nil || m[1] == last {
			t.Fatalf("no new secret in %q", out)
		}
		last = m[1]
		if ch := c.channel(t, "one"); ch.Policy.TrustedProxySecretHash != shop.HashProxySecret(last) {
			t.Error("what was printed is not what is kept")
		}
	}
	if n := c.count(t, `channels WHERE policy::text LIKE '%`+last+`%'`); n != 0 {
		t.Error("the secret is kept in clear")
	}
}
