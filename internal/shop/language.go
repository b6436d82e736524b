package shop

import (
	"sync"
	"sync/atomic"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Texts that clients compare letter by letter. They have no translation, on
// purpose (contract/storefront.md 2.2).
const (
	TextInvalidCredentials = "Invalid credentials"
	TextResetPassword      = "Reset password"
	TextInvalidLogin       = "Invalid login. Please attempt to log in again."
	TextNotLive            = "Operation cannot be performed as the storefront channel is not live"
	TextTokenInBrowser     = "Customer access token was requested in the body, but it's only returned for server-to-server requests. " +
		"For browser requests it's set as an httpOnly cookie instead."
)

// Languages are those that we have texts in, English first: it is what everybody
// gets who asks for none of them.
var Languages = []language.Tag{language.English, language.German, language.French, language.Spanish}

// translations are the catalogue. English is the key itself.
var translations = map[language.Tag]map[string]string{
	language.German: german, language.French: french, language.Spanish: spanish,
}

var (
	matcher  = language.NewMatcher(Languages)
	printers = newPrinters()
)

// newPrinters makes one for each of Languages.
func newPrinters() map[language.Tag]*message.Printer {
	b := catalog.NewBuilder(catalog.Fallback(language.English))
	for tag, texts := range translations {
		for key, text := range texts {
			if err := b.SetString(tag, key, text); err != nil {
				panic("shop: text in " + tag.String() + " for " + key + ": " + err.Error())
			}
		}
	}
	out := map[language.Tag]*message.Printer{}
	for _, tag := range Languages {
		out[tag] = message.NewPrinter(tag, message.Catalog(b))
	}
	return out
}

// Printer speaks the first language of an Accept-Language header that we have
// texts in, else the store's, else English.
func Printer(acceptLanguage, storeLocale string) *message.Printer {
	return printers[Spoken(acceptLanguage, storeLocale)]
}

// Spoken is the language that Printer speaks.
func Spoken(acceptLanguage, storeLocale string) language.Tag {
	_, i, sure := matcher.Match(wanted(acceptLanguage, storeLocale)...)
	if sure == language.No {
		return language.English
	}
	return Languages[i]
}

// wanted are the languages that a shopper reads, best first.
func wanted(acceptLanguage, storeLocale string) []language.Tag {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		tags = nil
	}
	if tag, err := language.Parse(storeLocale); err == nil {
		tags = append(tags, tag)
	}
	return tags
}

// LocaleOf is the language that an Accept-Language header asks for first, else
// the store's: what a new account keeps for its mails.
func LocaleOf(acceptLanguage, storeLocale string) string {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 || len(wanted[0].String()) > maxLocale {
		return storeLocale
	}
	if base, sure := wanted[0].Base(); sure == language.No || base.String() == "mul" || wanted[0].IsRoot() { // x-..., *, und
		return storeLocale
	}
	return wanted[0].String()
}

// memory keeps what follows from an Accept-Language header and a store's locale,
// of the first so many: matching languages takes as long as reading a session.
type memory[V any] struct {
	known sync.Map // [2]string -> V
	size  atomic.Int64
}

// Browsers send a few hundred different headers; somebody may send any number.
const (
	mostRemembered    = 1000
	longestRemembered = 100 // bytes
)

func (m *memory[V]) of(acceptLanguage, storeLocale string, choose func() V) V {
	key := [2]string{acceptLanguage, storeLocale}
	if v, ok := m.known.Load(key); ok {
		return v.(V)
	}
	v := choose()
	if len(acceptLanguage) <= longestRemembered && m.size.Load() < mostRemembered {
		if _, there := m.known.LoadOrStore(key, v); !there {
			m.size.Add(1)
		}
	}
	return v
}

// Translated tells whether a text has a translation into tag's language. Tests
// hold the catalogue complete with it.
func Translated(tag language.Tag, key string) bool {
	_, ok := translations[tag][key]
	return ok
}
