package command

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/csvfile"
	"regulars/internal/shop"
)

// subscriberParser reads lines of subscribers.
type subscriberParser struct {
	reading
	store *shop.Snapshot
}

func (p *subscriberParser) parse(r row) (key string, said any, err error) {
	email, ok := shop.ParseEmail(r.get(asEmail))
	if !ok {
		return "", nil, fmt.Errorf("%q is not an email address", r.get(asEmail))
	}
	var wrong problems
	b := &shop.ImportedSubscriber{Email: email, Source: textOr(r.get(asSource)), Origin: shop.OriginImport}
	b.FirstName, b.LastName = names(r)
	p.when(r, b, &wrong)
	if text := r.get(asOrigin); text != "" {
		b.Origin = shop.SubscriberOrigin(strings.ToUpper(text))
		if !slices.Contains(shop.SubscriberOrigins, b.Origin) {
			wrong.add(fmt.Errorf("%q is not an origin", text))
		}
	}
	if text := r.get(asOrder); text != "" {
		id, err := strconv.ParseInt(text, 10, 32)
		if err != nil || id < 1 {
			wrong.add(fmt.Errorf("%q is not an order id", text))
		}
		b.OrderID = &id
	}
	b.ChannelID, err = channelID(p.store.Channels, r.get(asOriginChannel))
	wrong.add(err)
	wrong.add(b.Check())
	return email.Key, b, wrong.err()
}

// when reads the state with its dates: where there is no column for it, a date of
// an unsubscribe or a bounce tells.
func (p *subscriberParser) when(r row, b *shop.ImportedSubscriber, wrong *problems) {
	var err error
	b.State, b.SuppressedReason, err = subscriberState(r.get(asStatus))
	wrong.add(err)
	b.DateCreated, err = p.date(string(asJoined), r.get(asJoined))
	wrong.add(err)
	b.Since, err = p.date(string(asSince), r.get(asSince))
	wrong.add(err)
	for _, left := range []struct {
		is    meaning
		state shop.SubscriberState
	}{{asUnsubscribed, shop.StateUnsubscribed}, {asCleaned, shop.StateSuppressed}} {
		at, err := p.date(string(left.is), r.get(left.is))
		wrong.add(err)
		if at != nil && b.State == shop.StateSubscribed && !r.has(asStatus) {
			b.State = left.state
		}
		if at != nil && b.State == left.state && !r.has(asSince) {
			b.Since = at
		}
	}
	if reason := r.get(asReason); b.State == shop.StateSuppressed {
		if reason != "" && reason != "bounced" && reason != "complained" {
			wrong.add(fmt.Errorf("%q is not a reason of a suppression; bounced and complained are", reason))
		}
		if b.SuppressedReason == "" {
			b.SuppressedReason = "bounced"
		}
		if reason != "" {
			b.SuppressedReason = reason
		}
	}
	if b.Since == nil {
		b.Since = b.DateCreated
	}
}

// subscriberState reads the words that newsletter programs have for a state.
func subscriberState(text string) (state shop.SubscriberState, reason string, err error) {
	word := strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(text))
	switch word {
	case "", "subscribed", "active", "confirmed", "enabled", "opted in":
		return shop.StateSubscribed, "", nil
	case "unsubscribed", "inactive", "unconfirmed", "opted out", "not subscribed", "never subscribed", "disabled":
		return shop.StateUnsubscribed, "", nil
	case "cleaned", "bounced", "suppressed", "invalid", "blocklisted", "blacklisted":
		return shop.StateSuppressed, "bounced", nil
	case "complained", "spam", "complaint":
		return shop.StateSuppressed, "complained", nil
	case "pending":
		return "", "", errors.New("a sign-up that waits for its confirmation cannot be taken over")
	}
	if yes, ok := csvfile.ParseConsent(word); ok {
		if yes {
			return shop.StateSubscribed, "", nil
		}
		return shop.StateUnsubscribed, "", nil
	}
	return "", "", fmt.Errorf("%q is not a status; subscribed, unsubscribed and suppressed are", text)
}
