package shop

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Email is an address as typed, and the key it is compared by. Mail goes to
// Text, never to Key: two spellings that fold together may be two mailboxes.
type Email struct{ Text, Key string }

// Mailbox is Text as SMTP takes it: the part before the @ as typed, the domain in
// ASCII.
func (e Email) Mailbox() string {
	at, domain := strings.LastIndexByte(e.Text, '@'), strings.LastIndexByte(e.Key, '@')
	if at < 0 || domain < 0 {
		return ""
	}
	return e.Text[:at] + e.Key[domain:]
}

// maxEmail is the contract's limit on POST (apps.md a.3).
const maxEmail = 250

// domains is idna.Lookup, and heeds the lengths that DNS allows.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.VerifyDNSLength(true))

// ParseEmail accepts one bare address. The refusal names no field: callers know
// theirs.
func ParseEmail(s string) (Email, bool) {
	s, ok := cleanLine(s)
	if !ok || s == "" || len(s) > maxEmail || strings.ContainsAny(s, " \"(),:;<>[\\]") || strings.ContainsFunc(s, unseen) {
		return Email{}, false
	}
	key, ok := emailKey(s)
	if !ok {
		return Email{}, false
	}
	return Email{Text: s, Key: key}, true
}

// unseen characters make two addresses that look the same; U+FFFD stands for one
// that was lost on the way.
func unseen(r rune) bool {
	return r == unicode.ReplacementChar || unicode.In(r, unicode.Cf, unicode.Co)
}

// EmailKey is the canonical key of an address: trimmed, NFKC, lower case, the
// domain in ASCII form. It is what is unique in a store. An address that cannot
// be one gives a key that no stored address has.
func EmailKey(s string) string {
	if e, ok := ParseEmail(s); ok {
		return e.Key
	}
	return ""
}

// emailKey folds and checks the folded form, since folding can bring forth
// characters that the typed form did not have (U+FF20 becomes @).
func emailKey(s string) (string, bool) {
	s = norm.NFKC.String(strings.ToLower(norm.NFKC.String(s))) // lower case may compose anew
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || strings.ContainsAny(s, " \"(),:;<>[\\]") {
		return "", false
	}
	domain, err := domains.ToASCII(s[at+1:])
	if err != nil || !strings.Contains(strings.Trim(domain, "."), ".") {
		return "", false
	}
	key := s[:at] + "@" + domain
	if addr, err := mail.ParseAddress(key); err != nil || addr.Address != key {
		return "", false
	}
	return key, true
}
