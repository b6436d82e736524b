package page_test

import (
	"net/http"
	"testing"

	"regulars/graph/graphtest"
)

// What became of a sign-on is said in words, where no storefront says it.
func TestPagesAfterASignOn(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	link := "/login/token/" + s.App(t, "demo").LoginToken(t, 1, nil)
	done := get(t, s, link)
	if at := done.Header.Get("Location"); done.Status != http.StatusSeeOther || at != "/account.php" {
		t.Fatalf("%d %s", done.Status, at)
	}
	says(t, get(t, s, "/account.php", graphtest.WithCookie(done.Cookie())), http.StatusOK, "You are logged in", "Demo Store as ada@example.com.", "Go to Demo Store")
	says(t, get(t, s, "/account.php"), http.StatusOK, "Nobody is logged in here")
	again := get(t, s, link)
	says(t, get(t, s, again.Header.Get("Location"), graphtest.Header{Name: "Accept-Language", Value: "de"}), http.StatusOK, "Die Anmeldung hat nicht geklappt", "schon benutzt")
	if r := get(t, s, "/login.php"); r.Status != http.StatusNotFound {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}
