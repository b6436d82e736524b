package storage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
)

func tokenFor(text string, lifetime time.Duration) storage.NewStorefrontToken {
	return storage.NewStorefrontToken{
		StorefrontToken: shop.StorefrontToken{Kind: shop.TokenPrivate, Name: text, ChannelIDs: []int64{1, 2}, Scopes: []shop.TokenScope{shop.ScopeCustomer}},
		Opens:           func(shop.SigningKey) bool { return true },
		Lifetime:        lifetime,
		Pair: func() (shop.SigningKey, error) {
			return shop.SigningKey{Public: []byte(text), PrivateSealed: "sealed"}, nil
		},
		Sign: func(shop.SigningKey, shop.StorefrontToken) ([32]byte, error) { return tokenOf(text), nil },
	}
}

func (w *world) version(t testing.TB, store int64) int64 {
	t.Helper()
	v, _, err := w.s.ConfigVersion(t.Context(), store)
	must(t, err)
	return v
}

func TestStorefrontTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.addStore(t, "two")
	before := w.version(t, w.store)
	made, err := w.s.CreateStorefrontToken(t.Context(), w.store, tokenFor("a", time.Hour))
	must(t, err)
	if made.ID == 0 || made.ExpiresAt.Sub(made.CreatedAt) != time.Hour || made.ExpiresAt.Nanosecond() != 0 {
		t.Errorf("made %+v", made)
	}
	known, version, ok, err := w.s.StorefrontToken(t.Context(), w.store, tokenOf("a"))
	must(t, err)
	if !ok || version != before+1 || known.ID != made.ID || !slices.Equal(known.ChannelIDs, []int64{1, 2}) || !slices.Equal(known.Scopes, made.Scopes) ||
		known.RevokedAt != nil || known.Left <= 0 || known.Left > time.Hour {
		t.Errorf("found %v %+v of version %d", ok, known, version)
	}
	if _, _, ok, err := w.s.StorefrontToken(t.Context(), other, tokenOf("a")); ok || err != nil {
		t.Errorf("another store has it: %v", err)
	}
	wantCode(t, w.s.RevokeStorefrontToken(t.Context(), other, made.ID), shop.NotFound)
	must(t, w.s.RevokeStorefrontToken(t.Context(), w.store, made.ID))
	known, version, ok, err = w.s.StorefrontToken(t.Context(), w.store, tokenOf("a"))
	if err != nil || !ok || known.RevokedAt == nil || version != before+2 {
		t.Errorf("revoked: %v %v %+v of version %d", err, ok, known, version)
	}
	first := known.RevokedAt
	id, err := w.s.RevokeStorefrontTokenText(t.Context(), w.store, tokenOf("a"))
	list, err2 := w.s.StorefrontTokens(t.Context(), w.store)
	if err != nil || err2 != nil || id != made.ID || len(list) != 1 || !list[0].RevokedAt.Equal(*first) {
		t.Errorf("revoked again: %v %v %d %+v", err, err2, id, list)
	}
	_, err = w.s.RevokeStorefrontTokenText(t.Context(), w.store, tokenOf("b"))
	wantCode(t, err, shop.NotFound)
}

func TestStorefrontTokenNeedsTimeAndAStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	past := tokenFor("a", 0)
	past.ExpiresAt = time.Unix(1, 0)
	for _, in := range []storage.NewStorefrontToken{past, tokenFor("a", 0)} {
		_, err := w.s.CreateStorefrontToken(t.Context(), w.store, in)
		wantCode(t, err, shop.BadUserInput)
	}
	_, err := w.s.CreateStorefrontToken(t.Context(), w.store+9, tokenFor("a", time.Hour))
	wantCode(t, err, shop.NotFound)
	w.wantCount(t, 0, "signing_keys")
}

// Many first tokens at once, on two servers: one key signs all of them.
func TestStoreHasOneSigningKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.s2(t)
	for _, err := range together(20, func(i int) error {
		_, err := []*storage.Store{w.s, other}[i%2].CreateStorefrontToken(t.Context(), w.store, tokenFor(fmt.Sprint(i), time.Hour))
		return err
	}) {
		must(t, err)
	}
	w.wantCount(t, 1, "signing_keys")
	w.wantCount(t, 20, "storefront_tokens")
	snapshot, err := w.s.Snapshot(t.Context(), w.store)
	if err != nil || len(snapshot.Signers) != 1 || len(snapshot.Signers[0].Public) == 0 || snapshot.Signers[0].PrivateSealed != "" {
		t.Errorf("%v, %+v", err, snapshot.Signers)
	}
}

// A key whose secret is gone signs nothing any more, and what it signed counts on.
func TestKeyThatDoesNotOpenIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, text := range []string{"a", "b", "c"} {
		in := tokenFor(text, time.Hour)
		in.Opens = func(k shop.SigningKey) bool { return string(k.Public) == "b" }
		_, err := w.s.CreateStorefrontToken(t.Context(), w.store, in)
		must(t, err)
	}
	snapshot, err := w.s.Snapshot(t.Context(), w.store)
	if err != nil || len(snapshot.Signers) != 2 || string(snapshot.Signers[0].Public) != "a" || string(snapshot.Signers[1].Public) != "b" {
		t.Errorf("%v, %+v", err, snapshot.Signers)
	}
	w.wantCount(t, 1, "signing_keys WHERE retired_at IS NULL AND public = 'b'")
}
