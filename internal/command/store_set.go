package command

import (
	"errors"
	"strings"
	"time"

	"golang.org/x/text/language"

	"regulars/internal/account"
	"regulars/internal/shop"
)

// StoreSet changes what is given, and nothing else.
type StoreSet struct {
	Hash string `arg:"" help:"Hash of the store."`

	Name          *string `help:"The store's name."`
	Plan          *string `enum:"standard,plus,pro,enterprise" help:"Customer groups need plus or more."`
	Status        *string `enum:"launched,pre-launch,maintenance,hibernation" help:"Shoppers can log in only while it is launched."`
	StatusMessage *string `help:"What storefronts show while it is not; empty for nothing."`
	Locale        *string `help:"The store's language, BCP 47."`
	Locales       *string `help:"Further languages and where they are spoken, as in de=/de,fr=/fr; empty for none."`

	Sender *string `help:"Who mails are from: shop@example.com or 'My Shop <shop@example.com>'; empty for the server's address under the store's name."`

	AccountCreation   *bool   `negatable:"" help:"Let shoppers register."`
	EmailVerification *string `enum:"required,off" help:"required: a sign-up is no account before its mailbox is proved, and the answer is the same for every address."`
	PersistentCart    *bool   `negatable:"" help:"Give a shopper the cart of an earlier login back."`

	PasswordLength  *int64 `help:"How many characters a password has at least."`
	PasswordLower   *bool  `negatable:"" help:"Ask passwords for a lower-case letter."`
	PasswordUpper   *bool  `negatable:"" help:"Ask passwords for an upper-case letter."`
	PasswordNumbers *int64 `help:"How many digits a password has at least; 0 asks for none."`
	PasswordSpecial *int64 `help:"How many special characters a password has at least; 0 asks for none."`

	CaptchaSiteKey      *string `help:"Public key of the captcha's widget; empty for no captcha."`
	CaptchaURL          *string `name:"captcha-url" help:"Where tokens are verified: https://www.google.com/recaptcha/api/siteverify, https://api.hcaptcha.com/siteverify, https://challenges.cloudflare.com/turnstile/v0/siteverify."`
	CaptchaSecretFile   []byte  `type:"filecontent" placeholder:"FILE" help:"File with the secret of that service; - reads it from standard input. It is kept sealed."`
	CaptchaOnStorefront *bool   `negatable:"" help:"Ask for the captcha when somebody registers, asks for a link, or changes an account or its addresses."`
	CaptchaOnCheckout   *bool   `negatable:"" help:"Tell the checkout to ask for it."`

	CookieConsent *bool   `negatable:"" help:"Have storefronts ask before they set cookies."`
	PrivacyPolicy *string `placeholder:"URL" help:"Where the privacy policy can be read; empty for nowhere."`

	Inactivity          *time.Duration `help:"How long a session lasts unused, as in 30m; 0s leaves it to the server."`
	InactivityFromLogin *bool          `negatable:"" help:"Count that from the login, whatever the shopper does since."`

	Newsletter        *bool `negatable:"" help:"Let shoppers sign up for the newsletter."`
	NewsletterChecked *bool `negatable:"" help:"Have storefronts tick the newsletter's box beforehand."`
}

// Run implements kong's command.
func (c *StoreSet) Run(e *Env) error {
	if err := e.Storage.EditStore(e.Ctx, c.Hash, func(s *shop.Store) error { return c.apply(e, s) }); err != nil {
		return err
	}
	e.say("Saved. Running servers heed it with their next request.")
	return nil
}

func (c *StoreSet) apply(e *Env, s *shop.Store) error {
	set := &s.Settings
	give(c.Name, &s.Name)
	give((*shop.Plan)(c.Plan), &s.Plan)
	if c.Status != nil {
		s.Status = shop.StorefrontStatusType(strings.ReplaceAll(strings.ToUpper(*c.Status), "-", "_"))
	}
	give(c.StatusMessage, &set.StatusMessage)
	give(c.AccountCreation, &set.AccountCreation)
	if v := c.EmailVerification; v != nil {
		set.EmailVerification = shop.VerificationOff
		if *v == "required" {
			set.EmailVerification = shop.VerificationRequired
		}
	}
	give(c.PersistentCart, &set.PersistentCart)
	give(c.Newsletter, &set.Newsletter.ShowNewsletterSignup)
	give(c.NewsletterChecked, &set.Newsletter.NewsletterCheckedByDefault)
	give(c.CookieConsent, &set.Privacy.CookieConsentEnabled)
	if c.PrivacyPolicy != nil {
		set.Privacy.PrivacyPolicyURL = c.PrivacyPolicy
		if *c.PrivacyPolicy == "" {
			set.Privacy.PrivacyPolicyURL = nil
		}
	}
	if c.Inactivity != nil {
		set.Inactivity.Seconds = int64(c.Inactivity.Seconds())
	}
	give(c.InactivityFromLogin, &set.Inactivity.FromLogin)
	c.passwords(&set.Passwords)
	return errors.Join(c.locales(s), c.sender(set), c.captcha(e, s))
}

func (c *StoreSet) sender(set *shop.StoreSettings) error {
	if c.Sender == nil {
		return nil
	}
	set.MailFrom = shop.Sender{}
	if *c.Sender == "" {
		return nil
	}
	var ok bool
	if set.MailFrom, ok = shop.ParseSender(*c.Sender); !ok {
		return errors.New("--sender is an address, with a name before it or without: 'My Shop <shop@example.com>'")
	}
	return nil
}

// give sets what was given.
func give[T any](from, to *T) {
	if from != nil {
		*to = *from
	}
}

func (c *StoreSet) passwords(p *shop.PasswordPolicy) {
	give(c.PasswordLength, &p.MinimumPasswordLength)
	give(c.PasswordLower, &p.RequireLowerCase)
	give(c.PasswordUpper, &p.RequireUpperCase)
	if n := c.PasswordNumbers; n != nil {
		p.RequireNumbers, p.MinimumNumbers = *n > 0, *n
	}
	if n := c.PasswordSpecial; n != nil {
		p.RequireSpecialCharacters, p.MinimumSpecialCharacters = *n > 0, *n
	}
}

func (c *StoreSet) locales(s *shop.Store) error {
	if c.Locale != nil {
		code, err := localeCode(*c.Locale)
		if err != nil {
			return err
		}
		s.Locale = code
	}
	if c.Locales == nil {
		return nil
	}
	s.Settings.Locales = nil
	for item := range strings.SplitSeq(*c.Locales, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, path, _ := strings.Cut(item, "=")
		code, err := localeCode(name)
		if err != nil {
			return err
		}
		if path == "" {
			path = "/" + code
		}
		s.Settings.Locales = append(s.Settings.Locales, shop.StoreLocale{Code: code, Path: path})
	}
	return nil
}

// localeCode is a language as it is written everywhere.
func localeCode(s string) (string, error) {
	tag, err := language.Parse(s)
	if err != nil {
		return "", errors.New("give languages as BCP 47 tags, such as en-GB")
	}
	return tag.String(), nil
}

func (c *StoreSet) captcha(e *Env, s *shop.Store) error {
	set := &s.Settings.Captcha
	give(c.CaptchaSiteKey, &set.SiteKey)
	give(c.CaptchaURL, &set.URL)
	give(c.CaptchaOnStorefront, &set.OnStorefront)
	give(c.CaptchaOnCheckout, &set.OnCheckout)
	secret := strings.TrimSpace(string(c.CaptchaSecretFile))
	if c.CaptchaSecretFile != nil && secret == "" {
		return errors.New("the file with the captcha's secret is empty")
	}
	if secret == "" {
		return nil
	}
	ring, err := e.Keys()
	if err != nil {
		return err
	}
	set.Secret = account.SealCaptchaSecret(ring, s.Hash, secret)
	return nil
}
