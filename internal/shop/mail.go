package shop

import (
	"net/url"
	"strings"
	"time"
)

// Mail names a message; internal/mail has its texts.
type Mail string

// The mails.
const (
	MailWelcome         Mail = "welcome"
	MailConfirm         Mail = "confirm"
	MailReset           Mail = "reset"
	MailPasswordChanged Mail = "password-changed"
	MailMailbox         Mail = "mailbox"       // asks the address of an account for its proof
	MailEmailConfirm    Mail = "email-confirm" // asks a new address for its proof
	MailEmailAsked      Mail = "email-asked"   // tells the present address that a new one was named
	MailEmailChanged    Mail = "email-changed" // tells the new address that it is the account's
	MailEmailMoved      Mail = "email-moved"   // tells the address before
	MailNewDevice       Mail = "new-device"
	MailAccountExists   Mail = "account-exists"
)

// The recipients that an event can have; they are the targets of mail jobs.
const (
	ToOwner   int64 = 1 // the customer's own address
	ToFormer  int64 = 2 // the one before it, from the token's payload
	ToClaimed int64 = 3 // one that has yet to prove itself, from the token's payload
)

// TokenPurpose keeps the tokens of different mails apart.
type TokenPurpose string

// The purposes. The subject of TokenRegistration is a sign-up that waits, that of
// the others a customer, or a negative number for nobody.
const (
	TokenReset        TokenPurpose = "reset"
	TokenEmail        TokenPurpose = "email"   // proves a new address
	TokenMailbox      TokenPurpose = "mailbox" // proves the account's present one
	TokenRegistration TokenPurpose = "registration"
)

// ProofPurposes are those of links that prove a mailbox and do nothing else that
// its owner has not asked for: one page and one mutation take all of them.
var ProofPurposes = []TokenPurpose{TokenRegistration, TokenEmail, TokenMailbox}

// Lifetime is how long the link in a mail works.
func (p TokenPurpose) Lifetime() time.Duration {
	if p == TokenReset {
		return 30 * time.Minute
	}
	return 24 * time.Hour
}

// Token is what a table holds of the token in a mail: enough to compute it again
// with the server's secrets (keys.Ring), and worthless without them.
type Token struct {
	Purpose   TokenPurpose
	SubjectID int64
	Salt      []byte
	KeyID     string
	Hash      []byte // SHA-256 of the text
	Payload   TokenPayload
}

// TokenPayload is what the mail needs and no row has yet.
type TokenPayload struct {
	Email  string `json:"email,omitempty"`  // that has to prove itself
	Former string `json:"former,omitempty"` // that Email is to replace
	Locale string `json:"locale,omitempty"` // of whom no customer's row knows
	Path   string `json:"path,omitempty"`   // where the link leads on the storefront; "" for our own page
}

// Addressee is whom a mail is for.
type Addressee struct {
	Email     string // as typed
	FirstName string
	Locale    string
	ChannelID int64 // where the account was made
}

// SafePath tells whether s is a path on whatever site it is put behind: no
// browser reads another host into it.
func SafePath(s string) bool {
	u, err := url.Parse(s)
	_, clean := cleanLine(s)
	return err == nil && clean && len(s) <= 500 && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") &&
		!strings.ContainsAny(s, "\\ ") && u.Host == "" && u.Scheme == "" && u.Fragment == ""
}
