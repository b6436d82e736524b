package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strconv"

	"regulars/internal/shop"
)

// Mint makes the token of a mail (decision 25): what a table may hold of it. The
// text itself is nowhere; Text computes it when the mail is rendered.
func (r *Ring) Mint(storeID int64, purpose shop.TokenPurpose, subjectID int64) shop.Token {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails: crypto/rand crashes the process instead
	t := shop.Token{Purpose: purpose, SubjectID: subjectID, Salt: salt, KeyID: keyID(r.secrets[0])}
	hash := Hash(tokenText(r.secrets[0], storeID, t))
	t.Hash = hash[:]
	return t
}

// Text is what goes into the mail. ok is false when the secret that the token
// was minted with is no longer among the server's, or the row is not as it was.
func (r *Ring) Text(storeID int64, t shop.Token) (text string, ok bool) {
	for _, secret := range r.secrets {
		if keyID(secret) != t.KeyID {
			continue
		}
		text = tokenText(secret, storeID, t)
		if hash := Hash(text); bytes.Equal(hash[:], t.Hash) {
			return text, true
		}
	}
	return "", false
}

// KeyIDs names the secrets, newest first. Whoever redeems a token insists on one
// of them: what a secret that was taken out has minted is dead.
func (r *Ring) KeyIDs() []string {
	ids := make([]string, len(r.secrets))
	for i, secret := range r.secrets {
		ids[i] = keyID(secret)
	}
	return ids
}

func tokenText(secret []byte, storeID int64, t shop.Token) string {
	sum := digest(derive(secret, "mail token"), strconv.FormatInt(storeID, 10), string(t.Purpose),
		strconv.FormatInt(t.SubjectID, 10), string(t.Salt))
	return base64.RawURLEncoding.EncodeToString(sum)
}
