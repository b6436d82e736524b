package shop

import (
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// CaptchaField is the argument that a captcha's token comes in: refusals about
// the captcha name it.
const CaptchaField = "reCaptchaV2"

// CaptchaSettings say which service vouches for a store's shoppers.
type CaptchaSettings struct {
	SiteKey string `json:"siteKey,omitempty"` // public; the widget needs it
	URL     string `json:"url,omitempty"`     // of the service's siteverify
	Secret  string `json:"secret,omitempty"`  // sealed for this store
	// OnStorefront asks for a token with everything that a guest or a shopper
	// writes about accounts.
	OnStorefront bool `json:"onStorefront,omitempty"`
	// OnCheckout is for the checkout to read.
	OnCheckout bool `json:"onCheckout,omitempty"`
}

// Complete tells whether tokens can be verified.
func (c CaptchaSettings) Complete() bool { return c.SiteKey != "" && c.URL != "" && c.Secret != "" }

// PrivacySettings also go out as GraphQL's type of that name.
type PrivacySettings struct {
	CookieConsentEnabled bool    `json:"cookieConsentEnabled"`
	PrivacyPolicyURL     *string `json:"privacyPolicyUrl,omitempty"`
}

// ShopperInactivity ends sessions earlier than the server would.
type ShopperInactivity struct {
	Seconds int64 `json:"seconds,omitempty"` // 0: the server's
	// FromLogin counts from the login, whatever the shopper did since.
	FromLogin bool `json:"fromLogin,omitempty"`
}

// MinInactivity is the shortest that a store may choose: a session's last sign of
// life is known to a minute.
const MinInactivity = 5 * time.Minute

// StoreLocale is a language that a storefront speaks, and the path where it does.
type StoreLocale struct {
	Code string `json:"code"` // BCP 47
	Path string `json:"path"` // as in /de; / for the storefront's root
}

// AllLocales lists the store's languages, its own first.
func (s *Store) AllLocales() []StoreLocale {
	out := []StoreLocale{{s.Locale, "/"}}
	for _, l := range s.Settings.Locales {
		if l.Code == s.Locale {
			out[0] = l
		} else {
			out = append(out, l)
		}
	}
	return out
}

// Check reports every mistake in what a merchant has set; fields are named as in
// the settings' JSON.
func (s *Store) Check() error {
	var errs Errors
	fail := func(ok bool, field, key string, args ...any) {
		if !ok {
			errs = append(errs, Invalid(field, key, args...))
		}
	}
	line := func(field, text string, min, max int) {
		if cleaned, e := checkLine(field, text, min, max); e != nil {
			errs = append(errs, e)
		} else {
			fail(cleaned == text, field, "Leave out the spaces around it.")
		}
	}
	set := &s.Settings
	line("name", s.Name, 1, 255)
	line("statusMessage", set.StatusMessage, 0, 1000)
	_, err := language.Parse(s.Locale)
	fail(err == nil, "locale", "Give the language as a BCP 47 tag, such as en-GB.")
	line("captcha.siteKey", set.Captcha.SiteKey, 0, 255)
	fail(set.Captcha.URL == "" || isWebURL(set.Captcha.URL), "captcha.url", "Give an address with https:// or http://.")
	fail(set.Captcha.Complete() || !set.Captcha.OnStorefront, "captcha.onStorefront", "A captcha needs site key, URL and secret before it can be asked for.")
	fail(set.Captcha.SiteKey != "" || !set.Captcha.OnCheckout, "captcha.onCheckout", "A captcha needs a site key before it can be asked for.")
	if u := set.Privacy.PrivacyPolicyURL; u != nil {
		fail(isWebURL(*u), "privacy.privacyPolicyUrl", "Give an address with https:// or http://.")
	}
	least := int64(MinInactivity / time.Second)
	fail(set.Inactivity.Seconds == 0 || set.Inactivity.Seconds >= least, "inactivity.seconds", "Sessions last %d seconds at least.", least)
	p := set.Passwords
	fail(p.MinimumPasswordLength >= 1 && p.MinimumPasswordLength <= 128 && p.MinimumNumbers >= 0 && p.MinimumNumbers <= 128 &&
		p.MinimumSpecialCharacters >= 0 && p.MinimumSpecialCharacters <= 128, "passwords", "Passwords can be asked for with 1 to %d characters.", 128)
	return append(errs, s.checkLocales()...).Or()
}

func (s *Store) checkLocales() (errs Errors) {
	seen := map[string]bool{}
	for _, l := range s.Settings.Locales {
		tag, err := language.Parse(l.Code)
		if err != nil || tag.String() != l.Code {
			errs = append(errs, Invalid("locales", "Give the language as a BCP 47 tag, such as en-GB."))
		}
		u, err := url.Parse(l.Path)
		if err != nil || !strings.HasPrefix(l.Path, "/") || strings.HasPrefix(l.Path, "//") || u.Path != l.Path || strings.ContainsAny(l.Path, "\\ ") {
			errs = append(errs, Invalid("locales", "A language's path is one of this site, such as /de."))
		}
		if seen[l.Code] {
			errs = append(errs, Invalid("locales", "A language stands there twice."))
		}
		seen[l.Code] = true
	}
	return errs
}

// isWebURL knows whole addresses that hold no password.
func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(s) <= 2048
}
