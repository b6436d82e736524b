package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"regulars/internal/shop"
)

// ChannelAdd makes a channel.
type ChannelAdd struct {
	Store        string   `arg:"" help:"Hash of the store."`
	Name         string   `required:"" help:"The storefront's name."`
	URL          string   `name:"url" help:"Where its pages are: https://shop.example.com/de."`
	Host         []string `help:"Host names that it answers to, without port."`
	Origin       []string `help:"Origins whose pages may act for shoppers."`
	Local        bool     `help:"Only for accounts of its own: global accounts cannot log in."`
	DefaultGroup *string  `help:"Name of the group of those who register here; the store's default group when empty."`
	GuestGroup   *string  `help:"Name of the guests' group here; the store's when empty."`
	Cookie       string   `enum:"same-site,cross-site,strict" placeholder:"same-site|cross-site|strict" default:"same-site" help:"Whose pages browsers send the session cookie for: same-site, cross-site or strict; see channel set."`
	CookieDomain string   `placeholder:"DOMAIN" help:"Send the session cookie to every host at and below this domain; see channel set."`
}

// Run implements kong's command.
func (c *ChannelAdd) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	channel := shop.Channel{URL: c.URL, AllowGlobalLogin: !c.Local}
	channel.Policy.Cookie.Reach = reach(c.Cookie)
	var errs [6]error
	channel.Name, errs[0] = channelName(c.Name)
	errs[1] = channelURL(c.URL)
	channel.Hosts, errs[2] = cleanHosts(c.Host)
	channel.Origins, errs[3] = cleanOrigins(c.Origin)
	channel.DefaultGroupID, channel.GuestGroupID, errs[4] = e.groupsNamed(s, c.DefaultGroup, c.GuestGroup)
	channel.Policy.Cookie.Domain, errs[5] = cookieDomain(c.CookieDomain)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	id, err := e.Storage.CreateChannel(e.Ctx, s.Store.ID, channel)
	if err != nil {
		return err
	}
	e.say("Added channel %d to store %s.", id, c.Store)
	switch {
	case len(channel.Hosts) == 0:
		e.say("To give it a host: regulars channel add-host %s %d HOST", c.Store, id)
	case len(channel.Origins) == 0:
		e.say("To let pages of another host act for shoppers: regulars channel add-origin %s %d ORIGIN", c.Store, id)
	default:
		e.say("If its own server calls here: regulars channel proxy-secret %s %d", c.Store, id)
	}
	e.sayFindings(channel.CheckCookies())
	return nil
}

// ChannelSet changes what is given, and nothing else.
type ChannelSet struct {
	target
	Name           *string `help:"The storefront's name."`
	URL            *string `name:"url" help:"Where its pages are; empty for nowhere."`
	GlobalLogin    *bool   `negatable:"" help:"Whether global accounts can log in."`
	TokenRequired  *bool   `negatable:"" help:"Whether every GraphQL request has to bring a storefront token."`
	BrowserTokens  *bool   `negatable:"" help:"Whether pages of listed origins may have a customer access token, where browsers keep the cookie from them. Scripts of these pages can read it."`
	DefaultGroup   *string `xor:"default-group" help:"Name of the group of those who register here."`
	NoDefaultGroup bool    `xor:"default-group" help:"The store's default group, as without a setting."`
	GuestGroup     *string `xor:"guest-group" help:"Name of the guests' group here."`
	NoGuestGroup   bool    `xor:"guest-group" help:"The store's guests' group, as without a setting."`

	Cookie         *string `enum:"same-site,cross-site,strict" placeholder:"same-site|cross-site|strict" help:"Whose pages browsers send the session cookie for. same-site: the storefront is at this host, or at another of its site, as shop. beside api.example.com. cross-site: listed origins of other sites too; needs TLS, and browsers that block third-party cookies may ignore it. strict: like same-site, and links from elsewhere arrive as guests."`
	CookieDomain   *string `xor:"cookie-domain" placeholder:"DOMAIN" help:"Send the session cookie to every host at and below this domain, so that the storefront's own server can read it. Pages of the same site do not need it. Each of these hosts can also plant one."`
	NoCookieDomain bool    `xor:"cookie-domain" help:"Send the session cookie to the one host alone; who has one for a domain logs in again."`
}

// Run implements kong's command.
func (c *ChannelSet) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	changes, err := c.changes(e, s)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return errors.New("nothing was asked for; regulars channel set --help lists what can be set")
	}
	channel, err := c.change(e, func(ch *shop.Channel) {
		for _, do := range changes {
			do(ch)
		}
	})
	if err != nil {
		return err
	}
	e.say("Saved. Running servers heed it with their next request.")
	if err := e.channels(s.Store.ID, &channel); err != nil {
		return err
	}
	e.sayFindings(channel.CheckCookies())
	return nil
}

// changes are what was asked for, checked: all mistakes are reported together.
func (c *ChannelSet) changes(e *Env, s *shop.Snapshot) (out []func(*shop.Channel), err error) {
	var errs [4]error
	if c.Name != nil {
		var name string
		name, errs[0] = channelName(*c.Name)
		out = append(out, func(ch *shop.Channel) { ch.Name = name })
	}
	if c.URL != nil {
		errs[1] = channelURL(*c.URL)
		out = append(out, func(ch *shop.Channel) { ch.URL = *c.URL })
	}
	if c.GlobalLogin != nil {
		out = append(out, func(ch *shop.Channel) { ch.AllowGlobalLogin = *c.GlobalLogin })
	}
	if c.TokenRequired != nil {
		out = append(out, func(ch *shop.Channel) { ch.Policy.TokenRequired = *c.TokenRequired })
	}
	if c.BrowserTokens != nil {
		out = append(out, func(ch *shop.Channel) { ch.Policy.BrowserTokens = *c.BrowserTokens })
	}
	defaultGroup, guestGroup, err := e.groupsNamed(s, c.DefaultGroup, c.GuestGroup)
	errs[2] = err
	if c.DefaultGroup != nil || c.NoDefaultGroup {
		out = append(out, func(ch *shop.Channel) { ch.DefaultGroupID = defaultGroup })
	}
	if c.GuestGroup != nil || c.NoGuestGroup {
		out = append(out, func(ch *shop.Channel) { ch.GuestGroupID = guestGroup })
	}
	cookie, err := c.cookieChanges()
	errs[3] = err
	return append(out, cookie...), errors.Join(errs[:]...)
}

func (c *ChannelSet) cookieChanges() (out []func(*shop.Channel), err error) {
	if c.Cookie != nil {
		out = append(out, func(ch *shop.Channel) { ch.Policy.Cookie.Reach = reach(*c.Cookie) })
	}
	domain := ""
	if c.CookieDomain != nil {
		if domain, err = cookieDomain(*c.CookieDomain); domain == "" && err == nil {
			err = errors.New("--cookie-domain is empty; --no-cookie-domain takes it away")
		}
	}
	if c.CookieDomain != nil || c.NoCookieDomain {
		out = append(out, func(ch *shop.Channel) { ch.Policy.Cookie.Domain = domain })
	}
	return out, err
}

// reach is a word of the command line as it is kept.
func reach(word string) shop.CookieReach {
	if word == "same-site" {
		return shop.ReachSite
	}
	return shop.CookieReach(word)
}

// cookieDomain takes a domain as people write it for cookies, too: with a dot in
// front.
func cookieDomain(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	domains, err := cleanHosts([]string{strings.TrimPrefix(strings.TrimSpace(s), ".")})
	if err != nil {
		return "", fmt.Errorf("--cookie-domain: %w", err)
	}
	return domains[0], nil
}

func channelName(name string) (string, error) {
	clean, err := shop.CheckName("name", name)
	if err != nil {
		return "", fmt.Errorf("--name: %w", err)
	}
	return clean, nil
}

func channelURL(s string) error {
	if s != "" && !isBase(s) {
		return errors.New("--url is a whole address of http or https, without user, query and fragment: https://shop.example.com/de")
	}
	return nil
}

func cleanOrigins(origins []string) (out []string, err error) {
	for _, o := range origins {
		if err := checkOrigin(o); err != nil {
			return nil, err
		}
		if !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out, nil
}

// groupsNamed finds the ids of two groups by name; 0 for nil.
func (e *Env) groupsNamed(s *shop.Snapshot, defaultGroup, guestGroup *string) (defaultID, guestID int64, err error) {
	if (defaultGroup != nil || guestGroup != nil) && !s.Store.Plan.HasGroups() {
		return 0, 0, fmt.Errorf("the plan of store %s, %s, has no customer groups", s.Store.Hash, s.Store.Plan)
	}
	var errs [2]error
	if defaultGroup != nil {
		defaultID, errs[0] = e.Storage.GroupByName(e.Ctx, s.Store.ID, *defaultGroup)
	}
	if guestGroup != nil {
		guestID, errs[1] = e.Storage.GroupByName(e.Ctx, s.Store.ID, *guestGroup)
	}
	return defaultID, guestID, errors.Join(errs[:]...)
}
