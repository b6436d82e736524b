package command

import (
	"context"
	"errors"

	"regulars/internal/shop"
	"regulars/storage"
)

// CustomerDisable locks a customer out.
type CustomerDisable struct{ subject }

// Run implements kong's command.
func (c *CustomerDisable) Run(e *Env) error {
	r, done, err := c.change(e, e.Storage.DisableCustomer)
	if err != nil {
		return err
	}
	if !done.Changed {
		e.say("%s was disabled already.%s", titled(r), andEnded(done))
		return nil
	}
	e.say("%s is disabled.%s", titled(r), andEnded(done))
	return nil
}

// CustomerEnable lets a customer in again.
type CustomerEnable struct{ subject }

// Run implements kong's command.
func (c *CustomerEnable) Run(e *Env) error {
	r, done, err := c.change(e, e.Storage.EnableCustomer)
	if err != nil {
		return err
	}
	if !done.Changed {
		e.say("%s was enabled already.", titled(r))
		return nil
	}
	e.say("%s can log in again. Earlier sessions stay ended.", titled(r))
	return nil
}

// CustomerForceReset makes a password useless.
type CustomerForceReset struct{ subject }

// Run implements kong's command.
func (c *CustomerForceReset) Run(e *Env) error {
	r, done, err := c.change(e, e.Storage.ForcePasswordReset)
	if err != nil {
		return err
	}
	if !done.Changed {
		e.say("%s had to reset the password already.%s", titled(r), andEnded(done))
		return nil
	}
	e.say("%s has to reset the password before the next login.%s", titled(r), andEnded(done))
	return nil
}

// andEnded is what a change did to sessions, as one more sentence.
func andEnded(done storage.Switched) string {
	if done.Ended == 0 {
		return ""
	}
	return " " + count(done.Ended, "session", "sessions") + " ended."
}

// change switches something about the customer.
func (c subject) change(e *Env, do func(ctx context.Context, storeID, id int64) (storage.Switched, error)) (shop.CustomerRecord, storage.Switched, error) {
	s, r, err := c.find(e)
	if err != nil {
		return r, storage.Switched{}, err
	}
	done, err := do(e.Ctx, s.Store.ID, r.ID)
	return r, done, c.orMissing(err)
}

// CustomerDelete removes a customer.
type CustomerDelete struct {
	subject
	Yes bool `help:"Delete; without it you are only told what would go."`
}

// Run implements kong's command.
func (c *CustomerDelete) Run(e *Env) error {
	s, r, err := c.find(e)
	if err != nil {
		return err
	}
	newsletter, err := e.newsletterOf(s.Store.ID, r)
	if err != nil {
		return err
	}
	if !c.Yes {
		sessions, err := e.Storage.LiveSessions(e.Ctx, s.Store.ID, r.ID)
		if err != nil {
			return err
		}
		e.say("%s would go for good, with %s and %s.", titled(r), count(r.AddressCount, "address", "addresses"), count(len(sessions), "session", "sessions"))
		if newsletter != nil {
			e.say("The subscriber of the address would stay: %s.", newsletter.State)
		}
		return errors.New("nothing was deleted; repeat with --yes")
	}
	if err := c.orMissing(e.Storage.DeleteCustomer(e.Ctx, s.Store.ID, r.ID)); err != nil {
		return err
	}
	e.say("%s is deleted, with addresses and sessions.", titled(r))
	if newsletter != nil {
		e.say("The subscriber of the address stays: %s.", newsletter.State)
	}
	return nil
}
