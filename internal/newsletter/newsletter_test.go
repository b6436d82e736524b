package newsletter_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/keys"
	"regulars/internal/newsletter"
	"regulars/internal/shop"
	"regulars/storage"
)

// list is the demo store's newsletter, and the address it is about.
type list struct {
	*newsletter.Newsletter
	server *graphtest.Server
	db     *sqlx.DB
	visit  newsletter.Visit // a guest's
	email  string
}

func newList(t *testing.T, set newsletter.Settings) *list {
	t.Helper()
	s := graphtest.New(t)
	snapshot, err := s.Storage.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	return &list{
		newsletter.New(s.Storage, keys.NewRing([][]byte{graphtest.Key}), set), s, s.DB.Owner(t),
		newsletter.Visit{Store: &snapshot.Store, Channel: snapshot.Channels[0], From: shop.Source{Prefix: "198.51.100.0/24"}}, "",
	}
}

// about is the same list for a test of its own, on another address.
func (l list) about(email string) *list {
	l.email = email
	return &l
}

// account makes an account with that address.
func (l *list) account(t *testing.T, email string, proved bool) *shop.Customer {
	t.Helper()
	address, ok := shop.ParseEmail(email)
	if !ok {
		t.Fatal(email)
	}
	c, err := l.server.Storage.CreateCustomer(t.Context(), l.visit.Store.ID, storage.NewCustomer{
		Email: address, Profile: shop.Profile{FirstName: "A", LastName: "B"}, Verified: proved, ChannelID: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

func (l *list) as(c *shop.Customer) newsletter.Visit {
	v := l.visit
	v.Customer = c
	return v
}

func (l *list) subscribe(c *shop.Customer) error {
	return l.Subscribe(context.Background(), l.as(c), shop.SignUpInput{Email: l.email, Origin: shop.OriginStorefront})
}

// state is "" for an address that is not on the list.
func (l *list) state(t *testing.T) string {
	t.Helper()
	var states []string
	if err := l.db.Select(&states, `SELECT state FROM subscribers WHERE email_key = $1`, l.email); err != nil {
		t.Fatal(err)
	}
	return strings.Join(states, "")
}

func (l *list) consents(t *testing.T) (n int) {
	t.Helper()
	const all = `SELECT count(*) FROM consents c JOIN subscribers b ON b.store_id = c.store_id AND b.id = c.subscriber_id WHERE b.email_key = $1`
	if err := l.db.Get(&n, all, l.email); err != nil {
		t.Fatal(err)
	}
	return n
}

// who may be told, by decision 10: the account that proved the mailbox, and the
// one that made every consent row.
var who = []struct {
	name   string
	own    bool // the account has the address
	proved bool
	sole   bool // and made the sign-up itself
	may    bool
}{
	{"guest", false, false, false, false},
	{"another account, proved", false, true, false, false},
	{"its account, nothing proved, signed up by a guest", true, false, false, false},
	{"its account, nothing proved, signed up by itself", true, false, true, true},
	{"its account, proved, signed up by a guest", true, true, false, true},
	{"its account, proved, signed up by itself", true, true, true, true},
}

// each runs do for everyone in who, on an address that is signed up.
func each(t *testing.T, do func(t *testing.T, l *list, c *shop.Customer, may, proved bool)) {
	t.Helper()
	shared := newList(t, newsletter.DefaultSettings())
	for i, w := range who {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			l := shared.about(fmt.Sprintf("target%d@example.com", i))
			var c, first *shop.Customer
			switch {
			case w.own:
				c = l.account(t, l.email, w.proved)
			case w.proved:
				c = l.account(t, "neighbour-of-"+l.email, true)
			}
			if w.sole {
				first = c
			}
			if err := l.subscribe(first); err != nil {
				t.Fatal(err)
			}
			do(t, l, c, w.may, w.own && w.proved)
		})
	}
}

func TestSubscribeTellsOnlyWhoMayKnow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *list, c *shop.Customer, may, _ bool) {
		err := l.subscribe(c)
		if may && shop.CodeOf(err) != shop.Conflict || !may && err != nil {
			t.Errorf("got %v", err)
		}
		if got := l.state(t); got != "SUBSCRIBED" {
			t.Errorf("now %s", got)
		}
	})
}

func TestUnsubscribeActsOnlyForWhoMay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *list, c *shop.Customer, may, _ bool) {
		want, rows := "SUBSCRIBED", l.consents(t)
		if may {
			want, rows = "UNSUBSCRIBED", rows+1
		}
		for range 2 { // a repetition changes nothing, and answers the same
			if err := l.Unsubscribe(t.Context(), l.as(c), " "+strings.ToUpper(l.email)); err != nil {
				t.Errorf("got %v", err)
			}
			if got, n := l.state(t), l.consents(t); got != want || n != rows {
				t.Errorf("now %s with %d consents, want %s with %d", got, n, want, rows)
			}
		}
	})
}

// Decision 30: after an unsubscribe only the proved come back without asking the
// mailbox; the account that merely signed up before does not.
func TestSubscribeAfterAnUnsubscribe(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *list, c *shop.Customer, _, proved bool) {
		const unsubscribed = `WITH b AS (UPDATE subscribers SET state = 'UNSUBSCRIBED' WHERE email_key = $1 RETURNING store_id, id)
			UPDATE consents c SET action = 'UNSUBSCRIBED' FROM b WHERE c.store_id = b.store_id AND c.subscriber_id = b.id`
		if _, err := l.db.Exec(unsubscribed, l.email); err != nil {
			t.Fatal(err)
		}
		want := "PENDING"
		if proved {
			want = "SUBSCRIBED"
		}
		for range 2 {
			err := l.subscribe(c)
			if again := want == "SUBSCRIBED" && shop.CodeOf(err) == shop.Conflict; err != nil && !again {
				t.Errorf("got %v", err)
			}
			if got := l.state(t); got != want {
				t.Errorf("now %s, want %s", got, want)
			}
		}
	})
}

func TestSuppressedAddressesAskTheMailbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *list, c *shop.Customer, _, _ bool) {
		if _, err := l.db.Exec(`UPDATE subscribers SET state = 'SUPPRESSED' WHERE email_key = $1`, l.email); err != nil {
			t.Fatal(err)
		}
		if err := l.Unsubscribe(t.Context(), l.as(c), l.email); err != nil || l.state(t) != "SUPPRESSED" {
			t.Errorf("after an unsubscribe %s, %v", l.state(t), err)
		}
		if err := l.subscribe(c); err != nil || l.state(t) != "PENDING" {
			t.Errorf("after a sign-up %s, %v", l.state(t), err)
		}
	})
}

// A stranger's sign-up ends what the sole account may.
func TestStrangersSignUpEndsTheSoleAccount(t *testing.T) {
	t.Parallel()
	l := newList(t, newsletter.DefaultSettings()).about("target@example.com")
	owner := l.account(t, l.email, false)
	if err := l.subscribe(owner); err != nil {
		t.Fatal(err)
	}
	if err := l.subscribe(nil); err != nil {
		t.Fatal(err)
	}
	if err := l.subscribe(owner); err != nil {
		t.Errorf("a sign-up answers %v, want nothing that tells", err)
	}
	if err := l.Unsubscribe(t.Context(), l.as(owner), l.email); err != nil || l.state(t) != "SUBSCRIBED" {
		t.Errorf("after an unsubscribe %s, %v", l.state(t), err)
	}
}

func TestUnknownAddressIsNotTold(t *testing.T) {
	t.Parallel()
	l := newList(t, newsletter.DefaultSettings()).about("target@example.com")
	for _, c := range []*shop.Customer{nil, l.account(t, l.email, true)} {
		if err := l.Unsubscribe(t.Context(), l.as(c), l.email); err != nil || l.state(t) != "" {
			t.Errorf("%q, %v", l.state(t), err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	l := newList(t, newsletter.DefaultSettings()).about("target@example.com")
	gone := l.account(t, l.email, true)
	if _, err := l.db.Exec(`DELETE FROM customers WHERE id = $1`, gone.ID); err != nil {
		t.Fatal(err)
	}
	closed := l.visit
	store := *closed.Store
	store.Settings.Newsletter.ShowNewsletterSignup = false
	closed.Store = &store
	for _, tt := range []struct {
		name  string
		got   error
		code  shop.Code
		field string
	}{
		{"sign-up without an address", l.Subscribe(t.Context(), l.visit, shop.SignUpInput{Email: "no address"}), shop.BadUserInput, "input.email"},
		{"unsubscribe without an address", l.Unsubscribe(t.Context(), l.visit, "no address"), shop.BadUserInput, "input.email"},
		{"switched off", l.Subscribe(t.Context(), closed, shop.SignUpInput{Email: l.email}), shop.Forbidden, ""},
		{"of a deleted account", l.Unsubscribe(t.Context(), l.as(gone), l.email), shop.NotFound, ""},
	} {
		refusals := shop.ErrorsIn(tt.got)
		if len(refusals) != 1 || refusals[0].Code != tt.code || refusals[0].Field != tt.field {
			t.Errorf("%s: %v", tt.name, tt.got)
		}
	}
	if got := l.state(t); got != "" {
		t.Errorf("signed up all the same: %s", got)
	}
}

// H3: one network is bounded, known address or not; others are not touched.
func TestSignUpsPerNetwork(t *testing.T) {
	t.Parallel()
	l := newList(t, newsletter.Settings{PerPrefix: shop.Limit{Burst: 2, Window: time.Hour}})
	for i, want := range []shop.Code{"", "", shop.RateLimited} {
		email := []string{"ada@example.com", "new@example.com", "third@example.com"}[i]
		err := l.about(email).subscribe(nil)
		if (err != nil) != (want != "") || err != nil && shop.CodeOf(err) != want {
			t.Errorf("sign-up %d: %v", i, err)
		}
	}
	for _, prefix := range []string{"203.0.113.0/24", ""} {
		v := l.visit
		v.From.Prefix = prefix
		for i := range 2 {
			if err := l.Subscribe(t.Context(), v, shop.SignUpInput{Email: fmt.Sprintf("x%d%d@example.com", i, len(prefix)), Origin: shop.OriginStorefront}); err != nil {
				t.Errorf("from %q: %v", prefix, err)
			}
		}
	}
}
