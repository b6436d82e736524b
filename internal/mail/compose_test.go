package mail_test

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/keys"
	"regulars/internal/mail"
	"regulars/internal/shop"
)

// Decision 25: the same mail again has the same link; rotation does not break
// it, and a secret that is taken out does.
func TestTokensInMails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.welcomed(t)
	tok := w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{}, 1)
	job := w.jobs(t)[0]
	first, _, err := w.mails.Compose(t.Context(), job)
	must(t, err)
	link := regexp.MustCompile(`https://\S+`).FindString(first.Text)
	u, err := url.Parse(link)
	must(t, err)
	if hash := keys.Hash(u.Query().Get("t")); string(hash[:]) != string(tok.Hash) {
		t.Errorf("the link %s does not have the token", link)
	}
	secret := func(c string) []byte { return []byte(strings.Repeat(c, keys.MinLength)) }
	with := func(r *keys.Ring) (mail.Message, bool) {
		m, ok, err := mail.New(w.s, r, w.box, mail.Settings{PublicURL: "https://p.example", From: "no-reply@example.com"}).Compose(t.Context(), job)
		must(t, err)
		return m, ok
	}
	if again, ok := with(keys.NewRing([][]byte{secret("b"), secret("a")})); !ok || again.Text != first.Text || again.ID != first.ID {
		t.Errorf("after rotation: %+v", again)
	}
	if m, ok := with(keys.NewRing([][]byte{secret("b")})); ok {
		t.Errorf("without the secret: %+v", m)
	}
}

// A mail whose reason has gone is not written.
func TestMailsThatLostTheirSense(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"account deleted": `DELETE FROM customers`,
		"link used":       `UPDATE tokens SET used_at = now()`,
		"link over":       `UPDATE tokens SET expires_at = now()`,
		"token swept":     `DELETE FROM tokens`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.welcomed(t)
			w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{}, 1)
			w.owner.MustExec(change)
			if all := w.written(t); len(all) != 0 {
				t.Errorf("got %+v", all)
			}
		})
	}
	t.Run("a newer link", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.welcomed(t)
		w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{}, 1)
		newest := w.issue(t, shop.EventResetRequested, shop.TokenReset, w.ada, shop.TokenPayload{}, 1)
		text, _ := ring.Text(w.store, newest)
		inOrder(t, w.one(t).Text, text)
	})
	t.Run("nobody's session", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.welcomed(t)
		w.tell(t, shop.EventNewDevice, "customer", w.ada, "", `{"session": "gone"}`)
		if all := w.written(t); len(all) != 0 {
			t.Errorf("got %+v", all)
		}
	})
	t.Run("a notice needs no live token", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.welcomed(t)
		moved(t, w)
		w.owner.MustExec(`UPDATE tokens SET expires_at = now() - interval '1 day'`)
		all := w.written(t)
		if len(all) != 2 || all[0].ID == all[1].ID {
			t.Errorf("got %+v", all)
		}
	})
}

func TestSenders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		store shop.Sender
		want  shop.Sender
	}{
		{"the server's", shop.Sender{}, shop.Sender{Name: "Books & <Co>", Address: "no-reply@example.com"}},
		{"the store's address", shop.Sender{Address: "hello@books.example"}, shop.Sender{Name: "Books & <Co>", Address: "hello@books.example"}},
		{"the store's own", shop.Sender{Name: "Kim", Address: "hello@books.example"}, shop.Sender{Name: "Kim", Address: "hello@books.example"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			snapshot, err := w.s.Snapshot(t.Context(), w.store)
			must(t, err)
			snapshot.Store.Settings.MailFrom = tt.store
			must(t, w.s.ConfigureStore(t.Context(), snapshot.Store))
			m := w.one(t)
			if m.From != tt.want {
				t.Errorf("from %+v", m.From)
			}
			if _, domain, _ := strings.Cut(m.ID, "@"); domain != strings.Split(tt.want.Address, "@")[1] {
				t.Errorf("id %s", m.ID)
			}
		})
	}
}

// Decision 27: a job's mail has one Message-ID, whoever writes it and when; two
// jobs have two.
func TestMessageIDsNameTheJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customer(t, "grace@example.com", "Grace", "de")
	moved(t, w)
	seen := map[string]bool{}
	jobs := w.jobs(t)
	for _, job := range jobs {
		m, _, err := w.mails.Compose(t.Context(), job)
		must(t, err)
		job.Attempts, job.Lease = 9, "other"
		again, _, err := w.mails.Compose(t.Context(), job)
		must(t, err)
		if seen[m.ID] || m.ID != again.ID || !strings.HasPrefix(m.ID, fmt.Sprintf("%d.%d.", job.Event.ID, job.TargetID)) {
			t.Errorf("id %s, then %s", m.ID, again.ID)
		}
		seen[m.ID] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d ids of %d jobs", len(seen), len(jobs))
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ customer, store, want string }{
		{"de", "en", "de"}, {"de-CH", "fr", "de"}, {"es-419", "en", "es"}, {"it", "fr-CA", "fr"}, {"", "es", "es"}, {"", "", "en"}, {"ja", "zh", "en"}, {"not a tag", "de", "de"}, {"en-GB", "de", "en"},
	} {
		w := newWorld(t)
		w.owner.MustExec(`UPDATE customers SET locale = $1`, tt.customer)
		w.owner.MustExec(`UPDATE stores SET locale = $1`, tt.store)
		if m := w.one(t); m.Language != tt.want {
			t.Errorf("a customer in %q of a store in %q reads %s", tt.customer, tt.store, m.Language)
		}
	}
}

// H5: a stranger who signs up somebody else's address cannot have us write to
// them what he likes, and no name makes a line, a header or a tag.
func TestNamesInMails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.welcomed(t)
	greets := map[string]string{
		"Ada": "Hello Ada,", "Mary Jane": "Hello Mary Jane,", "J. R.": "Hello J. R.,", "O'Brien-Smith": "Hello O'Brien-Smith,", "Žofia": "Hello Žofia,", "李": "Hello 李,",
		"evil.example": "Hello,", "https://evil.example/": "Hello,", "Win $100 now!": "Hello,", "<script>alert(1)</script>": "Hello,", "a@b.example": "Hello,",
		"{{.Link}}": "Hello,", strings.Repeat("long", 11): "Hello,", "www.evil.example click": "Hello,", "": "Hello,", "-": "Hello,",
	}
	i := 0
	for name, want := range greets {
		i++
		w.customer(t, fmt.Sprintf("p%d@example.com", i), name, "en")
		m := w.one(t)
		if first, _, _ := strings.Cut(m.Text, "\n"); first != want {
			t.Errorf("%q is greeted %q", name, first)
		}
		if want == "Hello," && name != "" && name != "-" && (strings.Contains(m.Text, name) || strings.Contains(m.HTML, name)) {
			t.Errorf("%q is in the mail", name)
		}
	}
}

// Whoever has not proved an address is not named to it.
func TestUnprovedAddressesAreNotGreeted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.welcomed(t)
	w.issue(t, shop.EventEmailRequested, shop.TokenEmail, w.ada, shop.TokenPayload{Email: "stranger@example.com"}, 1)
	all := map[string]mail.Message{}
	for _, m := range w.written(t) {
		all[m.To] = m
	}
	if m := all["stranger@example.com"]; len(all) != 2 || m.Text == "" || strings.Contains(m.Text+m.Subject, "Ada") {
		t.Errorf("got %+v", all)
	}
	// The present address is, and is not told which one it is to be.
	if m := all["Ada@example.com"]; !strings.HasPrefix(m.Text, "Hello Ada,") || strings.Contains(m.Text, "stranger") {
		t.Errorf("got %+v", m)
	}
}

// H5: the store's name cannot break out of a header or a paragraph.
func TestStoreNamesInMails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE stores SET name = E'Shop\r\nBcc: x@evil.example\r\n\r\n<script>alert(1)</script> \\"'`)
	m := w.one(t)
	if strings.ContainsAny(m.Subject+m.From.Name, "\r\n") || strings.Contains(m.HTML, "<script") || strings.Contains(m.Text, "\nBcc") {
		t.Errorf("got %+v", m)
	}
	inOrder(t, m.HTML, "Shop Bcc: x@evil.example &lt;script&gt;alert(1)&lt;/script&gt;")
}

func TestMailsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.jobs(t)[0]
	why, _ := errors.AsType[*shop.Undelivered](compose(t, w, job))
	if why != nil {
		t.Fatal(why)
	}
	newer := job
	newer.Template = "of a newer server"
	if why, ok := errors.AsType[*shop.Undelivered](compose(t, w, newer)); !ok || why.ForGood {
		t.Errorf("an unknown mail: %+v", why)
	}
	w.owner.MustExec(`UPDATE customers SET email = 'no address'`)
	if why, ok := errors.AsType[*shop.Undelivered](compose(t, w, job)); !ok || !why.ForGood {
		t.Errorf("no address: %+v", why)
	}
}

func compose(t *testing.T, w *world, job shop.Job) error {
	_, _, err := w.mails.Compose(t.Context(), job)
	return err
}
