package graphtest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"regulars/internal/keys"
	"regulars/internal/mail"
	"regulars/internal/outbox"
)

// Public is the PUBLIC_URL of servers made here.
const Public = "https://public.example.com"

// post is the outbox of a server and the mailbox that it fills.
type post struct {
	box   *mail.Box
	tick  chan time.Time
	owner *sqlx.DB
}

// startPost has events delivered as the real server does, to a mailbox, until t
// ends.
func startPost(t testing.TB, o Options, ring *keys.Ring, log *slog.Logger) *post {
	t.Helper()
	p := &post{box: mail.NewBox(), tick: make(chan time.Time), owner: o.DB.Owner(t)}
	mails := mail.New(o.Store, ring, p.box, mail.Settings{PublicURL: Public, From: "no-reply@example.com"})
	out := outbox.New(o.Store, log, outbox.Settings{Poll: p.tick}, outbox.Mail(mails.Send))
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); out.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-over })
	return p
}

// Mails waits until everything that happened so far has led to its mails, and
// gives them, newest first. The server needs Options.Mail.
func (s *Server) Mails(t testing.TB) []mail.Kept {
	t.Helper()
	const left = `SELECT (SELECT count(*) FROM events WHERE position IS NULL) + (SELECT count(*) FROM jobs WHERE done_at IS NULL)`
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for range 10_000 {
		var n int
		if err := s.post.owner.Get(&n, left); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return s.post.box.Messages()
		}
		<-pause.C
		select {
		case s.post.tick <- time.Time{}:
		default: // it still works on the last one
		}
	}
	t.Fatal("some mails were never sent")
	return nil
}

// Settle waits for the mails of what happened so far, so that those of what comes
// next are newer; a server without Options.Mail has none to wait for.
func (s *Server) Settle(t testing.TB) {
	t.Helper()
	if s.post != nil {
		s.Mails(t)
	}
}
