// Package keys derives one key per purpose from the server's secrets, seals with
// them, and makes tokens: random ones, and those of mails.
package keys

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"

	"regulars/internal/shop"
)

// MinLength is how many bytes a secret has at least.
const MinLength = 32

// Parse reads a comma-separated list of secrets, newest first.
func Parse(list string) ([][]byte, error) {
	var out [][]byte
	for s := range strings.SplitSeq(list, ",") {
		s = strings.TrimSpace(s)
		if len(s) < MinLength {
			return nil, errors.New("each key needs 32 bytes or more; openssl rand -base64 48 makes one")
		}
		out = append(out, []byte(s))
	}
	return out, nil
}

// Ring holds the server's secrets.
type Ring struct{ secrets [][]byte }

// NewRing takes secrets, newest first; at least one.
func NewRing(secrets [][]byte) *Ring { return &Ring{secrets} }

// derive is HKDF-SHA256: what is known of one purpose's key says nothing about
// another's.
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "regulars/"+purpose, 32)
	if err != nil {
		panic("keys: " + err.Error()) // only a length that SHA-256 cannot give
	}
	return key
}

// HMAC is a keyed hash of parts, by the newest secret: for things that may be
// forgotten when keys change. Parts cannot run into one another.
func (r *Ring) HMAC(purpose string, parts ...string) []byte {
	return digest(derive(r.secrets[0], purpose), parts...)
}

func digest(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(joined(parts))
	return h.Sum(nil)
}

// joined is all parts, each preceded by its length: no two lists look alike.
func joined(parts []string) (out []byte) {
	for _, p := range parts {
		out = binary.BigEndian.AppendUint64(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// Derived gives the keys of a purpose, newest first.
func Derived(secrets [][]byte, purpose string) [][]byte {
	out := make([][]byte, len(secrets))
	for i, s := range secrets {
		out[i] = derive(s, purpose)
	}
	return out
}

// NewToken is 256 random bits in base64url. Only its Hash is ever stored.
func NewToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand crashes the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// MACKeys are keys for a purpose and for what they belong to, newest first: the
// first signs, all of them verify.
func (r *Ring) MACKeys(purpose string, belongsTo ...string) [][]byte {
	out := make([][]byte, len(r.secrets))
	for i, secret := range r.secrets {
		out[i] = digest(derive(secret, purpose), belongsTo...)
	}
	return out
}

// NewSecret is 256 random bits for a session of that kind: in hex where it is a
// customer access token, which has that form.
func NewSecret(kind shop.SessionKind) string {
	if kind != shop.KindToken {
		return NewToken()
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// Hash is what a table holds of a token.
func Hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }
