package mail

import (
	"net/url"
	"strconv"
	"strings"

	"regulars/internal/shop"
)

// letter says where the link in a mail leads. What the mail says is in the
// folder of its name under templates.
type letter struct {
	// page takes the mail's token where the storefront has no page of its own for
	// it; "" for a mail without a token, whose link leads to the storefront.
	page string
	// customer: the link also names the customer, as the contract's reset does.
	customer bool
	// bare: without a live token the mail still makes sense, and its link leads to
	// the storefront.
	bare bool
}

// A new mail is a row here, a folder of texts, and a rule in shop for the event
// that causes it.
var letters = map[shop.Mail]letter{
	shop.MailWelcome:         {page: "/account/confirm", bare: true},
	shop.MailConfirm:         {page: "/account/confirm"},
	shop.MailReset:           {page: "/account/reset", customer: true},
	shop.MailPasswordChanged: {},
	shop.MailMailbox:         {page: "/account/confirm"},
	shop.MailEmailConfirm:    {page: "/account/confirm"},
	shop.MailEmailAsked:      {},
	shop.MailEmailChanged:    {},
	shop.MailEmailMoved:      {},
	shop.MailNewDevice:       {},
	shop.MailAccountExists:   {},
}

// link is built on what is configured, never on what a request said (E5). secret
// is the token's text, "" where the link leads to the storefront.
func (m *Mailer) link(s *shop.Snapshot, l letter, e shop.Event, whom shop.Addressee, tok shop.Token, secret string) string {
	base := m.base(s, e.Data.ChannelID, whom.ChannelID)
	if secret == "" {
		return base
	}
	path := tok.Payload.Path
	if !shop.SafePath(path) {
		base, path = m.ours(s, base), l.page
	}
	query := url.Values{"t": {secret}}
	if l.customer {
		query.Set("c", strconv.FormatInt(tok.SubjectID, 10))
	}
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return strings.TrimSuffix(base, "/") + path + mark + query.Encode()
}

// base is the URL of the storefront where it happened, or else of the one where
// the account was made.
func (m *Mailer) base(s *shop.Snapshot, channels ...int64) string {
	for _, id := range channels {
		for _, c := range s.Channels {
			if c.ID == id && c.URL != "" {
				return c.URL
			}
		}
	}
	return m.set.PublicURL
}

// ours is where our own pages are: behind base, unless that is a storefront that
// runs elsewhere. Then they are at the first of its channel's hosts that this
// server answers to.
func (m *Mailer) ours(s *shop.Snapshot, base string) string {
	for _, c := range s.Channels {
		if c.URL != base || len(c.Hosts) == 0 {
			continue
		}
		if u, err := url.Parse(base); err == nil && s.ChannelAt(strings.ToLower(u.Hostname())) == nil {
			return u.Scheme + "://" + c.Hosts[0]
		}
	}
	return base
}
