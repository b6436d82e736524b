package storage

import (
	"context"
	"time"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

type subscriberKey struct {
	store int64
	email string
}

type subscriberRow struct {
	shop.Subscriber
	StoreID int64
}

const subscriberColumns = `
b.store_id, b.id, b.email_key, b.state, b.state_since, b.origin, b.order_id,
COALESCE(b.sole_customer_id, 0) AS sole_customer_id`

const oneSubscriber = `
SELECT ` + subscriberColumns + `
FROM   subscribers b
WHERE  b.store_id = $1 AND b.email_key = $2`

const manySubscribers = `
SELECT ` + subscriberColumns + `
FROM   unnest($1::bigint[], $2::text[]) AS k (store_id, email_key)
JOIN   subscribers b ON b.store_id = k.store_id AND b.email_key = k.email_key`

// Subscriber finds the subscriber of an address, by its key.
func (s *Store) Subscriber(ctx context.Context, storeID int64, emailKey string) (_ shop.Subscriber, ok bool, err error) {
	defer explain(&err, "loading a subscriber of store %d", storeID)
	return s.subscribers.Load(ctx, subscriberKey{storeID, emailKey})
}

func (s *Store) fetchSubscribers(ctx context.Context, keys []subscriberKey) (map[subscriberKey]shop.Subscriber, error) {
	var rows []subscriberRow
	var err error
	if len(keys) == 1 {
		err = s.list(ctx, &rows, oneSubscriber, keys[0].store, keys[0].email)
	} else {
		stores, emails := make(pq.Int64Array, len(keys)), make(pq.StringArray, len(keys))
		for i, k := range keys {
			stores[i], emails[i] = k.store, k.email
		}
		err = s.list(ctx, &rows, manySubscribers, stores, emails)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[subscriberKey]shop.Subscriber, len(rows))
	for _, r := range rows {
		out[subscriberKey{r.StoreID, r.EmailKey}] = r.Subscriber
	}
	return out, nil
}

func cloneSubscriber(b shop.Subscriber) shop.Subscriber {
	b.OrderID = clonePointer(b.OrderID)
	return b
}

// SignUp is one sign-up for the newsletter, checked.
type SignUp struct {
	Email     shop.Email
	Input     shop.SignUpInput
	ChannelID int64
	// Customer is the account that is logged in; nil for a guest.
	Customer *shop.Customer
	// MayKnow: the caller may hear that the address is subscribed, whoever's it is.
	MayKnow  bool
	IPPrefix string
	// At dates an import; zero is now.
	At time.Time
	// Actor and Source are for imports and apps; empty for a shopper.
	Actor, Source string
	// Uses are counted whatever the answer is, unless one is spent.
	Uses []Use
}

const insertSubscriber = `
INSERT INTO subscribers (store_id, email, email_key, first_name, last_name, state, origin, source, order_id, channel_id,
                         sole_customer_id, date_created)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULLIF($8, ''), NULLIF($9, 0), $10, NULLIF($11, 0), COALESCE($12, now()))
ON CONFLICT (store_id, email_key) DO NOTHING
RETURNING ` + lockedColumns

// takeAndInsert is takeLimit and insertSubscriber in one round trip: no row when the
// limit is spent, and what was made has to be undone; id 0 when the address is there
// already. VALUES and not a SELECT from taken: Citus routes those.
const takeAndInsert = `
WITH taken AS (` + takeLimit + `
), made AS (
    INSERT INTO subscribers (store_id, email, email_key, first_name, last_name, state, origin, source, order_id, channel_id,
                             sole_customer_id)
    VALUES ($1, $5, $6, $7, $8, $9, $10, NULLIF($11, ''), NULLIF($12, 0), $13, NULLIF($14, 0))
    ON CONFLICT (store_id, email_key) DO NOTHING
    RETURNING id, next_seq, version, date_created
)
SELECT COALESCE(m.id, 0) AS id, COALESCE(m.next_seq, 0) AS next_seq, COALESCE(m.version, 0) AS version,
       COALESCE(m.date_created, 'epoch') AS now
FROM   taken
LEFT   JOIN made m ON true`

const lockSubscriber = `
SELECT ` + lockedColumns + `
FROM   subscribers
WHERE  store_id = $1 AND email_key = $2
FOR    UPDATE`

const lockedColumns = `id, email_key, state, state_before, COALESCE(sole_customer_id, 0) AS sole_customer_id, next_seq, head_hash, version, now() AS now`

// lockedSubscriber is a row that this transaction holds.
type lockedSubscriber struct {
	shop.Subscriber
	StateBefore shop.SubscriberState
	NextSeq     int64
	HeadHash    []byte
	Version     int64
	Now         time.Time
	fresh       bool // made by this transaction: its state was none
}

// state is what the row's state was before this transaction.
func (b lockedSubscriber) state() shop.SubscriberState {
	if b.fresh {
		return shop.StateNone
	}
	return b.State
}

// Subscribe records a sign-up: the subscriber, the consent row, which is the
// touch, and the event, or nothing of it. Repeating it is harmless. A Conflict
// says that the address is subscribed already, and comes only to whom may know
// that (shop.Customer.MayKnow, SignUp.MayKnow).
func (s *Store) Subscribe(ctx context.Context, storeID int64, in SignUp) (err error) {
	defer explain(&err, "subscribing in store %d", storeID)
	var refusal error // leaves the uses counted: nothing else was written
	err = s.tx(ctx, func(t tx) error {
		refusal = nil
		b, err := t.subscriberFor(storeID, in)
		if err != nil {
			return err
		}
		if b.state() == shop.StateSubscribed && (in.MayKnow || in.Customer.MayKnow(&b.Subscriber)) {
			refusal = shop.Errorf(shop.Conflict, "This address receives the newsletter already.")
			return nil
		}
		step := shop.SignUp(b.state(), b.StateBefore, in.Customer.Proves(in.Email))
		if in.Actor == shop.ActorImport {
			step = shop.Import(b.state(), b.StateBefore, shop.StateSubscribed)
		}
		if step.Nothing {
			return nil
		}
		row := consentOf(storeID, b, step, in)
		if again, err := t.repeats(b, step, &row); err != nil || again {
			return err
		}
		if err := t.keepText(storeID, in, row.TextHash); err != nil {
			return err
		}
		return t.append(b, step, &row)
	})
	if err != nil {
		return err
	}
	return refusal
}

// subscriberFor counts the uses, and makes the row or locks the one that is there.
func (t tx) subscriberFor(storeID int64, in SignUp) (b lockedSubscriber, err error) {
	var order, sole int64
	if in.Input.OrderID != nil {
		order = *in.Input.OrderID
	}
	if in.Customer != nil {
		sole = in.Customer.ID
	}
	row := []any{in.Email.Text, in.Email.Key, in.Input.FirstName, in.Input.LastName, shop.StateSubscribed, in.Input.Origin, in.Source,
		order, in.ChannelID, sole}
	if len(in.Uses) == 1 && in.At.IsZero() {
		b, err = t.takeAndInsert(storeID, in.Uses[0], row)
		b.EmailKey, b.State, b.SoleCustomerID = in.Email.Key, shop.StateSubscribed, sole
	} else if err = t.take(storeID, in.Uses); err == nil {
		var at any
		if !in.At.IsZero() {
			at = in.At.Truncate(time.Microsecond) // Postgres would round
		}
		b.fresh, err = found(t.get(&b, insertSubscriber, append([]any{storeID}, append(row, at)...)...))
	}
	if err != nil || b.fresh {
		return b, err
	}
	ok, err := found(t.get(&b, lockSubscriber, storeID, in.Email.Key))
	if err == nil && !ok {
		err = errOvertaken
	}
	return b, err
}

func (t tx) takeAndInsert(storeID int64, u Use, row []any) (b lockedSubscriber, err error) {
	args := append([]any{storeID, u.Key, u.Limit.Every().Microseconds(), u.Limit.Window.Microseconds()}, row...)
	ok, err := found(t.get(&b, takeAndInsert, args...))
	if err == nil && !ok {
		err = t.spent(storeID, u)
	}
	b.fresh = b.ID != 0
	return b, err
}

func consentOf(storeID int64, b lockedSubscriber, step shop.Step, in SignUp) shop.Consent {
	c := shop.Consent{
		StoreID: storeID, SubscriberID: b.ID, Seq: b.NextSeq, Action: step.Action, Purpose: shop.PurposeNewsletter,
		Origin: in.Input.Origin, Form: in.Input.Form, Locale: in.Input.Locale, TextHash: shop.TextHash(in.Input.Text),
		ChannelID: in.ChannelID, Actor: shop.ActorShopper, At: b.Now,
	}
	if in.Customer != nil {
		c.CustomerID = in.Customer.ID
		if in.Customer.EmailKey == in.Email.Key {
			c.Actor = shop.ActorCustomer
		}
	}
	if in.Input.OrderID != nil {
		c.OrderID, c.OrderClaimed = *in.Input.OrderID, true
	}
	if in.Actor != "" {
		c.Actor = in.Actor
	}
	if !in.At.IsZero() {
		c.At = in.At.UTC().Truncate(time.Microsecond)
	}
	c.SaltEmail(in.Email.Key)
	c.SaltIP(in.IPPrefix)
	return c
}

// touchWindow is how long an unchanged repetition of a sign-up says nothing new.
const touchWindow = 24 * time.Hour

// repeats tells whether the last row of the chain says the same, not long ago:
// a double click, or a client that lost our answer.
func (t tx) repeats(b lockedSubscriber, step shop.Step, row *shop.Consent) (bool, error) {
	if b.fresh || b.NextSeq == 1 || step.To != b.State {
		return false, nil
	}
	last, err := t.lastConsent(row.StoreID, b)
	if err != nil {
		return false, err
	}
	return last.SaysTheSame(row) && row.At.Sub(last.At) < touchWindow, nil
}

// Unsubscribe ends the subscription of an address on behalf of a customer who
// may do so; it changes nothing otherwise, and does not tell. NotFound: the
// account is gone.
func (s *Store) Unsubscribe(ctx context.Context, storeID, channelID, customerID int64, email shop.Email, ipPrefix string) (err error) {
	defer explain(&err, "unsubscribing in store %d", storeID)
	return s.tx(ctx, func(t tx) error {
		var c customerRow
		if ok, err := found(t.get(&c, holdCustomer, storeID, customerID)); err != nil || !ok {
			return orMissing(err, "This account no longer exists.")
		}
		customer := c.customer()
		var b lockedSubscriber
		ok, err := found(t.get(&b, lockSubscriber, storeID, email.Key))
		if err != nil || !ok || !customer.MayKnow(&b.Subscriber) {
			return err
		}
		step := shop.Unsubscribe(b.State, b.StateBefore)
		if step.Nothing {
			return nil
		}
		in := SignUp{Email: email, ChannelID: channelID, Customer: &customer, IPPrefix: ipPrefix,
			Input: shop.SignUpInput{Origin: shop.OriginAccount}}
		row := consentOf(storeID, b, step, in)
		return t.append(b, step, &row)
	})
}

// holdCustomer keeps the account from being deleted while it acts.
const holdCustomer = customerByID + `
FOR SHARE`
