package shop

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
)

// Plan says which features a store has (decision 38).
type Plan string

// The plans.
const (
	PlanStandard   Plan = "standard"
	PlanPlus       Plan = "plus"
	PlanPro        Plan = "pro"
	PlanEnterprise Plan = "enterprise"
)

// Plans lists all, smallest first.
var Plans = []Plan{PlanStandard, PlanPlus, PlanPro, PlanEnterprise}

// HasGroups tells whether the plan includes customer groups.
func (p Plan) HasGroups() bool { return p == PlanPlus || p == PlanPro || p == PlanEnterprise }

// StorefrontStatusType is the contract's enum.
type StorefrontStatusType string

// The statuses. Shoppers can log in only where it is StatusLaunched.
const (
	StatusLaunched    StorefrontStatusType = "LAUNCHED"
	StatusPreLaunch   StorefrontStatusType = "PRE_LAUNCH"
	StatusMaintenance StorefrontStatusType = "MAINTENANCE"
	StatusHibernation StorefrontStatusType = "HIBERNATION"
)

// Store is a tenant.
type Store struct {
	ID       int64
	Hash     string // public, as in /stores/{hash}/
	Name     string
	Plan     Plan
	Status   StorefrontStatusType
	Currency string // ISO 4217
	Country  string // ISO 3166-1 alpha-2
	Locale   string // BCP 47
	Settings StoreSettings
	// Forms are its form fields; only snapshots have them.
	Forms Forms
	// ConfigVersion rises with every change to what a snapshot holds.
	ConfigVersion int64
}

// StoreSettings are what a merchant can switch; kept as one JSON value.
type StoreSettings struct {
	Passwords  PasswordPolicy     `json:"passwords"`
	Newsletter NewsletterSettings `json:"newsletter"`
	// AccountCreation lets shoppers register.
	AccountCreation bool `json:"accountCreation"`
	// WrongLoginFloorMS is how many milliseconds a refused login takes at least,
	// where that is more than the server's own floor: as long as checking the
	// dearest imported password hash takes.
	WrongLoginFloorMS int64 `json:"wrongLoginFloorMs,omitempty"`
	// StatusMessage is what a storefront shows while it is not open.
	StatusMessage string            `json:"statusMessage,omitempty"`
	Captcha       CaptchaSettings   `json:"captcha"`
	Privacy       PrivacySettings   `json:"privacy"`
	Inactivity    ShopperInactivity `json:"inactivity"`
	// Locales are languages beside the store's own, or where its own is spoken.
	Locales []StoreLocale `json:"locales,omitempty"`
	// PersistentCart keeps a shopper's cart from one login to the next.
	PersistentCart bool `json:"persistentCart"`
	// EmailVerification says whether they have to prove their mailbox first.
	EmailVerification EmailVerification `json:"emailVerification,omitempty"`
	// MailFrom is who mails are from; what is empty is the server's address, and
	// the store's name.
	MailFrom Sender `json:"mailFrom"`
}

// EmailVerification is whether a sign-up waits for the proof of its mailbox.
type EmailVerification string

// VerificationOff makes the account at once. With VerificationRequired there is
// none before the proof, and the answer is the same for every address.
const (
	VerificationOff      EmailVerification = ""
	VerificationRequired EmailVerification = "REQUIRED"
)

// NewsletterSettings also go out as GraphQL's type of that name.
type NewsletterSettings struct {
	// ShowNewsletterSignup off means off on every path, not only in the footer.
	ShowNewsletterSignup       bool `json:"showNewsletterSignup"`
	NewsletterCheckedByDefault bool `json:"newsletterCheckedByDefault"`
}

// DefaultSettings are those of a new store. The newsletter box is never ticked
// for the shopper unless the merchant insists.
func DefaultSettings() StoreSettings {
	return StoreSettings{
		Passwords:       DefaultPasswordPolicy,
		Newsletter:      NewsletterSettings{ShowNewsletterSignup: true},
		AccountCreation: true,
		PersistentCart:  true,
	}
}

// Channel is one storefront of a store.
type Channel struct {
	ID               int64
	Name             string
	URL              string
	Origins          []string // browser origins that are trusted, exact: scheme://host[:port]
	Hosts            []string // lower case, no port
	Policy           ChannelPolicy
	DefaultGroupID   int64 // 0: the store's
	GuestGroupID     int64 // 0: the store's
	AllowGlobalLogin bool
}

// ChannelPolicy is kept as one JSON value.
type ChannelPolicy struct {
	// TrustedProxySecretHash is the SHA-256, in hex, of the secret with which a
	// storefront's server proves that the address it forwards counts.
	TrustedProxySecretHash string `json:"trustedProxySecretHash,omitempty"`
	// TokenRequired refuses GraphQL requests without a storefront token.
	TokenRequired bool `json:"tokenRequired,omitempty"`
	// BrowserTokens lets pages of the channel's Origins have a customer access token
	// instead of a cookie.
	BrowserTokens bool `json:"browserTokens,omitempty"`
	// Cookie is how far the session cookie reaches.
	Cookie CookiePolicy `json:"cookie,omitzero"`
}

// CheckName cleans the name of a channel, and tells what is wrong with it.
func CheckName(field, name string) (string, error) {
	name, e := checkLine(field, name, 1, 255)
	if e != nil {
		return "", e
	}
	return name, nil
}

// HashProxySecret is what a channel's policy keeps of its proxy secret. The
// secret is random, so one round is enough.
func HashProxySecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Admits tells whether a customer with these channel ids may log in here
// (contract/apps.md a.5): nil is a global account.
func (c *Channel) Admits(channelIDs []int64) bool {
	if channelIDs == nil {
		return c.AllowGlobalLogin
	}
	return slices.Contains(channelIDs, c.ID)
}

// AnswersTo tells whether that host, in lower case and without port, names the
// channel.
func (c *Channel) AnswersTo(host string) bool { return slices.Contains(c.Hosts, host) }

// Snapshot is the configuration of one store at one ConfigVersion. It is shared
// by requests: read only, but for the groups and tokens that it remembers.
type Snapshot struct {
	Store    Store
	Channels []*Channel
	// Signers are the public halves of what signs the store's tokens.
	Signers []SigningKey

	groups sync.Map // id -> *CustomerGroup; 0 is the group for guests
	tokens sync.Map // SHA-256 -> *KnownToken
}

// Token is a token that was remembered; nil when it was not. It is shared: read
// only.
func (s *Snapshot) Token(hash [32]byte) *KnownToken {
	t, _ := s.tokens.Load(hash)
	token, _ := t.(*KnownToken)
	return token
}

// RememberToken is RememberGroup for a token that the database has. Others would
// let strangers fill the memory.
func (s *Snapshot) RememberToken(hash [32]byte, configVersion int64, t *KnownToken) {
	if configVersion == s.Store.ConfigVersion {
		s.tokens.Store(hash, t)
	}
}

// Group is a group that was remembered, with 0 the one for guests; nil when it
// was not. It is shared: read only.
func (s *Snapshot) Group(id int64) *CustomerGroup {
	g, _ := s.groups.Load(id)
	group, _ := g.(*CustomerGroup)
	return group
}

// RememberGroup keeps what an id meant at some version of the configuration. A
// group of another version is not the snapshot's.
func (s *Snapshot) RememberGroup(id, configVersion int64, g *CustomerGroup) {
	if configVersion == s.Store.ConfigVersion {
		s.groups.Store(id, g)
	}
}

// ChannelAt finds the channel that a host names; nil when none does.
func (s *Snapshot) ChannelAt(host string) *Channel {
	for _, c := range s.Channels {
		if c.AnswersTo(host) {
			return c
		}
	}
	return nil
}
