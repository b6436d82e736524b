package storage_test

import (
	"fmt"
	"reflect"
	"testing"

	"regulars/internal/shop"
)

func TestAChannelIsSavedWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := func(store int64, name string) int64 {
		id, err := w.s.CreateGroup(t.Context(), store, shop.CustomerGroup{Name: name, CategoryAccess: shop.CustomerGroupCategoryAccess{Type: shop.AccessAll}})
		must(t, err)
		return id
	}
	a, b := group(w.store, "A"), group(w.store, "B")
	want := shop.Channel{Name: "Two", URL: "https://two.example/de", Origins: []string{"https://two.example"}, Hosts: []string{"two.example"},
		Policy: shop.ChannelPolicy{TrustedProxySecretHash: "x"}, DefaultGroupID: a, GuestGroupID: b}
	var err error
	want.ID, err = w.s.CreateChannel(t.Context(), w.store, want)
	must(t, err)
	saved := func() shop.Channel {
		t.Helper()
		s, err := w.s.Snapshot(t.Context(), w.store)
		must(t, err)
		return *s.Channels[1]
	}
	if got := saved(); want.ID != 2 || !reflect.DeepEqual(got, want) {
		t.Errorf("created: %+v, want %+v", got, want)
	}
	want.Name, want.URL, want.Origins, want.Policy = "Zwei", "", []string{}, shop.ChannelPolicy{}
	want.AllowGlobalLogin, want.DefaultGroupID, want.GuestGroupID = true, 0, a
	must(t, w.s.ConfigureChannel(t.Context(), w.store, want))
	if got := saved(); !reflect.DeepEqual(got, want) {
		t.Errorf("configured: %+v, want %+v", got, want)
	}
	want.DefaultGroupID = group(w.addStore(t, "two"), "C")
	if err := w.s.ConfigureChannel(t.Context(), w.store, want); err == nil {
		t.Error("a group of another store was taken")
	}
	_, err = w.s.EditChannel(t.Context(), w.store, 3, func(*shop.Channel) { t.Error("no such channel") })
	wantCode(t, err, shop.NotFound)
}

func TestNoEditOfAChannelIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before, err := w.s.Snapshot(t.Context(), w.store)
	must(t, err)
	allFine(t, together(20, func(i int) error {
		_, err := w.s.EditChannel(t.Context(), w.store, 1, func(c *shop.Channel) {
			c.Origins = append(c.Origins, fmt.Sprintf("https://%d.example", i))
		})
		return err
	}))
	after, err := w.s.Snapshot(t.Context(), w.store)
	must(t, err)
	if n := len(after.Channels[0].Origins); n != 20 || after.Store.ConfigVersion != before.Store.ConfigVersion+20 {
		t.Errorf("%d origins, version %d after %d", n, after.Store.ConfigVersion, before.Store.ConfigVersion)
	}
}

// Decision 18: whoever edits a channel, a cookie that cannot be is not saved.
func TestImpossibleCookiesAreNotSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before, err := w.s.Snapshot(t.Context(), w.store)
	must(t, err)
	bad := shop.ChannelPolicy{Cookie: shop.CookiePolicy{Domain: "com"}}
	channel := *before.Channels[0]
	channel.Policy = bad
	wantCode(t, w.s.ConfigureChannel(t.Context(), w.store, channel), shop.BadUserInput)
	_, err = w.s.CreateChannel(t.Context(), w.store, shop.Channel{Name: "Bad", Policy: bad})
	wantCode(t, err, shop.BadUserInput)
	_, err = w.s.CreateStore(t.Context(), shop.Store{Hash: "bad", Name: "Bad", Plan: shop.PlanPro, Status: shop.StatusLaunched, Currency: "EUR", Country: "DE", Locale: "en",
		Settings: shop.DefaultSettings()}, shop.Channel{Name: "Bad", Policy: bad})
	wantCode(t, err, shop.BadUserInput)
	after, err := w.s.Snapshot(t.Context(), w.store)
	must(t, err)
	if after.Store.ConfigVersion != before.Store.ConfigVersion || len(after.Channels) != len(before.Channels) {
		t.Errorf("refused, and changed something: %+v", after)
	}
}
