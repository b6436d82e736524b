package keys_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"regulars/internal/keys"
)

var (
	a32 = strings.Repeat("a", keys.MinLength)
	b32 = strings.Repeat("b", keys.MinLength)
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, list string
		want       []string // nil for a refusal
	}{
		{"one", a32, []string{a32}},
		{"newest first", b32 + "," + a32, []string{b32, a32}},
		{"spaces around", " " + b32 + " ,\n" + a32 + "\n", []string{b32, a32}},
		{"longer", a32 + "+/=", []string{a32 + "+/="}},
		{"empty", "", nil},
		{"too short", a32[1:], nil},
		{"long enough with its spaces only", " " + a32[1:], nil},
		{"the second too short", a32 + ",b", nil},
		{"a comma too many", a32 + ",", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := keys.Parse(tt.list)
			if err != nil {
				if tt.want != nil || !strings.Contains(err.Error(), "32 bytes") || strings.Contains(err.Error(), "aaa") {
					t.Errorf("got %v", err)
				}
				return
			}
			if want := strings.Join(tt.want, "|"); tt.want == nil || string(bytes.Join(got, []byte("|"))) != want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Every purpose and every list of parts has a digest of its own.
func TestHMACKeepsPurposesAndPartsApart(t *testing.T) {
	t.Parallel()
	ring := keys.NewRing([][]byte{[]byte(a32)})
	seen := map[string]string{}
	for name, sum := range map[string][]byte{
		"nothing":               ring.HMAC("limit"),
		"an empty part":         ring.HMAC("limit", ""),
		"two empty parts":       ring.HMAC("limit", "", ""),
		"ab":                    ring.HMAC("limit", "ab"),
		"a, b":                  ring.HMAC("limit", "a", "b"),
		"b, a":                  ring.HMAC("limit", "b", "a"),
		"ab, empty":             ring.HMAC("limit", "ab", ""),
		"empty, ab":             ring.HMAC("limit", "", "ab"),
		"parts that hold zeros": ring.HMAC("limit", "a\x00\x00\x00\x00\x00\x00\x00\x01b"),
		"another purpose":       ring.HMAC("reset", "a", "b"),
		"purpose and part":      ring.HMAC("limita", "b"),
		"another secret":        keys.NewRing([][]byte{[]byte(b32)}).HMAC("limit", "a", "b"),
	} {
		if len(sum) != 32 {
			t.Errorf("%s: %d bytes", name, len(sum))
		}
		if other, ok := seen[string(sum)]; ok {
			t.Errorf("%q and %q have the same digest", name, other)
		}
		seen[string(sum)] = name
	}
}

func TestHMACIsTheNewestSecrets(t *testing.T) {
	t.Parallel()
	alone := keys.NewRing([][]byte{[]byte(a32)}).HMAC("limit", "x")
	if got := keys.NewRing([][]byte{[]byte(a32), []byte(b32)}).HMAC("limit", "x"); !bytes.Equal(got, alone) {
		t.Error("an older secret changes it")
	}
	if got := keys.NewRing([][]byte{[]byte(b32), []byte(a32)}).HMAC("limit", "x"); bytes.Equal(got, alone) {
		t.Error("a newer secret does not change it")
	}
}

func TestDerivedKeysAreOnePerSecretAndPurpose(t *testing.T) {
	t.Parallel()
	secrets := [][]byte{[]byte(b32), []byte(a32)}
	cookies, mails := keys.Derived(secrets, "session cookie"), keys.Derived(secrets, "mail")
	seen := map[string]bool{a32: true, b32: true}
	for _, key := range append(append([][]byte{}, cookies...), mails...) {
		if len(key) != 32 || seen[string(key)] {
			t.Errorf("key %x: of another length, or there already", key)
		}
		seen[string(key)] = true
	}
	again := keys.Derived([][]byte{[]byte(a32)}, "session cookie")
	if !bytes.Equal(again[0], cookies[1]) {
		t.Error("a key depends on its neighbours")
	}
}

// C2: 256 bits, never twice.
func TestTokens(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10_000 {
		token := keys.NewToken()
		if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) != 32 || seen[token] {
			t.Fatalf("token of %d bytes, seen before: %v, %v", len(raw), seen[token], err)
		}
		seen[token] = true
	}
	if got := keys.Hash("abc"); hex.EncodeToString(got[:4]) != "ba7816bf" {
		t.Errorf("Hash is not SHA-256: %x", got)
	}
}
