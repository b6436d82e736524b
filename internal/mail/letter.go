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
}

// A new mail is a row here, a folder of texts, and a rule in shop for the event
// that causes it.
var letters = map[shop.Mail]letter{
	shop.MailWelcome:         {},
	shop.MailConfirm:         {page: "/account/confirm"},
	shop.MailReset:           {page: "/account/reset", customer: true},
	shop.MailPasswordChanged: {},
	shop.MailEmailConfirm:    {page: "/account/confirm"},
	shop.MailEmailChanged:    {},
	shop.MailEmailMoved:      {},
	shop.MailNewDevice:       {},
	shop.MailAccountExists:   {},
}

// link is built on what is configured, never on what a request said (E5). ok is
// false when the token was minted by a secret that is gone.
func (m *Mailer) link(s *shop.Snapshot, l letter, e shop.Event, whom shop.Addressee, tok shop.Token) (_ string, ok bool) {
	base := m.base(s, e.Data.ChannelID, whom.ChannelID)
	if l.page == "" {
		return base, true
	}
	text, ok := m.ring.Text(e.StoreID, tok)
	path := l.page
	if shop.SafePath(tok.Payload.Path) {
		path = tok.Payload.Path
	}
	query := url.Values{"t": {text}}
	if l.customer {
		query.Set("c", strconv.FormatInt(tok.SubjectID, 10))
	}
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return strings.TrimSuffix(base, "/") + path + mark + query.Encode(), ok
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
