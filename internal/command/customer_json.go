package command

import (
	"time"

	"regulars/internal/shop"
)

// customerLine is a customer as JSON; names are those of the contract's REST
// where it has them. A null for channel_ids is a global account.
type customerLine struct {
	ID                int64      `json:"id"`
	Email             string     `json:"email"`
	VerifiedAt        *time.Time `json:"email_verified_at"`
	FirstName         string     `json:"first_name"`
	LastName          string     `json:"last_name"`
	Company           string     `json:"company"`
	Phone             string     `json:"phone"`
	GroupID           int64      `json:"customer_group_id"`
	GroupName         string     `json:"customer_group"`
	ChannelIDs        []int64    `json:"channel_ids"`
	OriginChannelID   int64      `json:"origin_channel_id"`
	DisabledAt        *time.Time `json:"disabled_at"`
	ResetRequired     bool       `json:"password_reset_required"`
	PasswordKind      string     `json:"password_kind"`
	Notes             string     `json:"notes"`
	TaxExemptCategory string     `json:"tax_exempt_category"`
	Locale            string     `json:"locale"`
	AcceptsAbandoned  bool       `json:"accepts_product_review_abandoned_cart_emails"`
	AddressCount      int64      `json:"address_count"`
	DateCreated       time.Time  `json:"date_created"`
	DateModified      time.Time  `json:"date_modified"`
}

func lineOf(r shop.CustomerRecord) customerLine {
	return customerLine{
		ID: r.ID, Email: r.Email, VerifiedAt: utc(r.VerifiedAt), FirstName: r.FirstName, LastName: r.LastName,
		Company: r.Company, Phone: r.Phone, GroupID: r.GroupID, GroupName: r.GroupName, ChannelIDs: r.ChannelIDs,
		OriginChannelID: r.OriginChannelID, DisabledAt: utc(r.DisabledAt), ResetRequired: r.ResetRequired,
		PasswordKind: or(r.PasswordKind, "none"), Notes: r.StaffNotes, TaxExemptCategory: r.TaxExemptCategory, Locale: r.Locale,
		AcceptsAbandoned: r.AcceptsAbandoned, AddressCount: r.AddressCount,
		DateCreated: second(r.DateCreated), DateModified: second(r.DateModified),
	}
}

// customerSheet is all about one customer as JSON.
type customerSheet struct {
	customerLine
	Newsletter *newsletterLine `json:"newsletter"` // null where the address is not known
	Sessions   []sessionLine   `json:"sessions"`
}

type newsletterLine struct {
	State  shop.SubscriberState  `json:"state"`
	Since  time.Time             `json:"since"`
	Origin shop.SubscriberOrigin `json:"origin"`
}

type sessionLine struct {
	ID         string    `json:"id"`
	ChannelID  int64     `json:"channel_id"`
	UserAgent  string    `json:"user_agent"`
	Network    string    `json:"network"`
	CreatedAt  time.Time `json:"date_created"`
	LastSeenAt time.Time `json:"last_seen_at"`
}

func sheetOf(r shop.CustomerRecord, sessions []shop.SessionRecord, n *shop.Subscriber) customerSheet {
	out := customerSheet{customerLine: lineOf(r), Sessions: []sessionLine{}}
	if n != nil {
		out.Newsletter = &newsletterLine{n.State, second(n.StateSince), n.Origin}
	}
	for _, s := range sessions {
		out.Sessions = append(out.Sessions, sessionLine{s.ID, s.ChannelID, s.UserAgent, s.IPPrefix, second(s.CreatedAt), second(s.LastSeenAt)})
	}
	return out
}
