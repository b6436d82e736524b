package command

import (
	"fmt"
	"strings"
	"time"

	"regulars/internal/shop"
)

// AppList prints the apps of a store.
type AppList struct {
	Store string `arg:"" help:"Hash of the store."`
	JSON  bool   `name:"json" help:"One JSON object a line."`
}

// Run implements kong's command.
func (c *AppList) Run(e *Env) error {
	s, err := e.store(c.Store)
	if err != nil {
		return err
	}
	apps, err := e.Storage.Apps(e.Ctx, s.ID)
	if err != nil {
		return err
	}
	if !c.JSON {
		return e.apps(apps)
	}
	for _, a := range apps {
		if err := e.sayJSON(appLineOf(a)); err != nil {
			return err
		}
	}
	return nil
}

// appLine is an app as JSON; null channels are all.
type appLine struct {
	ClientID  string          `json:"client_id"`
	Name      string          `json:"name"`
	Scopes    []shop.AppScope `json:"scopes"`
	Channels  []int64         `json:"channel_ids"`
	CreatedAt *time.Time      `json:"date_created"`
	RevokedAt *time.Time      `json:"date_revoked"`
	Secrets   []secretLine    `json:"secrets"`
}

type secretLine struct {
	ID        int64      `json:"id"`
	CreatedAt *time.Time `json:"date_created"`
	ExpiresAt *time.Time `json:"date_expires"`
}

func appLineOf(a shop.App) appLine {
	line := appLine{
		ClientID: a.ClientID, Name: a.Name, Scopes: append([]shop.AppScope{}, a.Scopes...), Channels: a.ChannelIDs,
		CreatedAt: utc(&a.CreatedAt), RevokedAt: utc(a.RevokedAt), Secrets: []secretLine{},
	}
	for _, s := range a.Secrets {
		line.Secrets = append(line.Secrets, secretLine{s.ID, utc(&s.CreatedAt), utc(s.ExpiresAt)})
	}
	return line
}

// apps prints apps for people.
func (e *Env) apps(apps []shop.App) error {
	if len(apps) == 0 {
		e.say("No apps.")
		return nil
	}
	return e.table(func(line func(string, ...any)) {
		for _, a := range apps {
			line("App %s\t%s", a.ClientID, printable(a.Name))
			line("  scopes\t%s", joined(a.Scopes, "-"))
			line("  channels\t%s", yes(a.ChannelIDs == nil, "all", joined(a.ChannelIDs, "-")))
			line("  state\t%s", appState(a))
			for _, s := range a.Secrets {
				line("  secret %d\tsince %s%s", s.ID, moment(s.CreatedAt), until(s.ExpiresAt))
			}
		}
	})
}

func appState(a shop.App) string {
	switch {
	case a.RevokedAt != nil:
		return "revoked " + moment(*a.RevokedAt)
	case len(a.Secrets) == 0:
		return "without a secret"
	}
	return "active"
}

func until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return ", until " + moment(*t)
}

// joined is a list on one line, or a word for an empty one.
func joined[T any](list []T, empty string) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	return or(strings.Join(words, ", "), empty)
}
