package shop

import "strings"

// AddressUpdate holds the fields to change; nil leaves one as it is. An empty text
// takes away what an address need not have.
type AddressUpdate struct {
	FirstName, LastName, Company, Address1, Address2, City *string
	CountryCode, StateOrProvince, PostalCode, Phone        *string
	Fields                                                 FieldUpdate

	demanded Errors // what Check found missing
}

// Check makes a new address fit to be kept, or reports every mistake; at is the
// path of the input that it came in.
func (a CustomerAddress) Check(at string) (CustomerAddress, error) {
	all := AddressUpdate{
		FirstName: &a.FirstName, LastName: &a.LastName, Company: a.Company, Address1: &a.Address1, Address2: a.Address2, City: &a.City,
		CountryCode: &a.CountryCode, StateOrProvince: a.StateOrProvince, PostalCode: a.PostalCode, Phone: a.Phone,
	}
	return all.apply(CustomerAddress{ID: a.ID, AddressType: a.AddressType}, at)
}

// Apply gives a with the changes, or every mistake in them. Fields that are not
// given are not checked: an old value never stands in the way of a new one.
func (u AddressUpdate) Apply(a CustomerAddress) (CustomerAddress, error) {
	out, err := u.apply(a, "input.data")
	return out, append(u.demanded, ErrorsIn(err)...).Or()
}

// apply knows the limits of contract/apps.md a.6.
func (u AddressUpdate) apply(a CustomerAddress, at string) (CustomerAddress, error) {
	was := a.CountryCode
	var errs Errors
	for _, f := range []struct {
		name     string
		min, max int
		from     *string
		to       *string  // what every address has
		optional **string // or need not have
	}{
		{"firstName", 1, 255, u.FirstName, &a.FirstName, nil},
		{"lastName", 1, 255, u.LastName, &a.LastName, nil},
		{"company", 0, 255, u.Company, nil, &a.Company},
		{"address1", 1, 255, u.Address1, &a.Address1, nil},
		{"address2", 0, 255, u.Address2, nil, &a.Address2},
		{"city", 1, 100, u.City, &a.City, nil},
		{"countryCode", 1, 255, u.CountryCode, &a.CountryCode, nil},
		{"stateOrProvince", 0, 100, u.StateOrProvince, nil, &a.StateOrProvince},
		{"postalCode", 0, 30, u.PostalCode, nil, &a.PostalCode},
		{"phone", 0, 50, u.Phone, nil, &a.Phone},
	} {
		if f.from == nil {
			continue
		}
		text, e := checkLine(at+"."+f.name, *f.from, f.min, f.max)
		switch {
		case e != nil:
			errs = append(errs, e)
		case f.to != nil:
			*f.to = text
		case text == "":
			*f.optional = nil
		default:
			*f.optional = &text
		}
	}
	return a, append(errs, u.place(&a, was, at, errs)...).Or()
}

// place checks country and state, where one of them was given and not blamed
// already. A state does not move to another country.
func (u AddressUpdate) place(a *CustomerAddress, was, at string, blamed Errors) Errors {
	a.CountryCode = strings.ToUpper(a.CountryCode)
	moved := a.CountryCode != was
	if moved && u.StateOrProvince == nil {
		a.StateOrProvince = nil
	}
	country, ok := english().Country(a.CountryCode)
	switch {
	case blamed.blame(at + ".countryCode"):
		return nil
	case !ok && moved:
		return Errors{Invalid(at+".countryCode", "Give the country by its two letters.")}
	case !ok || len(country.StatesOrProvinces) == 0, !moved && u.StateOrProvince == nil, blamed.blame(at + ".stateOrProvince"):
		return nil
	case a.StateOrProvince == nil && stateOptional[country.Code]:
		return nil
	case a.StateOrProvince == nil:
		return Errors{Invalid(at+".stateOrProvince", "This field is required.")}
	}
	state, ok := country.state(*a.StateOrProvince)
	if !ok {
		return Errors{Invalid(at+".stateOrProvince", "Choose a state or province of this country.")}
	}
	a.StateOrProvince = &state.Name
	return nil
}
