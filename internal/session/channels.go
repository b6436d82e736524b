package session

import (
	"context"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"

	"regulars/internal/shop"
	"regulars/storage"
)

// channels keeps a snapshot of each store's configuration: the one thing that
// is cached in the process (decision 34). Every request compares its version
// with the database's before it relies on it.
type channels struct {
	db *storage.Store

	mu     sync.RWMutex
	hosts  map[string]int64 // host -> store, as far as seen
	stores map[int64]*shop.Snapshot

	loading singleflight.Group
}

func newChannels(db *storage.Store) *channels {
	return &channels{db: db, hosts: map[string]int64{}, stores: map[int64]*shop.Snapshot{}}
}

// cached is the snapshot that names host, without asking the database.
func (c *channels) cached(host string) (*shop.Snapshot, *shop.Channel) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	snapshot := c.stores[c.hosts[host]]
	if snapshot == nil {
		return nil, nil
	}
	return snapshot, snapshot.ChannelAt(host)
}

// find is cached, or what the database has; a nil channel where no store has
// that host.
func (c *channels) find(ctx context.Context, host string) (*shop.Snapshot, *shop.Channel, error) {
	if snapshot, channel := c.cached(host); channel != nil {
		return snapshot, channel, nil
	}
	storeID, ok, err := c.db.StoreOfHost(ctx, host)
	if err != nil || !ok {
		return nil, nil, err
	}
	snapshot, err := c.load(ctx, storeID)
	if err != nil {
		return nil, nil, err
	}
	return snapshot, snapshot.ChannelAt(host), nil
}

// refresh is find for a request that knows that the version is at least so and
// so.
func (c *channels) refresh(ctx context.Context, host string, snapshot *shop.Snapshot, version int64) (*shop.Snapshot, *shop.Channel, error) {
	for snapshot.Store.ConfigVersion < version {
		// The first load may be one that began before the change: hence the loop.
		newer, err := c.load(ctx, snapshot.Store.ID)
		if err != nil {
			return nil, nil, err
		}
		snapshot = newer
	}
	if channel := snapshot.ChannelAt(host); channel != nil {
		return snapshot, channel, nil
	}
	c.forget(host)
	return c.find(ctx, host)
}

// load reads a store's snapshot; those who ask at the same time share it.
func (c *channels) load(ctx context.Context, storeID int64) (*shop.Snapshot, error) {
	v, err, _ := c.loading.Do(strconv.FormatInt(storeID, 10), func() (any, error) {
		// Not ended by the first asker's cancellation: others wait for it too.
		snapshot, err := c.db.Snapshot(context.WithoutCancel(ctx), storeID)
		if err != nil {
			return nil, err
		}
		c.keep(snapshot)
		return snapshot, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*shop.Snapshot), nil
}

func (c *channels) keep(s *shop.Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.stores[s.Store.ID]; old != nil && old.Store.ConfigVersion > s.Store.ConfigVersion {
		return
	}
	c.stores[s.Store.ID] = s
	for _, channel := range s.Channels {
		for _, host := range channel.Hosts {
			c.hosts[host] = s.Store.ID
		}
	}
}

func (c *channels) forget(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.hosts, host)
}
