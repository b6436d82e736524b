package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"regulars/internal/shop"
)

// Doctor says what keeps the sessions of a storefront from working.
type Doctor struct {
	Store   string `arg:"" help:"Hash of the store."`
	Channel int64  `arg:"" optional:"" help:"Id of a channel; all of the store's when left out."`
	URL     string `name:"url" placeholder:"URL" help:"Ask the server at this address, too: as browsers reach it (https://api.example.com), or inside (http://10.0.0.5:8080)."`
	JSON    bool   `name:"json" help:"One JSON object a line."`
}

// Run implements kong's command. It fails where something keeps sessions from
// working, so that a deployment can stop at it.
func (c *Doctor) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	if c.URL != "" && !isBase(c.URL) {
		return errors.New("--url is the whole address of a server, of http or https: https://api.example.com")
	}
	channels := slices.DeleteFunc(slices.Clone(s.Channels), func(ch *shop.Channel) bool { return c.Channel != 0 && ch.ID != c.Channel })
	if len(channels) == 0 {
		return fmt.Errorf("store %s has no channel %d", c.Store, c.Channel)
	}
	errs := 0
	for _, ch := range channels {
		d := shop.Diagnosis{Findings: c.examine(e, ch)}
		d.Conclude()
		if err := c.print(e, ch, d.Findings); err != nil {
			return err
		}
		for _, f := range d.Findings {
			if f.Level == shop.LevelError {
				errs++
			}
		}
	}
	if errs > 0 {
		return errors.New(count(errs, "thing keeps", "things keep") + " sessions from working or from being safe")
	}
	if c.URL == "" && !c.JSON {
		e.say("\nThat is what is saved. With --url a server is asked, too; /session/doctor of a storefront's host says what a browser's request brings.")
	}
	return nil
}

// examine is all that can be said about one channel.
func (c *Doctor) examine(e *Env, ch *shop.Channel) []shop.Finding {
	out := ch.CheckCookies()
	if len(ch.Hosts) == 0 {
		out = append(out, shop.Finding{Code: "no_host", Level: shop.LevelWarning, Text: "No host leads to this channel.",
			Do: fmt.Sprintf("regulars channel add-host %s %d HOST", c.Store, ch.ID)})
	}
	if len(ch.Origins) == 0 {
		out = append(out, shop.Finding{Code: "no_origin", Level: shop.LevelNote, Text: "No origin is listed: only pages of the channel's own hosts may act for shoppers.",
			Do: fmt.Sprintf("If the storefront has another host: regulars channel add-origin %s %d ORIGIN", c.Store, ch.ID)})
	}
	keys, err := e.SessionKeys()
	if err != nil {
		out = append(out, shop.Finding{Code: "keys", Level: shop.LevelError, Text: "SESSION_KEYS cannot be used: " + err.Error() + ".", Do: "Give all servers the same."})
	}
	if c.URL == "" || len(ch.Hosts) == 0 {
		return out
	}
	p := newProbe(e.Ctx, c.URL, c.Store, ch)
	p.run(keys)
	return append(out, p.out...)
}

func (c *Doctor) print(e *Env, ch *shop.Channel, list []shop.Finding) error {
	if c.JSON {
		for _, f := range list {
			line := struct {
				Channel int64 `json:"channel"`
				shop.Finding
			}{ch.ID, f}
			if err := e.sayJSON(line); err != nil {
				return err
			}
		}
		return nil
	}
	e.say("Channel %d %s", ch.ID, printable(ch.Name))
	if len(ch.BrokenCookie()) == 0 {
		e.say("  %s", printable(ch.Cookie().Words()))
	}
	for _, f := range list {
		e.say("\n  %s (%s): %s", strings.ToUpper(string(f.Level)), f.Code, printable(f.Text))
		if f.Do != "" {
			e.say("    %s", printable(f.Do))
		}
	}
	return nil
}
