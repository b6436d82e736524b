package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"regulars/internal/shop"
)

const signingKey = "signing key"

// NewSigningKey makes an ES256 pair for a store; its id is the database's to give.
func (r *Ring) NewSigningKey(storeHash string) (shop.SigningKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return shop.SigningKey{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return shop.SigningKey{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	sealed := r.Seal(signingKey, base64.RawURLEncoding.EncodeToString(secret), storeHash)
	return shop.SigningKey{Public: public, PrivateSealed: sealed}, err
}

func (r *Ring) private(storeHash string, key shop.SigningKey) (*ecdsa.PrivateKey, error) {
	text, err := r.Open(signingKey, key.PrivateSealed, storeHash)
	if err != nil {
		return nil, err
	}
	der, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errSealed
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	private, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil, errSealed
	}
	return private, nil
}

// CanSign tells whether the secret that a key was sealed with is still there.
func (r *Ring) CanSign(store *shop.Store, key shop.SigningKey) bool {
	_, err := r.private(store.Hash, key)
	return err == nil
}

// tokenClaims are named as in the platform's own tokens. Nothing in there is a
// secret: anybody can read it.
type tokenClaims struct {
	Issuer   string   `json:"iss"`
	IssuedAt int64    `json:"iat"`
	Expires  int64    `json:"eat"`
	StoreID  int64    `json:"sid"`
	Channels []int64  `json:"cid"`
	Origins  []string `json:"cors"`
	Subject  string   `json:"sub"`
	SubType  int      `json:"sub_type"`
	Type     int      `json:"token_type"`

	// Its methods make claims of this; it says nothing itself.
	jwt.RegisteredClaims `json:"-"`
}

const issuer = "BC"

// tokenTypes are the claim's numbers.
var tokenTypes = map[shop.StorefrontTokenKind]int{shop.TokenStorefront: 1, shop.TokenPrivate: 2, shop.TokenImpersonation: 3}

// SignToken is the text of a storefront token, with the key's id in its header.
func (r *Ring) SignToken(store *shop.Store, key shop.SigningKey, t shop.StorefrontToken) (string, error) {
	private, err := r.private(store.Hash, key)
	if err != nil {
		return "", err
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodES256, &tokenClaims{
		Issuer: issuer, IssuedAt: t.CreatedAt.Unix(), Expires: t.ExpiresAt.Unix(), StoreID: store.ID, Channels: t.ChannelIDs,
		Origins: append([]string{}, t.Origins...), Subject: strings.ToLower(rand.Text()), SubType: 2, Type: tokenTypes[t.Kind],
	})
	unsigned.Header["kid"] = strconv.FormatInt(key.ID, 10)
	return unsigned.SignedString(private)
}

// maxToken is longer than any token that SignToken makes.
const maxToken = 8 << 10

var tokens = jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithStrictDecoding())

// CheckToken tells whether one of the store's keys signed the text. It refuses in
// the platform's words (shop.TextNotJWT and so on); whether the token counts,
// and for what, is said by its row.
func CheckToken(text string, storeID int64, signers []shop.SigningKey) error {
	if len(text) > maxToken {
		return bad(shop.TextNotJWT)
	}
	var c tokenClaims
	_, err := tokens.ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) {
		switch {
		case c.Issuer != issuer || c.Expires == 0 || c.StoreID == 0 || len(c.Channels) == 0:
			return nil, bad(shop.TextUnknownFormat)
		case c.StoreID != storeID:
			return nil, bad(shop.TextOtherStore)
		}
		for _, k := range signers {
			if strconv.FormatInt(k.ID, 10) == t.Header["kid"] {
				return x509.ParsePKIXPublicKey(k.Public)
			}
		}
		return nil, bad(shop.TextBadSignature)
	})
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*shop.Error](err); ok {
		return refusal
	}
	if errors.Is(err, jwt.ErrTokenMalformed) {
		return bad(malformed(text))
	}
	return bad(shop.TextBadSignature)
}

// malformed tells which of three things it is.
func malformed(text string) string {
	parts := strings.SplitN(text, ".", 4)
	if len(parts) != 3 {
		return shop.TextNotJWT
	}
	for i, part := range parts {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return shop.TextNotJWT
		}
		if i < 2 && !json.Valid(decoded) {
			return shop.TextNoJSON
		}
	}
	return shop.TextUnknownFormat
}

func bad(text string) *shop.Error { return shop.Errorf(shop.Unauthenticated, text) }
