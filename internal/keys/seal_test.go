package keys_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"regulars/internal/keys"
)

func TestSealedOpensForTheSameAlone(t *testing.T) {
	t.Parallel()
	ring := keys.NewRing([][]byte{[]byte(a32)})
	sealed := ring.Seal("captcha", "a secret", "store", "1")
	if strings.Contains(sealed, "a secret") || sealed == ring.Seal("captcha", "a secret", "store", "1") {
		t.Errorf("%q", sealed)
	}
	if got, err := ring.Open("captcha", sealed, "store", "1"); err != nil || got != "a secret" {
		t.Errorf("%q, %v", got, err)
	}
	id, body, _ := strings.Cut(sealed, ".")
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	for name, open := range map[string]func() (string, error){
		"another purpose": func() (string, error) { return ring.Open("mail", sealed, "store", "1") },
		"another owner":   func() (string, error) { return ring.Open("captcha", sealed, "store", "2") },
		"no owner":        func() (string, error) { return ring.Open("captcha", sealed) },
		"owners joined":   func() (string, error) { return ring.Open("captcha", sealed, "store1") },
		"another key": func() (string, error) {
			return keys.NewRing([][]byte{[]byte(b32)}).Open("captcha", sealed, "store", "1")
		},
		"another key's name": func() (string, error) {
			return ring.Open("captcha", strings.Replace(sealed, id, "00000000", 1), "store", "1")
		},
		"a changed byte": func() (string, error) {
			return ring.Open("captcha", id+"."+base64.RawURLEncoding.EncodeToString(b), "store", "1")
		},
		"nothing":       func() (string, error) { return ring.Open("captcha", "", "store", "1") },
		"too short":     func() (string, error) { return ring.Open("captcha", id+".AAAA", "store", "1") },
		"not base64":    func() (string, error) { return ring.Open("captcha", id+".!", "store", "1") },
		"the name only": func() (string, error) { return ring.Open("captcha", id, "store", "1") },
	} {
		if got, err := open(); err == nil || got != "" || strings.Contains(err.Error(), "a secret") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestSealedOutlivesARotation(t *testing.T) {
	t.Parallel()
	before := keys.NewRing([][]byte{[]byte(a32)})
	sealed := before.Seal("captcha", "a secret", "store")
	after := keys.NewRing([][]byte{[]byte(b32), []byte(a32)})
	if got, err := after.Open("captcha", sealed, "store"); err != nil || got != "a secret" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := before.Open("captcha", after.Seal("captcha", "new", "store"), "store"); err == nil {
		t.Error("sealed with an old key")
	}
	for _, text := range []string{"", "ü\x00", strings.Repeat("x", 10000)} {
		if got, err := after.Open("p", after.Seal("p", text)); err != nil || got != text {
			t.Errorf("%.20q, %v", got, err)
		}
	}
}
