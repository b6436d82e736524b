package command_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"regulars/internal/shop"
)

func (c *console) store(t *testing.T, hash string) shop.Store {
	t.Helper()
	s, err := c.s.SnapshotByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	return s.Store
}

// secretFile holds a secret as operators keep one, with a line feed behind it.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Each flag changes its own setting, and nothing else.
func TestStoreSetChangesWhatIsGiven(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "Created", "store", "create", "acme", "--name", "Acme")
	policy := "https://shop.example.com/privacy"
	want := c.store(t, "acme")
	for _, step := range []struct {
		flags  []string
		change func(*shop.Store, *shop.StoreSettings)
	}{
		{[]string{"--name=Acme & Sons"}, func(s *shop.Store, _ *shop.StoreSettings) { s.Name = "Acme & Sons" }},
		{[]string{"--plan=pro"}, func(s *shop.Store, _ *shop.StoreSettings) { s.Plan = shop.PlanPro }},
		{[]string{"--status=pre-launch"}, func(s *shop.Store, _ *shop.StoreSettings) { s.Status = shop.StatusPreLaunch }},
		{[]string{"--status=launched"}, func(s *shop.Store, _ *shop.StoreSettings) { s.Status = shop.StatusLaunched }},
		{[]string{"--status-message=Back at noon."}, func(_ *shop.Store, s *shop.StoreSettings) { s.StatusMessage = "Back at noon." }},
		{[]string{"--status-message="}, func(_ *shop.Store, s *shop.StoreSettings) { s.StatusMessage = "" }},
		{[]string{"--locale=de-at"}, func(s *shop.Store, _ *shop.StoreSettings) { s.Locale = "de-AT" }},
		{[]string{"--locales=en=/en, fr ,de-AT=/"}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.Locales = []shop.StoreLocale{{Code: "en", Path: "/en"}, {Code: "fr", Path: "/fr"}, {Code: "de-AT", Path: "/"}}
		}},
		{[]string{"--locales="}, func(_ *shop.Store, s *shop.StoreSettings) { s.Locales = nil }},
		{[]string{"--sender=My Shop <shop@bücher.example>"}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.MailFrom = shop.Sender{Name: "My Shop", Address: "shop@xn--bcher-kva.example"}
		}},
		{[]string{"--sender=shop@example.com"}, func(_ *shop.Store, s *shop.StoreSettings) { s.MailFrom = shop.Sender{Address: "shop@example.com"} }},
		{[]string{"--sender="}, func(_ *shop.Store, s *shop.StoreSettings) { s.MailFrom = shop.Sender{} }},
		{[]string{"--email-verification=required"}, func(_ *shop.Store, s *shop.StoreSettings) { s.EmailVerification = shop.VerificationRequired }},
		{[]string{"--email-verification=off"}, func(_ *shop.Store, s *shop.StoreSettings) { s.EmailVerification = shop.VerificationOff }},
		{[]string{"--no-account-creation"}, func(_ *shop.Store, s *shop.StoreSettings) { s.AccountCreation = false }},
		{[]string{"--account-creation", "--no-persistent-cart"}, func(_ *shop.Store, s *shop.StoreSettings) { s.AccountCreation, s.PersistentCart = true, false }},
		{[]string{"--password-length=12", "--password-lower", "--password-upper", "--password-numbers=2", "--password-special=1"}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.Passwords = shop.PasswordPolicy{MinimumPasswordLength: 12, RequireLowerCase: true, RequireUpperCase: true, RequireNumbers: true, MinimumNumbers: 2,
				RequireSpecialCharacters: true, MinimumSpecialCharacters: 1}
		}},
		{[]string{"--no-password-lower", "--password-numbers=0"}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.Passwords.RequireLowerCase, s.Passwords.RequireNumbers, s.Passwords.MinimumNumbers = false, false, 0
		}},
		{[]string{"--captcha-site-key=6Lc", "--captcha-url=https://www.google.com/recaptcha/api/siteverify", "--captcha-on-checkout"}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.Captcha = shop.CaptchaSettings{SiteKey: "6Lc", URL: "https://www.google.com/recaptcha/api/siteverify", OnCheckout: true}
		}},
		{[]string{"--cookie-consent", "--privacy-policy=" + policy}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.Privacy = shop.PrivacySettings{CookieConsentEnabled: true, PrivacyPolicyURL: &policy}
		}},
		{[]string{"--privacy-policy="}, func(_ *shop.Store, s *shop.StoreSettings) { s.Privacy.PrivacyPolicyURL = nil }},
		{[]string{"--inactivity=30m", "--inactivity-from-login"}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.Inactivity = shop.ShopperInactivity{Seconds: 1800, FromLogin: true}
		}},
		{[]string{"--inactivity=0s", "--no-inactivity-from-login"}, func(_ *shop.Store, s *shop.StoreSettings) { s.Inactivity = shop.ShopperInactivity{} }},
		{[]string{"--no-newsletter", "--newsletter-checked"}, func(_ *shop.Store, s *shop.StoreSettings) {
			s.Newsletter = shop.NewsletterSettings{NewsletterCheckedByDefault: true}
		}},
		{nil, func(*shop.Store, *shop.StoreSettings) {}},
	} {
		c.says(t, "Saved.", append([]string{"store", "set", "acme"}, step.flags...)...)
		step.change(&want, &want.Settings)
		want.ConfigVersion++
		if got := c.store(t, "acme"); !reflect.DeepEqual(got, want) {
			t.Errorf("%v:\ngot  %+v\nwant %+v", step.flags, got, want)
		}
	}
}

func TestStoreSetSealsTheCaptchasSecret(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "Created", "store", "create", "acme", "--name", "Acme")
	out := c.says(t, "Saved.", "store", "set", "acme", "--captcha-site-key=6Lc", "--captcha-url=https://api.hcaptcha.com/siteverify",
		"--captcha-secret-file", secretFile(t, "a secret of theirs\n"), "--captcha-on-storefront")
	set := c.store(t, "acme").Settings.Captcha
	ring, _ := c.keys()
	if got, err := ring.Open("captcha", set.Secret, "acme"); err != nil || got != "a secret of theirs" || !set.OnStorefront {
		t.Errorf("%q, %v, %+v", got, err, set)
	}
	if strings.Contains(out+set.Secret, "secret of theirs") {
		t.Error("in the clear")
	}
	c.says(t, "Saved.", "store", "set", "acme", "--captcha-site-key=6Ld") // the secret stays
	if got := c.store(t, "acme").Settings.Captcha; got.Secret != set.Secret || got.SiteKey != "6Ld" {
		t.Errorf("%+v", got)
	}
	c.noKey = errors.New("no keys here")
	c.refuses(t, "no keys here", "store", "set", "acme", "--captcha-secret-file", secretFile(t, "x"))
	c.says(t, "Saved.", "store", "set", "acme", "--name=Acme") // needs none
}

func TestStoreSetRefusals(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "Created", "store", "create", "acme", "--name", "Acme")
	before := c.store(t, "acme")
	for _, tt := range []struct {
		want  string
		flags []string
	}{
		{`There is no store "nobody".`, []string{"nobody", "--name=x"}},
		{"This field is required.", []string{"acme", "--name="}},
		{"Leave out the spaces", []string{"acme", "--name= x"}},
		{"Use at most 255", []string{"acme", "--name=" + strings.Repeat("x", 256)}},
		{"Line breaks", []string{"acme", "--status-message=a\nb"}},
		{"one of", []string{"acme", "--status=open"}},
		{"one of", []string{"acme", "--plan=gold"}},
		{"one of", []string{"acme", "--email-verification=REQUIRED"}},
		{"--sender is an address", []string{"acme", "--sender=My Shop"}},
		{"--sender is an address", []string{"acme", "--sender=shop@localhost"}},
		{"--sender is an address", []string{"acme", "--sender=a@b.example, c@d.example"}},
		{"--sender is an address", []string{"acme", "--sender=a@b.example\r\nBcc: c@d.example"}},
		{"BCP 47", []string{"acme", "--locale=english!"}},
		{"BCP 47", []string{"acme", "--locales=german!=/de"}},
		{"one of this site", []string{"acme", "--locales=de=//evil.example.com"}},
		{"one of this site", []string{"acme", "--locales=de=https://evil.example.com"}},
		{"one of this site", []string{"acme", `--locales=de=/\evil.example.com`}},
		{"one of this site", []string{"acme", "--locales=de=/de?x"}},
		{"stands there twice", []string{"acme", "--locales=de,DE=/x"}},
		{"Passwords can be asked for", []string{"acme", "--password-length=0"}},
		{"Passwords can be asked for", []string{"acme", "--password-length=129"}},
		{"Passwords can be asked for", []string{"acme", "--password-numbers=-1"}},
		{"needs site key, URL and secret", []string{"acme", "--captcha-on-storefront"}},
		{"needs site key, URL and secret", []string{"acme", "--captcha-on-storefront", "--captcha-site-key=x", "--captcha-url=https://x.example.com/"}},
		{"needs a site key", []string{"acme", "--captcha-on-checkout"}},
		{"https:// or http://", []string{"acme", "--captcha-url=x.example.com"}},
		{"https:// or http://", []string{"acme", "--captcha-url=https://user:password@x.example.com/"}},
		{"https:// or http://", []string{"acme", "--privacy-policy=javascript:alert(1)"}},
		{"is empty", []string{"acme", "--captcha-secret-file", secretFile(t, " \n")}},
		{"no such file", []string{"acme", "--captcha-secret-file", "/nowhere"}},
		{"Sessions last 300 seconds at least", []string{"acme", "--inactivity=4m"}},
		{"Sessions last 300 seconds at least", []string{"acme", "--inactivity=-1h"}},
	} {
		c.refuses(t, tt.want, append([]string{"store", "set"}, tt.flags...)...)
		if got := c.store(t, "acme"); !reflect.DeepEqual(got, before) {
			t.Errorf("%v: %+v", tt.flags, got)
		}
	}
}
