package command

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

// Channel holds the commands about the storefronts of a store.
type Channel struct {
	Add          ChannelAdd          `cmd:"" help:"Add a storefront to a store."`
	List         ChannelList         `cmd:"" help:"List the storefronts of a store with all that is set for them."`
	Set          ChannelSet          `cmd:"" help:"Change a storefront; running servers heed it with their next request."`
	AddHost      ChannelAddHost      `cmd:"" help:"Let a storefront answer to one more host name."`
	RemoveHost   ChannelRemoveHost   `cmd:"" help:"Take a host name from a storefront."`
	AddOrigin    ChannelAddOrigin    `cmd:"" help:"Let pages of an origin act for shoppers here."`
	RemoveOrigin ChannelRemoveOrigin `cmd:"" help:"Make pages of an origin strangers again."`
	ProxySecret  ChannelProxySecret  `cmd:"" help:"Make a secret with which the storefront's own server forwards shoppers' addresses."`
}

// target is the storefront that a command is about.
type target struct {
	Store   string `arg:"" help:"Hash of the store."`
	Channel int64  `arg:"" help:"Id of the channel; 1 is the first."`
}

// change applies a change to the channel and saves it.
func (t target) change(e *Env, do func(*shop.Channel)) (shop.Channel, error) {
	s, err := e.Storage.SnapshotByHash(e.Ctx, t.Store)
	if err != nil {
		return shop.Channel{}, err
	}
	c, err := e.Storage.EditChannel(e.Ctx, s.Store.ID, t.Channel, do)
	if shop.CodeOf(err) == shop.NotFound {
		err = fmt.Errorf("store %s has no channel %d", t.Store, t.Channel)
	}
	return c, err
}

// ChannelAddHost adds hosts.
type ChannelAddHost struct {
	target
	Host []string `arg:"" help:"Host names, without port."`
}

// Run implements kong's command.
func (c *ChannelAddHost) Run(e *Env) error {
	hosts, err := cleanHosts(c.Host)
	if err != nil {
		return err
	}
	if _, err := c.change(e, func(ch *shop.Channel) { ch.Hosts = hosts }); err != nil {
		return err
	}
	e.say("Channel %d of store %s answers to %s.", c.Channel, c.Store, strings.Join(hosts, ", "))
	return nil
}

// ChannelRemoveHost removes a host.
type ChannelRemoveHost struct {
	target
	Host string `arg:"" help:"Host name, without port."`
}

// Run implements kong's command.
func (c *ChannelRemoveHost) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	hosts, err := cleanHosts([]string{c.Host})
	if err != nil {
		return err
	}
	if err := e.Storage.RemoveHost(e.Ctx, s.Store.ID, c.Channel, hosts[0]); err != nil {
		return err
	}
	e.say("Channel %d of store %s no longer answers to %s.", c.Channel, c.Store, hosts[0])
	return nil
}

// ChannelAddOrigin lists an origin.
type ChannelAddOrigin struct {
	target
	Origin string `arg:"" help:"As browsers send it: https://shop.example.com, with a port only where it is not the usual one."`
}

// Run implements kong's command.
func (c *ChannelAddOrigin) Run(e *Env) error {
	if err := checkOrigin(c.Origin); err != nil {
		return err
	}
	channel, err := c.change(e, func(ch *shop.Channel) {
		if !slices.Contains(ch.Origins, c.Origin) {
			ch.Origins = append(ch.Origins, c.Origin)
		}
	})
	if err != nil {
		return err
	}
	e.say("Pages of %s may act for shoppers of channel %d of store %s.", c.Origin, c.Channel, c.Store)
	e.sayFindings(channel.CheckOrigin(c.Origin))
	return nil
}

// ChannelRemoveOrigin takes an origin from the list.
type ChannelRemoveOrigin struct {
	target
	Origin string `arg:"" help:"As it was listed."`
}

// Run implements kong's command.
func (c *ChannelRemoveOrigin) Run(e *Env) error {
	var listed bool
	_, err := c.change(e, func(ch *shop.Channel) {
		listed = slices.Contains(ch.Origins, c.Origin)
		ch.Origins = slices.DeleteFunc(ch.Origins, func(o string) bool { return o == c.Origin })
	})
	if err != nil {
		return err
	}
	if !listed {
		return fmt.Errorf("channel %d of store %s does not list that origin", c.Channel, c.Store)
	}
	e.say("Pages of %s are strangers to channel %d of store %s.", c.Origin, c.Channel, c.Store)
	return nil
}

// ChannelProxySecret replaces the proxy secret.
type ChannelProxySecret struct {
	target
	shownOnce
}

// Run implements kong's command.
func (c *ChannelProxySecret) Run(e *Env) error {
	secret := keys.NewToken()
	_, err := c.change(e, func(ch *shop.Channel) {
		ch.Policy.TrustedProxySecretHash = shop.HashProxySecret(secret)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return e.sayJSON(struct {
			Channel int64  `json:"channel_id"`
			Secret  string `json:"proxy_secret"`
		}{c.Channel, secret})
	}
	e.say("Send this as X-BC-Trusted-Proxy-Secret, with the shopper's address in X-Forwarded-For. It is shown once:\n%s", secret)
	return nil
}

// checkOrigin refuses what browsers would not send as it is: they leave out a
// usual port, and know no wildcards.
func checkOrigin(s string) error {
	if isOrigin(s) {
		return nil
	}
	const rule = "an origin is a scheme and a host in lower case, with nothing behind it but a port that is not the usual one"
	if clean := originOf(s); clean != "" {
		return fmt.Errorf("%q is not as browsers send it, %s is: %s", s, clean, rule)
	}
	return fmt.Errorf("%q is none: %s, as https://shop.example.com", s, rule)
}

func isOrigin(s string) bool { return s != "" && originOf(s) == s }

// originOf is the origin of an address as browsers write it, "" for what has none.
func originOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if !isHost(host) {
		return ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return u.Scheme + "://" + host
	}
	return u.Scheme + "://" + host + ":" + port
}

// isBase tells whether s can be a storefront's address: pages are found below it.
func isBase(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && isHost(strings.ToLower(u.Hostname())) &&
		u.User == nil && !strings.ContainsAny(s, "?#\\ ") && len(s) <= 2048
}

var hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)

// isHost knows names and addresses as they come in a request, IPv6 without its
// brackets.
func isHost(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String() == s && a.Zone() == ""
	}
	return len(s) <= 253 && hostName.MatchString(s)
}

// cleanHosts checks host names as the hosts table has them.
func cleanHosts(hosts []string) ([]string, error) {
	out := make([]string, len(hosts))
	for i, h := range hosts {
		out[i] = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".")
		if !isHost(out[i]) {
			return nil, fmt.Errorf("%q is not a host name; give it without scheme, port and path", h)
		}
	}
	return out, nil
}
