package outbox_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"regulars/internal/outbox"
	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

func TestMain(m *testing.M) {
	// The cluster of this test binary lives as long as the binary.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("regulars/internal/devdb.(*Cluster).launch.func1"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"))
}

// world is a database with one store.
type world struct {
	*storagetest.DB
	owner *sqlx.DB
	s     *storage.Store // hints at nobody
	store int64
	log   *log
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.New(t)
	w := &world{DB: d, owner: d.Owner(t), s: d.Store(t), log: &log{}}
	w.store = w.addStore(t, "one")
	return w
}

func (w *world) addStore(t testing.TB, hash string) int64 {
	t.Helper()
	id, err := w.s.CreateStore(t.Context(), shop.Store{Hash: hash, Name: hash, Plan: shop.PlanEnterprise, Status: shop.StatusLaunched,
		Currency: "EUR", Country: "DE", Locale: "de", Settings: shop.DefaultSettings()})
	must(t, err)
	return id
}

// happen writes n events, numbered by their entity's id from first on.
func (w *world) happen(t testing.TB, store int64, first, n int) {
	t.Helper()
	w.owner.MustExec(`INSERT INTO events (store_id, scope, entity, entity_id, entity_version) SELECT $1, 'x', 'x', n, 1 FROM generate_series($2::int, $3::int) n`,
		store, first, first+n-1)
}

func register(t testing.TB, s *storage.Store, store int64, email string) {
	t.Helper()
	address, _ := shop.ParseEmail(email)
	_, err := s.CreateCustomer(t.Context(), store, storage.NewCustomer{Email: address, ChannelID: 1, Registered: true})
	must(t, err)
}

// running is an Outbox at work. Its poll is the test's to trigger.
type running struct {
	tick chan time.Time
	stop func()
}

func (w *world) run(t testing.TB, s *storage.Store, grace time.Duration, kinds ...outbox.Kind) *running {
	t.Helper()
	r := &running{tick: make(chan time.Time)}
	o := outbox.New(s, slog.New(slog.NewJSONHandler(w.log, nil)), outbox.Settings{Poll: r.tick, Grace: grace}, kinds...)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); o.Run(ctx) }()
	r.stop = sync.OnceFunc(func() { cancel(); <-over })
	t.Cleanup(r.stop)
	return r
}

// until polls until it is done.
func (r *running) until(t testing.TB, what string, done func() bool) {
	t.Helper()
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for range 5000 {
		if done() {
			return
		}
		<-pause.C
		select {
		case r.tick <- time.Time{}:
		default: // it still works on the last one
		}
	}
	t.Fatal("never: " + what)
}

// receiver stands for whoever is told. It takes down what it gets.
type receiver struct {
	mu   sync.Mutex
	got  map[string]int // store and entity: how often
	now  int            // at present
	most int
	per  map[int64]int // store: at present
	peak int           // the most of one store

	// before and last run in Send and in the last step; nil for nothing.
	before func(context.Context, shop.Job) error
	last   func(shop.Job) error
}

func newReceiver() *receiver { return &receiver{got: map[string]int{}, per: map[int64]int{}} }

func (r *receiver) enter(store int64, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now += by
	r.per[store] += by
	r.most, r.peak = max(r.most, r.now), max(r.peak, r.per[store])
}

func (r *receiver) send(ctx context.Context, job shop.Job) (func() error, error) {
	r.enter(job.Event.StoreID, 1)
	defer r.enter(job.Event.StoreID, -1)
	if r.before != nil {
		if err := r.before(ctx, job); err != nil {
			return nil, err
		}
	}
	return func() error {
		if r.last != nil {
			if err := r.last(job); err != nil {
				return err
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got[name(job)]++
		return nil
	}, nil
}

func name(job shop.Job) string {
	return fmt.Sprintf("%d/%d to %d", job.Event.StoreID, job.Event.EntityID, job.TargetID)
}

// times is how many deliveries there were to how many different jobs.
func (r *receiver) times() (deliveries, jobs int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.got {
		deliveries += n
	}
	return deliveries, len(r.got)
}

// of counts the jobs of one store that arrived.
func (r *receiver) of(store int64) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range r.got {
		var s int64
		if _, err := fmt.Sscanf(k, "%d/", &s); err == nil && s == store {
			n++
		}
	}
	return n
}

// kind tells the receiver of every event, once.
func (r *receiver) kind() outbox.Kind {
	return outbox.Kind{
		Name: shop.JobMail, Send: r.send, Timeout: time.Minute, GiveUp: time.Hour, Pause: func(int) time.Duration { return 0 },
		Plan: func(e shop.Event) []shop.NewJob {
			return []shop.NewJob{{EventID: e.ID, Kind: shop.JobMail, TargetID: 1, Template: "x"}}
		},
		Workers: 6, PerStore: 3,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) count(t testing.TB, from string, args ...any) (n int) {
	t.Helper()
	must(t, w.owner.Get(&n, `SELECT count(*) FROM `+from, args...))
	return n
}

func (w *world) wantCount(t testing.TB, want int, from string, args ...any) {
	t.Helper()
	if n := w.count(t, from, args...); n != want {
		t.Errorf("%d rows of %s, want %d", n, from, want)
	}
}

// log keeps what was logged.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
