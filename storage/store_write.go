package storage

import (
	"context"
	"encoding/json"
	"slices"

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

const updateStore = `
UPDATE stores
SET    name = $2, plan = $3, status = $4, locale = $5, settings = $6, config_version = config_version + 1
WHERE  id = $1`

// ConfigureStore saves name, plan, status, language and settings; the next request
// sees them.
func (s *Store) ConfigureStore(ctx context.Context, in shop.Store) (err error) {
	defer explain(&err, "configuring store %d", in.ID)
	return s.tx(ctx, func(t tx) error { return t.updateStore(in) })
}

func (t tx) updateStore(in shop.Store) error {
	settings, err := json.Marshal(in.Settings)
	if err != nil {
		return err
	}
	_, err = t.exec(updateStore, in.ID, in.Name, in.Plan, in.Status, in.Locale, string(settings))
	return err
}

const lockStore = storeByHash + `
FOR UPDATE`

// EditStore hands a store to do as it is, and saves what do made of it and Check
// has nothing against. Two edits happen one after the other, so that neither is
// lost; do may run more than once.
func (s *Store) EditStore(ctx context.Context, hash string, do func(*shop.Store) error) (err error) {
	defer explain(&err, "configuring store %q", hash)
	return s.tx(ctx, func(t tx) error {
		var row storeRow
		there, err := found(t.get(&row, lockStore, hash))
		if err != nil {
			return err
		}
		if !there {
			return shop.Errorf(shop.NotFound, "There is no store %q.", hash)
		}
		store, err := row.store()
		if err != nil {
			return err
		}
		if err := do(&store); err != nil {
			return err
		}
		if err := store.Check(); err != nil {
			return err
		}
		return t.updateStore(store)
	})
}

const bumpConfig = `
UPDATE stores SET config_version = config_version + 1 WHERE id = $1`

const insertChannel = `
INSERT INTO channels (store_id, id, name, url, origins, policy, allow_global_login, default_group_id, guest_group_id)
SELECT $1, COALESCE(max(id), 0) + 1, $2, $3, $4, $5, $6, NULLIF($7, 0), NULLIF($8, 0)
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
	if err := in.CheckChange(&shop.Channel{}); err != nil {
		return 0, err
	}
	policy, err := json.Marshal(in.Policy)
	if err != nil {
		return 0, err
	}
	err = t.get(&id, insertChannel, storeID, in.Name, in.URL, pq.StringArray(nonNil(in.Origins)), string(policy), in.AllowGlobalLogin,
		in.DefaultGroupID, in.GuestGroupID)
	if err != nil {
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

const oneChannel = `
SELECT ` + channelColumns + `
FROM   channels c
WHERE  c.store_id = $1 AND c.id = $2`

const updateChannel = `
UPDATE channels
SET    name = $3, url = $4, origins = $5, policy = $6, allow_global_login = $7, default_group_id = NULLIF($8, 0),
       guest_group_id = NULLIF($9, 0)
WHERE  store_id = $1 AND id = $2`

// ConfigureChannel saves a channel as it is given, and adds the hosts that are
// new. NotFound: there is no such channel. Conflict: a host is another one's.
func (s *Store) ConfigureChannel(ctx context.Context, storeID int64, in shop.Channel) error {
	_, err := s.EditChannel(ctx, storeID, in.ID, func(c *shop.Channel) { *c = in })
	return err
}

// EditChannel hands the channel as it is to do, and saves and gives what do made
// of it, hosts only being added. Edits of one store happen one after the other,
// so that none is lost; do may run more than once. Refusals as ConfigureChannel's,
// and those of shop.Channel.CheckChange.
func (s *Store) EditChannel(ctx context.Context, storeID, id int64, do func(*shop.Channel)) (channel shop.Channel, err error) {
	defer explain(&err, "configuring channel %d of store %d", id, storeID)
	err = s.tx(ctx, func(t tx) error {
		// The store's row is the lock.
		if _, err := t.exec(bumpConfig, storeID); err != nil {
			return err
		}
		var row channelRow
		if ok, err := found(t.get(&row, oneChannel, storeID, id)); err != nil || !ok {
			return orMissing(err, "The store has no such channel.")
		}
		c, err := row.channel()
		if err != nil {
			return err
		}
		before := c
		do(&c)
		if err := checkChannel(before, c); err != nil {
			return err
		}
		if err := t.saveChannel(storeID, id, c); err != nil {
			return err
		}
		if err := t.get(&row, oneChannel, storeID, id); err != nil {
			return err
		}
		channel, err = row.channel()
		return err
	})
	return channel, err
}

// checkChannel looks at all hosts that the channel will have.
func checkChannel(before, after shop.Channel) error {
	for _, host := range before.Hosts {
		if !slices.Contains(after.Hosts, host) {
			after.Hosts = append(slices.Clip(after.Hosts), host)
		}
	}
	return after.CheckChange(&before)
}

func (t tx) saveChannel(storeID, id int64, c shop.Channel) error {
	policy, err := json.Marshal(c.Policy)
	if err != nil {
		return err
	}
	_, err = t.exec(updateChannel, storeID, id, c.Name, c.URL, pq.StringArray(nonNil(c.Origins)), string(policy), c.AllowGlobalLogin,
		c.DefaultGroupID, c.GuestGroupID)
	if err != nil {
		return err
	}
	for _, host := range c.Hosts {
		if err := t.addHost(storeID, id, host); err != nil {
			return err
		}
	}
	return nil
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

const raiseWrongLoginFloor = `
UPDATE stores
SET    settings = jsonb_set(settings, '{wrongLoginFloorMs}', to_jsonb($2::bigint)), config_version = config_version + 1
WHERE  id = $1 AND COALESCE((settings ->> 'wrongLoginFloorMs')::bigint, 0) < $2`

// RaiseWrongLoginFloor makes wrong logins of a store take so many milliseconds
// at least (shop.StoreSettings.WrongLoginFloorMS); raised tells that they took
// less before.
func (s *Store) RaiseWrongLoginFloor(ctx context.Context, storeID, milliseconds int64) (raised bool, err error) {
	defer explain(&err, "raising the floor of wrong logins of store %d", storeID)
	err = s.tx(ctx, func(t tx) error {
		n, err := t.exec(raiseWrongLoginFloor, storeID, milliseconds)
		raised = n == 1
		return err
	})
	return raised, err
}
