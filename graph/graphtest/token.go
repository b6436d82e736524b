package graphtest

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"regulars/internal/command"
	"regulars/internal/keys"
)

// Token makes a storefront token as an operator does, for a day in channel 1 of
// the demo store unless c says otherwise, and gives its text.
func (s *Server) Token(t testing.TB, c command.TokenCreate) string {
	t.Helper()
	if c.Store == "" {
		c.Store = "demo"
	}
	if c.Expires == "" {
		c.Expires = "24h"
	}
	if c.Channel == nil {
		c.Channel = []int64{1}
	}
	var out bytes.Buffer
	env := &command.Env{Ctx: context.Background(), Storage: s.Storage, Out: &out, Keys: func() (*keys.Ring, error) { return s.ring, nil }}
	if err := c.Run(env); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1]
}

// WithToken sends a storefront token.
func WithToken(text string) Header { return Header{"Authorization", "Bearer " + text} }
