package session_test

import (
	"fmt"
	"testing"

	"regulars/internal/session"
)

// A server is who sends a storefront token and nothing that browsers send; all
// others are browsers.
func TestClassOfCallers(t *testing.T) {
	t.Parallel()
	both := []bool{false, true}
	for _, token := range both {
		for _, origin := range both {
			for _, site := range both {
				for _, cookie := range both {
					want := session.ClassBrowser
					if token && !origin && !site && !cookie {
						want = session.ClassServer
					}
					got := session.ClassOf(token, session.Signs{Origin: origin, FetchSite: site, Cookie: cookie})
					if got != want {
						t.Errorf("token %v, Origin %v, Sec-Fetch-Site %v, cookie %v: %v", token, origin, site, cookie, got)
					}
				}
			}
		}
	}
	if fmt.Sprint(session.ClassBrowser) != "0" {
		t.Error("what is not known to be a server is no browser")
	}
}
