//go:build slow

package account_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/keys"
	"regulars/internal/password"
	"regulars/internal/shop"
)

// E2 for all that anybody may ask of an address: whether there is an account, a
// sign-up or nothing takes the same time.
func TestSlowRequestTiming(t *testing.T) {
	s := graphtest.New(t)
	require(t, s)
	copies(t, s.DB.Owner(t), map[string]string{"disabled@example.com": `disabled_at = now()`, "unproved@example.com": `email_verified_at = NULL`})
	snapshot, err := s.Storage.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.New(s.Storage, password.New(0), keys.NewRing([][]byte{graphtest.Key}), limits(func(l *account.Limits) {
		generous(l)
		l.MailPerRecipient.Burst, l.MailPerRecipientDay.Burst = 1_000_000, 1_000_000
	}))
	store, channel := &snapshot.Store, snapshot.Channels[0]
	request := func(email string) account.LinkRequest {
		return account.LinkRequest{Store: store, Channel: channel, Email: email, From: shop.Source{Prefix: "198.51.100.0/24"}}
	}
	signUp := func(ctx context.Context, email string) error {
		_, _, err := accounts.Register(ctx, store, channel, shop.Source{Prefix: "198.51.100.0/24"}, account.Proof{}, shop.Registration{
			Profile: shop.Profile{FirstName: "M", LastName: "S"}, Email: email, Password: fresh,
		})
		return err
	}
	if err := signUp(t.Context(), "waits@example.com"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		ask     func(ctx context.Context, email string) error
		samples int
		emails  []string
	}{
		{"reset", func(ctx context.Context, email string) error { return accounts.RequestReset(ctx, request(email)) }, 300,
			[]string{ada, "disabled@example.com", "nobody@example.com"}},
		{"resend", func(ctx context.Context, email string) error { return accounts.ResendConfirmation(ctx, request(email)) }, 300,
			[]string{ada, "unproved@example.com", "waits@example.com", "nobody@example.com"}},
		{"registration", signUp, 300, []string{ada, "disabled@example.com", "waits@example.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bound := within(tt.samples, 0.01, e2)
			var classes []attempt
			var order []int
			for i, email := range tt.emails {
				classes = append(classes, attempt{name: email})
				order = append(order, slices.Repeat([]int{i}, bound.samples)...)
			}
			for range bound.attempts {
				rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				took := make([][]float64, len(classes))
				for _, class := range order {
					start := time.Now()
					if err := tt.ask(t.Context(), tt.emails[class]); err != nil {
						t.Fatal(err)
					}
					took[class] = append(took[class], time.Since(start).Seconds())
				}
				if bound.alike(t, classes, took) {
					return
				}
			}
			t.Error("the addresses can be told apart")
		})
	}
}
