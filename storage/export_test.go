package storage

import (
	"context"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/internal/shop"
)

// DB is the pool of a store, for tests that reach into its connections.
func DB(s *Store) *sqlx.DB { return s.db }

// OnEach runs a statement on every open connection.
func OnEach(ctx context.Context, s *Store, statement string) error {
	for range s.db.Stats().OpenConnections {
		c, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// FetchMany runs each fetch of a batch once, with several keys.
func (s *Store) FetchMany(ctx context.Context, ids []int64, texts []string) error {
	var sessions []sessionKey
	var groups []groupKey
	var addresses []addressKey
	var customers []customerKey
	var subscribers []subscriberKey
	var owners []ownerKey
	var attributes []attributeKey
	var metafields []metafieldKey
	for _, id := range ids {
		sessions = append(sessions, sessionKey{id, [32]byte{byte(id)}})
		groups = append(groups, groupKey{id, id})
		customers = append(customers, customerKey{id, id})
		addresses = append(addresses, addressKey{customerKey{id, id}, shop.Window{Before: 9, Limit: 2}})
		subscribers = append(subscribers, subscriberKey{id, strconv.Itoa(int(id))})
		owners = append(owners, ownerKey{id, id})
		attributes = append(attributes, attributeKey{id, id, id})
		metafields = append(metafields, metafieldKey{store: id, namespace: "n", keys: "[]", Window: shop.Window{Before: 9, Limit: 2}})
	}
	var first error
	for _, err := range []error{
		errorOf(s.fetchSessions(ctx, sessions)), errorOf(s.fetchGroups(ctx, groups)), errorOf(s.fetchAddresses(ctx, addresses)),
		errorOf(s.fetchAddressCounts(ctx, customers)), errorOf(s.fetchSubscribers(ctx, subscribers)),
		errorOf(s.fetchVersions(ctx, ids)), errorOf(s.fetchHosts(ctx, texts)),
		errorOf(s.fetchFields(customerValues)(ctx, owners)), errorOf(s.fetchFields(addressValues)(ctx, owners)),
		errorOf(s.fetchAttributes(ctx, attributes)), errorOf(s.fetchAttributeCounts(ctx, customers)),
		errorOf(s.fetchCredits(ctx, customers)), errorOf(s.fetchMetafields(ctx, metafields)),
	} {
		if first == nil {
			first = err
		}
	}
	return first
}

func errorOf[T any](_ T, err error) error { return err }

// ReplyTimeout is how long a silent connection is waited for.
const ReplyTimeout time.Duration = replyTimeout

// Redemption is what redeemToken takes.
type Redemption = redemption

// Redeem uses a token up, and does nothing for it.
func (s *Store) Redeem(storeID int64, r Redemption) (shop.Token, error) {
	return s.RedeemAnd(storeID, r, nil)
}

// RedeemAnd uses a token up in a transaction that ends with err.
func (s *Store) RedeemAnd(storeID int64, r Redemption, err error) (tok shop.Token, _ error) {
	failed := s.tx(context.Background(), func(t tx) (failed error) {
		if tok, failed = t.redeemToken(storeID, r); failed != nil {
			return failed
		}
		return err
	})
	return tok, failed
}

// Kill ends the tokens of a subject.
func (s *Store) Kill(storeID, subjectID int64, purposes ...shop.TokenPurpose) error {
	return s.tx(context.Background(), func(t tx) error { return t.killTokens(storeID, subjectID, purposes...) })
}
