package shop

// JobMail is the kind of job that sends a mail.
const JobMail = "mail"

// NewJob is something to be delivered because of an event. There is one at most
// for each event, kind and target.
type NewJob struct {
	EventID  int64
	Kind     string
	TargetID int64
	Template string // which mail; "" for other kinds
}

// Job is a NewJob that somebody holds the lease of.
type Job struct {
	ID       int64
	Kind     string
	TargetID int64
	Template string
	Attempts int // this one included
	Lease    string
	Event    Event
}

// Undelivered is why a job could not be done. Reason goes into logs and tables:
// it never quotes a receiver, whose words may hold people's data.
type Undelivered struct {
	Reason string
	// ForGood: trying again is pointless.
	ForGood bool
	// Bounced: the recipient does not exist or wants nothing (decision 32).
	Bounced bool
}

// Error is the reason.
func (u *Undelivered) Error() string { return u.Reason }
