package storage_test

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"regulars/internal/keys"
	"regulars/internal/shop"
	"regulars/storage"
)

func ringOf(letters ...string) *keys.Ring {
	var secrets [][]byte
	for _, l := range letters {
		secrets = append(secrets, bytes.Repeat([]byte(l), keys.MinLength))
	}
	return keys.NewRing(secrets)
}

// issue gives the text that a mail would have.
func (w *world) issue(t testing.TB, ring *keys.Ring, purpose shop.TokenPurpose, subject int64) string {
	t.Helper()
	tok := ring.Mint(w.store, purpose, subject)
	tok.Payload = shop.TokenPayload{Path: "/new"}
	must(t, w.s.IssueToken(t.Context(), w.store, tok, shop.EventResetRequested, shop.EventData{ChannelID: 1}))
	text, ok := ring.Text(w.store, tok)
	if !ok {
		t.Fatal("the ring does not know its own token")
	}
	return text
}

func redeemed(w *world, text string, r storage.Redemption) (shop.Token, error) {
	r.Hash = keys.Hash(text)
	return w.s.Redeem(w.store, r)
}

// E4: one of fifty who come at the same time.
func TestTokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ring := ringOf("a")
	stores := []*storage.Store{w.s, w.s2(t)}
	for range 3 {
		text := w.issue(t, ring, shop.TokenReset, 7)
		var won atomic.Int32
		allFine(t, together(50, func(i int) error {
			tok, err := stores[i%2].Redeem(w.store, storage.Redemption{Purpose: shop.TokenReset, Hash: keys.Hash(text), KeyIDs: ring.KeyIDs()})
			switch {
			case err == nil && tok.SubjectID == 7 && tok.Payload.Path == "/new" && tok.Purpose == shop.TokenReset:
				won.Add(1)
			case shop.CodeOf(err) != shop.NotFound:
				return err
			}
			return nil
		}))
		if won.Load() != 1 {
			t.Errorf("%d of 50 got in", won.Load())
		}
	}
}

// Whatever is wrong with a token, the answer is one and the same.
func TestTokenThatDoesNotFit(t *testing.T) {
	t.Parallel()
	ring := ringOf("a")
	fits := storage.Redemption{Purpose: shop.TokenReset, KeyIDs: ring.KeyIDs()}
	for name, spoil := range map[string]func(w *world, text *string, r *storage.Redemption){
		"another text":    func(_ *world, text *string, _ *storage.Redemption) { *text = strings.ToLower(*text) + "x" },
		"another purpose": func(_ *world, _ *string, r *storage.Redemption) { r.Purpose = shop.TokenEmail },
		"another subject": func(_ *world, _ *string, r *storage.Redemption) { r.SubjectID = 8 },
		"another store":   func(w *world, _ *string, _ *storage.Redemption) { w.store = w.addStore(t, "two") },
		"over its time": func(w *world, _ *string, _ *storage.Redemption) {
			w.owner.MustExec(`UPDATE tokens SET expires_at = now()`)
		},
		"used": func(w *world, text *string, r *storage.Redemption) { _, err := redeemed(w, *text, *r); must(t, err) },
		"killed": func(w *world, _ *string, _ *storage.Redemption) {
			must(t, w.s.Kill(w.store, 7, shop.TokenEmail, shop.TokenReset))
		},
		"a newer one":      func(w *world, _ *string, _ *storage.Redemption) { w.issue(t, ring, shop.TokenReset, 7) },
		"its secret gone":  func(_ *world, _ *string, r *storage.Redemption) { r.KeyIDs = ringOf("b", "c").KeyIDs() },
		"no secret at all": func(_ *world, _ *string, r *storage.Redemption) { r.KeyIDs = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			text, r := w.issue(t, ring, shop.TokenReset, 7), fits
			spoil(w, &text, &r)
			_, err := redeemed(w, text, r)
			wantCode(t, err, shop.NotFound)
			if err == nil || err.Error() != "This link does not work any more." {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTokenThatFits(t *testing.T) {
	t.Parallel()
	ring := ringOf("a")
	for name, harmless := range map[string]func(w *world, r *storage.Redemption){
		"the subject named":       func(_ *world, r *storage.Redemption) { r.SubjectID = 7 },
		"the secret not newest":   func(_ *world, r *storage.Redemption) { r.KeyIDs = ringOf("b", "a").KeyIDs() },
		"another purpose's newer": func(w *world, _ *storage.Redemption) { w.issue(t, ring, shop.TokenEmail, 7) },
		"another subject's newer": func(w *world, _ *storage.Redemption) { w.issue(t, ring, shop.TokenReset, 8) },
		"others killed": func(w *world, _ *storage.Redemption) {
			must(t, w.s.Kill(w.store, 7, shop.TokenEmail))
			must(t, w.s.Kill(w.store, 8, shop.TokenReset))
		},
		"the last minute": func(w *world, _ *storage.Redemption) {
			w.owner.MustExec(`UPDATE tokens SET expires_at = now() + interval '1 minute'`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			text, r := w.issue(t, ring, shop.TokenReset, 7), storage.Redemption{Purpose: shop.TokenReset, KeyIDs: ring.KeyIDs()}
			harmless(w, &r)
			tok, err := redeemed(w, text, r)
			if again, ok := ring.Text(w.store, tok); err != nil || !ok || again != text {
				t.Errorf("%v; the text is the mail's: %v", err, again == text)
			}
		})
	}
}

// A redemption whose transaction fails has not happened.
func TestRedemptionThatIsRolledBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ring := ringOf("a")
	text := w.issue(t, ring, shop.TokenReset, 7)
	r := storage.Redemption{Purpose: shop.TokenReset, Hash: keys.Hash(text), KeyIDs: ring.KeyIDs()}
	failed := errors.New("the password is too well known")
	if _, err := w.s.RedeemAnd(w.store, r, failed); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if _, err := w.s.Redeem(w.store, r); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A token lives as long as its purpose, and its event names it without telling
// anything.
func TestTokenAndItsEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ring := ringOf("a")
	text := w.issue(t, ring, shop.TokenReset, 7)
	w.issue(t, ring, shop.TokenRegistration, 7)
	w.wantCount(t, 1, `tokens WHERE purpose = 'reset' AND expires_at BETWEEN now() + interval '29 minutes' AND now() + interval '30 minutes'`)
	w.wantCount(t, 1, `tokens WHERE purpose = 'registration' AND expires_at BETWEEN now() + interval '23 hours' AND now() + interval '24 hours'`)
	w.wantCount(t, 1, `events e JOIN tokens t ON t.store_id = e.store_id AND t.hash = decode(e.data ->> 'token', 'base64')
		WHERE e.entity = 'customer' AND e.entity_id = 7 AND e.data ->> 'channelId' = '1' AND t.purpose = 'reset'`)
	w.wantCount(t, 1, `events WHERE entity = 'registration' AND entity_id = 7`)
	// K1: the text is nowhere.
	for _, table := range []string{"events", "tokens", "jobs"} {
		w.wantCount(t, 0, table+` x WHERE strpos(x::text, $1) > 0`, text)
	}
	hash := keys.Hash(text)
	if _, live, ok, err := w.s.Token(t.Context(), w.store, hash[:]); !live || !ok || err != nil {
		t.Errorf("live %v, there %v, %v", live, ok, err)
	}
	must(t, w.s.Kill(w.store, 7, shop.TokenReset))
	tok, live, ok, err := w.s.Token(t.Context(), w.store, hash[:])
	if live || !ok || err != nil || tok.Payload.Path != "/new" {
		t.Errorf("killed: live %v, there %v, %+v, %v", live, ok, tok, err)
	}
	if _, _, ok, err := w.s.Token(t.Context(), w.store, []byte("none")); ok || err != nil {
		t.Errorf("none: there %v, %v", ok, err)
	}
}
