package session_test

import (
	"encoding/json"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
)

// twoChannels are two replicas of a store with a second storefront, which is for
// accounts of its own and has a default and a guests' group of its own.
func twoChannels(t *testing.T) []*graphtest.Server {
	t.Helper()
	one := graphtest.New(t)
	wholesale, retail := "Wholesale", "Retail"
	run(t, one, &command.ChannelAdd{Store: "demo", Name: "Two", Host: []string{"two.localhost"}, Local: true, DefaultGroup: &wholesale, GuestGroup: &retail})
	return []*graphtest.Server{one, graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true})}
}

// set changes the second channel as an operator does.
func set(t *testing.T, s *graphtest.Server, change func(*command.ChannelSet)) {
	t.Helper()
	c := &command.ChannelSet{}
	c.Store, c.Channel = "demo", 2
	change(c)
	run(t, s, c)
}

var two = host("two.localhost")

func register(t *testing.T, s *graphtest.Server, email string, headers ...graphtest.Header) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"query": `mutation ($e: String!, $p: String!) { customer { registerCustomer(input: {firstName: "A", lastName: "B", email: $e, password: $p}) {
			errors { __typename } } } }`,
		"variables": map[string]string{"e": email, "p": command.DemoPassword},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Post(t, body, headers...); string(r.Body) != `{"data":{"customer":{"registerCustomer":{"errors":[]}}}}` {
		t.Fatalf("%s", r.Body)
	}
}

// group is the one group that somebody sees.
func group(t *testing.T, s *graphtest.Server, headers ...graphtest.Header) string {
	t.Helper()
	var data struct {
		Groups struct {
			Edges []struct{ Node struct{ Name string } }
		}
	}
	s.Query(t, `{ groups { edges { node { name } } } }`, headers...).Data(t, &data)
	if len(data.Groups.Edges) != 1 {
		t.Fatalf("%+v", data)
	}
	return data.Groups.Edges[0].Node.Name
}

func TestGroupsOfAChannel(t *testing.T) {
	t.Parallel()
	servers := twoChannels(t)
	for _, s := range servers {
		if here, there := group(t, s), group(t, s, two); here != "Guests" || there != "Retail" {
			t.Errorf("guests are in %s and %s", here, there)
		}
	}
	db := servers[0].DB.Owner(t)
	in := func(email string) string {
		t.Helper()
		return one[string](t, db, `SELECT g.name || ' ' || c.origin_channel_id || ' ' || COALESCE(c.channel_ids::text, 'all')
			FROM customers c JOIN customer_groups g ON g.id = c.group_id WHERE c.email = $1`, email)
	}
	register(t, servers[0], "a@example.com")
	register(t, servers[0], "b@example.com", two)
	none, global := true, true
	set(t, servers[0], func(c *command.ChannelSet) { c.NoDefaultGroup, c.NoGuestGroup, c.GlobalLogin = none, none, &global })
	for i, email := range []string{"c@example.com", "d@example.com"} {
		register(t, servers[i], email, two)
		if got := group(t, servers[i], two); got != "Guests" {
			t.Errorf("replica %d: guests are in %s", i, got)
		}
	}
	for email, want := range map[string]string{"a@example.com": "Retail 1 all", "b@example.com": "Wholesale 2 {2}", "c@example.com": "Retail 2 all", "d@example.com": "Retail 2 all"} {
		if got := in(email); got != want {
			t.Errorf("%s: %q, want %q", email, got, want)
		}
	}
}

// A session counts where its customer may log in, and nowhere else.
func TestSessionCountsWhereTheChannelAdmitsIt(t *testing.T) {
	t.Parallel()
	servers := twoChannels(t)
	register(t, servers[0], "b@example.com", two)
	global := graphtest.WithCookie(servers[0].Login(t, ada))
	local := graphtest.WithCookie(login(t, servers[0], "b@example.com", command.DemoPassword, two).Cookie())
	if r := login(t, servers[0], ada, command.DemoPassword, two); r.Cookie() != "" {
		t.Errorf("a global account logged in: %s", r.Body)
	}
	check := func(globalThere string) {
		t.Helper()
		for i, s := range servers {
			for _, c := range []struct {
				cookie  graphtest.Header
				at      []graphtest.Header
				want    string
				meaning string
			}{
				{global, nil, ada, "global account, first channel"}, {global, []graphtest.Header{two}, globalThere, "global account, second channel"},
				{local, nil, "", "account of the second, first channel"}, {local, []graphtest.Header{two}, "b@example.com", "account of the second, second channel"},
			} {
				email, r := asked(t, s, append(c.at, c.cookie)...)
				if email != c.want || len(r.Header["Set-Cookie"]) != 0 {
					t.Errorf("replica %d, %s: %q, Set-Cookie %q", i, c.meaning, email, r.Header["Set-Cookie"])
				}
			}
		}
	}
	check("")
	yes, no := true, false
	set(t, servers[0], func(c *command.ChannelSet) { c.GlobalLogin = &yes })
	check(ada)
	set(t, servers[1], func(c *command.ChannelSet) { c.GlobalLogin = &no })
	check("")
}
