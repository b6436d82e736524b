package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"regulars/internal/shop"
)

// E5: the base of a link is the channel's URL, or else PUBLIC_URL, and nothing
// that a payload says leads elsewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path string
		channel    int64
		want       string
	}{
		{"our own page", "", 1, "https://shop.example.com/account/reset?c=%d&t="},
		{"the storefront's page", "/login/new-password", 1, "https://shop.example.com/login/new-password?c=%d&t="},
		{"a page with a query", "/login.php?action=reset", 1, "https://shop.example.com/login.php?action=reset&c=%d&t="},
		{"a channel without a URL: where the account was made", "", 2, "https://shop.example.com/account/reset?c=%d&t="},
		{"a path to elsewhere", "//evil.example", 1, "https://shop.example.com/account/reset?c=%d&t="},
		{"a path that is a URL", "https://evil.example/", 1, "https://shop.example.com/account/reset?c=%d&t="},
		{"a path with a trick", `/\evil.example`, 1, "https://shop.example.com/account/reset?c=%d&t="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.welcomed(t)
			tok := w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{Path: tt.path}, tt.channel)
			m := w.one(t)
			text, _ := ring.Text(w.store, tok)
			inOrder(t, m.Text, "\n"+fmt.Sprintf(tt.want, w.ada)+text+"\n")
			inOrder(t, m.HTML, `<a href="https://shop.example.com/`, "t="+text, `"`)
		})
	}
}

// A storefront that runs elsewhere has not got our pages: the channel's host has.
func TestLinksToOurOwnPages(t *testing.T) {
	t.Parallel()
	for hosts, want := range map[string]string{
		"":                                      "https://shop.example.com/account/reset?",
		"shop.example.com":                      "https://shop.example.com/account/reset?",
		"api.example.com":                       "https://api.example.com/account/reset?",
		"accounts.example.com shop.example.com": "https://shop.example.com/account/reset?",
	} {
		t.Run(hosts, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.welcomed(t)
			for _, host := range strings.Fields(hosts) {
				w.owner.MustExec(`INSERT INTO hosts (host, store_id, channel_id) VALUES ($1, $2, 1)`, host, w.store)
			}
			w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{}, 1)
			inOrder(t, w.one(t).Text, "\n"+want)
			// Its own pages are where it is.
			w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{Path: "/new"}, 1)
			inOrder(t, w.one(t).Text, "\nhttps://shop.example.com/new?")
		})
	}
}

func TestLinksOfAStoreWithoutURLs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE channels SET url = ''`)
	inOrder(t, w.one(t).Text, "\nhttps://public.example.com\n")
}

// The welcome does not need its link: without one it leads to the storefront.
func TestWelcomeWithoutALink(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"proved meanwhile": `UPDATE tokens SET used_at = now()`, "too late": `UPDATE tokens SET expires_at = now()`,
		"its secret gone": `UPDATE tokens SET key_id = 'x'`, "as it was": ``,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.welcomed(t)
			happenings[shop.MailWelcome](t, w, "en")
			w.owner.MustExec(change)
			if change == "" {
				inOrder(t, w.one(t).Text, "Confirm that the address is yours", "https://shop.example.com/account/confirm?t=", "works for 24 hours", "Do not confirm it.")
				return
			}
			m := w.one(t)
			inOrder(t, m.Text, "Go to Books & <Co>:\nhttps://shop.example.com/\n")
			if strings.Contains(m.Text, "onfirm") || strings.Contains(m.Text, "hours") {
				t.Errorf("got %s", m.Text)
			}
		})
	}
}
