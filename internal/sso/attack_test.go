package sso_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"regulars/graph/graphtest"
)

// sign signs ada's claims, some of them changed, under any header.
func (w *world) sign(t testing.TB, header string, changed map[string]any) string {
	t.Helper()
	claims, err := json.Marshal(w.app.Claims(t, adaID, changed))
	if err != nil {
		t.Fatal(err)
	}
	return graphtest.SignHS256(header, string(claims), w.app.Secret)
}

// raw signs a payload that json.Marshal would not write.
func (w *world) raw(t testing.TB, edit func(payload string) string) string {
	t.Helper()
	claims, err := json.Marshal(w.app.Claims(t, adaID, nil))
	if err != nil {
		t.Fatal(err)
	}
	return graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, edit(string(claims)), w.app.Secret)
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forged are tokens whose signature is none, or is asked to be found elsewhere
// (F1).
func (w *world) forged(t *testing.T) map[string]string {
	good := w.app.LoginToken(t, adaID, nil)
	parts := strings.Split(good, ".")
	header := func(h string) string { return w.sign(t, h, nil) }
	unsigned := func(h string) string { return b64(h) + "." + parts[1] + "." }
	other := w.App(t, "demo")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rs := b64(`{"typ":"JWT","alg":"RS256"}`) + "." + parts[1]
	sum := sha256.Sum256([]byte(rs))
	rsaSignature, err := rsa.SignPKCS1v15(rand.Reader, rsaKey, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	hs384 := b64(`{"typ":"JWT","alg":"HS384"}`) + "." + parts[1]
	mac384 := hmac.New(crypto.SHA384.New, []byte(w.app.Secret))
	mac384.Write([]byte(hs384))
	// Another last character for the same bytes: two bits of it mean nothing.
	last := strings.IndexByte(alphabet, good[len(good)-1])
	return map[string]string{
		"alg none":           unsigned(`{"typ":"JWT","alg":"none"}`),
		"alg None":           unsigned(`{"typ":"JWT","alg":"None"}`),
		"alg NONE, signed":   header(`{"typ":"JWT","alg":"NONE"}`),
		"alg HS384":          hs384 + "." + base64.RawURLEncoding.EncodeToString(mac384.Sum(nil)),
		"alg HS384, HS256's": header(`{"typ":"JWT","alg":"HS384"}`),
		"alg RS256":          rs + "." + base64.RawURLEncoding.EncodeToString(rsaSignature),
		"alg hs256":          header(`{"typ":"JWT","alg":"hs256"}`),
		"alg empty":          header(`{"typ":"JWT","alg":""}`),
		"alg a number":       header(`{"typ":"JWT","alg":256}`),
		"alg a list":         header(`{"typ":"JWT","alg":["HS256"]}`),
		"no alg":             header(`{"typ":"JWT"}`),
		"two algs":           header(`{"typ":"JWT","alg":"HS256","alg":"none"}`),
		"typ other":          header(`{"typ":"at+jwt","alg":"HS256"}`),
		"typ a number":       header(`{"typ":1,"alg":"HS256"}`),
		"crit":               header(`{"typ":"JWT","alg":"HS256","crit":["exp"]}`),
		"crit empty":         header(`{"typ":"JWT","alg":"HS256","crit":[]}`),
		"kid":                header(`{"typ":"JWT","alg":"HS256","kid":"../../dev/null"}`),
		"kid, injection":     header(`{"typ":"JWT","alg":"HS256","kid":"x' UNION SELECT 'y"}`),
		"jku":                header(`{"typ":"JWT","alg":"HS256","jku":"https://evil.example/jwks"}`),
		"x5u":                header(`{"typ":"JWT","alg":"HS256","x5u":"https://evil.example/x5u"}`),
		"x5c":                header(`{"typ":"JWT","alg":"HS256","x5c":["AAAA"]}`),
		"jwk":                header(`{"typ":"JWT","alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}`),
		"b64":                header(`{"typ":"JWT","alg":"HS256","b64":false}`),
		"zip":                header(`{"typ":"JWT","alg":"HS256","zip":"DEF"}`),
		"header null":        header(`null`),
		"header a list":      header(`["HS256"]`),
		"header text":        header(`"HS256"`),
		"payload null":       graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, `null`, w.app.Secret),
		"payload a list":     graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, `[]`, w.app.Secret),
		"payload empty":      graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, ``, w.app.Secret),
		"payload not JSON":   graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, `{"iss"`, w.app.Secret),
		"changed payload":    parts[0] + "." + b64(strings.Replace(decode(t, parts[1]), `"customer_id":1`, `"customer_id":2`, 1)) + "." + parts[2],
		"changed header":     b64(`{"alg":"HS256","typ":"JWT"}`) + "." + parts[1] + "." + parts[2],
		"changed signature":  good[:len(good)-4] + "AAAA",
		"other last bits":    good[:len(good)-1] + string(alphabet[last^1]),
		"no signature":       parts[0] + "." + parts[1] + ".",
		"short signature":    good[:len(good)-8],
		"two parts":          parts[0] + "." + parts[1],
		"four parts":         good + ".x",
		"five parts":         good + ".x.y",
		"padded":             good + "=",
		"padded payload":     parts[0] + "." + parts[1] + "==." + parts[2],
		"other base64":       parts[0] + "." + strings.NewReplacer("-", "+", "_", "%2F").Replace(b64("\xff\xef\xbe")) + "." + parts[2],
		"a space in front":   "%20" + good,
		"a space behind":     good + "%20",
		"a line feed inside": good[:len(good)-5] + "%0A" + good[len(good)-5:],
		"a NUL":              good + "%00",
		"another app's":      graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, decode(t, parts[1]), other.Secret),
		"an empty secret":    graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, decode(t, parts[1]), ""),
		"the client id":      graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, decode(t, parts[1]), w.app.ClientID),
		"the server's key":   graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, decode(t, parts[1]), string(graphtest.Key)),
		"nothing":            "x",
		"dots":               strings.Repeat(".a", 20000),
		"too long":           w.sign(t, `{"typ":"JWT","alg":"HS256"}`, map[string]any{"x": strings.Repeat("x", 8<<10)}),
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func decode(t *testing.T, part string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var iatClaim = regexp.MustCompile(`"iat":\d+`)

// wrong are tokens that the app signed and that are refused for what they say
// (F2 to F5).
func (w *world) wrong(t *testing.T) map[string]string {
	now, ok := w.app.Claims(t, adaID, nil)["iat"].(int64)
	if !ok {
		t.Fatal("no iat")
	}
	out := map[string]string{}
	for name, changed := range map[string]map[string]any{
		"no iss": {"iss": nil}, "iss a number": {"iss": 1}, "iss unknown": {"iss": "app_unknown"}, "iss odd": {"iss": "app_' OR 1=1 --"}, "iss with NUL": {"iss": "app_\x00"},
		"iss in another case": {"iss": strings.ToUpper(w.app.ClientID)},
		"no iat":              {"iat": nil}, "iat too old": {"iat": now - 31}, "iat much too old": {"iat": now - 86400}, "iat ahead": {"iat": now + 300}, "iat far ahead": {"iat": now + 86400},
		"iat text": {"iat": fmt.Sprint(now)}, "iat broken": {"iat": float64(now) + 0.5}, "iat negative": {"iat": -now}, "iat 0": {"iat": 0}, "iat true": {"iat": true},
		"iat a list": {"iat": []int64{now}}, "iat in milliseconds": {"iat": now * 1000}, "iat huge": {"iat": 1e308},
		"exp over": {"exp": now - 1}, "exp text": {"exp": "tomorrow"}, "exp negative": {"exp": -1}, "exp true": {"exp": true},
		"nbf ahead": {"nbf": now + 300}, "nbf text": {"nbf": "now"}, "nbf huge": {"nbf": 1e308},
		"no jti": {"jti": nil}, "jti empty": {"jti": ""}, "jti a number": {"jti": 5}, "jti too long": {"jti": strings.Repeat("x", 256)}, "jti with NUL": {"jti": "a\x00b"}, "jti with a line feed": {"jti": "a\nb"},
		"no operation": {"operation": nil}, "another operation": {"operation": "current_customer"}, "operation in another case": {"operation": "Customer_Login"},
		"no store": {"store_hash": nil}, "another store": {"store_hash": "other"}, "store a number": {"store_hash": 1},
		"no customer": {"customer_id": nil}, "customer text": {"customer_id": "1"}, "customer 0": {"customer_id": 0}, "customer negative": {"customer_id": -1},
		"customer broken": {"customer_id": 1.5}, "customer unknown": {"customer_id": 4711}, "customer too large": {"customer_id": 1 << 40}, "customer null": {"customer_id": json.RawMessage("null")},
		"another channel": {"channel_id": 2}, "channel text": {"channel_id": "1"}, "channel 0": {"channel_id": 0}, "channel broken": {"channel_id": 1.5},
		"another address": {"request_ip": "192.0.2.1"}, "address empty": {"request_ip": ""}, "address no address": {"request_ip": "localhost"}, "address a number": {"request_ip": 2130706433},
		"address with a port": {"request_ip": "127.0.0.1:80"}, "another address of IPv6": {"request_ip": "::1"},
		"redirect a number": {"redirect_to": 1}, "redirect relative": {"redirect_to": "account.php"},
	} {
		out[name] = w.app.LoginToken(t, adaID, changed)
	}
	for _, to := range []string{
		"//evil.com", `/\evil.com`, "/%5cevil.com", "https:evil.com", "\t//evil.com", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "/%0d%0ax",
		"https://user@localhost/", "https://localhost@evil.com/", "https://evil.com/", "https://localhost.evil.com/", "///evil.com", "/%2fevil.com", "https:///evil.com", `https://localhost\.evil.com`,
	} {
		out["redirect "+to] = w.app.LoginToken(t, adaID, map[string]any{"redirect_to": to})
	}
	maps.Copy(out, map[string]string{
		"iat e0":        w.raw(t, func(p string) string { return iatClaim.ReplaceAllString(p, "${0}e0") }),
		"iat .0":        w.raw(t, func(p string) string { return iatClaim.ReplaceAllString(p, "${0}.0") }),
		"iat 1e308":     w.raw(t, func(p string) string { return strings.Replace(p, `"iat":`, `"iat":1e308,"x":`, 1) }),
		"iat 1e999":     w.raw(t, func(p string) string { return strings.Replace(p, `"iat":`, `"iat":1e999,"x":`, 1) }),
		"exp 1e999":     w.raw(t, func(p string) string { return strings.Replace(p, `{`, `{"exp":1e999,`, 1) }),
		"names shouted": w.raw(t, strings.ToUpper),
	})
	return out
}

// ofOthers are tokens that are good for something else (F4).
func (w *world) ofOthers(t *testing.T) map[string]string {
	second := w.addStore(t, "second", "second.example.com")
	unscoped, revoked, local := w.App(t, "demo"), w.App(t, "demo"), w.App(t, "demo", 9)
	w.owner.MustExec(`UPDATE apps SET scopes = '{}' WHERE client_id = $1`, unscoped.ClientID)
	w.owner.MustExec(`UPDATE apps SET revoked_at = now() WHERE client_id = $1`, revoked.ClientID)
	stale := w.app.LoginToken(t, adaID, nil)
	old := w.app.Secret
	return map[string]string{
		"an app without the scope":         unscoped.LoginToken(t, adaID, nil),
		"a revoked app":                    revoked.LoginToken(t, adaID, nil),
		"an app of another channel":        local.LoginToken(t, adaID, nil),
		"an app of another store":          second.LoginToken(t, adaID, nil),
		"an app of another store, for us":  second.LoginToken(t, adaID, map[string]any{"store_hash": "demo"}),
		"our app, for another store":       w.app.LoginToken(t, adaID, map[string]any{"store_hash": "second"}),
		"signed with the other store's":    graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, decode(t, strings.Split(stale, ".")[1]), second.Secret),
		"another app's name, our secret":   graphtest.SignHS256(`{"typ":"JWT","alg":"HS256"}`, strings.Replace(decode(t, strings.Split(stale, ".")[1]), w.app.ClientID, revoked.ClientID, 1), old),
		"what a current customer token is": w.raw(t, func(p string) string { return strings.Replace(p, "customer_login", "current_customer", 1) }),
	}
}
