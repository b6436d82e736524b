package storage_test

import (
	"testing"

	"regulars/internal/shop"
	"regulars/storage"
)

func TestOneAccountForAllSpellings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spellings := []string{"ada@example.com", "ADA@example.com", "Ada@Example.COM", "ａda@example.com", "Ⓐda@example.com", " ada@EXAMPLE.com "}
	errs := together(20, func(i int) error {
		_, err := w.s.CreateCustomer(t.Context(), w.store, person(t, spellings[i%len(spellings)]))
		return err
	})
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		wantCode(t, err, shop.Conflict)
		if err.Error() != "The email address is already in use." {
			t.Errorf("got %q", err)
		}
	}
	if made != 1 {
		t.Errorf("%d accounts made", made)
	}
	w.wantCount(t, 1, `customers`)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/created' AND entity_version = 1`)
	w.customer(t, w.addStore(t, "two"), "ada@example.com", false) // decision 15: per store
}

func TestIdsEndWhereClientsStopReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`SELECT setval(pg_get_serial_sequence('customers', 'id'), 2147483646)`)
	if c := w.customer(t, w.store, "last@example.com", false); c.ID != 1<<31-1 {
		t.Errorf("id %d", c.ID)
	}
	_, err := w.s.CreateCustomer(t.Context(), w.store, person(t, "beyond@example.com"))
	wantCode(t, err, shop.Internal)
	w.wantCount(t, 1, `customers`)
	w.wantCount(t, 1, `events WHERE entity = 'customer'`)
}

func TestGroupOfANewAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if c := w.customer(t, w.store, "early@example.com", false); c.GroupID != 0 {
		t.Errorf("group %d in a store without a default", c.GroupID)
	}
	group := func(name string, isDefault bool) int64 {
		id, err := w.s.CreateGroup(t.Context(), w.store, shop.CustomerGroup{Name: name, IsDefault: isDefault,
			CategoryAccess: shop.CustomerGroupCategoryAccess{Type: shop.AccessAll}})
		must(t, err)
		return id
	}
	retail, vip := group("Retail", true), group("VIP", false)
	in := person(t, "x@example.com")
	for i, c := range []struct {
		group int64
		none  bool
		want  int64
	}{{0, false, retail}, {vip, false, vip}, {0, true, 0}, {vip, true, 0}} {
		in.Email, in.GroupID, in.NoGroup = address(t, mail(i)), c.group, c.none
		got, err := w.s.CreateCustomer(t.Context(), w.store, in)
		if err != nil || got.GroupID != c.want {
			t.Errorf("%+v: group %d, %v", c, got.GroupID, err)
		}
	}
	// A group of another store is not one.
	two := w.addStore(t, "two")
	in.Email, in.GroupID, in.NoGroup = address(t, "y@example.com"), vip, false
	if _, err := w.s.CreateCustomer(t.Context(), two, in); err == nil {
		t.Error("a group of another store was taken")
	}
	_, err := w.s.CreateGroup(t.Context(), w.store, shop.CustomerGroup{Name: "vip", CategoryAccess: shop.CustomerGroupCategoryAccess{Type: shop.AccessAll}})
	wantCode(t, err, shop.Conflict)
	if id, err := w.s.GroupByName(t.Context(), w.store, "rETAIL"); err != nil || id != retail {
		t.Errorf("group %d, %v", id, err)
	}
	_, err = w.s.GroupByName(t.Context(), two, "Retail")
	wantCode(t, err, shop.NotFound)
}

func TestNoEventWithoutAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	name, company, email := "Ada", " Engines ", "ada@example.com"
	update := func(u shop.CustomerUpdate) shop.Customer {
		t.Helper()
		c, err := w.s.UpdateCustomer(t.Context(), w.store, ada.ID, u, storage.Move{})
		must(t, err)
		return c
	}
	if c := update(shop.CustomerUpdate{}); c.Version != 1 || c.Email != email {
		t.Errorf("nothing asked: %+v", c)
	}
	update(shop.CustomerUpdate{FirstName: &name, Email: &email})
	w.wantCount(t, 0, `events WHERE scope = 'store/customer/updated'`)
	for range 2 {
		if c := update(shop.CustomerUpdate{Company: &company}); c.Version != 2 || c.Company != "Engines" {
			t.Errorf("company: %+v", c)
		}
	}
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/updated' AND entity_version = 2 AND changed = '{company}'`)
	w.wantCount(t, 0, `events WHERE data::text LIKE '%@%' OR data::text LIKE '%Engines%'`)
	_, err := w.s.UpdateCustomer(t.Context(), w.store, 12345, shop.CustomerUpdate{Company: &company}, storage.Move{})
	wantCode(t, err, shop.NotFound)
	_, err = w.s.UpdateCustomer(t.Context(), w.addStore(t, "two"), ada.ID, shop.CustomerUpdate{Company: &company}, storage.Move{})
	wantCode(t, err, shop.NotFound)
}

func TestLoginNeedsThePasswordThatWasChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	refused := func(what string) {
		t.Helper()
		if _, ok, err := w.s.Login(t.Context(), w.store, loginOf(ada.ID, what)); ok || err != nil {
			t.Errorf("%s: %v, %v", what, ok, err)
		}
	}
	w.owner.MustExec(`UPDATE customers SET password_hash = 'newer'`)
	refused("changed meanwhile")
	w.owner.MustExec(`UPDATE customers SET password_hash = 'hash', disabled_at = now()`)
	refused("disabled meanwhile")
	w.owner.MustExec(`UPDATE customers SET disabled_at = NULL, password_reset_required = true`)
	refused("to be reset meanwhile")
	w.wantCount(t, 0, `sessions`)
	w.owner.MustExec(`UPDATE customers SET password_reset_required = false`)
	in := loginOf(ada.ID, "s")
	in.Rehashed = "stronger"
	_, ok, err := w.s.Login(t.Context(), w.store, in)
	if err != nil || !ok || w.text(t, `SELECT password_hash FROM customers`) != "stronger" {
		t.Errorf("rehash: %v, %v", ok, err)
	}
}

func TestTheOldestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", true)
	w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, expires_at, created_at)
		SELECT $1, sha256(n::text::bytea), n, $2, 1, n, 1, 'cookie', now() + interval '1 day', now() - make_interval(mins => n)
		FROM generate_series(1, 150) n`, w.store, ada.ID)
	w.login(t, w.store, ada.ID, "new")
	w.wantCount(t, shop.SessionsPerCustomer, `sessions WHERE revoked_at IS NULL`)
	w.wantCount(t, 0, `sessions WHERE revoked_at IS NULL AND id = '100'`)
	if !w.alive(t, w.store, "new") || !w.alive(t, w.store, "99") {
		t.Error("a young session ended")
	}
}
