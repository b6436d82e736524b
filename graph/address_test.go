package graph_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/command"
	"regulars/internal/password"
	"regulars/internal/shop"
	"regulars/storage"
)

// otherStore makes a second store with a customer in it.
func otherStore(t *testing.T, s *graphtest.Server) {
	t.Helper()
	id, err := s.Storage.CreateStore(t.Context(), shop.Store{Hash: "two", Name: "Two", Plan: shop.PlanStandard, Status: shop.StatusLaunched, Currency: "USD",
		Country: "US", Locale: "en", Settings: shop.DefaultSettings()}, shop.Channel{Name: "Two", Hosts: []string{"two.localhost"}, AllowGlobalLogin: true})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := password.New(1).Hash(t.Context(), command.DemoPassword)
	if err != nil {
		t.Fatal(err)
	}
	email, _ := shop.ParseEmail("eve@example.com")
	if _, err := s.Storage.CreateCustomer(t.Context(), id, storage.NewCustomer{Email: email, Profile: shop.Profile{FirstName: "Eve", LastName: "E"},
		PasswordHash: hash, ChannelID: 1}); err != nil {
		t.Fatal(err)
	}
}

func loginAt(t *testing.T, s *graphtest.Server, host, email string) string {
	t.Helper()
	r := s.Query(t, `mutation { login(email: "`+email+`", password: "`+command.DemoPassword+`") { result } }`, graphtest.Header{Name: "Host", Value: host})
	if r.Cookie() == "" {
		t.Fatalf("no login: %d %s", r.Status, r.Body)
	}
	return r.Cookie()
}

const addOne = `mutation { customer { addCustomerAddress(input: {firstName: "A", lastName: "B", address1: "%d Main Street", city: "C", countryCode: "FR"}) { address { entityId } errors { __typename } } } }`

// Over HTTP as well: fifty at once, and the book ends at its hundred.
func TestFiftyAddressesAtOnce(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	cookie := graphtest.WithCookie(s.Login(t, "ada@example.com"))
	ada := s.DB.Owner(t)
	ada.MustExec(`INSERT INTO addresses (store_id, customer_id, fingerprint, first_name, last_name, address1, city, country_code)
		SELECT store_id, id, n::text::bytea, 'A', 'B', 'C', 'D', 'FR' FROM customers, generate_series(1, 68) n WHERE id = 1`)
	var wg sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		wg.Go(func() { answers[i] = string(s.Query(t, fmt.Sprintf(addOne, i), cookie).Body) })
	}
	wg.Wait()
	added, full := 0, 0
	for _, a := range answers {
		switch {
		case strings.Contains(a, `"errors":[]`):
			added++
		case strings.Contains(a, `{"__typename":"CustomerAddressCreationError"}`):
			full++
		default:
			t.Error(a)
		}
	}
	if added != 30 || full != 20 {
		t.Errorf("%d added, %d refused", added, full)
	}
}
