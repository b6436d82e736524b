package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// errSealed says no more: what did not fit is nobody's business.
var errSealed = errors.New("keys: this cannot be opened; its key may be gone from SECRET_KEYS, or it was sealed for something else")

// Seal encrypts text for a purpose and for what it belongs to (a store's hash, a
// row's id): it can be opened only for the same. What comes out names the key, so
// that it opens as long as that key is in SECRET_KEYS.
func (r *Ring) Seal(purpose, text string, belongsTo ...string) string {
	secret := r.secrets[0]
	sealed := aead(secret, purpose).Seal(nil, nil, []byte(text), joined(append([]string{purpose}, belongsTo...)))
	return keyID(secret) + "." + base64.RawURLEncoding.EncodeToString(sealed)
}

// Open is the text that Seal was given.
func (r *Ring) Open(purpose, sealed string, belongsTo ...string) (string, error) {
	id, body, _ := strings.Cut(sealed, ".")
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return "", errSealed
	}
	for _, secret := range r.secrets {
		if keyID(secret) != id {
			continue
		}
		if text, err := aead(secret, purpose).Open(nil, nil, b, joined(append([]string{purpose}, belongsTo...))); err == nil {
			return string(text), nil
		}
	}
	return "", errSealed
}

// aead is AES-256-GCM, which puts a random nonce in front.
func aead(secret []byte, purpose string) cipher.AEAD {
	block, err := aes.NewCipher(derive(secret, "seal/"+purpose))
	if err == nil {
		var out cipher.AEAD
		if out, err = cipher.NewGCMWithRandomNonce(block); err == nil {
			return out
		}
	}
	panic("keys: " + err.Error()) // only a length that AES does not have
}

// keyID tells keys apart, and nothing else about them.
func keyID(secret []byte) string { return hex.EncodeToString(derive(secret, "id")[:4]) }
