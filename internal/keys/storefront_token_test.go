package keys_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

var (
	signer = keys.NewRing([][]byte{[]byte(a32)})
	store  = &shop.Store{ID: 7, Hash: "abc"}
)

func pair(t testing.TB, id int64) shop.SigningKey {
	t.Helper()
	k, err := signer.NewSigningKey(store.Hash)
	if err != nil {
		t.Fatal(err)
	}
	k.ID = id
	return k
}

func signed(t testing.TB, k shop.SigningKey, s *shop.Store) string {
	t.Helper()
	at := time.Unix(1_700_000_000, 0)
	text, err := signer.SignToken(s, k, shop.StorefrontToken{Kind: shop.TokenPrivate, ChannelIDs: []int64{1, 2}, CreatedAt: at, ExpiresAt: at.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func part(t testing.TB, text string, i int) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func encoded(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }

func TestTokensSayWhatThePlatformsDo(t *testing.T) {
	t.Parallel()
	text := signed(t, pair(t, 3), store)
	if h := part(t, text, 0); h["alg"] != "ES256" || h["kid"] != "3" || h["typ"] != "JWT" || len(h) != 3 {
		t.Errorf("header %v", h)
	}
	c := part(t, text, 1)
	sub, _ := c["sub"].(string)
	delete(c, "sub")
	got, _ := json.Marshal(c)
	const want = `{"cid":[1,2],"cors":[],"eat":1700003600,"iat":1700000000,"iss":"BC","sid":7,"sub_type":2,"token_type":2}`
	if string(got) != want || len(sub) != 26 {
		t.Errorf("sub %q, and\n%s, want\n%s", sub, got, want)
	}
}

// F1, and 2.2's words for each.
func TestCheckToken(t *testing.T) {
	t.Parallel()
	k, other := pair(t, 3), pair(t, 3)
	text := signed(t, k, store)
	head, rest, _ := strings.Cut(text, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	forged := func(header, payload string) string {
		body := encoded(header) + "." + payload
		mac := hmac.New(sha256.New, k.Public)
		mac.Write([]byte(body))
		return body + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	changed := encoded(strings.Replace(string(decoded(t, payload)), `"cid":[1,2]`, `"cid":[1,9]`, 1))
	for name, tt := range map[string]struct{ text, want string }{
		"a good one":                 {text, ""},
		"nothing":                    {"", shop.TextNotJWT},
		"a word":                     {"undefined", shop.TextNotJWT},
		"two dots":                   {"..", shop.TextNoJSON},
		"a part too few":             {head + "." + payload, shop.TextNotJWT},
		"a part too many":            {text + ".x", shop.TextNotJWT},
		"a megabyte of dots":         {strings.Repeat(".", 1<<20), shop.TextNotJWT},
		"dots within bounds":         {strings.Repeat(".", 8000), shop.TextNotJWT},
		"padded":                     {text + "=", shop.TextNotJWT},
		"a space in it":              {head + "." + payload + " ." + signature, shop.TextNotJWT},
		"header no JSON":             {encoded("x") + "." + payload + "." + signature, shop.TextNoJSON},
		"payload no JSON":            {head + "." + encoded("{") + "." + signature, shop.TextNoJSON},
		"payload of another shape":   {head + "." + encoded(`{"sid":"7"}`) + "." + signature, shop.TextUnknownFormat},
		"payload a list":             {head + "." + encoded(`[]`) + "." + signature, shop.TextUnknownFormat},
		"payload empty":              {head + "." + encoded(`{}`) + "." + signature, shop.TextUnknownFormat},
		"another issuer":             {head + "." + encoded(`{"iss":"x","eat":1,"sid":7,"cid":[1]}`) + "." + signature, shop.TextUnknownFormat},
		"no channel":                 {head + "." + encoded(`{"iss":"BC","eat":1,"sid":7,"cid":[]}`) + "." + signature, shop.TextUnknownFormat},
		"no expiry":                  {head + "." + encoded(`{"iss":"BC","sid":7,"cid":[1]}`) + "." + signature, shop.TextUnknownFormat},
		"a changed payload":          {head + "." + changed + "." + signature, shop.TextBadSignature},
		"another store's":            {signed(t, k, &shop.Store{ID: 8, Hash: "abc"}), shop.TextOtherStore},
		"another key of that id":     {signed(t, other, store), shop.TextBadSignature},
		"a key that nobody knows":    {signed(t, pair(t, 4), store), shop.TextBadSignature},
		"alg none":                   {encoded(`{"alg":"none","kid":"3"}`) + "." + payload + ".", shop.TextBadSignature},
		"alg None":                   {encoded(`{"alg":"None","kid":"3"}`) + "." + payload + "." + signature, shop.TextBadSignature},
		"no alg":                     {encoded(`{"kid":"3"}`) + "." + payload + "." + signature, shop.TextBadSignature},
		"alg a number":               {encoded(`{"alg":1,"kid":"3"}`) + "." + payload + "." + signature, shop.TextBadSignature},
		"HS256 with the public half": {forged(`{"alg":"HS256","kid":"3"}`, payload), shop.TextBadSignature},
		"ES384":                      {encoded(`{"alg":"ES384","kid":"3"}`) + "." + payload + "." + signature, shop.TextBadSignature},
		"no kid":                     {encoded(`{"alg":"ES256"}`) + "." + payload + "." + signature, shop.TextBadSignature},
		"kid a number":               {encoded(`{"alg":"ES256","kid":3}`) + "." + payload + "." + signature, shop.TextBadSignature},
		"a jwk of its own":           {encoded(`{"alg":"ES256","kid":"9","jwk":{}}`) + "." + payload + "." + signature, shop.TextBadSignature},
		"no signature":               {head + "." + payload + ".", shop.TextBadSignature},
		"half a signature":           {head + "." + payload + "." + signature[:44], shop.TextBadSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, code := "", shop.Unauthenticated
			if err := keys.CheckToken(tt.text, store.ID, []shop.SigningKey{pair(t, 2), k}); err != nil {
				got, code = err.Error(), shop.CodeOf(err)
			}
			if got != tt.want || code != shop.Unauthenticated {
				t.Errorf("got %s %q, want %q", code, got, tt.want)
			}
		})
	}
}

func decoded(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The last character of a signature has bits that say nothing: two texts for one
// token would be two entries in every list of what is known.
func TestTokensHaveOneSpelling(t *testing.T) {
	t.Parallel()
	k := pair(t, 1)
	text := signed(t, k, store)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, text[len(text)-1])
	for i := range len(alphabet) {
		respelt := text[:len(text)-1] + alphabet[i:i+1]
		if err := keys.CheckToken(respelt, store.ID, []shop.SigningKey{k}); (err == nil) != (i == last) {
			t.Errorf("%q in place of %q: %v", alphabet[i], alphabet[last], err)
		}
	}
}

func TestSigningKeysAreSealedForTheirStore(t *testing.T) {
	t.Parallel()
	k := pair(t, 1)
	if bytes.Contains([]byte(k.PrivateSealed), k.Public) || strings.Contains(k.PrivateSealed, "PRIVATE") {
		t.Error("a key lies open")
	}
	for name, tt := range map[string]struct {
		ring *keys.Ring
		hash string
	}{
		"another store": {signer, "other"}, "another secret": {keys.NewRing([][]byte{[]byte(b32)}), "abc"},
	} {
		if _, err := tt.ring.SignToken(&shop.Store{ID: 7, Hash: tt.hash}, k, shop.StorefrontToken{}); err == nil {
			t.Errorf("%s can sign with it", name)
		}
		if tt.ring.CanSign(&shop.Store{ID: 7, Hash: tt.hash}, k) {
			t.Errorf("%s believes that it can", name)
		}
	}
	rotated := keys.NewRing([][]byte{[]byte(b32), []byte(a32)})
	if _, err := rotated.SignToken(store, k, shop.StorefrontToken{}); err != nil || !rotated.CanSign(store, k) {
		t.Errorf("a new secret in front locks it away: %v", err)
	}
}
