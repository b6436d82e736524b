package session

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"regulars/internal/shop"
	"regulars/storage"
)

// channels keeps a snapshot of each store's configuration: the one thing that
// is cached in the process (decision 34). Every request compares its version
// with the database's before it relies on it.
type channels struct {
	db  *storage.Store
	log *slog.Logger

	mu      sync.RWMutex
	hosts   map[string]int64 // host -> store, as far as seen
	stores  map[int64]*shop.Snapshot
	checked map[int64]time.Time // when doubt last let somebody ask again
	told    map[string]bool     // what the log has of broken policies

	loading singleflight.Group
}

func newChannels(db *storage.Store, log *slog.Logger) *channels {
	return &channels{
		db: db, log: log, hosts: map[string]int64{}, stores: map[int64]*shop.Snapshot{}, checked: map[int64]time.Time{}, told: map[string]bool{},
	}
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
	if shop.CodeOf(err) == shop.NotFound {
		return nil, nil, nil // deleted a moment ago
	}
	if err != nil {
		return nil, nil, err
	}
	return snapshot, snapshot.ChannelAt(host), nil
}

// refresh is find for a request that knows that the version is at least so and
// so, or that the store is not there any more.
func (c *channels) refresh(ctx context.Context, host string, snapshot *shop.Snapshot, version int64, there bool) (*shop.Snapshot, *shop.Channel, error) {
	for there && snapshot.Store.ConfigVersion < version {
		// The first load may be one that began before the change: hence the loop.
		newer, err := c.load(ctx, snapshot.Store.ID)
		if there = shop.CodeOf(err) != shop.NotFound; !there {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		snapshot = newer
	}
	if there {
		if channel := snapshot.ChannelAt(host); channel != nil {
			return snapshot, channel, nil
		}
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
		c.checkPolicies(snapshot)
		c.keep(snapshot)
		return snapshot, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*shop.Snapshot), nil
}

// checkPolicies lets a channel whose cookie cannot be as it was saved have the
// default one. One store never stops the others (decision 18). The snapshot is
// nobody else's yet.
func (c *channels) checkPolicies(s *shop.Snapshot) {
	for _, channel := range s.Channels {
		for _, f := range channel.BrokenCookie() {
			channel.Policy.Cookie.Broken = true
			c.tell(s.Store.Hash, channel.ID, f)
		}
	}
}

// tell logs what is wrong, once.
func (c *channels) tell(store string, channel int64, f shop.Finding) {
	key := store + " " + strconv.FormatInt(channel, 10) + " " + f.Text
	c.mu.Lock()
	known := c.told[key]
	c.told[key] = true
	c.mu.Unlock()
	if !known {
		c.log.Error("the cookie policy of a channel cannot be, and does not count: its cookie is for the one host alone",
			"store", store, "channel", channel, "problem", f.Text, "do", f.Do)
	}
}

func (c *channels) keep(s *shop.Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.stores[s.Store.ID]; old != nil && old.Store.ConfigVersion > s.Store.ConfigVersion {
		return
	}
	c.stores[s.Store.ID], c.checked[s.Store.ID] = s, time.Now()
	for _, channel := range s.Channels {
		for _, host := range channel.Hosts {
			c.hosts[host] = s.Store.ID
		}
	}
}

// doubt tells, once a second at most, that a store's snapshot may be asked about
// by a request that would otherwise believe it.
func (c *channels) doubt(storeID int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked[storeID]) < time.Second {
		return false
	}
	c.checked[storeID] = time.Now()
	return true
}

func (c *channels) forget(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.hosts, host)
}
