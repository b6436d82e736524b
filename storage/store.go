package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"regulars/internal/shop"
)

const oneVersion = `
SELECT id, config_version FROM stores WHERE id = $1`

const manyVersions = `
SELECT id, config_version FROM stores WHERE id = ANY($1)`

// ConfigVersion is what a guest's request asks, to know whether a snapshot still
// holds; ok is false when the store is gone.
func (s *Store) ConfigVersion(ctx context.Context, storeID int64) (_ int64, ok bool, err error) {
	defer explain(&err, "reading the version of store %d", storeID)
	return s.versions.Load(ctx, storeID)
}

func (s *Store) fetchVersions(ctx context.Context, ids []int64) (map[int64]int64, error) {
	var rows []struct{ ID, ConfigVersion int64 }
	if err := listOneOrMany(ctx, s, &rows, len(ids) == 1, oneVersion, manyVersions, ids[0], pq.Int64Array(ids)); err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.ID] = r.ConfigVersion
	}
	return out, nil
}

// listOneOrMany runs the statement for a single key where there is just one:
// Postgres plans = ANY anew each time, which halves the speed of a lone request.
func listOneOrMany(ctx context.Context, s *Store, dest any, single bool, one, many string, key, keys any) error {
	if single {
		return s.list(ctx, dest, one, key)
	}
	return s.list(ctx, dest, many, keys)
}

const storeOfHost = `
SELECT host, store_id FROM hosts WHERE host = $1`

const storesOfHosts = `
SELECT host, store_id FROM hosts WHERE host = ANY($1)`

// StoreOfHost finds the store that a host name (lower case, no port) belongs to.
func (s *Store) StoreOfHost(ctx context.Context, host string) (_ int64, ok bool, err error) {
	defer explain(&err, "looking up a host")
	return s.hosts.Load(ctx, host)
}

func (s *Store) fetchHosts(ctx context.Context, names []string) (map[string]int64, error) {
	var rows []struct {
		Host    string
		StoreID int64
	}
	if err := listOneOrMany(ctx, s, &rows, len(names) == 1, storeOfHost, storesOfHosts, names[0], pq.StringArray(names)); err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Host] = r.StoreID
	}
	return out, nil
}

const storeByID = `
SELECT id, hash, name, plan, status, currency, country, locale, settings, config_version
FROM   stores
WHERE  id = $1`

const storeByHash = `
SELECT id, hash, name, plan, status, currency, country, locale, settings, config_version
FROM   stores
WHERE  hash = $1`

const channelColumns = `
c.id, c.name, c.url, c.origins, c.policy, c.allow_global_login,
COALESCE(c.default_group_id, 0) AS default_group_id, COALESCE(c.guest_group_id, 0) AS guest_group_id,
ARRAY(SELECT h.host FROM hosts h WHERE h.store_id = c.store_id AND h.channel_id = c.id ORDER BY h.host) AS hosts`

const channelsOfStore = `
SELECT ` + channelColumns + `
FROM   channels c
WHERE  c.store_id = $1
ORDER  BY c.id`

// Snapshot reads the configuration of a store.
func (s *Store) Snapshot(ctx context.Context, storeID int64) (_ *shop.Snapshot, err error) {
	defer explain(&err, "reading the configuration of store %d", storeID)
	var row storeRow
	ok, err := found(s.get(ctx, &row, storeByID, storeID))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, shop.Errorf(shop.NotFound, "There is no such store.")
	}
	return s.snapshot(ctx, row)
}

// SnapshotByHash is Snapshot for a store's public hash.
func (s *Store) SnapshotByHash(ctx context.Context, hash string) (_ *shop.Snapshot, err error) {
	defer explain(&err, "reading the configuration of store %q", hash)
	var row storeRow
	ok, err := found(s.get(ctx, &row, storeByHash, hash))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, shop.Errorf(shop.NotFound, "There is no store %q.", hash)
	}
	return s.snapshot(ctx, row)
}

type storeRow struct {
	shop.Store
	Settings []byte
}

// store has the defaults of what was not saved, such as settings of a later day.
func (r storeRow) store() (shop.Store, error) {
	out := r.Store
	out.Settings = shop.DefaultSettings()
	if err := json.Unmarshal(r.Settings, &out.Settings); err != nil {
		return out, fmt.Errorf("settings of store %d: %w", r.ID, err)
	}
	return out, nil
}

type channelRow struct {
	shop.Channel
	Origins, Hosts pq.StringArray
	Policy         []byte
}

func (r channelRow) channel() (shop.Channel, error) {
	c := r.Channel
	c.Origins, c.Hosts = r.Origins, r.Hosts
	if err := json.Unmarshal(r.Policy, &c.Policy); err != nil {
		return c, fmt.Errorf("policy of channel %d: %w", c.ID, err)
	}
	return c, nil
}

// snapshot reads channels, keys and form fields after the store's row: a change in
// between bumps config_version, so the next request reads all of it again.
func (s *Store) snapshot(ctx context.Context, row storeRow) (*shop.Snapshot, error) {
	store, err := row.store()
	if err != nil {
		return nil, err
	}
	out := &shop.Snapshot{Store: store}
	var channels []channelRow
	if err := s.list(ctx, &channels, channelsOfStore, row.ID); err != nil {
		return nil, err
	}
	for _, r := range channels {
		c, err := r.channel()
		if err != nil {
			return nil, err
		}
		out.Channels = append(out.Channels, &c)
	}
	if err := s.list(ctx, &out.Signers, signingKeys, row.ID); err != nil {
		return nil, err
	}
	out.Store.Forms, err = readForms(s.lister(ctx), row.ID)
	return out, err
}

const storeIDs = `
SELECT id FROM stores ORDER BY id`

// StoreIDs lists all stores; for work that goes from store to store.
func (s *Store) StoreIDs(ctx context.Context) (ids []int64, err error) {
	defer explain(&err, "listing the stores")
	err = s.list(ctx, &ids, storeIDs)
	return ids, err
}
