package graphtest_test

import (
	"testing"

	"regulars/graph/graphtest"
)

func TestLoginIsRemembered(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	r := s.Query(t, `{ currentCustomer { email } }`, graphtest.WithCookie(s.Login(t, "ada@example.com")))
	if got := string(r.Body); got != `{"data":{"currentCustomer":{"email":"ada@example.com"}}}` {
		t.Error(got)
	}
}
