package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gorilla/securecookie"
)

// operation is one thing that shoppers ask for, in the words of both servers.
type operation struct {
	key, title string
	ours, raw  exchange
}

const (
	host       = "shop.example.com"
	cookieName = "__Host-SHOP_TOKEN"
)

const meQuery = `query Me {
  currentCustomer {
    entityId email firstName lastName company phone
    group { entityId name isDefault }
    addresses(first: 10) {
      edges { node {
        entityId firstName lastName company address1 address2 city stateOrProvince postalCode country countryCode phone addressType
      } }
    }
  }
}`

const subscribeQuery = `mutation Subscribe($input: CreateSubscriberInput!) {
  newsletter { subscribe(input: $input) { errors { __typename ... on Error { message } } } }
}`

// head begins a request. What is left out of it are headers that neither server
// reads.
func head(line string, headers ...string) []byte {
	lines := append([]string{line, "Host: " + host, "User-Agent: bench", "Accept: application/json", "X-Forwarded-Proto: https"}, headers...)
	return []byte(strings.Join(lines, "\r\n") + "\r\n")
}

func post(path string, length int) []byte {
	return head("POST "+path+" HTTP/1.1", "Content-Type: application/json", "Content-Length: "+strconv.Itoa(length))
}

// appendCaller names a caller as the load balancer would, each n from a network
// of its own, so that no limit is met twice.
func appendCaller(b []byte, n uint64) []byte {
	b = append(b, "X-Forwarded-For: "...)
	b = strconv.AppendUint(b, 11+n>>16%100, 10)
	b = append(b, '.')
	b = strconv.AppendUint(b, n>>8&255, 10)
	b = append(b, '.')
	b = strconv.AppendUint(b, n&255, 10)
	return append(b, ".7\r\n"...)
}

// me asks for the customer behind a cookie.
type me struct {
	head, tail []byte
	people     []person
}

// person is a shopper with what is sent and what has to come back.
type person struct {
	cookie                 string
	email, group, street   []byte
	addresses              int
	addressField, rejected []byte
}

// mostPeople bounds how many customers are asked for: enough that their rows
// are all over the tables.
const mostPeople = 20_000

// me makes both sides of an operation that reads customers with such address
// books.
func (s *system) me(key string, b books) operation {
	title := map[books]string{
		smallBooks: "currentCustomer with group and 0-4 addresses", fullBooks: "currentCustomer with group and 10 addresses",
	}[b]
	from, to := population(b, s.customers)
	stride := max(1, int(to-from)/mostPeople)
	if b == smallBooks && stride%5 == 0 {
		stride-- // or all would have equally many addresses
	}
	var people []person
	for n := from; n < to; n += shopper(stride) {
		cookie, err := securecookie.EncodeMulti(cookieName, []byte(n.token()), s.codecs...)
		if err != nil {
			panic(err) // only a token that is too long
		}
		people = append(people, person{
			cookie: cookie, addresses: n.addresses(b), addressField: []byte(`"address1":`), rejected: []byte(`"errors":`),
			email: []byte(`"email":"` + n.email() + `"`), street: []byte(`"address1":"` + n.street()), group: groupNeedle(n),
		})
	}
	body, _ := json.Marshal(map[string]string{"query": meQuery})
	return operation{key: key, title: title,
		ours: &me{head: post("/graphql", len(body)), tail: body, people: people},
		raw:  &me{head: head("GET /me HTTP/1.1"), people: people},
	}
}

func groupNeedle(n shopper) []byte {
	if g := n.group(); g != "" {
		return []byte(`"name":"` + g + `"`)
	}
	return []byte(`"group":null`)
}

func (m *me) pick(r *rand.Rand) uint64 { return r.Uint64N(uint64(len(m.people))) }

func (m *me) request(b []byte, n uint64) []byte {
	b = append(b, m.head...)
	b = appendCaller(b, n)
	b = append(b, "Cookie: "+cookieName+"="...)
	b = append(b, m.people[n].cookie...)
	b = append(b, "\r\n\r\n"...)
	return append(b, m.tail...)
}

// check insists that all addresses are there and that each is the customer's.
func (m *me) check(n uint64, body []byte) error {
	p := &m.people[n]
	switch {
	case bytes.Contains(body, p.rejected):
		return errors.New("an error")
	case !bytes.Contains(body, p.email), !bytes.Contains(body, p.group):
		return errors.New("another customer")
	case bytes.Count(body, p.street) != p.addresses, bytes.Count(body, p.addressField) != p.addresses:
		return fmt.Errorf("not the %d addresses", p.addresses)
	}
	return nil
}

// signUps hands out addresses that nobody has signed up yet.
type signUps struct {
	next atomic.Uint64
	done atomic.Uint64
}

func newSignUps() *signUps { return &signUps{} }

func (s *signUps) operation(sys *system) operation {
	const none = "visitor0000000000@example.net" // as long as all of them
	variables := map[string]any{"input": map[string]string{"email": none, "origin": "STOREFRONT"}}
	ours, _ := json.Marshal(map[string]any{"query": subscribeQuery, "variables": variables})
	raw, _ := json.Marshal(variables["input"])
	run := fmt.Sprintf("%03d", sys.run) // a database that is used again has those of earlier runs
	signUp := func(path string, body []byte, accepted string) exchange {
		before, after, _ := bytes.Cut(body, []byte("0000000000@"))
		return &signUp{signUps: s, head: post(path, len(body)), before: append(before, run...), after: append([]byte("@"), after...), accepted: []byte(accepted)}
	}
	return operation{key: "subscribe", title: "newsletter.subscribe, new address",
		ours: signUp("/graphql", ours, `{"data":{"newsletter":{"subscribe":{"errors":[]}}}}`),
		raw:  signUp("/subscribe", raw, `{"email":"visitor`),
	}
}

// signUp is one side of the operation.
type signUp struct {
	*signUps
	head, before, after, accepted []byte
}

func (s *signUp) pick(*rand.Rand) uint64 { return s.next.Add(1) }

func (s *signUp) request(b []byte, n uint64) []byte {
	b = append(b, s.head...)
	b = appendCaller(b, n)
	b = append(b, "\r\n"...)
	b = append(b, s.before...)
	for digit := uint64(1_000_000); digit > 0; digit /= 10 {
		b = append(b, '0'+byte(n/digit%10))
	}
	return append(b, s.after...)
}

func (s *signUp) check(_ uint64, body []byte) error {
	if !bytes.HasPrefix(body, s.accepted) {
		return errors.New("refused")
	}
	s.done.Add(1)
	return nil
}

const signedUp = `
SELECT count(*) FILTER (WHERE b.state = 'SUBSCRIBED' AND c.hash = b.head_hash AND e.entity_version = 1)
FROM   subscribers b
LEFT   JOIN consents c ON c.store_id = b.store_id AND c.subscriber_id = b.id AND c.seq = b.next_seq - 1
LEFT   JOIN events e ON e.store_id = b.store_id AND e.entity = 'subscriber' AND e.entity_id = b.id
WHERE  b.store_id = $1 AND b.email LIKE 'visitor' || $2 || '%'`

// verify counts what was written: each sign-up once, its consent row and event
// with it.
func (s *signUps) verify(ctx context.Context, sys *system) error {
	var n uint64
	if err := sys.owner.QueryRowContext(ctx, signedUp, sys.store, fmt.Sprintf("%03d", sys.run)).Scan(&n); err != nil {
		return err
	}
	if done := s.done.Load(); n != done {
		return fmt.Errorf("%d sign-ups were answered, %d are in the database with consent row and event", done, n)
	}
	return nil
}
