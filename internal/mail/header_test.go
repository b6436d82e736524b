package mail_test

import (
	"strings"
	"testing"

	"regulars/internal/mail"
	"regulars/internal/mail/mailtest"
)

// H5: nothing in a message adds a header or a recipient.
func TestNoHeaderCanBeInjected(t *testing.T) {
	t.Parallel()
	const crlf = "x\r\nBcc: victim@example.com\r\n\r\nbody"
	for name, spoil := range map[string]func(*mail.Message){
		"subject":        func(m *mail.Message) { m.Subject = crlf },
		"name":           func(m *mail.Message) { m.From.Name = crlf },
		"quoted name":    func(m *mail.Message) { m.From.Name = `"` + crlf + `" <evil@example.com>` },
		"sender":         func(m *mail.Message) { m.From.Address = "shop@example.com>\r\nBcc: <victim@example.com" },
		"recipient":      func(m *mail.Message) { m.To = "ada@example.com\r\nBcc: victim@example.com" },
		"two recipients": func(m *mail.Message) { m.To = "ada@example.com, victim@example.com" },
		"id":             func(m *mail.Message) { m.ID = "a@b>\r\nBcc: <victim@example.com" },
		"text":           func(m *mail.Message) { m.Text = "\r\n.\r\nMAIL FROM:<evil@example.com>\r\n" + crlf },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := mailtest.NewRelay(t, mailtest.Options{})
			m := letterTo("ada@example.com")
			spoil(&m)
			err := send(t, relayAt(t, r, "smtp://%s"), m)
			if err != nil {
				if why := undelivered(t, err); !why.ForGood || len(r.Received()) != 0 {
					t.Errorf("got %+v", why)
				}
				return
			}
			got := sent(t, r)
			from, err := got.Message.Header.AddressList("From")
			if err != nil || len(from) != 1 || from[0].Address != "shop@example.com" || got.To != "ada@example.com" || len(got.Message.Header) != 9 || got.Message.Header.Get("Bcc") != "" {
				t.Errorf("from %v, headers %v", from, got.Message.Header)
			}
		})
	}
}

func TestParseSMTP(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"smtp://mail.example.com", "smtp://a:b@mail.example.com:25", "smtp://mail.example.com?tls=opportunistic", "smtps://a:b@[::1]:465/",
		"smtps://mail.example.com?tls=mandatory", "smtp://localhost:1025"} {
		if _, err := mail.ParseSMTP(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "mail.example.com:25", "http://mail.example.com", "smtp://", "smtp://canary:canary@", "smtp://u:canary@host:0", "smtp://u:canary@host:99999",
		"smtp://u:canary@host:x", "smtp://u:canary@host/path", "smtp://u:canary@host?tls=none", "smtp://u:canary@host?canary=1", "smtps://u:canary@host?tls=opportunistic",
		"smtp://u:canary%@host", "smtp://u:canary@host#canary"} {
		if _, err := mail.ParseSMTP(bad); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
