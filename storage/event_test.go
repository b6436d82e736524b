package storage_test

import (
	"slices"
	"testing"

	"regulars/internal/shop"
	"regulars/storage"
)

// What a plan learns of an event is all of it.
func TestEventsComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := person(t, "ada@example.com")
	in.Registered = true
	ada, err := w.s.CreateCustomer(t.Context(), w.store, in)
	must(t, err)
	w.customer(t, w.store, "grace@example.com", false)
	company := "Engines"
	_, err = w.s.UpdateCustomer(t.Context(), w.store, ada.ID, shop.CustomerUpdate{Company: &company}, storage.Move{})
	must(t, err)
	var events []shop.Event
	number(t, w.s, w.store, func(e shop.Event) []shop.NewJob {
		if e.At.IsZero() || e.ID == 0 || e.StoreID != w.store || e.Entity != "customer" || e.Data.Type != "customer" || e.Data.ID != e.EntityID {
			t.Errorf("got %+v", e)
		}
		events = append(events, e)
		return nil
	})
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	made, staff, changed := events[0], events[1], events[2]
	if made.Scope != shop.EventCustomerCreated || made.Data.Cause != shop.CauseRegistration || made.Data.ChannelID != 1 || made.Version != 1 || made.EntityID != ada.ID {
		t.Errorf("registered: %+v", made)
	}
	if staff.Scope != shop.EventCustomerCreated || staff.Data.Cause != "" || staff.Data.ChannelID != 0 {
		t.Errorf("made by staff: %+v", staff)
	}
	if changed.Scope != shop.EventCustomerUpdated || !slices.Equal(changed.Changed, []string{"company"}) || changed.Version != 2 {
		t.Errorf("changed: %+v", changed)
	}
}

// A hint comes after each commit that wrote an event, and after no other.
func TestHintsFollowCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	s := w.s2(t)
	var hinted []int64
	s.OnEvent(func(store int64) { hinted = append(hinted, store) })
	ctx := t.Context()
	ada, err := s.CreateCustomer(ctx, w.store, person(t, "ada@example.com"))
	must(t, err)
	if _, err := s.CreateCustomer(ctx, w.store, person(t, "ada@example.com")); shop.CodeOf(err) != shop.Conflict {
		t.Fatal(err)
	}
	must(t, s.Subscribe(ctx, two, guest("grace@example.com")))
	_, err = s.UpdateCustomer(ctx, w.store, ada.ID, shop.CustomerUpdate{FirstName: &ada.FirstName}, storage.Move{})
	must(t, err)
	_, err = s.EndSession(ctx, w.store, []byte("none"), "")
	must(t, err)
	if want := []int64{w.store, two}; !slices.Equal(hinted, want) {
		t.Errorf("hinted at %v, want %v", hinted, want)
	}
}
