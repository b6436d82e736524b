package storage

import (
	"context"
	"encoding/json"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

const insertStore = `
INSERT INTO stores (hash, name, plan, status, currency, country, locale, settings)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (hash) DO NOTHING
RETURNING id`

// CreateStore makes an empty store with these storefronts, or nothing of it, and
// gives its id. Conflict: the hash or a host is taken.
func (s *Store) CreateStore(ctx context.Context, in shop.Store, storefronts ...shop.Channel) (id int64, err error) {
	defer explain(&err, "creating store %q", in.Hash)
	settings, err := json.Marshal(in.Settings)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(t tx) error {
		ok, err := found(t.get(&id, insertStore, in.Hash, in.Name, in.Plan, in.Status, in.Currency, in.Country, in.Locale, string(settings)))
		if err != nil {
			return err
		}
		if !ok {
			return shop.Errorf(shop.Conflict, "There is a store %q already.", in.Hash)
		}
		for _, c := range storefronts {
			if _, err := t.addChannel(id, c); err != nil {
				return err
			}
		}
		return nil
	})
	return id, err
}

const updateSettings = `
UPDATE stores SET plan = $2, status = $3, settings = $4, config_version = config_version + 1 WHERE id = $1`

// ConfigureStore saves plan, status and settings; the next request sees them.
func (s *Store) ConfigureStore(ctx context.Context, in shop.Store) (err error) {
	defer explain(&err, "configuring store %d", in.ID)
	settings, err := json.Marshal(in.Settings)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(updateSettings, in.ID, in.Plan, in.Status, string(settings))
		return err
	})
}

const bumpConfig = `
UPDATE stores SET config_version = config_version + 1 WHERE id = $1`

const insertChannel = `
INSERT INTO channels (store_id, id, name, url, origins, policy, allow_global_login)
SELECT $1, COALESCE(max(id), 0) + 1, $2, $3, $4, $5, $6
FROM   channels
WHERE  store_id = $1
RETURNING id`

// CreateChannel adds a storefront to a store; the first one of a store is 1.
func (s *Store) CreateChannel(ctx context.Context, storeID int64, in shop.Channel) (id int64, err error) {
	defer explain(&err, "creating a channel in store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		// The store's row is the lock: two channels cannot take one id.
		if n, err := t.exec(bumpConfig, storeID); err != nil || n == 0 {
			return orMissing(err, "There is no such store.")
		}
		id, err = t.addChannel(storeID, in)
		return err
	})
	return id, err
}

// addChannel needs the store's row to be held by this transaction.
func (t tx) addChannel(storeID int64, in shop.Channel) (id int64, err error) {
	policy, err := json.Marshal(in.Policy)
	if err != nil {
		return 0, err
	}
	if err := t.get(&id, insertChannel, storeID, in.Name, in.URL, pq.StringArray(nonNil(in.Origins)), string(policy), in.AllowGlobalLogin); err != nil {
		return 0, err
	}
	for _, host := range in.Hosts {
		if err := t.addHost(storeID, id, host); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// orMissing is err, or a NotFound where nothing failed but nothing was there.
func orMissing(err error, text string) error {
	if err != nil {
		return err
	}
	return shop.Errorf(shop.NotFound, text)
}

const insertHost = `
INSERT INTO hosts (host, store_id, channel_id) VALUES ($1, $2, $3) ON CONFLICT (host) DO NOTHING`

const hostOwner = `
SELECT store_id = $2 AND channel_id = $3 FROM hosts WHERE host = $1`

func (t tx) addHost(storeID, channelID int64, host string) error {
	if n, err := t.exec(insertHost, host, storeID, channelID); err != nil || n == 1 {
		return err
	}
	var ours bool
	if ok, err := found(t.get(&ours, hostOwner, host, storeID, channelID)); err != nil || (ok && ours) {
		return err
	}
	return shop.Errorf(shop.Conflict, "The host %s belongs to another channel.", host)
}

const updateChannel = `
UPDATE channels
SET    origins = $3, policy = $4, allow_global_login = $5
WHERE  store_id = $1 AND id = $2`

// ConfigureChannel saves origins and policy and adds the hosts that are new.
func (s *Store) ConfigureChannel(ctx context.Context, storeID int64, in shop.Channel) (err error) {
	defer explain(&err, "configuring channel %d of store %d", in.ID, storeID)
	policy, err := json.Marshal(in.Policy)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(t tx) error {
		if _, err := t.exec(bumpConfig, storeID); err != nil {
			return err
		}
		n, err := t.exec(updateChannel, storeID, in.ID, pq.StringArray(nonNil(in.Origins)), string(policy), in.AllowGlobalLogin)
		if err != nil || n == 0 {
			return orMissing(err, "The store has no such channel.")
		}
		for _, host := range in.Hosts {
			if err := t.addHost(storeID, in.ID, host); err != nil {
				return err
			}
		}
		return nil
	})
}

const removeHost = `
DELETE FROM hosts WHERE store_id = $1 AND channel_id = $2 AND host = $3`

// RemoveHost takes a host from a channel; the next request to it is refused.
func (s *Store) RemoveHost(ctx context.Context, storeID, channelID int64, host string) (err error) {
	defer explain(&err, "removing a host from channel %d of store %d", channelID, storeID)
	return s.tx(ctx, func(t tx) error {
		if _, err := t.exec(bumpConfig, storeID); err != nil {
			return err
		}
		n, err := t.exec(removeHost, storeID, channelID, host)
		if err != nil || n == 0 {
			return orMissing(err, "The channel has no such host.")
		}
		return nil
	})
}
