package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/internal/command"
	"regulars/internal/mail/mailtest"
	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

// asServer makes this test binary be the server.
const asServer = "REGULARS_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a server in a process of its own, which can be killed.
type process struct {
	cmd  *exec.Cmd
	out  *printed
	over chan error
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(exe, append([]string{"serve"}, args...)...), out: newPrinted(), over: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), asServer+"=1")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(p.over); p.over <- p.cmd.Wait() }()
	t.Cleanup(p.kill)
	return p
}

// kill is SIGKILL, and waits until it is dead.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	for range p.over {
	}
}

// killing is a store whose server dies again and again, and its mail relay.
type killing struct {
	*storagetest.DB
	direct *storage.Store
	owner  *sqlx.DB
	relay  *mailtest.Relay
	store  int64
	args   []string

	url     atomic.Pointer[string] // of the server at present; nil for none
	answers atomic.Int64
	people  atomic.Int64
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	d := storagetest.New(t)
	k := &killing{DB: d, direct: d.Store(t), owner: d.Owner(t)}
	// Between the message and its answer lies the moment that makes a duplicate.
	k.relay = mailtest.NewRelay(t, mailtest.Options{Kept: func() { pass(rand.N(10 * time.Millisecond)) }})
	env := &command.Env{Ctx: context.Background(), Storage: k.direct, Hash: password.New(0).Hash, Out: io.Discard}
	if err := (&command.Demo{}).Run(env); err != nil {
		t.Fatal(err)
	}
	snapshot, err := k.direct.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	k.store = snapshot.Store.ID
	k.args = []string{"--addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--database-url=" + d.URL, "--migrate-on-start=false",
		"--smtp-url=smtp://" + k.relay.Addr, "--register-limit=100000/1h", "--link-limit=100000/1h", "--session-keys=" + strings.Repeat("k", 32), "--data-dir=" + dataDir(t)}
	return k
}

// pass lets a random moment come.
func pass(d time.Duration) { <-time.After(d) }

// ask keeps on signing people up over HTTP, and on asking for links for people who
// have lost their password, whatever becomes of the answers.
func (k *killing) ask(ctx context.Context, client *http.Client) {
	for i := 0; ctx.Err() == nil; i++ {
		url := k.url.Load()
		if url == nil {
			pass(time.Millisecond)
			continue
		}
		n := k.people.Add(1)
		mutation := fmt.Sprintf(`registerCustomer(input: {firstName: \"A\", lastName: \"B\", email: \"http%d@example.com\", password: \"a monster of my own\"})`, n)
		if i%2 == 1 {
			email, _ := shop.ParseEmail(fmt.Sprintf("lost%d@example.com", n))
			if _, err := k.direct.CreateCustomer(context.Background(), k.store, storage.NewCustomer{Email: email, ChannelID: 1}); err != nil {
				continue
			}
			mutation = fmt.Sprintf(`requestResetPassword(input: {email: \"%s\"})`, email.Text)
		}
		resp, err := client.Post(*url, "application/json", strings.NewReader(`{"query": "mutation { customer { `+mutation+` { errors { __typename } } } }"}`))
		if err != nil {
			pass(time.Millisecond) // it was killed
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		k.answers.Add(1)
	}
}

// backlog signs people up at once, so that there is always something to be sent.
func (k *killing) backlog(t *testing.T, n int) {
	t.Helper()
	for range n {
		email, _ := shop.ParseEmail(fmt.Sprintf("direct%d@example.com", k.people.Add(1)))
		if _, err := k.direct.CreateCustomer(t.Context(), k.store, storage.NewCustomer{Email: email, ChannelID: 1, Registered: true}); err != nil {
			t.Fatal(err)
		}
	}
}

// once runs a server until some random moment.
func (k *killing) once(t *testing.T) {
	t.Helper()
	k.backlog(t, 10)
	p := startProcess(t, k.args...)
	url := p.out.find(t, `GraphQL +(http://127\.0\.0\.1:\d+/graphql)`, p.over)
	k.url.Store(&url)
	enough := k.answers.Load() + rand.Int64N(6)
	for k.answers.Load() < enough {
		pass(time.Millisecond)
	}
	pass(rand.N(50 * time.Millisecond))
	k.url.Store(nil)
	p.kill()
	// Leases end by themselves, after a minute; the next server need not wait for that.
	k.owner.MustExec(`UPDATE jobs SET lease_until = now() WHERE lease_until IS NOT NULL`)
}

// I6, J1, decision 27: whatever is killed and whenever, everybody who has an
// account or is to have a new password has their mail, nobody else has one, and
// each kill repeats one at most.
func killServers(t *testing.T, kills int) {
	k := newKilling(t)
	ctx, cancel := context.WithCancel(t.Context())
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() { k.ask(ctx, client) })
	}
	for range kills {
		k.once(t)
	}
	cancel()
	clients.Wait()
	k.drain(t)
	k.check(t, kills)
}

// drain has the last server send what is left, and end in peace.
func (k *killing) drain(t *testing.T) {
	t.Helper()
	p := startProcess(t, k.args...)
	const left = `SELECT (SELECT count(*) FROM events WHERE position IS NULL) + (SELECT count(*) FROM jobs WHERE done_at IS NULL)`
	deadline := time.Now().Add(time.Minute)
	for n := 1; n > 0; {
		if err := k.owner.Get(&n, left); err != nil || time.Now().After(deadline) {
			t.Fatalf("%d are left, %v\n%s", n, err, p.out)
		}
		pass(5 * time.Millisecond)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.over; err != nil {
		t.Errorf("the last server ended with %v\n%s", err, p.out)
	}
}

func (k *killing) check(t *testing.T, kills int) {
	t.Helper()
	var people []string
	const owed = `SELECT email FROM customers WHERE email LIKE 'http%' OR email LIKE 'direct%'
		UNION ALL SELECT c.email FROM events e JOIN customers c ON c.store_id = e.store_id AND c.id = e.entity_id WHERE e.scope = 'account/reset/requested'`
	if err := k.owner.Select(&people, owed); err != nil {
		t.Fatal(err)
	}
	mails, owners, duplicates := map[string][]string{}, map[string]string{}, 0
	for _, m := range k.relay.Received() {
		id := m.Message.Header.Get("Message-Id")
		if len(mails[m.To]) > 0 {
			duplicates++
		}
		mails[m.To] = append(mails[m.To], id)
		if owner, ok := owners[id]; ok && owner != m.To {
			t.Errorf("%s went to %s and to %s", id, owner, m.To)
		}
		owners[id] = m.To
	}
	for _, email := range people {
		if len(mails[email]) == 0 {
			t.Errorf("%s has no mail", email)
		}
		for _, id := range mails[email] {
			if id != mails[email][0] {
				t.Errorf("%s has mails %v", email, mails[email])
			}
		}
	}
	if !strings.Contains(strings.Join(people, " "), "lost") {
		t.Error("nobody has lost a password")
	}
	if len(mails) != len(people) {
		t.Errorf("%d people have mail, %d are owed one", len(mails), len(people))
	}
	if duplicates > kills {
		t.Errorf("%d duplicates of %d kills", duplicates, kills)
	}
	var gaps int
	if err := k.owner.Get(&gaps, `SELECT max(position) - count(*) FROM events`); err != nil || gaps != 0 || len(people) < kills {
		t.Errorf("%d gaps in the feed, %d people, %v", gaps, len(people), err)
	}
	t.Logf("%d kills, %d people, %d duplicates", kills, len(people), duplicates)
}

func TestKilledServersLoseNoMail(t *testing.T) {
	t.Parallel()
	killServers(t, 6)
}
