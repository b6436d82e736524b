package mail_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/mail"
	"regulars/internal/shop"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

// happenings cause each mail once, for a customer of a locale: by way of the
// event that its flow writes.
var happenings = map[shop.Mail]func(t *testing.T, w *world, locale string){
	shop.MailWelcome: func(t *testing.T, w *world, locale string) {
		grace := w.newCustomer(t, "grace@example.com", "Grace", locale)
		grace.Mint = func(id int64) shop.Token { return ring.Mint(w.store, shop.TokenMailbox, id) }
		_, err := w.s.CreateCustomer(t.Context(), w.store, grace)
		must(t, err)
	},
	shop.MailConfirm: func(t *testing.T, w *world, locale string) {
		w.issue(t, shop.EventRegistrationRequested, shop.TokenRegistration, 5, shop.TokenPayload{Email: "new@example.com", Locale: locale}, 1)
	},
	shop.MailReset: func(t *testing.T, w *world, _ string) {
		w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{Path: "/login/new-password"}, 1)
	},
	shop.MailPasswordChanged: func(t *testing.T, w *world, _ string) {
		w.tell(t, shop.EventCustomerUpdated, "customer", w.ada, "password", `{"cause": "password"}`)
	},
	shop.MailEmailConfirm: func(t *testing.T, w *world, _ string) {
		w.issue(t, shop.EventEmailRequested, shop.TokenEmail, w.ada, shop.TokenPayload{Email: "countess@example.com", Former: "ada@example.com"}, 1)
	},
	shop.MailEmailAsked: func(t *testing.T, w *world, _ string) {
		w.issue(t, shop.EventEmailRequested, shop.TokenEmail, w.ada, shop.TokenPayload{Email: "countess@example.com", Former: "ada@example.com"}, 1)
	},
	shop.MailMailbox: func(t *testing.T, w *world, _ string) {
		w.issue(t, shop.EventProofRequested, shop.TokenMailbox, w.ada, shop.TokenPayload{Email: "Ada@example.com"}, 1)
	},
	shop.MailEmailChanged: func(t *testing.T, w *world, _ string) { moved(t, w) },
	shop.MailEmailMoved:   func(t *testing.T, w *world, _ string) { moved(t, w) },
	shop.MailNewDevice: func(t *testing.T, w *world, _ string) {
		w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, created_at, expires_at, ip_prefix)
			VALUES ($1, sha256('x'), 'phone', $2, 1, '', 1, 'cookie', '2026-03-01 12:30:00Z', now() + interval '1 day', '198.51.100.0/24')`, w.store, w.ada)
		w.tell(t, shop.EventNewDevice, "customer", w.ada, "", `{"session": "phone"}`)
	},
	shop.MailAccountExists: func(t *testing.T, w *world, _ string) {
		w.tell(t, shop.EventRegistrationRepeated, "customer", w.ada, "", `{}`)
	},
}

// moved is an e-mail change that was proved: its token is used by then.
func moved(t *testing.T, w *world) {
	tok := w.issue(t, "x", shop.TokenEmail, w.ada, shop.TokenPayload{Email: "countess@example.com", Former: "ada@example.com"}, 1)
	w.owner.MustExec(`UPDATE tokens SET used_at = now()`)
	w.owner.MustExec(`UPDATE customers SET email = 'countess@example.com', email_key = 'countess@example.com' WHERE id = $1`, w.ada)
	w.tell(t, shop.EventCustomerUpdated, "customer", w.ada, "email", fmt.Sprintf(`{"token": "%s"}`, base64.StdEncoding.EncodeToString(tok.Hash)))
}

// recipients are who gets which mail.
var recipients = map[shop.Mail]string{
	shop.MailWelcome: "grace@example.com", shop.MailConfirm: "new@example.com", shop.MailReset: "Ada@example.com",
	shop.MailPasswordChanged: "Ada@example.com", shop.MailEmailConfirm: "countess@example.com", shop.MailEmailChanged: "countess@example.com",
	shop.MailEmailAsked: "Ada@example.com", shop.MailMailbox: "Ada@example.com",
	shop.MailEmailMoved: "ada@example.com", shop.MailNewDevice: "Ada@example.com", shop.MailAccountExists: "Ada@example.com",
}

var tokenInLink = regexp.MustCompile(`t=[A-Za-z0-9_-]{43}\b`)

// Every mail, in every language, through the whole of it: event, job, render.
func TestTexts(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("templates/*/en.txt")
	must(t, err)
	if len(folders) != len(happenings) {
		t.Errorf("%d folders of texts, %d mails", len(folders), len(happenings))
	}
	for name, happen := range happenings {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var all strings.Builder
			for _, locale := range []string{"en", "de-AT", "fr-CA", "es-MX"} {
				w.owner.MustExec(`UPDATE customers SET locale = $1, email = 'Ada@Example.com', email_key = 'ada@example.com' WHERE id = $2`, locale, w.ada)
				w.owner.MustExec(`DELETE FROM sessions`)
				w.owner.MustExec(`DELETE FROM customers WHERE id <> $1`, w.ada)
				w.welcomed(t)
				happen(t, w, locale)
				m := only(t, w, name)
				if m.To != recipients[name] || m.Language != locale[:2] {
					t.Errorf("it went to %s in %s", m.To, m.Language)
				}
				sameInBoth(t, m)
				fmt.Fprintf(&all, "Subject: %s\n\n%s\n==========\n", m.Subject, tokenInLink.ReplaceAllString(m.Text, "t=TOKEN"))
			}
			golden(t, string(name)+".golden", all.String())
		})
	}
}

// only is the mail of that name among those caused.
func only(t *testing.T, w *world, name shop.Mail) (out mail.Message) {
	t.Helper()
	n := 0
	for _, job := range w.jobs(t) {
		if job.Template != string(name) {
			continue
		}
		m, ok, err := w.mails.Compose(t.Context(), job)
		if err != nil || !ok {
			t.Fatalf("%s: %v %v", name, ok, err)
		}
		out = m
		n++
	}
	if n != 1 {
		t.Fatalf("%d mails", n)
	}
	return out
}

var tags = regexp.MustCompile(`(?s)<(style|title)[^>]*>.*?</(style|title)>|<[^>]*>`)

// sameInBoth wants every paragraph of the text in the page, which loads nothing
// and runs nothing.
func sameInBoth(t *testing.T, m mail.Message) {
	t.Helper()
	body, _, _ := strings.Cut(m.Text, "\n-- \n")
	seen := strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(m.HTML, " "))), " ")
	for _, line := range strings.Split(body, "\n") {
		if line = strings.TrimSuffix(line, ":"); !strings.Contains(seen, strings.TrimSpace(line)) {
			t.Errorf("the page lacks %q:\n%s", line, seen)
		}
	}
	for _, bad := range []string{"<script", "<img", "src=", "<link", "@import", "url(", "<no value>", "{{"} {
		if strings.Contains(m.HTML, bad) || strings.Contains(m.Text, bad) {
			t.Errorf("there is a %s in it", bad)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestPageOfAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	golden(t, "welcome.html", w.one(t).HTML)
}
