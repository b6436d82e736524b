package shop

import (
	"slices"
	"time"
)

// Scopes of events. Those that begin with store/ are for the world: webhooks and
// the feed have them under these names. Those that begin with account/ only
// cause mails.
const (
	EventCustomerCreated = "store/customer/created"
	EventCustomerUpdated = "store/customer/updated"
	// EventRegistrationRequested: a sign-up waits for the proof of its mailbox.
	EventRegistrationRequested = "account/registration/requested"
	// EventRegistrationRepeated: somebody asked for a second account for the
	// address of this customer.
	EventRegistrationRepeated = "account/registration/repeated"
	EventResetRequested       = "account/reset/requested"
	// EventEmailRequested: a customer named a new address, which has to prove
	// itself.
	EventEmailRequested = "account/email/requested"
	// EventProofRequested: somebody asked for a link that proves the address of
	// this customer.
	EventProofRequested = "account/email/proof"
	// EventNewDevice: a login from where the customer was not seen before.
	EventNewDevice = "account/login/device"
)

// Causes, of events that would lead to no mail without one: what an import or a
// member of staff does, nobody is told of.
const (
	CauseRegistration = "registration" // the account was made on a storefront
	CausePassword     = "password"     // the password was changed or reset
)

// Event is one thing that happened, as it is told to whom it concerns.
type Event struct {
	ID       int64
	StoreID  int64
	Scope    string
	Entity   string
	EntityID int64
	// Version counts the changes of the entity, so that a late delivery shows; 0
	// where nothing about it changed.
	Version int64
	Changed []string
	Data    EventData
	At      time.Time
}

// EventData is what an event says about itself: ids and names of fields, never
// an address or a token. Type and ID are what a webhook sends of it.
type EventData struct {
	Type string `json:"type"`
	ID   int64  `json:"id"`
	// Cause tells events of one scope apart.
	Cause string `json:"cause,omitempty"`
	// ChannelID is the storefront that it happened on; 0 where none did.
	ChannelID int64 `json:"channelId,omitempty"`
	// Token is the key of a row of tokens (its hash), which has what a mail needs
	// beyond the entity.
	Token []byte `json:"token,omitempty"`
	// Session is the public id of a session.
	Session string `json:"session,omitempty"`
}

// mailRule says that an event is worth a mail. All of its conditions have to
// hold; an empty one always does.
type mailRule struct {
	scope   string
	cause   string
	changed string
	token   bool // the event has to name one
	mail    Mail
	to      int64
}

var mailRules = []mailRule{
	{scope: EventCustomerCreated, cause: CauseRegistration, mail: MailWelcome, to: ToOwner},
	{scope: EventCustomerUpdated, changed: "password", cause: CausePassword, mail: MailPasswordChanged, to: ToOwner},
	{scope: EventCustomerUpdated, changed: "email", token: true, mail: MailEmailChanged, to: ToOwner},
	{scope: EventCustomerUpdated, changed: "email", token: true, mail: MailEmailMoved, to: ToFormer},
	{scope: EventRegistrationRequested, token: true, mail: MailConfirm, to: ToClaimed},
	{scope: EventRegistrationRepeated, mail: MailAccountExists, to: ToOwner},
	{scope: EventResetRequested, token: true, mail: MailReset, to: ToOwner},
	{scope: EventEmailRequested, token: true, mail: MailEmailConfirm, to: ToClaimed},
	{scope: EventEmailRequested, token: true, mail: MailEmailAsked, to: ToOwner},
	{scope: EventProofRequested, token: true, mail: MailMailbox, to: ToOwner},
	{scope: EventNewDevice, mail: MailNewDevice, to: ToOwner},
}

// MailsFor lists the mails that an event causes, at most one for each recipient.
func MailsFor(e Event) (jobs []NewJob) {
	for _, r := range mailRules {
		if r.scope == e.Scope && (r.cause == "" || r.cause == e.Data.Cause) && (!r.token || len(e.Data.Token) > 0) &&
			(r.changed == "" || slices.Contains(e.Changed, r.changed)) {
			jobs = append(jobs, NewJob{EventID: e.ID, Kind: JobMail, TargetID: r.to, Template: string(r.mail)})
		}
	}
	return jobs
}
