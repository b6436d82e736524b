package graph_test

import (
	"bytes"
	"maps"
	"net/http"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/shop"
)

func subscribeTo(email string) string {
	return `mutation { newsletter { subscribe(input: {email: "` + email + `", origin: STOREFRONT,
		consent: {text: "Send me news.", form: "footer"}}) { errors { __typename ... on Error { message } } } } }`
}

// Whoever signs an address up cannot tell what was known of it.
func TestSignUpsAnswerAlike(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	owner := s.DB.Owner(t)
	owner.MustExec(`UPDATE subscribers SET state = 'PENDING', pending_until = now() + interval '1 day' WHERE email = 'barbara@example.com'`)
	owner.MustExec(`UPDATE subscribers SET state = 'SUPPRESSED', suppressed_reason = 'bounced' WHERE email = 'donald@example.com'`)
	foreign := graphtest.WithCookie(s.Login(t, "grace@example.com"))
	evil := graphtest.Header{Name: "Origin", Value: "https://evil.example"}
	for who, headers := range map[string][]graphtest.Header{"guest": nil, "another account": {foreign}, "a foreign page": {evil}} {
		first := s.Query(t, subscribeTo("new-"+who[:1]+"@example.com"), headers...)
		if string(first.Body) != `{"data":{"newsletter":{"subscribe":{"errors":[]}}}}` || first.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", who, first.Status, first.Body)
		}
		for state, email := range map[string]string{
			"subscribed": "edsger@example.com", "an account's": "ada@example.com", "pending": "barbara@example.com",
			"unsubscribed": "linus@example.com", "suppressed": "donald@example.com", "imported": "tim@example.com",
			"other case": "EDSGER@example.com", "an account without a sign-up": "margaret2@example.com",
		} {
			r := s.Query(t, subscribeTo(email), headers...)
			if r.Status != first.Status || !bytes.Equal(r.Body, first.Body) {
				t.Errorf("%s, %s: %d %s", who, state, r.Status, r.Body)
			}
			if a, b := lasting(r.Header), lasting(first.Header); !maps.EqualFunc(a, b, equal) {
				t.Errorf("%s, %s: the header is %v, want %v", who, state, a, b)
			}
		}
	}
	var states []string
	const after = `SELECT state FROM subscribers WHERE email IN ('barbara@example.com', 'donald@example.com', 'linus@example.com') ORDER BY email`
	if err := owner.Select(&states, after); err != nil {
		t.Fatal(err)
	}
	// A stranger undoes no unsubscribe and lifts no suppression.
	if states[0] != "SUBSCRIBED" || states[1] != "PENDING" || states[2] != "PENDING" {
		t.Errorf("states are %v", states)
	}
}

// lasting is what of a header does not differ from request to request.
func lasting(h http.Header) http.Header {
	h = h.Clone()
	h.Del("Date")
	h.Del("X-Request-Id")
	return h
}

func equal(a, b []string) bool { return len(a) == len(b) && (len(a) == 0 || a[0] == b[0]) }

func TestParallelSignUps(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	var all sync.WaitGroup
	for i := range 50 {
		email := "once@example.com"
		if i%2 == 1 {
			email = "ONCE@Example.com"
		}
		query := subscribeTo(email)
		if i%5 == 0 { // these say something of their own
			query = `mutation { newsletter { subscribe(input: {email: "` + email + `", origin: CHECKOUT, orderEntityId: 5}) { errors { __typename } } } }`
		}
		all.Go(func() {
			if r := s.Query(t, query); string(r.Body) != `{"data":{"newsletter":{"subscribe":{"errors":[]}}}}` {
				t.Errorf("%d %s", r.Status, r.Body)
			}
		})
	}
	all.Wait()
	owner := s.DB.Owner(t)
	var rows []struct {
		ID, NextSeq int64
		State       string
		HeadHash    []byte
	}
	if err := owner.Select(&rows, `SELECT id, next_seq AS nextseq, state, head_hash AS headhash FROM subscribers WHERE email_key = 'once@example.com'`); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].State != "SUBSCRIBED" {
		t.Fatalf("rows: %+v", rows)
	}
	chain := chainOf(t, owner, rows[0].ID)
	if n := int64(len(chain)); n < 2 || n != rows[0].NextSeq-1 || !bytes.Equal(chain[n-1].Hash, rows[0].HeadHash) {
		t.Errorf("%d consent rows do not end at the subscriber's head", n)
	}
	var events int
	const created = `SELECT count(*) FROM events WHERE scope = 'store/subscriber/created' AND entity_id = $1`
	if err := owner.Get(&events, created, rows[0].ID); err != nil || events != 1 {
		t.Errorf("%d events tell of the subscriber: %v", events, err)
	}
}

// Every chain in the database verifies, the demo's too.
func TestChainsVerify(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	ada := graphtest.WithCookie(s.Login(t, "ada@example.com"))
	const off = `mutation { newsletter { unsubscribe(input: {email: "ada@example.com"}) { errors { __typename } } } }`
	for _, query := range []string{off, off, subscribeTo("ada@example.com"), subscribeTo("barbara@example.com"), off} {
		s.Query(t, query, ada)
	}
	owner := s.DB.Owner(t)
	var ids []int64
	if err := owner.Select(&ids, `SELECT id FROM subscribers ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if chain := chainOf(t, owner, id); id == 1 && len(chain) != 4 {
			t.Errorf("Ada's chain has %d rows, want on, off, on, off", len(chain))
		}
	}
}

// chainOf reads the consent rows of a subscriber and verifies them.
func chainOf(t *testing.T, owner *sqlx.DB, id int64) (chain []shop.Consent) {
	t.Helper()
	err := owner.Select(&chain, `
		SELECT store_id AS storeid, subscriber_id AS subscriberid, seq, action, purpose, origin, form, locale, text_hash AS texthash,
		       channel_id AS channelid, COALESCE(customer_id, 0) AS customerid, COALESCE(order_id, 0) AS orderid,
		       order_claimed AS orderclaimed, actor, at, email_digest AS emaildigest, email_salt AS emailsalt, ip_digest AS ipdigest,
		       ip_salt AS ipsalt, COALESCE(ip_prefix, '') AS ipprefix, prev_hash AS prevhash, hash
		FROM   consents
		WHERE  subscriber_id = $1
		ORDER  BY seq`, id)
	if err != nil || len(chain) == 0 {
		t.Fatalf("subscriber %d: %d rows: %v", id, len(chain), err)
	}
	var before []byte
	for i, row := range chain {
		if row.Seq != int64(i+1) || !bytes.Equal(row.PrevHash, before) || !bytes.Equal(row.Sum(), row.Hash) {
			t.Errorf("row %d of subscriber %d breaks the chain", row.Seq, id)
		}
		if row.IPPrefix != "" && !bytes.Equal(shop.DigestOf(row.IPSalt, row.IPPrefix), row.IPDigest) {
			t.Errorf("row %d of subscriber %d: the digest is not of the prefix", row.Seq, id)
		}
		before = row.Hash
	}
	return chain
}
