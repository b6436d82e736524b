package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
)

// place is an address in the n-th house.
func place(n int) shop.CustomerAddress {
	return shop.CustomerAddress{FirstName: "Ada", LastName: "Lovelace", Address1: fmt.Sprint(n, " Main Street"), City: "Paris", CountryCode: "FR"}
}

func (w *world) address(t testing.TB, customer int64, n int) shop.CustomerAddress {
	t.Helper()
	a, err := w.s.AddAddress(t.Context(), w.store, customer, shop.NewAddress{CustomerAddress: place(n)})
	must(t, err)
	return a
}

// history lists the events, without when.
func (w *world) history(t testing.TB) string {
	t.Helper()
	var lines []string
	must(t, w.owner.Select(&lines, `SELECT scope || ' ' || entity || ' ' || entity_id || ' v' || entity_version || ' ' || changed::text || ' ' || data::text FROM events ORDER BY id`))
	return strings.Join(lines, "\n")
}

func TestAddressBookIsAHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false).ID
	w.owner.MustExec(`UPDATE customers SET date_modified = date_modified - interval '1 day'`)
	old := w.text(t, `SELECT date_modified FROM customers`)
	a := w.address(t, ada, 1)
	if again := w.address(t, ada, 1); again.ID != a.ID || again.City != "Paris" {
		t.Errorf("%+v, want %+v", again, a)
	}
	city, none := "Lyon", ""
	now, err := w.s.UpdateAddress(t.Context(), w.store, ada, a.ID, shop.AddressUpdate{City: &city, Phone: &none})
	must(t, err)
	if now.ID != a.ID || now.City != city || now.Address1 != a.Address1 {
		t.Errorf("%+v", now)
	}
	if _, err := w.s.UpdateAddress(t.Context(), w.store, ada, a.ID, shop.AddressUpdate{City: &city}); err != nil {
		t.Error(err)
	}
	must(t, w.s.DeleteAddress(t.Context(), w.store, ada, a.ID))
	wantCode(t, w.s.DeleteAddress(t.Context(), w.store, ada, a.ID), shop.NotFound)
	want := fmt.Sprintf(`store/customer/created customer %[1]d v1 {} {"id": %[1]d, "type": "customer"}
store/customer/address/created address %[2]d v1 {} {"id": %[2]d, "type": "customer", "address": {"customer_id": %[1]d}}
store/customer/address/updated address %[2]d v2 {city} {"id": %[2]d, "type": "customer", "address": {"customer_id": %[1]d}}
store/customer/address/deleted address %[2]d v3 {} {"id": %[2]d, "type": "customer", "address": {"customer_id": %[1]d}}`, ada, a.ID)
	if got := w.history(t); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if v, at := w.text(t, `SELECT version FROM customers`), w.text(t, `SELECT date_modified FROM customers`); v != "1" || at <= old {
		t.Errorf("version %s, modified %s after %s", v, at, old)
	}
}

func TestAddressComesWithItsCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := person(t, "ada@example.com")
	a := place(1)
	in.Address = &shop.NewAddress{CustomerAddress: a}
	ada, err := w.s.CreateCustomer(t.Context(), w.store, in)
	must(t, err)
	if ada.Version != 1 || w.text(t, `SELECT fingerprint FROM addresses`) != w.text(t, `SELECT '\x`+fmt.Sprintf("%x", a.Fingerprint(ada.ID))+`'::bytea`) {
		t.Errorf("%+v, or another fingerprint", ada)
	}
	before := w.history(t)
	if !strings.Contains(before, "store/customer/address/created address") || strings.Count(before, "\n") != 1 {
		t.Error(before)
	}
	// What is refused leaves nothing: neither a taken address, nor an address that the database refuses.
	_, err = w.s.CreateCustomer(t.Context(), w.store, in)
	wantCode(t, err, shop.Conflict)
	bad := person(t, "bob@example.com")
	bad.Address = &shop.NewAddress{CustomerAddress: shop.CustomerAddress{CountryCode: "no country"}}
	if _, err := w.s.CreateCustomer(t.Context(), w.store, bad); err == nil {
		t.Error("kept")
	}
	if w.wantCount(t, 1, `addresses`); w.history(t) != before {
		t.Error(w.history(t))
	}
	w.wantCount(t, 1, `customers`)
}

func TestAddressBookHoldsAHundred(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", false).ID, w.customer(t, w.store, "bob@example.com", false).ID
	for n := range 80 {
		w.address(t, ada, n)
	}
	full := 0
	for _, err := range together(50, func(i int) error {
		_, err := w.s.AddAddress(t.Context(), w.store, ada, shop.NewAddress{CustomerAddress: place(100 + i)})
		return err
	}) {
		if err != nil {
			wantCode(t, err, shop.Conflict)
			full++
		}
	}
	if full != 30 {
		t.Errorf("%d refused, want 30", full)
	}
	w.wantCount(t, shop.MaxAddresses, `addresses WHERE customer_id = $1`, ada)
	w.wantCount(t, shop.MaxAddresses, `events WHERE scope = 'store/customer/address/created'`)
	w.address(t, bob, 1) // the book is each one's own
	w.address(t, ada, 0) // what is there already is no new one
	must(t, w.s.DeleteAddress(t.Context(), w.store, ada, w.address(t, ada, 0).ID))
	w.address(t, ada, 999) // room again
}

func TestSameAddressFiftyTimesAtOnceIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false).ID
	ids := make([]int64, 50)
	allFine(t, together(50, func(i int) error {
		a, err := w.s.AddAddress(t.Context(), w.store, ada, shop.NewAddress{CustomerAddress: place(1)})
		ids[i] = a.ID
		return err
	}))
	if slices.Sort(ids); ids[0] == 0 || ids[0] != ids[49] {
		t.Errorf("ids %v", ids)
	}
	w.wantCount(t, 1, `addresses`)
	w.wantCount(t, 1, `events WHERE scope = 'store/customer/address/created'`)
}

func TestAddressCannotBecomeOneThatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false).ID
	one, two := w.address(t, ada, 1), w.address(t, ada, 2)
	before := w.history(t)
	_, err := w.s.UpdateAddress(t.Context(), w.store, ada, two.ID, shop.AddressUpdate{Address1: &one.Address1})
	wantCode(t, err, shop.Conflict)
	if got := w.text(t, `SELECT address1 FROM addresses WHERE id = `+fmt.Sprint(two.ID)); got != two.Address1 || w.history(t) != before {
		t.Errorf("%s\n%s", got, w.history(t))
	}
}

// G1: another's address is as one that is not there, in every store.
func TestAddressesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	ada, bob := w.customer(t, w.store, "ada@example.com", false).ID, w.customer(t, w.store, "bob@example.com", false).ID
	elsewhere := w.customer(t, two, "ada@example.com", false).ID
	a := w.address(t, ada, 1)
	before := w.history(t)
	city := "Lyon"
	for name, c := range map[string]struct{ store, customer, id int64 }{
		"another customer": {w.store, bob, a.ID}, "another store": {two, elsewhere, a.ID}, "nobody's": {w.store, ada, a.ID + 1},
		"below all": {w.store, ada, -1}, "above all": {w.store, ada, 1<<31 - 1},
	} {
		_, err := w.s.UpdateAddress(t.Context(), c.store, c.customer, c.id, shop.AddressUpdate{City: &city})
		if wantCode(t, err, shop.NotFound); err.Error() != "An address with the supplied ID does not exist." {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.s.DeleteAddress(t.Context(), c.store, c.customer, c.id); shop.CodeOf(err) != shop.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct{ store, customer int64 }{"another store": {two, ada}, "gone": {w.store, 999}} {
		if _, err := w.s.AddAddress(t.Context(), c.store, c.customer, shop.NewAddress{CustomerAddress: place(1)}); shop.CodeOf(err) != shop.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.s.UpdateAddress(t.Context(), c.store, c.customer, a.ID, shop.AddressUpdate{City: &city}); shop.CodeOf(err) != shop.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.s.DeleteAddress(t.Context(), c.store, c.customer, a.ID); shop.CodeOf(err) != shop.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w.history(t) != before {
		t.Error(w.history(t))
	}
	w.wantCount(t, 1, `addresses WHERE city = 'Paris'`)
}

// Whatever comes first: an address's version counts its changes, each with its
// event.
func TestAddressBookUnderManyHands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.customer(t, w.store, "ada@example.com", false).ID
	var ids []int64
	for n := range 5 {
		ids = append(ids, w.address(t, ada, n).ID)
	}
	for i, err := range together(50, func(i int) error {
		switch i % 3 {
		case 0:
			_, err := w.s.AddAddress(t.Context(), w.store, ada, shop.NewAddress{CustomerAddress: place(i % 10)})
			return err
		case 1:
			to := place((i + 3) % 10).Address1
			_, err := w.s.UpdateAddress(t.Context(), w.store, ada, ids[i%5], shop.AddressUpdate{Address1: &to})
			return err
		}
		return w.s.DeleteAddress(t.Context(), w.store, ada, ids[i%5])
	}) {
		if code := shop.CodeOf(err); err != nil && code != shop.NotFound && code != shop.Conflict {
			t.Errorf("%d: %v", i, err)
		}
	}
	w.wantCount(t, 0, `addresses a WHERE version <> (SELECT max(entity_version) FROM events WHERE entity = 'address' AND entity_id = a.id)`)
	w.wantCount(t, 0, `(SELECT FROM events WHERE entity = 'address' GROUP BY entity_id HAVING max(entity_version) <> count(*)) x`)
}

func TestStoreEndsSessionsEarlier(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set           shop.ShopperInactivity
		created, seen string // ago
		alive         bool
	}{
		"the server's":             {shop.ShopperInactivity{}, "13 days", "13 days", true},
		"beyond the server's":      {shop.ShopperInactivity{Seconds: 99999999}, "20 days", "15 days", false},
		"seen":                     {shop.ShopperInactivity{Seconds: 1800}, "20 days", "29 minutes", true},
		"not seen":                 {shop.ShopperInactivity{Seconds: 1800}, "20 days", "31 minutes", false},
		"from login":               {shop.ShopperInactivity{Seconds: 1800, FromLogin: true}, "29 minutes", "29 minutes", true},
		"from login, seen":         {shop.ShopperInactivity{Seconds: 1800, FromLogin: true}, "31 minutes", "1 minute", false},
		"from login, the server's": {shop.ShopperInactivity{FromLogin: true}, "15 days", "1 minute", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			must(t, w.s.EditStore(t.Context(), "one", func(s *shop.Store) error { s.Settings.Inactivity = c.set; return nil }))
			ada := w.customer(t, w.store, "ada@example.com", false).ID
			w.login(t, w.store, ada, "a")
			w.owner.MustExec(`UPDATE sessions SET created_at = now() - $1::interval, last_seen_at = now() - $2::interval, expires_at = now() + interval '1 day'`, c.created, c.seen)
			if got := w.alive(t, w.store, "a"); got != c.alive {
				t.Errorf("alive %v", got)
			}
			allFine(t, together(2, func(int) error { // and in a batch
				_, _, ok, err := w.s.Session(t.Context(), w.store, tokenOf("a"))
				if err == nil && ok != c.alive {
					err = fmt.Errorf("alive %v", ok)
				}
				return err
			}))
		})
	}
}

func TestEditStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	before, err := w.s.Snapshot(t.Context(), two)
	must(t, err)
	// Each edit sees the one before it.
	allFine(t, together(20, func(int) error {
		return w.s.EditStore(t.Context(), "one", func(s *shop.Store) error { s.Name += "x"; return nil })
	}))
	s, err := w.s.Snapshot(t.Context(), w.store)
	must(t, err)
	if s.Store.Name != "one"+strings.Repeat("x", 20) || s.Store.ConfigVersion < 21 || s.Store.Currency != "EUR" || s.Store.Country != "DE" {
		t.Errorf("%+v", s.Store)
	}
	wantCode(t, w.s.EditStore(t.Context(), "none", func(*shop.Store) error { return nil }), shop.NotFound)
	wantCode(t, w.s.EditStore(t.Context(), "one", func(s *shop.Store) error { s.Name = ""; return nil }), shop.BadUserInput)
	wantCode(t, w.s.EditStore(t.Context(), "one", func(s *shop.Store) error { s.Name = "y"; return shop.Errorf(shop.Forbidden, "No.") }), shop.Forbidden)
	after, err := w.s.Snapshot(t.Context(), w.store)
	must(t, err)
	other, err := w.s.Snapshot(t.Context(), two)
	must(t, err)
	if after.Store.Name != s.Store.Name || after.Store.ConfigVersion != s.Store.ConfigVersion || other.Store.ConfigVersion != before.Store.ConfigVersion {
		t.Errorf("%+v, %+v", after.Store, other.Store)
	}
}
