package shop_test

import (
	"slices"
	"strings"
	"testing"

	"regulars/internal/shop"
)

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	plain := shop.DefaultPasswordPolicy
	strict := shop.PasswordPolicy{MinimumPasswordLength: 7, RequireLowerCase: true, RequireUpperCase: true, RequireNumbers: true, MinimumNumbers: 2,
		RequireSpecialCharacters: true, MinimumSpecialCharacters: 1}
	for _, c := range []struct {
		policy   shop.PasswordPolicy
		password string
		want     []string
	}{
		{plain, "xkcdxkcd", nil},
		{plain, "xkcdxkc", []string{"The password needs at least 8 characters."}},
		{plain, "", []string{"The password needs at least 8 characters."}},
		{plain, "äöüßäöü", []string{"The password needs at least 8 characters."}}, // characters, not bytes
		{plain, "😀😀😀😀😀😀😀😀", nil},
		{plain, "        ", nil}, // not trimmed
		{plain, strings.Repeat("é", 1024), nil},
		{plain, strings.Repeat("é", 1025), []string{"The password can have at most 1024 characters."}},
		{plain, "broken\xff bytes", []string{"The password can have at most 1024 characters."}},
		{plain, "password", []string{"This password is too well known. Choose another one."}},
		{plain, "PassWord", []string{"This password is too well known. Choose another one."}},
		{plain, "password ", nil},
		{shop.PasswordPolicy{}, "", nil},
		{strict, "aA11!xx", nil},
		{strict, "aaaaaaa", []string{"The password needs an upper-case letter.", "The password needs digits, 2 at least.", "The password needs special characters, 1 at least."}},
		{strict, "AA11!!!", []string{"The password needs a lower-case letter."}},
		{strict, "aA1!xxx", []string{"The password needs digits, 2 at least."}},
		{shop.PasswordPolicy{RequireNumbers: true}, "abc", []string{"The password needs digits, 1 at least."}},
	} {
		var got []string
		for _, e := range c.policy.Check("input.password", c.password) {
			if e.Code != shop.BadUserInput || e.Field != "input.password" {
				t.Errorf("%q: blamed on %s as %s", c.password, e.Field, e.Code)
			}
			got = append(got, e.Error())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.password, got, c.want)
		}
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	in := shop.Registration{Profile: shop.Profile{FirstName: " Ada ", LastName: "Lovelace", Company: " ", Phone: "+49 30"}, Email: "Ada@example.com", Password: " xkcd xkcd "}
	email, err := in.Check(shop.DefaultPasswordPolicy, shop.Forms{})
	if err != nil || email.Key != "ada@example.com" || in.FirstName != "Ada" || in.Company != "" || in.Password != " xkcd xkcd " {
		t.Errorf("%+v, %+v, %v", in, email, err)
	}
	in = shop.Registration{Profile: shop.Profile{FirstName: strings.Repeat("x", 101), LastName: " \t", Company: "a\nb", Phone: strings.Repeat("1", 51)}, Email: "x", Password: "x"}
	_, err = in.Check(shop.DefaultPasswordPolicy, shop.Forms{})
	var fields []string
	for _, e := range shop.ErrorsIn(err) {
		fields = append(fields, e.Field)
	}
	if want := []string{"input.firstName", "input.lastName", "input.company", "input.phone", "input.email", "input.password"}; !slices.Equal(fields, want) {
		t.Errorf("blamed %v, want %v", fields, want)
	}
}

func TestUpdateChecksOnlyWhatIsGiven(t *testing.T) {
	t.Parallel()
	old := shop.Customer{FirstName: "", LastName: strings.Repeat("x", 300), Email: "ada@example.com", EmailKey: "ada@example.com", EmailVerified: true}
	s := func(s string) *string { return &s }
	got, claimed, err := shop.CustomerUpdate{Company: s(" Ltd ")}.Apply(old)
	if err != nil || claimed != nil || got.Company != "Ltd" || got.LastName != old.LastName || !got.EmailVerified {
		t.Errorf("%+v %v %v", got, claimed, err)
	}
	got, claimed, err = shop.CustomerUpdate{Email: s("ADA@example.com")}.Apply(old)
	if err != nil || claimed != nil || got.Email != "ADA@example.com" || !got.EmailVerified {
		t.Errorf("another spelling: %+v %v %v", got, claimed, err)
	}
	// What folds together beyond the case of ASCII letters may be another mailbox.
	for _, email := range []string{"bob@example.com", "\uff21da@example.com"} {
		got, claimed, err = shop.CustomerUpdate{Email: &email, Company: s("Ltd")}.Apply(old)
		if err != nil || claimed == nil || claimed.Text != email || got.Email != old.Email || got.EmailKey != old.EmailKey || !got.EmailVerified || got.Company != "Ltd" {
			t.Errorf("another address: %+v %v %v", got, claimed, err)
		}
	}
	_, claimed, err = shop.CustomerUpdate{Email: s("nobody"), FirstName: s(""), Phone: s("1\x00")}.Apply(old)
	if es := shop.ErrorsIn(err); len(es) != 3 || claimed != nil {
		t.Errorf("mistakes: %v %v", es, claimed)
	}
	if id, err := shop.CheckCartID("cartEntityId", nil); id != "" || err != nil {
		t.Errorf("no cart: %q %v", id, err)
	}
	if _, err := shop.CheckCartID("cartEntityId", s(strings.Repeat("x", 256))); shop.CodeOf(err) != shop.BadUserInput {
		t.Errorf("a long cart id: %v", err)
	}
}
