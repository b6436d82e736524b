package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
	"regulars/storage"
)

func TestCustomerRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group, err := w.s.CreateGroup(t.Context(), w.store, shop.CustomerGroup{Name: "VIP", CategoryAccess: shop.CustomerGroupCategoryAccess{Type: shop.AccessAll}})
	must(t, err)
	in := person(t, "Ada@example.com")
	in.GroupID, in.ChannelIDs, in.ChannelID, in.Locale, in.Verified = group, []int64{1, 7}, 7, "de", true
	made, err := w.s.CreateCustomer(t.Context(), w.store, in)
	must(t, err)
	_, err = w.s.AddAddress(t.Context(), w.store, made.ID, shop.NewAddress{CustomerAddress: shop.CustomerAddress{FirstName: "Ada", CountryCode: "DE"}})
	must(t, err)
	w.owner.MustExec(`UPDATE customers SET notes = 'pays late', tax_exempt_category = 'A', accepts_abandoned = true`)
	r, ok, err := w.s.CustomerRecord(t.Context(), w.store, made.ID)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if r.ID != made.ID || r.Email != "Ada@example.com" || r.GroupName != "VIP" || r.GroupID != group || !slices.Equal(r.ChannelIDs, []int64{1, 7}) ||
		r.OriginChannelID != 7 || r.Locale != "de" || r.VerifiedAt == nil || !r.EmailVerified || r.DisabledAt != nil || r.ResetRequired ||
		r.StaffNotes != "pays late" || r.TaxExemptCategory != "A" || !r.AcceptsAbandoned || r.AddressCount != 1 || r.DateCreated.IsZero() || r.DateModified.IsZero() {
		t.Errorf("%+v", r)
	}
	for hash, kind := range map[string]string{
		"$argon2id$v=19$m=19456,t=2,p=1$x$y": "argon2id", "$2a$10$x": "bcrypt", "$2b$10$x": "bcrypt", "$2y$10$x": "bcrypt", "$2x$10$x": "unknown", "md5": "unknown", "": "",
	} {
		w.owner.MustExec(`UPDATE customers SET password_hash = NULLIF($1, '')`, hash)
		r, ok, err := w.s.CustomerRecordByEmail(t.Context(), w.store, "ada@example.com")
		if err != nil || !ok || r.PasswordKind != kind {
			t.Errorf("%q is %q, want %q; %v %v", hash, r.PasswordKind, kind, ok, err)
		}
		if hash != "" && hash != "md5" && strings.Contains(fmt.Sprintf("%+v", r), hash) {
			t.Error("the hash is in the record")
		}
	}
	two := w.addStore(t, "two")
	if _, ok, err := w.s.CustomerRecord(t.Context(), two, made.ID); ok || err != nil {
		t.Errorf("seen from another store: %v %v", ok, err)
	}
	if _, ok, err := w.s.CustomerRecordByEmail(t.Context(), two, "ada@example.com"); ok || err != nil {
		t.Errorf("seen from another store: %v %v", ok, err)
	}
}

func TestCustomersAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group, err := w.s.CreateGroup(t.Context(), w.store, shop.CustomerGroup{Name: "VIP", CategoryAccess: shop.CustomerGroupCategoryAccess{Type: shop.AccessAll}})
	must(t, err)
	for i, name := range []string{"Jörg Özil", "ÄNNE MÜLLER", "100% Wool_Shop", `Back\slash`, "O'Brien", "Ada Lovelace"} {
		in := person(t, mail(i))
		first, last, _ := strings.Cut(name, " ")
		in.Profile = shop.Profile{FirstName: first, LastName: last, Company: fmt.Sprint("Firm", i), Phone: fmt.Sprint("+49 30 ", i)}
		if i%2 == 1 {
			in.GroupID = group
		}
		_, err := w.s.CreateCustomer(t.Context(), w.store, in)
		must(t, err)
	}
	other := w.addStore(t, "two")
	w.customer(t, other, "stranger@example.com", false)
	find := func(f storage.CustomerFilter) string {
		t.Helper()
		if f.Limit == 0 {
			f.Limit = 10
		}
		page, err := w.s.CustomerRecords(t.Context(), w.store, f)
		must(t, err)
		var found []string
		for _, r := range page.Items {
			found = append(found, strings.TrimSuffix(r.Email, "@example.com"))
		}
		if page.HasNext {
			found = append(found, "more")
		}
		return strings.Join(found, " ")
	}
	for search, want := range map[string]string{
		"": "p0 p1 p2 p3 p4 p5", "  ": "p0 p1 p2 p3 p4 p5", "ada": "p5", "LOVE": "p5", "a lovel": "p5", "firm3": "p3", "+49 30 2": "p2", "P4@EXAMPLE": "p4",
		"özil": "p0", "ÖZIL": "p0", "Jörg": "p0", "jörg özil": "p0", "müller": "p1", "Änne": "p1",
		"%": "p2", "_": "p2", `\`: "p3", "'": "p4", "stranger": "", "nobody": "",
	} {
		if got := find(storage.CustomerFilter{Search: search}); got != want {
			t.Errorf("%q finds %q, want %q", search, got, want)
		}
	}
	first, _, err := w.s.CustomerRecordByEmail(t.Context(), w.store, mail(0))
	must(t, err)
	for _, c := range []struct {
		filter storage.CustomerFilter
		want   string
	}{
		{storage.CustomerFilter{GroupID: group}, "p1 p3 p5"},
		{storage.CustomerFilter{GroupID: group, Search: "firm", Limit: 2}, "p1 p3 more"},
		{storage.CustomerFilter{Limit: 6}, "p0 p1 p2 p3 p4 p5"},
		{storage.CustomerFilter{Limit: 5}, "p0 p1 p2 p3 p4 more"},
		{storage.CustomerFilter{After: first.ID, Limit: 2}, "p1 p2 more"},
		{storage.CustomerFilter{After: first.ID + 5}, ""},
	} {
		if got := find(c.filter); got != c.want {
			t.Errorf("%+v finds %q, want %q", c.filter, got, c.want)
		}
	}
}

func TestLiveSessionsAreThoseThatCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.customer(t, w.store, "ada@example.com", true), w.customer(t, w.store, "bob@example.com", true)
	for _, secret := range []string{"old", "new", "idle", "over", "revoked", "past"} {
		w.login(t, w.store, ada.ID, secret)
	}
	w.login(t, w.store, bob.ID, "bob")
	w.owner.MustExec(`UPDATE sessions SET last_seen_at = now() - interval '1 day' WHERE id = 'id-old'`)
	w.owner.MustExec(`UPDATE sessions SET last_seen_at = now() - interval '15 days' WHERE id = 'id-idle'`)
	w.owner.MustExec(`UPDATE sessions SET expires_at = now() WHERE id = 'id-over'`)
	w.owner.MustExec(`UPDATE sessions SET revoked_at = now() WHERE id = 'id-revoked'`)
	w.owner.MustExec(`UPDATE sessions SET epoch = 0 WHERE id = 'id-past'`)
	live := func() (ids []string) {
		t.Helper()
		list, err := w.s.LiveSessions(t.Context(), w.store, ada.ID)
		must(t, err)
		for _, l := range list {
			ids = append(ids, l.ID)
		}
		return ids
	}
	if got := live(); !slices.Equal(got, []string{"id-new", "id-old"}) {
		t.Errorf("got %v", got)
	}
	for _, secret := range []string{"old", "new", "idle", "over", "revoked", "past"} {
		if slices.Contains(live(), "id-"+secret) != w.alive(t, w.store, secret) {
			t.Errorf("%s: the list and the session itself disagree", secret)
		}
	}
	w.owner.MustExec(`UPDATE customers SET disabled_at = now()`)
	if got := live(); got != nil {
		t.Errorf("of a disabled customer: %v", got)
	}
}
