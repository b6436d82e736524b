package storage_test

import (
	"testing"
	"time"

	"regulars/internal/shop"
)

func (w *world) app(t testing.TB, store int64, clientID string) {
	t.Helper()
	must(t, w.s.CreateApp(t.Context(), store, shop.App{ClientID: clientID, Name: clientID, Scopes: []shop.AppScope{shop.ScopeCustomersLogin}}, "first"))
}

// sealed are the secrets that count, newest first.
func (w *world) sealed(t testing.TB, store int64, clientID string) (out []string) {
	t.Helper()
	app, _, _, err := w.s.App(t.Context(), store, clientID)
	must(t, err)
	for _, s := range app.Secrets {
		out = append(out, s.Sealed)
	}
	return out
}

func TestAnAppIsOfOneStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.addStore(t, "two")
	w.app(t, w.store, "app_a")
	wantCode(t, w.s.CreateApp(t.Context(), w.store, shop.App{ClientID: "app_a"}, "x"), shop.Conflict)
	if _, _, ok, err := w.s.App(t.Context(), other, "app_a"); ok || err != nil {
		t.Errorf("found in another store: %v", err)
	}
	w.app(t, other, "app_a")
	must(t, w.s.RevokeApp(t.Context(), other, "app_a"))
	app, now, ok, err := w.s.App(t.Context(), w.store, "app_a")
	must(t, err)
	if !ok || app.Name != "app_a" || !app.Has(shop.ScopeCustomersLogin) || !app.Serves(7) || len(app.Secrets) != 1 || time.Since(now).Abs() > time.Hour {
		t.Errorf("%+v at %s", app, now)
	}
	if list, err := w.s.Apps(t.Context(), other); err != nil || len(list) != 1 || list[0].RevokedAt == nil || len(list[0].Secrets) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// Whatever is rotated at once: the app never has more than two secrets, and one
// of them has no end.
func TestRotationsAtOnceLeaveTwoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app(t, w.store, "app_a")
	allFine(t, together(20, func(i int) error {
		_, err := w.s.RotateAppSecret(t.Context(), w.store, "app_a", mail(i), time.Hour)
		return err
	}))
	if got := w.sealed(t, w.store, "app_a"); len(got) != 2 || got[0] == got[1] {
		t.Errorf("%v count", got)
	}
	w.wantCount(t, 2, `app_secrets`)
	w.wantCount(t, 1, `app_secrets WHERE expires_at IS NULL`)
}

// A secret never lives longer because of a rotation.
func TestARotationProlongsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app(t, w.store, "app_a")
	_, err := w.s.RotateAppSecret(t.Context(), w.store, "app_a", "second", time.Minute)
	must(t, err)
	w.owner.MustExec(`DELETE FROM app_secrets WHERE sealed = 'second'`) // revoked: the first is the newest again
	ends, err := w.s.RotateAppSecret(t.Context(), w.store, "app_a", "third", 24*time.Hour)
	must(t, err)
	if time.Until(ends) > time.Hour {
		t.Errorf("lives until %s", ends)
	}
	if got := w.sealed(t, w.store, "app_a"); len(got) != 2 || got[0] != "third" || got[1] != "first" {
		t.Errorf("%v count", got)
	}
}
