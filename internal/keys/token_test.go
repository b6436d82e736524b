package keys_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

func ring(secrets ...string) *keys.Ring {
	var out [][]byte
	for _, s := range secrets {
		out = append(out, []byte(s))
	}
	return keys.NewRing(out)
}

// The row has the text's hash, and the ring the text, as often as it is asked.
func TestMintedTokenIsComputedAgain(t *testing.T) {
	t.Parallel()
	r := ring(a32)
	seen := map[string]bool{}
	for range 100 {
		tok := r.Mint(5, shop.TokenReset, 7)
		text, ok := r.Text(5, tok)
		again, _ := ring(a32).Text(5, tok)
		hash := keys.Hash(text)
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if !ok || again != text || !bytes.Equal(hash[:], tok.Hash) || err != nil || len(raw) != 32 || len(tok.Salt) != 16 {
			t.Fatalf("%+v is %q, then %q, %v", tok, text, again, err)
		}
		if seen[text] || tok.Purpose != shop.TokenReset || tok.SubjectID != 7 {
			t.Fatalf("%+v: seen before, or of something else", tok)
		}
		seen[text] = true
	}
}

// A text is that of one store, purpose, subject and salt.
func TestTokensOfOthersAreOthers(t *testing.T) {
	t.Parallel()
	r := ring(a32)
	tok := r.Mint(5, shop.TokenReset, 7)
	purpose, subject, salt, hash := tok, tok, tok, tok
	purpose.Purpose, subject.SubjectID, salt.Salt, hash.Hash = shop.TokenEmail, 8, bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{1}, 32)
	for name, other := range map[string]shop.Token{"purpose": purpose, "subject": subject, "salt": salt, "hash": hash} {
		if got, ok := r.Text(5, other); ok || got != "" {
			t.Errorf("another %s makes no difference", name)
		}
	}
	if _, ok := r.Text(6, tok); ok {
		t.Error("another store makes no difference")
	}
	if _, ok := r.Text(5, tok); !ok {
		t.Error("its own text is none")
	}
}

// Rotation: mails minted before it can still be rendered, until the secret goes.
func TestTokensOutliveRotation(t *testing.T) {
	t.Parallel()
	old := ring(a32).Mint(5, shop.TokenReset, 7)
	want, _ := ring(a32).Text(5, old)
	if got, ok := ring(b32, a32).Text(5, old); !ok || got != want {
		t.Errorf("after rotation: %q, %v", got, ok)
	}
	if got, ok := ring(b32).Text(5, old); ok || got != "" {
		t.Errorf("after the secret is gone: %q", got)
	}
	rotated := ring(b32, a32)
	if fresh := rotated.Mint(5, shop.TokenReset, 7); fresh.KeyID != ring(b32).KeyIDs()[0] {
		t.Error("the newest secret does not mint")
	}
	ids := rotated.KeyIDs()
	if !slices.Equal(ids, []string{ring(b32).KeyIDs()[0], old.KeyID}) || strings.Contains(strings.Join(ids, ""), "aaaa") {
		t.Errorf("ids %v", ids)
	}
}
