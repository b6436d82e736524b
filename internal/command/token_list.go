package command

import (
	"strings"
	"time"

	"regulars/internal/shop"
)

// TokenList prints the tokens of a store.
type TokenList struct {
	Store string `arg:"" help:"Hash of the store."`
	JSON  bool   `name:"json" help:"One JSON object a line."`
}

// tokenLine is a token as JSON.
type tokenLine struct {
	ID       int64                    `json:"id"`
	Kind     shop.StorefrontTokenKind `json:"kind"`
	Name     string                   `json:"name"`
	Channels []int64                  `json:"channel_ids"`
	Scopes   []shop.TokenScope        `json:"scopes"`
	Origins  []string                 `json:"origins"`
	Created  *time.Time               `json:"date_created"`
	Expires  *time.Time               `json:"date_expires"`
	Revoked  *time.Time               `json:"date_revoked"`
}

// Run implements kong's command.
func (c *TokenList) Run(e *Env) error {
	s, err := e.Storage.SnapshotByHash(e.Ctx, c.Store)
	if err != nil {
		return err
	}
	tokens, err := e.Storage.StorefrontTokens(e.Ctx, s.Store.ID)
	if err != nil {
		return err
	}
	if !c.JSON {
		return e.table(func(line func(string, ...any)) {
			for _, t := range tokens {
				line("%d\t%s\t%s\tchannels %s\t%s\tuntil %s%s", t.ID, t.Kind, or(printable(t.Name), "-"), joined(t.ChannelIDs, "-"),
					or(joined(t.Scopes, "")+printable(strings.Join(t.Origins, ", ")), "-"), moment(t.ExpiresAt), yes(t.RevokedAt != nil, ", revoked", ""))
			}
		})
	}
	for _, t := range tokens {
		if err := e.sayJSON(tokenLineOf(t)); err != nil {
			return err
		}
	}
	return nil
}

func tokenLineOf(t shop.StorefrontToken) tokenLine {
	return tokenLine{t.ID, t.Kind, t.Name, t.ChannelIDs, append([]shop.TokenScope{}, t.Scopes...), append([]string{}, t.Origins...),
		utc(&t.CreatedAt), utc(&t.ExpiresAt), utc(t.RevokedAt)}
}
