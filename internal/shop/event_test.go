package shop_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestMailsForEvents(t *testing.T) {
	t.Parallel()
	token := shop.EventData{Token: []byte("hash")}
	for _, tt := range []struct {
		name  string
		event shop.Event
		want  string
	}{
		{"registration", shop.Event{Scope: shop.EventCustomerCreated, Data: shop.EventData{Cause: shop.CauseRegistration}}, "welcome to 1"},
		{"import or staff", shop.Event{Scope: shop.EventCustomerCreated}, ""},
		{"another cause", shop.Event{Scope: shop.EventCustomerCreated, Data: shop.EventData{Cause: "x"}}, ""},
		{"password", shop.Event{Scope: shop.EventCustomerUpdated, Changed: []string{"password"}, Data: shop.EventData{Cause: shop.CausePassword}}, "password-changed to 1"},
		{"password by import", shop.Event{Scope: shop.EventCustomerUpdated, Changed: []string{"password"}}, ""},
		{"name", shop.Event{Scope: shop.EventCustomerUpdated, Changed: []string{"first_name"}}, ""},
		{"address that was proved", shop.Event{Scope: shop.EventCustomerUpdated, Changed: []string{"email"}, Data: token}, "email-changed to 1, email-moved to 2"},
		{"address by staff", shop.Event{Scope: shop.EventCustomerUpdated, Changed: []string{"email"}}, ""},
		{"address and password", shop.Event{Scope: shop.EventCustomerUpdated, Changed: []string{"email", "password"}, Data: shop.EventData{Cause: shop.CausePassword, Token: token.Token}},
			"password-changed to 1, email-changed to 1, email-moved to 2"},
		{"sign-up that waits", shop.Event{Scope: shop.EventRegistrationRequested, Data: token}, "confirm to 3"},
		{"sign-up of a known address", shop.Event{Scope: shop.EventRegistrationRepeated}, "account-exists to 1"},
		{"reset", shop.Event{Scope: shop.EventResetRequested, Data: token}, "reset to 1"},
		{"reset without a token", shop.Event{Scope: shop.EventResetRequested}, ""},
		{"new address", shop.Event{Scope: shop.EventEmailRequested, Data: token}, "email-confirm to 3, email-asked to 1"},
		{"proof of the address", shop.Event{Scope: shop.EventProofRequested, Data: token}, "mailbox to 1"},
		{"new device", shop.Event{Scope: shop.EventNewDevice, Data: shop.EventData{Session: "x"}}, "new-device to 1"},
		{"subscriber", shop.Event{Scope: "store/subscriber/created", Data: token}, ""},
	} {
		tt.event.ID = 9
		var got []string
		for _, j := range shop.MailsFor(tt.event) {
			if j.EventID != 9 || j.Kind != shop.JobMail {
				t.Errorf("%s: %+v", tt.name, j)
			}
			got = append(got, fmt.Sprintf("%s to %d", j.Template, j.TargetID))
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSafePath(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"/": true, "/reset": true, "/de/reset/": true, "/login.php?action=change_password": true, "/a/../b": true, "/%5cevil": true, "/ümlaut": true,
		"": false, "reset": false, "//evil.example": false, `/\evil.example`: false, `\/evil`: false, "https:evil": false, "https://evil.example": false,
		"\t//evil.example": false, " /x": false, "/x y": false, "/x\r\nSet-Cookie: a": false, "/x#y": false, "javascript:alert(1)": false, "/\x00": false,
		"///evil.example": false, "/%zz": false, "/" + strings.Repeat("a", 500): false,
	} {
		if got := shop.SafePath(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestParseSender(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]shop.Sender{
		"shop@example.com":                             {Address: "shop@example.com"},
		"My Shop <shop@example.com>":                   {Name: "My Shop", Address: "shop@example.com"},
		`"Shop, Inc." <Shop@Exämple.com>`:              {Name: "Shop, Inc.", Address: "Shop@xn--exmple-cua.com"},
		"=?utf-8?q?a=0D=0ABcc:_b?= <shop@example.com>": {},
		"shop@localhost":                               {}, "": {}, "My Shop": {}, "a@b.c, d@e.f": {}, "shop@example.com\r\nBcc: x@y.z": {},
	} {
		got, ok := shop.ParseSender(s)
		if ok != (want.Address != "") || (ok && got != want) {
			t.Errorf("%q: %+v, %v", s, got, ok)
		}
	}
}

func TestMailboxKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"Ada.Lovelace@Example.COM": "Ada.Lovelace@example.com", "ada@bücher.example": "ada@xn--bcher-kva.example", "Jörg@example.com": "Jörg@example.com",
	} {
		if e, ok := shop.ParseEmail(s); !ok || e.Mailbox() != want {
			t.Errorf("%q: %q", s, e.Mailbox())
		}
	}
	if got := (shop.Email{}).Mailbox(); got != "" {
		t.Errorf("nothing: %q", got)
	}
}

func TestLocaleOf(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "en", "de": "de", "de-CH, fr;q=0.9": "de-CH", "fr;q=0.5, es": "es", "*": "en", "x-private": "en", "fr;q=0": "en", "nonsense;;;": "en", "und": "en",
		"en-" + strings.Repeat("abcdefgh-", 9) + "abcdefgh": "en",
	} {
		if got := shop.LocaleOf(accept, "en"); got != want {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
	}
}

// Every purpose of a token has a time after which it is over.
func TestTokensDoNotLiveLong(t *testing.T) {
	t.Parallel()
	var minutes []float64
	for _, p := range []shop.TokenPurpose{shop.TokenReset, shop.TokenEmail, shop.TokenRegistration} {
		minutes = append(minutes, p.Lifetime().Minutes())
	}
	if !slices.Equal(minutes, []float64{30, 1440, 1440}) {
		t.Errorf("got %v minutes", minutes)
	}
}
