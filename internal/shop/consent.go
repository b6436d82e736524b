package shop

import (
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// ConsentAction is what a consent row records.
type ConsentAction string

// The actions that rows are written for. A touch is the row of a sign-up that
// changes no state.
const (
	ActionRequested    ConsentAction = "REQUESTED"
	ActionSubscribed   ConsentAction = "SUBSCRIBED"
	ActionUnsubscribed ConsentAction = "UNSUBSCRIBED"
	ActionSuppressed   ConsentAction = "SUPPRESSED"
	ActionExpired      ConsentAction = "EXPIRED"
)

// Who wrote a consent row.
const (
	ActorShopper  = "shopper"  // nobody was logged in, or not as this address
	ActorCustomer = "customer" // the account of this address
	ActorSystem   = "system"
	ActorImport   = "import"
)

const maxConsentText = 2000

// Consent is one append-only record of what was agreed to, where and when. The
// rows of one address form a chain: each hash covers the one before.
type Consent struct {
	StoreID      int64
	SubscriberID int64
	Seq          int64 // from 1
	Action       ConsentAction
	Purpose      string
	Origin       SubscriberOrigin
	Form         string
	Locale       string
	TextHash     []byte // SHA-256 of the text shown, nil when none was given
	ChannelID    int64
	CustomerID   int64 // the account logged in, 0 for none
	OrderID      int64 // 0 for none
	OrderClaimed bool  // the order id is the caller's word, nothing more
	Actor        string
	At           time.Time // of the database, to the microsecond

	// Digests are of salted values, so that retention and erasure can take the
	// salts and the clear values away and the chain still verifies.
	EmailSalt, EmailDigest []byte
	IPSalt, IPDigest       []byte
	IPPrefix               string

	PrevHash, Hash []byte
}

// SaltEmail and SaltIP set digest and salt for a clear value.
func (c *Consent) SaltEmail(key string) { c.EmailSalt, c.EmailDigest = salted(key) }

// SaltIP does nothing for an unknown prefix.
func (c *Consent) SaltIP(prefix string) {
	if prefix != "" {
		c.IPPrefix = prefix
		c.IPSalt, c.IPDigest = salted(prefix)
	}
}

func salted(value string) (salt, digest []byte) {
	salt = make([]byte, 16)
	_, _ = rand.Read(salt) // never fails: crypto/rand crashes the process instead
	return salt, DigestOf(salt, value)
}

// DigestOf is what a salted digest is compared with.
func DigestOf(salt []byte, value string) []byte {
	sum := sha256.Sum256(append(append([]byte(nil), salt...), value...))
	return sum[:]
}

// TextHash names a consent text; nil for none.
func TextHash(text string) []byte {
	if text == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// Seal chains the row to prev (nil for the first) and sets Hash.
func (c *Consent) Seal(prev []byte) {
	c.PrevHash = prev
	c.Hash = c.Sum()
}

// Sum is the hash that the row's fields give. The leading number versions the
// list of fields: one that is added later starts version 2.
func (c *Consent) Sum() []byte {
	h := sha256.New()
	claimed := int64(0)
	if c.OrderClaimed {
		claimed = 1
	}
	for _, n := range []int64{1, c.StoreID, c.SubscriberID, c.Seq, c.ChannelID, c.CustomerID, c.OrderID, claimed, c.At.UnixMicro()} {
		hashInt(h, n)
	}
	for _, s := range []string{
		string(c.Action), c.Purpose, string(c.Origin), c.Form, c.Locale, c.Actor,
		string(c.TextHash), string(c.EmailDigest), string(c.IPDigest), string(c.PrevHash),
	} {
		hashText(h, s)
	}
	return h.Sum(nil)
}

// SaysTheSame tells whether a sign-up repeats the one before it: same action,
// place, wording, order and account. From which network does not count.
func (c *Consent) SaysTheSame(d *Consent) bool {
	return c.Action == d.Action && c.Purpose == d.Purpose && c.Origin == d.Origin && c.Form == d.Form &&
		c.Locale == d.Locale && string(c.TextHash) == string(d.TextHash) && c.ChannelID == d.ChannelID &&
		c.CustomerID == d.CustomerID && c.OrderID == d.OrderID
}
