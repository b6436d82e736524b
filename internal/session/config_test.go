package session_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/shop"
)

// replicas are two servers on one database, both of which know the stores as
// they are at first.
func replicas(t *testing.T) (servers []*graphtest.Server) {
	t.Helper()
	a := listing(t)
	b := graphtest.New(t, graphtest.Options{DB: a.DB, NoDemo: true, TrustedProxies: loopback})
	for _, s := range []*graphtest.Server{a, b} {
		if one, two := store(t, s), store(t, s, host("other.example")); one != "Demo Store" || two != "Second" {
			t.Fatalf("%q, %q", one, two)
		}
		servers = append(servers, s)
	}
	return servers
}

func TestRemovedOriginIsAStrangerAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	cookie := graphtest.WithCookie(servers[0].Login(t, ada))
	configure(t, servers[0], func(_ *shop.Store, c *shop.Channel) { c.Origins = nil })
	for _, s := range servers {
		email, r := asked(t, s, cookie, origin(listedOrigin))
		wantCORS(t, r, "*", "")
		if email != "" {
			t.Errorf("its page still reads who %s is", email)
		}
	}
}

func TestListedOriginCountsAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	cookie := graphtest.WithCookie(servers[0].Login(t, ada))
	configure(t, servers[0], func(_ *shop.Store, c *shop.Channel) { c.Origins = append(c.Origins, "https://new.com") })
	for _, s := range servers {
		email, r := asked(t, s, cookie, origin("https://new.com"))
		wantCORS(t, r, "https://new.com", "true")
		if email != ada {
			t.Errorf("got %q", email)
		}
	}
}

func TestSwitchedOffNewsletterIsOffAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	configure(t, servers[0], func(st *shop.Store, _ *shop.Channel) { st.Settings.Newsletter.ShowNewsletterSignup = false })
	for _, s := range servers {
		r := s.Query(t, `mutation { newsletter { subscribe(input: {email: "x@example.com"}) { errors { __typename } } } }`)
		if !strings.Contains(string(r.Body), "CreateSubscriberUnexpectedError") {
			t.Errorf("%s", r.Body)
		}
	}
	if n := one[int](t, servers[0].DB.Owner(t), `SELECT count(*) FROM subscribers WHERE email_key = 'x@example.com'`); n != 0 {
		t.Error("signed up all the same")
	}
}

func TestClosedStoreIsClosedAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	configure(t, servers[0], func(st *shop.Store, _ *shop.Channel) { st.Status = shop.StatusMaintenance })
	for _, s := range servers {
		if r := login(t, s, ada, command.DemoPassword); r.Cookie() != "" || !strings.Contains(string(r.Body), `"FORBIDDEN"`) {
			t.Errorf("%s", r.Body)
		}
	}
}

// moveHost gives localhost to the second store.
func moveHost(t *testing.T, s *graphtest.Server) {
	t.Helper()
	id := func(hash string) int64 {
		snapshot, err := s.Storage.SnapshotByHash(t.Context(), hash)
		if err != nil {
			t.Fatal(err)
		}
		return snapshot.Store.ID
	}
	if err := s.Storage.RemoveHost(t.Context(), id("demo"), 1, "localhost"); err != nil {
		t.Fatal(err)
	}
	if err := s.Storage.ConfigureChannel(t.Context(), id("second"), shop.Channel{ID: 1, Hosts: []string{"localhost"}, AllowGlobalLogin: true}); err != nil {
		t.Fatal(err)
	}
}

func TestMovedHostIsTheOtherStoresAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	cookie := graphtest.WithCookie(login(t, servers[0], ada, command.DemoPassword, host("localhost")).Cookie())
	moveHost(t, servers[0])
	for i, s := range servers {
		if got := who(t, s, host("localhost"), cookie); got != "" {
			t.Errorf("replica %d: the old store's session is %q's in the new one", i, got)
		}
		if got := store(t, s, host("localhost")); got != "Second" {
			t.Errorf("replica %d: %q", i, got)
		}
		if got := store(t, s); got != "Demo Store" {
			t.Errorf("replica %d, by address: %q", i, got)
		}
	}
}

// A replica that has not heard of the move meets a session of the new store
// before anything else.
func TestMovedHostKeepsTheNewStoresSessions(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	store(t, servers[1], host("localhost"))
	moveHost(t, servers[0])
	cookie := login(t, servers[0], ada, command.DemoPassword, host("localhost")).Cookie()
	email, r := asked(t, servers[1], host("localhost"), graphtest.WithCookie(cookie))
	if email != ada || len(r.Header["Set-Cookie"]) != 0 {
		t.Errorf("%q, Set-Cookie %q", email, r.Header["Set-Cookie"])
	}
}

func TestRemovedHostIsUnknownAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	cookie := graphtest.WithCookie(servers[0].Login(t, ada))
	snapshot, err := servers[0].Storage.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	if err := servers[0].Storage.RemoveHost(t.Context(), snapshot.Store.ID, 1, "127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	for i, s := range servers {
		for _, h := range [][]graphtest.Header{nil, {cookie}} {
			if r := s.Query(t, asking, h...); r.Status != http.StatusMisdirectedRequest {
				t.Errorf("replica %d: %d %s", i, r.Status, r.Body)
			}
		}
	}
}

func TestDeletedStoreIsUnknownAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	cookie := secure(login(t, servers[0], ada, command.DemoPassword, host("other.example"), overTLS()).Cookie())
	must(t, servers[0].DB.Owner(t), `DELETE FROM stores WHERE hash = 'second'`)
	for i, s := range servers {
		for range 2 {
			for _, h := range [][]graphtest.Header{{host("other.example")}, {host("other.example"), overTLS(), cookie}} {
				if r := s.Query(t, asking, h...); r.Status != http.StatusMisdirectedRequest || len(r.Header["Set-Cookie"]) != 0 {
					t.Errorf("replica %d: %d %s", i, r.Status, r.Body)
				}
			}
		}
		if got := store(t, s); got != "Demo Store" {
			t.Errorf("replica %d: %q", i, got)
		}
	}
}

// The host of a store that was deleted may belong to another by the next request.
func TestHostOfADeletedStoreMayMove(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	must(t, servers[0].DB.Owner(t), `DELETE FROM stores WHERE hash = 'second'`)
	configure(t, servers[0], func(_ *shop.Store, c *shop.Channel) { c.Hosts = []string{"other.example"} })
	for i, s := range servers {
		if got := store(t, s, host("other.example")); got != "Demo Store" {
			t.Errorf("replica %d: %q", i, got)
		}
	}
}

func TestChangedGroupIsAnotherOneAtOnce(t *testing.T) {
	t.Parallel()
	servers := replicas(t)
	cookie := graphtest.WithCookie(servers[0].Login(t, ada))
	const group = `{ currentCustomer { group { categoryAccess { type } discountRules { amount } } } }`
	was := string(servers[0].Query(t, group, cookie).Body)
	file := filepath.Join(t.TempDir(), "groups.csv")
	if err := os.WriteFile(file, []byte("Group Name,Category Access,Discount Rules\nWholesale,NONE,ALL PERCENT 35\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i, s := range servers { // both know the group by now
		if got := string(s.Query(t, group, cookie).Body); got != was {
			t.Fatalf("server %d: %s, not %s", i, got, was)
		}
	}
	change := &command.ImportGroups{}
	change.File, change.Store, change.Update = file, "demo", true
	run(t, servers[0], change)
	for i, s := range servers {
		const want = `{"data":{"currentCustomer":{"group":{"categoryAccess":{"type":"NONE"},"discountRules":[{"amount":35.0000}]}}}}`
		if got := string(s.Query(t, group, cookie).Body); got != want {
			t.Errorf("server %d: %s", i, got)
		}
	}
}

func TestKnownGroupCostsNoStatement(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, ada))
	ask := func() int64 {
		before := s.Storage.Executed()
		s.Query(t, `{ currentCustomer { customerGroupName group { name discountRules { type } } } groups { edges { node { name } } } }`, cookie)
		return s.Storage.Executed() - before
	}
	ask()
	if n := ask(); n != 1 {
		t.Errorf("%d statements, want only that of the session", n)
	}
}
