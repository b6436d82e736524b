package storage

import (
	"context"

	"regulars/internal/shop"
)

// knownSubscriber is a subscriber as an import compares them.
type knownSubscriber struct {
	lockedSubscriber
	FirstName, LastName string
	Source              string
	said                shop.ImportedSubscriber // by the first line about a fresh one
}

// news is what a batch says about the newsletter, address by address.
type news struct {
	run   ImportRun
	known map[string]*knownSubscriber
	order []*knownSubscriber // fresh ones, in the order of the file
	steps []newsStep
}

// newsStep moves a subscriber who is there, or who a line before made.
type newsStep struct {
	b            *knownSubscriber
	from, before shop.SubscriberState
	step         shop.Step
	said         shop.ImportedSubscriber
}

const importedSubscriberColumns = `
SELECT ` + lockedColumns + `, first_name, last_name, COALESCE(source, '') AS source
FROM   subscribers
WHERE  store_id = $1 AND email_key = ANY($2)
ORDER  BY id`

const seeSubscribers = importedSubscriberColumns

const lockSubscribers = importedSubscriberColumns + `
FOR    UPDATE`

func (t tx) newsFor(run ImportRun, lines []ImportOutcome) (*news, error) {
	query := lockSubscribers
	if run.DryRun {
		query = seeSubscribers
	}
	var rows []*knownSubscriber
	if err := t.list(&rows, query, run.StoreID, keysOf(lines)); err != nil {
		return nil, err
	}
	n := &news{run: run, known: map[string]*knownSubscriber{}}
	for _, b := range rows {
		n.known[b.EmailKey] = b
	}
	return n, nil
}

// subscription is what a customer's line says about the newsletter; nil where it
// says nothing.
func subscription(c *shop.ImportedCustomer) *shop.ImportedSubscriber {
	if !c.AcceptsMarketing {
		return nil
	}
	at := c.MarketingAt
	if at == nil {
		at = c.DateCreated
	}
	return &shop.ImportedSubscriber{Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, State: shop.StateSubscribed,
		Origin: shop.OriginImport, ChannelID: max(1, c.OriginChannelID), DateCreated: at, Since: at}
}

// wouldAgree tells whether a customer's line changes what is known of the
// newsletter.
func (n *news) wouldAgree(c *shop.ImportedCustomer) bool {
	said := subscription(c)
	return said != nil && !n.stepOf(said).Nothing
}

func (n *news) agree(c *shop.ImportedCustomer) {
	if said := subscription(c); said != nil {
		n.take(said)
	}
}

func (n *news) stepOf(said *shop.ImportedSubscriber) shop.Step {
	b := n.known[said.Email.Key]
	if b == nil {
		return shop.Import(shop.StateNone, shop.StateNone, said.State)
	}
	return shop.Import(b.State, b.StateBefore, said.State)
}

func (n *news) take(said *shop.ImportedSubscriber) {
	step := n.stepOf(said)
	if step.Nothing {
		return
	}
	b := n.known[said.Email.Key]
	if b == nil {
		b = &knownSubscriber{said: *said}
		b.fresh, b.EmailKey, b.FirstName, b.LastName, b.Source = true, said.Email.Key, deref(said.FirstName), deref(said.LastName), deref(said.Source)
		n.known[said.Email.Key] = b
		n.order = append(n.order, b)
	} else {
		n.steps = append(n.steps, newsStep{b, b.State, b.StateBefore, step, *said})
	}
	b.State, b.StateBefore = step.To, shop.StateNone
}

// ImportSubscribers takes one part of a file in one transaction.
func (s *Store) ImportSubscribers(ctx context.Context, run ImportRun, part ImportPart) (out []ImportOutcome, err error) {
	defer explain(&err, "importing subscribers into store %d", run.StoreID)
	return s.importLines(ctx, run, part, func(t tx, lines []ImportOutcome) error {
		n, err := t.newsFor(run, lines)
		if err != nil {
			return err
		}
		var renamed []*knownSubscriber
		for i := range lines {
			said, err := undecided[shop.ImportedSubscriber](&lines[i])
			if err != nil {
				return err
			}
			if said != nil && n.decide(&lines[i], said) {
				renamed = append(renamed, n.known[said.Email.Key])
			}
		}
		if run.DryRun {
			return nil
		}
		if _, err := t.exec(planOnce); err != nil {
			return err
		}
		if err := run.turns.number(part.Number, func() error { return n.number(t) }); err != nil {
			return err
		}
		if err := n.write(t); err != nil {
			return err
		}
		for _, b := range renamed {
			if err := t.renameSubscriber(run.StoreID, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// decide says what becomes of a line. It tells whether a subscriber who is there
// gets other names.
func (n *news) decide(line *ImportOutcome, said *shop.ImportedSubscriber) (renamed bool) {
	b := n.known[said.Email.Key]
	step := n.stepOf(said)
	switch {
	case b == nil:
		line.Result = ImportCreated
		n.take(said)
		return false
	case b.State == shop.StatePending && !step.Nothing: // what it waits for is settled by this
		line.Result = ImportUpdated
		n.take(said)
		return false
	}
	var differs string
	for _, f := range []struct {
		name string
		said *string
		is   *string
	}{{"first name", said.FirstName, &b.FirstName}, {"last name", said.LastName, &b.LastName}, {"source", said.Source, &b.Source}} {
		if f.said != nil && *f.said != *f.is {
			differs += ", " + f.name
			if n.run.Update {
				*f.is = *f.said
			}
		}
	}
	renamed = differs != ""
	if !step.Nothing {
		differs += ", status"
	}
	switch {
	case differs == "":
		line.Result = ImportUnchanged
	case !n.run.Update:
		line.skip("this address is known already, and other data: " + differs[2:] + "; --update changes that")
		return false
	default:
		line.Result = ImportUpdated
		n.take(said)
	}
	return renamed && !b.fresh
}
