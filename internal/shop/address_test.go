package shop_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"regulars/internal/shop"
)

// value is what p points to, "-" for nothing.
func value(p *string) string {
	if p == nil {
		return "-"
	}
	return *p
}

func home(country string, state *string) shop.CustomerAddress {
	return shop.CustomerAddress{FirstName: "Ada", LastName: "Byron", Address1: "1 Main Street", City: "Anywhere", CountryCode: country, StateOrProvince: state}
}

func refusal(err error) string {
	var out []string
	for _, e := range shop.ErrorsIn(err) {
		out = append(out, e.Field+": "+e.Error())
	}
	return strings.Join(out, " ")
}

const (
	required = "This field is required."
	unknown  = "Choose a state or province of this country."
	twoCaps  = "Give the country by its two letters."
)

func TestStateOfANewAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		country string
		state   *string
		want    string // what is kept, or of which field what is said
	}{
		{"US", ptr("Texas"), "Texas"}, {"us", ptr("tx"), "Texas"}, {"US", ptr(" TEXAS "), "Texas"}, {"US", ptr("AE"), "Armed Forces Europe"},
		{"US", nil, required}, {"US", ptr(""), required}, {"US", ptr("Bayern"), unknown}, {"US", ptr("T"), unknown}, {"US", ptr("Washington D.C."), "District of Columbia"},
		{"CA", ptr("québec"), "Quebec"}, {"CA", ptr("YT"), "Yukon"}, {"CA", nil, required}, {"AU", ptr("NSW"), "New South Wales"}, {"AU", nil, required},
		{"GB", nil, "-"}, {"GB", ptr("Kent"), "Kent"}, {"FR", nil, "-"}, {"FR", ptr("Bretagne"), "Bretagne"}, {"NL", nil, "-"}, {"NZ", ptr("Otago"), "Otago"},
		{"DE", nil, "-"}, {"DE", ptr("BY"), "Bayern"}, {"DE", ptr("bavaria"), "Bayern"}, {"DE", ptr("Texas"), unknown},
		{"AT", nil, "-"}, {"AT", ptr("wien"), "Wien"}, {"AT", ptr("Bayern"), unknown}, {"CH", nil, "-"}, {"CH", ptr("geneva"), "Genève"}, {"CH", ptr("Bayern"), unknown},
		{"IE", ptr("Co. Cork"), "Cork"}, {"IE", ptr("Munster"), unknown}, {"IE", nil, required},
		{"IT", ptr("MI"), "Milano"}, {"IT", ptr("Lombardia"), unknown}, {"IT", nil, required},
		{"ES", ptr("malaga"), "Málaga"}, {"ES", ptr("Andalucía"), unknown}, {"ES", nil, required},
		{"BR", ptr("Sao Paulo"), "São Paulo"}, {"BR", nil, required}, {"IN", ptr("Orissa"), "Odisha"}, {"IN", ptr("TG"), "Telangana"}, {"IN", nil, required},
		{"CN", ptr("Guangdong Sheng"), "Guangdong"}, {"CN", ptr("HK"), unknown}, {"CN", nil, required}, {"HK", nil, "-"},
		{"JP", ptr("Kyōto"), "Kyoto"}, {"JP", ptr("13"), "Tokyo"}, {"JP", nil, required}, {"MX", ptr("Distrito Federal"), "Ciudad de México"}, {"MX", nil, required},
		{"TR", ptr("Istanbul"), "İstanbul"}, {"TR", ptr("diyarbakir"), "Diyarbakır"}, {"SG", nil, "-"}, {"XK", nil, "-"},
		{"ZZ", ptr("Texas"), twoCaps}, {"EU", nil, twoCaps}, {"USA", nil, twoCaps}, {"U", nil, twoCaps}, {"AN", nil, twoCaps}, {"", nil, required},
	} {
		got, err := home(c.country, c.state).Check("input.address")
		field := "stateOrProvince"
		if c.want == twoCaps || c.country == "" {
			field = "countryCode"
		}
		said := refusal(err)
		if strings.HasSuffix(c.want, ".") {
			if want := "input.address." + field + ": " + c.want; said != want {
				t.Errorf("%s %s: %q, want %q", c.country, value(c.state), said, want)
			}
			continue
		}
		if err != nil || value(got.StateOrProvince) != c.want || got.CountryCode != strings.ToUpper(c.country) {
			t.Errorf("%s %s: %s %s, %v", c.country, value(c.state), got.CountryCode, value(got.StateOrProvince), err)
		}
	}
}

func TestStateOfAChangedAddress(t *testing.T) {
	t.Parallel()
	texas := home("US", ptr("Texas"))
	for name, c := range map[string]struct {
		from shop.CustomerAddress
		to   shop.AddressUpdate
		want string
	}{
		"nothing":                            {texas, shop.AddressUpdate{}, "US Texas"},
		"another state":                      {texas, shop.AddressUpdate{StateOrProvince: ptr("oh")}, "US Ohio"},
		"no state":                           {texas, shop.AddressUpdate{StateOrProvince: ptr("")}, required},
		"the same country":                   {texas, shop.AddressUpdate{CountryCode: ptr("us")}, "US Texas"},
		"a country without states":           {texas, shop.AddressUpdate{CountryCode: ptr("FR")}, "FR -"},
		"its free text":                      {texas, shop.AddressUpdate{CountryCode: ptr("FR"), StateOrProvince: ptr("Bretagne")}, "FR Bretagne"},
		"a country with states, without":     {texas, shop.AddressUpdate{CountryCode: ptr("CA")}, required},
		"a country with states, another's":   {texas, shop.AddressUpdate{CountryCode: ptr("CA"), StateOrProvince: ptr("Texas")}, unknown},
		"a country with states, and one":     {texas, shop.AddressUpdate{CountryCode: ptr("CA"), StateOrProvince: ptr("ON")}, "CA Ontario"},
		"a country that needs none":          {texas, shop.AddressUpdate{CountryCode: ptr("DE")}, "DE -"},
		"no country":                         {texas, shop.AddressUpdate{CountryCode: ptr("ZZ")}, twoCaps},
		"an old state is left alone":         {home("US", ptr("Lone Star")), shop.AddressUpdate{City: ptr("Austin")}, "US Lone Star"},
		"a missing state is left alone":      {home("US", nil), shop.AddressUpdate{City: ptr("Austin"), CountryCode: ptr("US")}, "US -"},
		"an old country is left alone":       {home("ZZ", nil), shop.AddressUpdate{City: ptr("Austin")}, "ZZ -"},
		"a state of an old country is free":  {home("ZZ", nil), shop.AddressUpdate{StateOrProvince: ptr("Freedonia")}, "ZZ Freedonia"},
		"a state too long is said only once": {texas, shop.AddressUpdate{StateOrProvince: ptr(strings.Repeat("x", 101))}, "Use at most 100 characters."},
		"a country that is no text":          {texas, shop.AddressUpdate{CountryCode: ptr("U\x00")}, "Line breaks and control characters are not allowed here."},
		"a country's state that is no text":  {texas, shop.AddressUpdate{CountryCode: ptr("CA"), StateOrProvince: ptr("\x00")}, "Line breaks and control characters are not allowed here."},
	} {
		got, err := c.to.Apply(c.from)
		said := got.CountryCode + " " + value(got.StateOrProvince)
		if err != nil {
			said = refusal(err)
			if !strings.HasPrefix(said, "input.data.") {
				t.Errorf("%s: %s", name, said)
			}
			_, said, _ = strings.Cut(said, ": ")
		}
		if said != c.want {
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
	}
}

// field reaches each field of an update and of an address by its place in both.
type field struct {
	name     string
	max      int
	optional bool
	given    func(*shop.AddressUpdate) **string
	kept     func(*shop.CustomerAddress) *string // nil for none
}

var fields = []field{
	{"firstName", 255, false, func(u *shop.AddressUpdate) **string { return &u.FirstName }, func(a *shop.CustomerAddress) *string { return &a.FirstName }},
	{"lastName", 255, false, func(u *shop.AddressUpdate) **string { return &u.LastName }, func(a *shop.CustomerAddress) *string { return &a.LastName }},
	{"company", 255, true, func(u *shop.AddressUpdate) **string { return &u.Company }, func(a *shop.CustomerAddress) *string { return a.Company }},
	{"address1", 255, false, func(u *shop.AddressUpdate) **string { return &u.Address1 }, func(a *shop.CustomerAddress) *string { return &a.Address1 }},
	{"address2", 255, true, func(u *shop.AddressUpdate) **string { return &u.Address2 }, func(a *shop.CustomerAddress) *string { return a.Address2 }},
	{"city", 100, false, func(u *shop.AddressUpdate) **string { return &u.City }, func(a *shop.CustomerAddress) *string { return &a.City }},
	{"postalCode", 30, true, func(u *shop.AddressUpdate) **string { return &u.PostalCode }, func(a *shop.CustomerAddress) *string { return a.PostalCode }},
	{"phone", 50, true, func(u *shop.AddressUpdate) **string { return &u.Phone }, func(a *shop.CustomerAddress) *string { return a.Phone }},
}

// Whatever is sent: a field that is given and good is kept, one that is bad is
// named, and what is not given stays as it was.
func TestPartialUpdateOfAnAddress(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringN(0, 40, -1), rapid.SampledFrom([]string{"", " ", "ok", " ok ", "a\nb", "\xff", strings.Repeat("ä", 30), strings.Repeat("ä", 31),
		strings.Repeat("x", 50), strings.Repeat("x", 101), strings.Repeat("x", 255), strings.Repeat("x", 256)}))
	rapid.Check(t, func(rt *rapid.T) {
		was := home(rapid.SampledFrom([]string{"US", "FR", "ZZ"}).Draw(rt, "country"), ptr("Old"))
		was.Company, was.Phone, was.ID = ptr("Engines"), ptr("1"), 7
		var u shop.AddressUpdate
		var bad []string
		for _, f := range fields {
			if !rapid.Bool().Draw(rt, f.name+" given") {
				continue
			}
			s := text.Draw(rt, f.name)
			*f.given(&u) = &s
			if !good(s, f) {
				bad = append(bad, "input.data."+f.name)
			}
		}
		before := was
		now, err := u.Apply(was)
		if !reflect.DeepEqual(was, before) {
			rt.Fatal("the address before was changed")
		}
		var blamed []string
		for _, e := range shop.ErrorsIn(err) {
			blamed = append(blamed, e.Field)
		}
		if !reflect.DeepEqual(blamed, bad) {
			rt.Fatalf("blamed %v, want %v", blamed, bad)
		}
		if err != nil {
			return
		}
		var changed []string
		for _, f := range fields {
			want := value(f.kept(&was))
			if s := *f.given(&u); s != nil {
				if want = strings.TrimSpace(*s); want == "" {
					want = "-"
				}
			}
			if got := value(f.kept(&now)); got != want {
				rt.Fatalf("%s: %q, want %q", f.name, got, want)
			}
			if value(f.kept(&was)) != value(f.kept(&now)) {
				changed = append(changed, f.name)
			}
		}
		if now.ID != 7 || now.CountryCode != was.CountryCode || value(now.StateOrProvince) != "Old" {
			rt.Fatalf("%+v", now)
		}
		if got := was.Changes(now); len(got) != len(changed) {
			rt.Fatalf("changes %v, want %v", got, changed)
		}
		if (len(changed) == 0) != (string(was.Fingerprint(1)) == string(now.Fingerprint(1))) {
			rt.Fatalf("changed %v, and the fingerprint did not agree", changed)
		}
		if again, err := u.Apply(now); err != nil || !reflect.DeepEqual(again, now) {
			rt.Fatalf("once more: %+v, %v", again, err)
		}
	})
}

// good is the contract in the plainest words.
func good(s string, f field) bool {
	s = strings.TrimSpace(s)
	for _, r := range s {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return false
		}
	}
	n := len([]rune(s))
	return strings.ToValidUTF8(s, "") == s && n <= f.max && (f.optional || n > 0)
}

// A new address that passed passes again, and stays as it is.
func TestCheckedAddressStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, c := range everywhere() {
		states := []*string{nil}
		for _, s := range c.StatesOrProvinces {
			states = append(states, &s.Name, &s.Abbreviation)
		}
		for _, state := range states {
			once, err := home(c.Code, state).Check("input")
			if err != nil {
				if state != nil {
					t.Errorf("%s %s: %v", c.Code, *state, err)
				}
				continue
			}
			if twice, err := once.Check("input"); err != nil || !reflect.DeepEqual(once, twice) {
				t.Errorf("%+v, %+v, %v", once, twice, err)
			}
			if c.ID != *once.CountryID() || (once.StateOrProvince == nil) != (once.StateID() == nil) {
				t.Errorf("%s: ids %v %v", c.Code, once.CountryID(), once.StateID())
			}
		}
	}
	if a := home("ZZ", ptr("x")); a.CountryID() != nil || a.StateID() != nil || home("FR", ptr("x")).StateID() != nil || home("US", ptr("x")).StateID() != nil {
		t.Error("ids of nothing")
	}
}
