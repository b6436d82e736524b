package mail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/mail"
	"regulars/internal/mail/mailtest"
	"regulars/internal/shop"
)

func letterTo(to string) mail.Message {
	return mail.Message{ID: "7.1.abc@shop.example.com", From: shop.Sender{Name: "Bücher, Inc.", Address: "shop@example.com"}, To: to, Language: "de",
		Subject: "Grüße & mehr", Text: "Guten Tag Ärgernis,\n\n.\nhttps://shop.example.com/?t=" + strings.Repeat("x", 90) + "\n", HTML: "<p>Grüße</p>"}
}

// relayAt is a client of that relay.
func relayAt(t testing.TB, r *mailtest.Relay, form string) *mail.SMTP {
	t.Helper()
	s, err := mail.ParseSMTP(fmt.Sprintf(form, r.Addr))
	must(t, err)
	s.Trust(r.Roots)
	return s
}

// send goes all the way.
func send(t testing.TB, s *mail.SMTP, m mail.Message) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	last, err := s.Begin(ctx, m)
	if err != nil {
		return err
	}
	return last()
}

func undelivered(t testing.TB, err error) shop.Undelivered {
	t.Helper()
	why, ok := errors.AsType[*shop.Undelivered](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	return *why
}

// sent is what the relay has of the only message.
func sent(t testing.TB, r *mailtest.Relay) mailtest.Received {
	t.Helper()
	all := r.Received()
	if len(all) != 1 {
		t.Fatalf("the relay has %d messages", len(all))
	}
	return all[0]
}

func TestWhatTheRelayReceives(t *testing.T) {
	t.Parallel()
	r := mailtest.NewRelay(t, mailtest.Options{})
	m := letterTo("Ada@example.com")
	must(t, send(t, relayAt(t, r, "smtp://%s"), m))
	got := sent(t, r)
	if got.From != m.From.Address || got.To != m.To {
		t.Errorf("envelope %q to %q", got.From, got.To)
	}
	h := got.Message.Header
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := "Auto-Submitted Content-Language Content-Type Date From Message-Id Mime-Version Subject To"; strings.Join(names, " ") != want {
		t.Errorf("headers %v", names)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	from, err2 := h.AddressList("From")
	to, err3 := h.AddressList("To")
	_, err4 := h.Date()
	must(t, errors.Join(err, err2, err3, err4))
	if subject != m.Subject || from[0].Name != m.From.Name || from[0].Address != m.From.Address || to[0].Address != m.To || len(from)+len(to) != 2 ||
		h.Get("Message-Id") != "<"+m.ID+">" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("Content-Language") != "de" {
		t.Errorf("headers %v", h)
	}
	parts := partsOf(t, got)
	if parts[0] != "text/plain: "+strings.ReplaceAll(m.Text, "\n", "\r\n") || !strings.HasPrefix(parts[1], "text/html: <p>Grüße</p>") || len(parts) != 2 {
		t.Errorf("parts %q", parts)
	}
	for line := range strings.Lines(string(got.Source)) {
		if len(line) > 78+2 {
			t.Errorf("a line of %d: %s", len(line), line)
		}
	}
}

// partsOf reads multipart/alternative, the plain part first.
func partsOf(t testing.TB, got mailtest.Received) (parts []string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(got.Message.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	reader := multipart.NewReader(got.Message.Body, params["boundary"])
	for {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		must(t, err)
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || !strings.EqualFold(params["charset"], "utf-8") || p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("part %v", p.Header)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		must(t, err)
		parts = append(parts, kind+": "+string(b))
	}
}

// The last step is what delivers: without it the relay has nothing.
func TestNothingIsDeliveredBeforeTheLastStep(t *testing.T) {
	t.Parallel()
	r := mailtest.NewRelay(t, mailtest.Options{})
	s := relayAt(t, r, "smtp://%s")
	ctx, cancel := context.WithCancel(t.Context())
	last, err := s.Begin(ctx, letterTo("ada@example.com"))
	must(t, err)
	if r.Open() != 1 || len(r.Received()) != 0 {
		t.Errorf("%d connections, %d messages", r.Open(), len(r.Received()))
	}
	cancel() // given up on
	wantClosed(t, r)
	if why := undelivered(t, last()); why.ForGood {
		t.Errorf("got %+v", why)
	}
	must(t, send(t, s, letterTo("ada@example.com")))
	sent(t, r)
	wantClosed(t, r)
}

func wantClosed(t testing.TB, r *mailtest.Relay) {
	t.Helper()
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for range 5000 {
		if r.Open() == 0 {
			return
		}
		<-pause.C
	}
	t.Fatalf("%d connections stay open", r.Open())
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, url string
		relay     mailtest.Options
		distrust  bool
		tls       bool
		failure   string // part of the reason; "" for a delivery
	}{
		{"none offered, here", "smtp://%s", mailtest.Options{}, false, false, ""},
		{"none offered, mandatory", "smtp://%s?tls=mandatory", mailtest.Options{}, false, false, "STARTTLS"},
		{"offered, here", "smtp://%s", mailtest.Options{TLS: true}, false, true, ""},
		{"offered, mandatory", "smtp://%s?tls=mandatory", mailtest.Options{TLS: true}, false, true, ""},
		{"offered, not to be trusted", "smtp://%s", mailtest.Options{TLS: true}, true, false, "certificate"},
		{"from the start", "smtps://%s", mailtest.Options{Implicit: true}, false, true, ""},
		{"from the start, not to be trusted", "smtps://%s", mailtest.Options{Implicit: true}, true, false, "certificate"},
		{"from the start, not spoken", "smtps://%s", mailtest.Options{}, false, false, "tls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := mailtest.NewRelay(t, tt.relay)
			s := relayAt(t, r, tt.url)
			if tt.distrust {
				s.Trust(nil)
			}
			err := send(t, s, letterTo("ada@example.com"))
			if tt.failure == "" {
				must(t, err)
				if got := sent(t, r); got.TLS != tt.tls {
					t.Errorf("TLS: %v", got.TLS)
				}
			} else if why := undelivered(t, err); why.ForGood || !strings.Contains(why.Reason, tt.failure) || len(r.Received()) != 0 {
				t.Errorf("got %+v", why)
			}
			wantClosed(t, r)
		})
	}
}

func TestLoggingIn(t *testing.T) {
	t.Parallel()
	user := mailtest.Options{TLS: true, User: "us er", Password: "p@ss:word/canary"}
	implicit, clear := user, user
	implicit.TLS, implicit.Implicit = false, true
	clear.TLS, clear.Host = false, "127.0.0.2" // to 127.0.0.1 a password may go in the clear
	for _, tt := range []struct {
		name, url string
		relay     mailtest.Options
		failure   string
	}{
		{"right", "smtp://us%%20er:p%%40ss%%3Aword%%2Fcanary@%s", user, ""},
		{"right, TLS from the start", "smtps://us%%20er:p%%40ss%%3Aword%%2Fcanary@%s", implicit, ""},
		{"wrong", "smtp://us%%20er:wrong-canary@%s", user, "the relay refused the connection with 535"},
		{"not at all", "smtp://%s", user, "MAIL refused with 502 5.7.0"},
		{"in the clear", "smtp://us%%20er:p%%40ss%%3Aword%%2Fcanary@%s?tls=opportunistic", clear, "no connection: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := mailtest.NewRelay(t, tt.relay)
			err := send(t, relayAt(t, r, tt.url), letterTo("ada@example.com"))
			if tt.failure == "" {
				must(t, err)
				if got := sent(t, r); got.User != user.User || !got.TLS {
					t.Errorf("logged in as %q, TLS: %v", got.User, got.TLS)
				}
				return
			}
			why := undelivered(t, err)
			if why.ForGood || !strings.HasPrefix(why.Reason, tt.failure) || strings.Contains(why.Reason, "canary") || strings.Contains(why.Reason, "us er") {
				t.Errorf("got %+v", why)
			}
		})
	}
}

func TestAddressesBeyondASCII(t *testing.T) {
	t.Parallel()
	plain, utf8 := mailtest.NewRelay(t, mailtest.Options{}), mailtest.NewRelay(t, mailtest.Options{UTF8: true})
	if why := undelivered(t, send(t, relayAt(t, plain, "smtp://%s"), letterTo("jörg@example.com"))); !why.ForGood || why.Bounced {
		t.Errorf("got %+v", why)
	}
	must(t, send(t, relayAt(t, utf8, "smtp://%s"), letterTo("jörg@example.com")))
	must(t, send(t, relayAt(t, utf8, "smtp://%s"), letterTo("ada@example.com")))
	all := utf8.Received()
	if len(all) != 2 || all[0].To != "jörg@example.com" || !all[0].UTF8 || all[1].UTF8 {
		t.Errorf("got %+v", all)
	}
}
