package shop

import "time"

// CustomerRecord is a customer as staff may see it. The password's hash is not in
// it: only of which kind it is.
type CustomerRecord struct {
	Customer
	VerifiedAt       *time.Time // when the mailbox was proved, nil for not yet
	DisabledAt       *time.Time // nil: not disabled
	ResetRequired    bool       // the next login has to be preceded by a new password
	PasswordKind     string     // argon2id, bcrypt, unknown; "" where there is no password
	GroupName        string     // "" for none
	StaffNotes       string
	OriginChannelID  int64
	Locale           string
	AcceptsAbandoned bool
	AddressCount     int64
	DateCreated      time.Time
	DateModified     time.Time
}
