package shop_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"regulars/internal/shop"
)

const (
	none         = shop.StateNone
	pending      = shop.StatePending
	subscribed   = shop.StateSubscribed
	unsubscribed = shop.StateUnsubscribed
	suppressed   = shop.StateSuppressed
)

func TestSteps(t *testing.T) {
	t.Parallel()
	yes := shop.Step{Action: shop.ActionSubscribed, To: subscribed}
	ask := func(before shop.SubscriberState) shop.Step {
		return shop.Step{Action: shop.ActionRequested, To: pending, Before: before}
	}
	off := func(to shop.SubscriberState) shop.Step {
		return shop.Step{Action: shop.ActionUnsubscribed, To: to, Forget: to == none}
	}
	over := func(to shop.SubscriberState) shop.Step {
		return shop.Step{Action: shop.ActionExpired, To: to, Forget: to == none}
	}
	nothing := shop.Step{Nothing: true}
	dead := shop.Step{Action: shop.ActionSuppressed, To: suppressed}
	for _, c := range []struct {
		from, before                                  shop.SubscriberState
		signUp, proved, unsubscribe, imported, expire shop.Step
		importedOff, importedDead                     shop.Step
	}{
		{none, none, yes, yes, nothing, yes, nothing, off(unsubscribed), dead},
		{pending, none, yes, yes, off(none), yes, over(none), nothing, dead},
		{pending, unsubscribed, ask(unsubscribed), yes, off(unsubscribed), nothing, over(unsubscribed), nothing, dead},
		{pending, suppressed, ask(suppressed), ask(suppressed), off(suppressed), nothing, over(suppressed), nothing, dead},
		{subscribed, none, yes, yes, off(unsubscribed), nothing, nothing, off(unsubscribed), dead},
		{unsubscribed, none, ask(unsubscribed), yes, nothing, nothing, nothing, nothing, dead},
		{suppressed, none, ask(suppressed), ask(suppressed), nothing, nothing, nothing, nothing, nothing},
	} {
		for event, got := range map[string][2]shop.Step{
			"sign-up":         {shop.SignUp(c.from, c.before, false), c.signUp},
			"sign-up, proved": {shop.SignUp(c.from, c.before, true), c.proved},
			"unsubscribe":     {shop.Unsubscribe(c.from, c.before), c.unsubscribe},
			"import, left":    {shop.Import(c.from, c.before, unsubscribed), c.importedOff},
			"import, bounced": {shop.Import(c.from, c.before, suppressed), c.importedDead},
			"import":          {shop.Import(c.from, c.before, subscribed), c.imported},
		} {
			if got[0] != got[1] {
				t.Errorf("%s after %q, %s: got %+v, want %+v", c.from, c.before, event, got[0], got[1])
			}
		}
		if c.from == pending && shop.Expire(c.before) != c.expire {
			t.Errorf("%s after %q, expiry: got %+v", c.from, c.before, shop.Expire(c.before))
		}
	}
}

func TestSignUpInput(t *testing.T) {
	t.Parallel()
	order := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		in     shop.SignUpInput
		fields []string
	}{
		"plain":              {shop.SignUpInput{Email: "ada@example.com"}, nil},
		"all of it":          {shop.SignUpInput{Email: "ada@example.com", FirstName: "Ada", Origin: shop.OriginCheckout, OrderID: order(1), Text: "a\r\n\tb", Form: "f", Locale: "de-at"}, nil},
		"order from nowhere": {shop.SignUpInput{Email: "ada@example.com", Origin: shop.OriginStorefront, OrderID: order(1)}, []string{"input.orderEntityId"}},
		"order 0":            {shop.SignUpInput{Email: "ada@example.com", Origin: shop.OriginCheckout, OrderID: order(0)}, []string{"input.orderEntityId"}},
		"everything wrong": {shop.SignUpInput{Email: "x", FirstName: "a\nb", LastName: strings.Repeat("x", 256), Form: strings.Repeat("x", 101), Locale: "klingon!", Text: "\x00"},
			[]string{"input.email", "input.firstName", "input.lastName", "input.consent.form", "input.consent.locale", "input.consent.text"}},
		"text of 2000 characters": {shop.SignUpInput{Email: "ada@example.com", Text: strings.Repeat("é", 2000)}, nil},
		"text of 2001 characters": {shop.SignUpInput{Email: "ada@example.com", Text: strings.Repeat("é", 2001)}, []string{"input.consent.text"}},
	} {
		email, err := c.in.Check()
		var fields []string
		for _, e := range shop.ErrorsIn(err) {
			fields = append(fields, e.Field)
		}
		if !slices.Equal(fields, c.fields) || err == nil && email.Key == "" {
			t.Errorf("%s: blamed %v (%v), want %v", name, fields, err, c.fields)
		}
		if name == "all of it" && c.in.Locale != "de-AT" {
			t.Errorf("the locale is %q", c.in.Locale)
		}
	}
}

func TestMayKnow(t *testing.T) {
	t.Parallel()
	key := "ada@example.com"
	row := &shop.Subscriber{EmailKey: key}
	for name, c := range map[string]struct {
		customer *shop.Customer
		row      *shop.Subscriber
		want     bool
	}{
		"nobody":                   {nil, row, false},
		"no row":                   {&shop.Customer{ID: 1, EmailKey: key, EmailVerified: true}, nil, false},
		"proved":                   {&shop.Customer{ID: 1, EmailKey: key, EmailVerified: true}, row, true},
		"not proved":               {&shop.Customer{ID: 1, EmailKey: key}, row, false},
		"proved, another address":  {&shop.Customer{ID: 1, EmailKey: "b@example.com", EmailVerified: true}, row, false},
		"made all rows":            {&shop.Customer{ID: 1, EmailKey: key}, &shop.Subscriber{EmailKey: key, SoleCustomerID: 1}, true},
		"another made them":        {&shop.Customer{ID: 1, EmailKey: key}, &shop.Subscriber{EmailKey: key, SoleCustomerID: 2}, false},
		"made them, has moved":     {&shop.Customer{ID: 1, EmailKey: "b@example.com"}, &shop.Subscriber{EmailKey: key, SoleCustomerID: 1}, false},
		"no id, no account's rows": {&shop.Customer{EmailKey: "b@example.com"}, row, false},
	} {
		if got := c.customer.MayKnow(c.row); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// consent draws a row with something in every field.
func consent(t *rapid.T) shop.Consent {
	n := rapid.Int64Range(1, 1<<40)
	s := rapid.StringN(1, 5, -1)
	b := rapid.SliceOfN(rapid.Byte(), 1, 4)
	return shop.Consent{
		StoreID: n.Draw(t, "store"), SubscriberID: n.Draw(t, "subscriber"), Seq: n.Draw(t, "seq"), Action: shop.ConsentAction(s.Draw(t, "action")),
		Purpose: s.Draw(t, "purpose"), Origin: shop.SubscriberOrigin(s.Draw(t, "origin")), Form: s.Draw(t, "form"), Locale: s.Draw(t, "locale"),
		TextHash: b.Draw(t, "text"), ChannelID: n.Draw(t, "channel"), CustomerID: n.Draw(t, "customer"), OrderID: n.Draw(t, "order"),
		OrderClaimed: rapid.Bool().Draw(t, "claimed"), Actor: s.Draw(t, "actor"), At: time.UnixMicro(n.Draw(t, "at")),
		EmailDigest: b.Draw(t, "email"), IPDigest: b.Draw(t, "ip"), PrevHash: b.Draw(t, "prev"),
	}
}

// uncovered are not under the hash: salts and clear values go, and the hash
// cannot cover itself.
var uncovered = []string{"EmailSalt", "IPSalt", "IPPrefix", "Hash"}

func TestAnyChangedFieldChangesTheHash(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Custom(consent).Draw(t, "row")
		sum := c.Sum()
		row := reflect.TypeOf(c)
		for i := range row.NumField() {
			changed := c
			switch f := reflect.ValueOf(&changed).Elem().Field(i); v := f.Addr().Interface().(type) {
			case *time.Time:
				*v = v.Add(time.Microsecond)
			case *[]byte:
				*v = append([]byte{1}, *v...)
			case *bool:
				*v = !*v
			case *int64:
				*v++
			default:
				f.SetString(f.String() + "x")
			}
			name := row.Field(i).Name
			if same := bytes.Equal(changed.Sum(), sum); same != slices.Contains(uncovered, name) {
				t.Fatalf("%s changed: same hash %v", name, same)
			}
		}
	})
}

// What moves from one field to its neighbour is a change too.
func TestFieldsDoNotRunTogether(t *testing.T) {
	t.Parallel()
	a := shop.Consent{Form: "ab", Locale: "c", CustomerID: 12, OrderID: 3}
	b := shop.Consent{Form: "a", Locale: "bc", CustomerID: 12, OrderID: 3}
	c := shop.Consent{Form: "ab", Locale: "c", CustomerID: 1, OrderID: 23}
	if bytes.Equal(a.Sum(), b.Sum()) || bytes.Equal(a.Sum(), c.Sum()) {
		t.Error("different rows, one hash")
	}
	x, y, z := shop.CustomerAddress{FirstName: "ab", LastName: "c"}, shop.CustomerAddress{FirstName: "a", LastName: "bc"}, shop.CustomerAddress{FirstName: "ab", LastName: "c", Company: ptr("")}
	if bytes.Equal(x.Fingerprint(1), y.Fingerprint(1)) || bytes.Equal(x.Fingerprint(1), x.Fingerprint(2)) || !bytes.Equal(x.Fingerprint(1), z.Fingerprint(1)) {
		t.Error("fingerprints of addresses")
	}
}

func TestSalts(t *testing.T) {
	t.Parallel()
	var a, b shop.Consent
	a.SaltEmail("ada@example.com")
	b.SaltEmail("ada@example.com")
	a.SaltIP("")
	if bytes.Equal(a.EmailDigest, b.EmailDigest) || len(a.EmailSalt) < 16 || a.IPDigest != nil || a.IPSalt != nil {
		t.Errorf("%+v", a)
	}
	b.SaltIP("192.0.2.0/24")
	if !bytes.Equal(shop.DigestOf(b.IPSalt, "192.0.2.0/24"), b.IPDigest) || b.IPPrefix == "" {
		t.Errorf("%+v", b)
	}
}
