package session_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
)

// inStore is one of two stores on one database that have the same customers: by
// address, not by what is known of them.
type inStore struct {
	host, canary, name string
	cookies            []string
}

// soakAs are what a shopper does, over and over. %d is another number each time,
// %s the store's canary.
var soakAs = []string{
	`{ currentCustomer { email firstName lastName company customerGroupName addresses { edges { cursor node { entityId address1 company } } } subscriber { entityId state } } }`,
	`{ customer { entityId email lastName phone addresses(first: 5) { collectionInfo { totalItems } edges { node { address1 address2 } } } } site { settings { storeName } } }`,
	`{ groups { edges { cursor node { entityId name } } } channel { entityId name } }`,
	`mutation { customer { updateCustomer(input: {company: "%s %d"}) { customer { company lastName } errors { __typename } } } }`,
	`mutation { customer { addCustomerAddress(input: {firstName: "A", lastName: "B", address1: "%s %d", city: "C", countryCode: "FR"}) { address { address1 } errors { __typename } } } }`,
	`mutation { customer { registerCustomer(input: {firstName: "%s", lastName: "B", email: "new%d@example.com", password: "a password nobody has"}) { customer { firstName } errors { __typename } } } }`,
	`mutation { newsletter { subscribe(input: {email: "news%[2]d@example.com", firstName: "%[1]s"}) { errors { __typename } } } }`,
	`mutation { customer { requestResetPassword(input: {email: "ada@example.com"}) { errors { __typename } } } }`,
}

// ask sends something of a shopper's to one of the servers.
func (s *inStore) ask(t *testing.T, servers []*graphtest.Server, n int, cookies []string) string {
	query := soakAs[rand.IntN(len(soakAs))]
	if strings.Contains(query, "%") {
		query = fmt.Sprintf(query, s.canary, n)
	}
	r := servers[rand.IntN(len(servers))].Query(t, query, host(s.host), overTLS(), secure(cookies[rand.IntN(len(cookies))]))
	return fmt.Sprint(string(r.Body), r.Header)
}

// G4: what two stores have in common, addresses of people above all, never makes
// one see anything of the other, in answers, mails or the log.
func TestTwoStoresNeverMeet(t *testing.T) {
	t.Parallel()
	one := graphtest.New(t, graphtest.Options{TrustedProxies: loopback, Mail: true})
	two := graphtest.New(t, graphtest.Options{DB: one.DB, NoDemo: true, TrustedProxies: loopback})
	secondStore(t, one)
	servers := []*graphtest.Server{one, two}
	stores := []*inStore{{host: "localhost", canary: "CANARYONE", name: "Demo Store"}, {host: "other.example", canary: "CANARYTWO", name: "Second"}}
	db := one.DB.Owner(t)
	for i, hash := range []string{"demo", "second"} {
		must(t, db, `UPDATE customers SET first_name = first_name || $1, last_name = last_name || $1 WHERE store_id = (SELECT id FROM stores WHERE hash = $2)`, stores[i].canary, hash)
		for n := range 4 {
			c := login(t, servers[n%2], ada, command.DemoPassword, host(stores[i].host), overTLS()).Cookie()
			if c == "" {
				t.Fatal("no login")
			}
			stores[i].cookies = append(stores[i].cookies, c)
		}
	}
	var wg sync.WaitGroup
	for i, s := range stores {
		other := stores[1-i]
		for worker := range 4 {
			wg.Go(func() {
				for n := range 60 {
					cookies := s.cookies
					if n%5 == 4 {
						cookies = other.cookies // of a session that is none here
					}
					if answer := s.ask(t, servers, worker*1000+n, cookies); strings.Contains(answer, other.canary) {
						t.Errorf("%s reads %s", s.host, answer)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	for i, s := range stores {
		r := two.Query(t, soakAs[0], host(s.host), overTLS(), secure(s.cookies[0]))
		if got := string(r.Body); strings.Count(got, s.canary) < 3 || strings.Contains(got, stores[1-i].canary) {
			t.Errorf("in the end %s reads %s", s.host, got)
		}
	}
	sent := [2]int{}
	for _, m := range one.Mails(t) {
		for i, s := range stores {
			text := fmt.Sprintf("%+v", m)
			if !strings.Contains(text, s.name) {
				continue
			}
			sent[i]++
			if strings.Contains(text, stores[1-i].canary) {
				t.Errorf("a mail of %s: %s", s.host, text)
			}
		}
	}
	if sent[0] == 0 || sent[1] == 0 {
		t.Errorf("%d mails", sent)
	}
	for _, s := range servers {
		for _, store := range stores {
			log := s.Log.String()
			if strings.Contains(log, store.canary) || strings.Contains(log, base64.StdEncoding.EncodeToString([]byte(store.canary))) {
				t.Errorf("the log has %s", store.canary)
			}
		}
	}
}
