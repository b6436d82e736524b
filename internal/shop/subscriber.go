package shop

import "time"

// SubscriberState is the state of one address for the marketing newsletter.
type SubscriberState string

// The states; StateNone is an address that is not known. Pending and suppressed
// addresses get no mail.
const (
	StateNone         SubscriberState = ""
	StatePending      SubscriberState = "PENDING"
	StateSubscribed   SubscriberState = "SUBSCRIBED"
	StateUnsubscribed SubscriberState = "UNSUBSCRIBED"
	StateSuppressed   SubscriberState = "SUPPRESSED"
)

// SubscriberOrigin says where an address first came from.
type SubscriberOrigin string

// The origins. The first three are what a storefront may claim.
const (
	OriginStorefront SubscriberOrigin = "STOREFRONT"
	OriginCheckout   SubscriberOrigin = "CHECKOUT"
	OriginAccount    SubscriberOrigin = "ACCOUNT"
	OriginAPI        SubscriberOrigin = "API"
	OriginImport     SubscriberOrigin = "IMPORT"
)

// SubscriberOrigins lists all.
var SubscriberOrigins = []SubscriberOrigin{OriginStorefront, OriginCheckout, OriginAccount, OriginAPI, OriginImport}

// SubscribeOrigin is what a storefront may claim.
type SubscribeOrigin = SubscriberOrigin

// PurposeNewsletter is the purpose that a subscriber's state speaks of.
const PurposeNewsletter = "MARKETING_NEWSLETTER"

// PendingFor is how long a sign-up waits for its confirmation.
const PendingFor = 7 * 24 * time.Hour

// Subscriber is an address that may be sent the newsletter, or may have been.
type Subscriber struct {
	ID         int64
	State      SubscriberState
	StateSince time.Time
	Origin     SubscriberOrigin // of the first sign-up
	OrderID    *int64
	// SoleCustomerID is the account that made every consent row, 0 when there
	// is no such one.
	SoleCustomerID int64
	// EmailKey is the address that this is about.
	EmailKey string
}

// Step is what one event does to a subscriber: the consent row to write and the
// state after it (design: data.md, "States of a subscriber").
type Step struct {
	Action ConsentAction
	To     SubscriberState
	// Before is the state that counts while To is StatePending.
	Before SubscriberState
	// Nothing: no row, no event.
	Nothing bool
	// Forget: the row and its name go; the consent rows stay as evidence.
	Forget bool
}

// SignUp is a sign-up on a channel with single opt-in. before is the state that
// a pending sign-up came from. A stranger can neither undo an unsubscribe nor
// lift a suppression: those wait for the mailbox to answer.
func SignUp(from, before SubscriberState, proved bool) Step {
	ask := Step{Action: ActionRequested, To: StatePending, Before: from}
	yes := Step{Action: ActionSubscribed, To: StateSubscribed}
	switch from {
	case StateNone, StateSubscribed:
		return yes
	case StatePending:
		if before == StateSuppressed || (before == StateUnsubscribed && !proved) {
			ask.Before = before
			return ask
		}
		return yes
	case StateUnsubscribed:
		if proved {
			return yes
		}
	}
	return ask
}

// Unsubscribe is an unsubscribe by somebody who proved the address.
func Unsubscribe(from, before SubscriberState) Step {
	switch from {
	case StateSubscribed:
		return Step{Action: ActionUnsubscribed, To: StateUnsubscribed}
	case StatePending:
		return Step{Action: ActionUnsubscribed, To: before, Forget: before == StateNone}
	}
	return Step{Nothing: true}
}

// Expire is a pending sign-up that was not confirmed in time.
func Expire(before SubscriberState) Step {
	return Step{Action: ActionExpired, To: before, Forget: before == StateNone}
}

// SignUpInput is what came with a sign-up. Check makes it fit to be kept.
type SignUpInput struct {
	Email               string
	FirstName, LastName string
	Origin              SubscriberOrigin
	OrderID             *int64
	Text, Form, Locale  string
}

// Check cleans the input and reports every mistake; fields are paths of
// CreateSubscriberInput.
func (in *SignUpInput) Check() (Email, error) {
	var errs Errors
	keep := func(e *Error) {
		if e != nil {
			errs = append(errs, e)
		}
	}
	email, ok := ParseEmail(in.Email)
	if !ok {
		keep(Invalid("input.email", "Enter a valid email address."))
	}
	var e *Error
	in.FirstName, e = checkLine("input.firstName", in.FirstName, 0, 255)
	keep(e)
	in.LastName, e = checkLine("input.lastName", in.LastName, 0, 255)
	keep(e)
	in.Form, e = checkLine("input.consent.form", in.Form, 0, 100)
	keep(e)
	in.Locale, e = checkLocale("input.consent.locale", in.Locale)
	keep(e)
	if text, ok := cleanText(in.Text); !ok || len([]rune(text)) > maxConsentText {
		keep(Invalid("input.consent.text", "Use at most %d characters.", maxConsentText))
	} else {
		in.Text = text
	}
	if in.OrderID != nil {
		if in.Origin != OriginCheckout {
			keep(Invalid("input.orderEntityId", "An order id needs origin CHECKOUT."))
		} else if *in.OrderID < 1 {
			keep(Invalid("input.orderEntityId", "An order id is a positive number."))
		}
	}
	return email, errs.Or()
}

// MayKnow tells whether a customer may read a subscription, end it at once or
// hear that it exists: the address is theirs, and they proved the mailbox or
// made all of its consent rows (decision 10).
func (c *Customer) MayKnow(s *Subscriber) bool {
	return s != nil && c != nil && c.EmailKey == s.EmailKey &&
		(c.EmailVerified || s.SoleCustomerID == c.ID)
}

// Proves tells whether acting on email is acting on one's own proved mailbox.
func (c *Customer) Proves(email Email) bool {
	return c != nil && c.EmailVerified && c.EmailKey == email.Key
}
