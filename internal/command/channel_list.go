package command

import (
	"strings"

	"regulars/internal/shop"
)

// ChannelList prints the channels of a store.
type ChannelList struct {
	Store string `arg:"" help:"Hash of the store."`
	JSON  bool   `name:"json" help:"One JSON object a line."`
}

// Run implements kong's command.
func (c *ChannelList) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	if !c.JSON {
		return e.channels(s.Store.ID, s.Channels...)
	}
	for _, ch := range s.Channels {
		line, err := e.channelLine(s.Store.ID, ch)
		if err != nil {
			return err
		}
		if err := e.sayJSON(line); err != nil {
			return err
		}
	}
	return nil
}

// channelLine is a channel as JSON; a null group is the store's.
type channelLine struct {
	ID           int64    `json:"id"`
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Hosts        []string `json:"hosts"`
	Origins      []string `json:"origins"`
	GlobalLogins bool     `json:"allow_global_logins"`
	DefaultGroup *string  `json:"default_customer_group"`
	GuestGroup   *string  `json:"guest_customer_group"`
	ProxySecret  bool     `json:"has_proxy_secret"`
	NeedsToken   bool     `json:"token_required"`
	PageTokens   bool     `json:"browser_tokens"`
	Cookie       string   `json:"cookie"`
	CookieDomain string   `json:"cookie_domain"`
	CookieIs     string   `json:"cookie_is"`
}

func (e *Env) channelLine(storeID int64, c *shop.Channel) (channelLine, error) {
	line := channelLine{
		ID: c.ID, Name: c.Name, URL: c.URL, Hosts: append([]string{}, c.Hosts...), Origins: append([]string{}, c.Origins...),
		GlobalLogins: c.AllowGlobalLogin, ProxySecret: c.Policy.TrustedProxySecretHash != "", NeedsToken: c.Policy.TokenRequired,
		PageTokens: c.Policy.BrowserTokens,
		Cookie:     or(string(c.Policy.Cookie.Reach), "same-site"), CookieDomain: c.Policy.Cookie.Domain, CookieIs: c.Cookie().Words(),
	}
	if len(c.BrokenCookie()) > 0 {
		line.CookieIs = "as declared it cannot be, see regulars doctor"
	}
	for _, g := range []struct {
		id   int64
		name **string
	}{{c.DefaultGroupID, &line.DefaultGroup}, {c.GuestGroupID, &line.GuestGroup}} {
		group, _, ok, err := e.Storage.Group(e.Ctx, storeID, g.id)
		if err != nil {
			return line, err
		}
		if ok {
			*g.name = &group.Name
		}
	}
	return line, nil
}

// channels prints channels for people.
func (e *Env) channels(storeID int64, list ...*shop.Channel) error {
	lines := make([]channelLine, len(list))
	for i, c := range list {
		var err error
		if lines[i], err = e.channelLine(storeID, c); err != nil {
			return err
		}
	}
	return e.table(func(line func(string, ...any)) {
		for _, c := range lines {
			line("Channel %d\t%s", c.ID, printable(c.Name))
			line("  url\t%s", or(printable(c.URL), "-"))
			line("  hosts\t%s", printableList(c.Hosts, "-"))
			line("  origins\t%s", printableList(c.Origins, "-"))
			line("  global logins\t%s", yes(c.GlobalLogins, "allowed", "refused"))
			line("  default group\t%s", groupOr(c.DefaultGroup))
			line("  guests' group\t%s", groupOr(c.GuestGroup))
			line("  storefront token\t%s", yes(c.NeedsToken, "required", "not required"))
			line("  access tokens\t%s", yes(c.PageTokens, "for servers and listed pages", "for servers"))
			line("  cookie\t%s", printable(c.CookieIs))
			line("  proxy secret\t%s", yes(c.ProxySecret, "set", "not set"))
		}
	})
}

func yes(b bool, is, isNot string) string {
	if b {
		return is
	}
	return isNot
}

func groupOr(name *string) string {
	if name == nil {
		return "the store's"
	}
	return printable(*name)
}

// sayFindings prints what is odd about a channel, below what was done.
func (e *Env) sayFindings(list []shop.Finding) {
	for _, f := range list {
		if f.Level != shop.LevelOK {
			e.say("\n%s: %s", strings.ToUpper(string(f.Level[:1]))+string(f.Level[1:]), printable(strings.TrimSpace(f.Text+" "+f.Do)))
		}
	}
}
