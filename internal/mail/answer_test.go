package mail_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"regulars/internal/mail"
	"regulars/internal/mail/mailtest"
	"regulars/internal/shop"
)

// What an answer means, and that its words, which may hold an address, are kept
// nowhere.
func TestAnswersOfRelays(t *testing.T) {
	t.Parallel()
	no := func(code int, e ...int) *smtp.SMTPError {
		out := &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "go away <canary@example.com>"}
		if len(e) == 3 {
			out.EnhancedCode = smtp.EnhancedCode(e)
		}
		return out
	}
	for _, tt := range []struct {
		name, command string
		answer        *smtp.SMTPError
		want          shop.Undelivered
	}{
		{"unknown recipient", "RCPT", no(550, 5, 1, 1), shop.Undelivered{Reason: "RCPT refused with 550 5.1.1", ForGood: true, Bounced: true}},
		{"no enhanced status", "RCPT", no(550), shop.Undelivered{Reason: "RCPT refused with 550", ForGood: true, Bounced: true}},
		{"mailbox full for good", "RCPT", no(552, 5, 2, 2), shop.Undelivered{Reason: "RCPT refused with 552 5.2.2", ForGood: true, Bounced: true}},
		{"relaying denied", "RCPT", no(554, 5, 7, 1), shop.Undelivered{Reason: "RCPT refused with 554 5.7.1", ForGood: true}},
		{"grey list", "RCPT", no(451, 4, 7, 1), shop.Undelivered{Reason: "RCPT refused with 451 4.7.1"}},
		{"sender not wanted", "MAIL", no(550, 5, 7, 1), shop.Undelivered{Reason: "MAIL refused with 550 5.7.1"}},
		{"busy", "MAIL", no(421, 4, 3, 2), shop.Undelivered{Reason: "MAIL refused with 421 4.3.2"}},
		{"spam", "DATA", no(554, 5, 7, 1), shop.Undelivered{Reason: "DATA refused with 554 5.7.1", ForGood: true}},
		{"unknown recipient, late", "DATA", no(550, 5, 1, 1), shop.Undelivered{Reason: "DATA refused with 550 5.1.1", ForGood: true, Bounced: true}},
		{"full", "DATA", no(452, 4, 3, 1), shop.Undelivered{Reason: "DATA refused with 452 4.3.1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := mailtest.NewRelay(t, mailtest.Options{Refuse: func(command, _ string) error {
				if command == tt.command {
					return tt.answer
				}
				return nil
			}})
			if why := undelivered(t, send(t, relayAt(t, r, "smtp://%s"), letterTo("canary@example.com"))); why != tt.want {
				t.Errorf("got %+v, want %+v", why, tt.want)
			}
			wantClosed(t, r)
		})
	}
}

func TestRelaysThatCannotBeReached(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	gone.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { silent.Close() })
	for name, addr := range map[string]string{"nobody listens": gone.Addr().String(), "nobody speaks": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := mail.ParseSMTP("smtp://ada:pass-canary@" + addr)
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err = s.Begin(ctx, letterTo("canary@example.com"))
			if why := undelivered(t, err); why.ForGood || !strings.HasPrefix(why.Reason, "no connection: ") || strings.Contains(why.Reason, "canary") {
				t.Errorf("got %+v", why)
			}
		})
	}
}

// A relay that takes the message and never answers does not hold us.
func TestRelayThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"RCPT", "DATA"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			reached, free := make(chan struct{}), make(chan struct{})
			r := mailtest.NewRelay(t, mailtest.Options{Refuse: func(c, _ string) error {
				if c == command {
					close(reached)
					<-free
				}
				return nil
			}})
			defer close(free)
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-reached; cancel() }()
			last, err := relayAt(t, r, "smtp://%s").Begin(ctx, letterTo("ada@example.com"))
			if err == nil {
				err = last()
			}
			if why := undelivered(t, err); why != (shop.Undelivered{Reason: "the connection broke after " + command}) {
				t.Errorf("got %+v", why)
			}
		})
	}
}
