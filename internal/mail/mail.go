// Package mail renders the messages that events cause, and sends each by SMTP or
// keeps it in a mailbox for development.
package mail

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

// Transport takes messages to where people read them: SMTP, or a Box.
type Transport interface {
	// Begin does all but the last step, after which the receiver has the message,
	// and gives that step. What it holds open ends with ctx.
	Begin(ctx context.Context, m Message) (last func() error, err error)
}

// Message is one mail to one person.
type Message struct {
	ID       string // Message-ID, without its brackets: the same for the same job
	From     shop.Sender
	To       string // a bare address, its domain in ASCII
	Language string // BCP 47
	Subject  string
	Text     string
	HTML     string
}

// Settings are the server's; stores have their own beside them.
type Settings struct {
	// PublicURL begins links where the channel has no URL.
	PublicURL string
	// From is the sender's address where the store has none.
	From string
}

// Mailer makes and sends the mails of all stores. It is safe for concurrent use.
type Mailer struct {
	db   *storage.Store
	ring *keys.Ring
	to   Transport
	set  Settings
}

// New makes a Mailer.
func New(db *storage.Store, ring *keys.Ring, to Transport, set Settings) *Mailer {
	return &Mailer{db, ring, to, set}
}

// Send writes the mail of a job and hands it to the transport, up to the last
// step (outbox.Kind). There is none when the mail has lost its sense: whom it is
// for is gone, or its link is dead.
func (m *Mailer) Send(ctx context.Context, job shop.Job) (last func() error, err error) {
	message, ok, err := m.Compose(ctx, job)
	if err != nil || !ok {
		return nil, err
	}
	return m.to.Begin(ctx, message)
}

// Compose writes the mail of a job as of now; ok is false when it has lost its
// sense. Whatever it says is looked up: the event has ids only.
func (m *Mailer) Compose(ctx context.Context, job shop.Job) (out Message, ok bool, err error) {
	letter, known := letters[shop.Mail(job.Template)]
	if !known { // a newer server of ours made it, and will send it
		return out, false, &shop.Undelivered{Reason: "no such mail"}
	}
	d, ok, err := m.draft(ctx, job, letter)
	if err != nil || !ok {
		return out, false, err
	}
	email, ok := shop.ParseEmail(d.whom.Email)
	if !ok {
		return out, false, &shop.Undelivered{Reason: "not an address", ForGood: true}
	}
	out = render(shop.Mail(job.Template), languageOf(d.whom.Locale, d.store.Locale), d.facts)
	out.From, out.To = m.sender(d.store), email.Mailbox()
	out.ID = messageID(job, out.From.Address)
	return out, true, nil
}

// draft is all that a mail needs, looked up.
type draft struct {
	store shop.Store
	whom  shop.Addressee
	facts facts
}

func (m *Mailer) draft(ctx context.Context, job shop.Job, l letter) (d draft, ok bool, err error) {
	storeID := job.Event.StoreID
	tok, live, err := m.token(ctx, job.Event)
	if err != nil || (l.page != "" && !l.bare && !live) {
		return d, false, err
	}
	if d.whom, ok, err = m.addressee(ctx, job, tok); err != nil || !ok {
		return d, false, err
	}
	snapshot, err := m.db.Snapshot(ctx, storeID)
	if err != nil {
		return d, false, err
	}
	secret := ""
	if live && l.page != "" {
		// None when the token was minted by a secret that is gone.
		if secret, ok = m.ring.Text(storeID, tok); !ok && !l.bare {
			return d, false, nil
		}
	}
	d.store = snapshot.Store
	d.facts = facts{Store: oneLine(d.store.Name), Name: greetable(d.whom.FirstName), Minutes: int(tok.Purpose.Lifetime().Minutes()),
		Link: m.link(snapshot, l, job.Event, d.whom, tok, secret), Asks: secret != ""}
	ok = true
	if session := job.Event.Data.Session; session != "" {
		ok, err = m.login(ctx, &d.facts, storeID, session)
	}
	return d, ok, err
}

// token reads the token that an event names; live is false where it names none.
func (m *Mailer) token(ctx context.Context, e shop.Event) (tok shop.Token, live bool, err error) {
	if len(e.Data.Token) == 0 {
		return tok, false, nil
	}
	tok, live, _, err = m.db.Token(ctx, e.StoreID, e.Data.Token)
	return tok, live, err
}

// addressee finds whom a mail is for. A customer's row has everything; whoever
// is none, or no longer has the address, is in the token's payload.
func (m *Mailer) addressee(ctx context.Context, job shop.Job, tok shop.Token) (whom shop.Addressee, ok bool, err error) {
	if job.Event.Entity == "customer" {
		whom, ok, err = m.db.Addressee(ctx, job.Event.StoreID, job.Event.EntityID)
		if err != nil || !ok {
			return whom, false, err
		}
	}
	if tok.Payload.Locale != "" {
		whom.Locale = tok.Payload.Locale
	}
	switch job.TargetID {
	case shop.ToClaimed: // nobody has proved that name and address belong together
		whom.Email, whom.FirstName = tok.Payload.Email, ""
	case shop.ToFormer:
		whom.Email = tok.Payload.Former
	}
	return whom, whom.Email != "", nil
}

func (m *Mailer) login(ctx context.Context, f *facts, storeID int64, session string) (ok bool, err error) {
	var at time.Time
	f.Network, at, ok, err = m.db.LoginOf(ctx, storeID, session)
	f.When = at.UTC().Format("2006-01-02 15:04 UTC")
	return ok, err
}

// sender is the store's own, or the server's address under the store's name.
func (m *Mailer) sender(s shop.Store) shop.Sender {
	from := s.Settings.MailFrom
	if from.Address == "" {
		from.Address = m.set.From
	}
	if from.Name == "" {
		from.Name = s.Name
	}
	from.Name = oneLine(from.Name)
	return from
}

// messageID names the job and nothing else, so that a mail that goes out twice
// is the same mail to whoever receives it. The time keeps a database that was
// set up anew from repeating the ids of the one before.
func messageID(job shop.Job, from string) string {
	_, domain, _ := strings.Cut(from, "@")
	return fmt.Sprintf("%d.%d.%s@%s", job.Event.ID, job.TargetID, strconv.FormatInt(job.Event.At.UnixMicro(), 36), domain)
}
