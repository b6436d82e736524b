package shop

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// DestinationAddressType is the contract's enum.
type DestinationAddressType string

// The types; an address may have none.
const (
	AddressCommercial  DestinationAddressType = "COMMERCIAL"
	AddressResidential DestinationAddressType = "RESIDENTIAL"
)

// CustomerAddress is one entry of a customer's address book.
type CustomerAddress struct {
	ID              int64
	FirstName       string
	LastName        string
	Company         *string
	Address1        string
	Address2        *string
	City            string
	StateOrProvince *string
	PostalCode      *string
	CountryCode     string // ISO 3166-1 alpha-2
	Phone           *string
	AddressType     *DestinationAddressType
}

// MaxAddresses is how many a customer's address book holds.
const MaxAddresses = 100

// CountryID is the country's id in the geography; nil for a code that names none.
func (a CustomerAddress) CountryID() *int64 {
	c, ok := english().Country(a.CountryCode)
	if !ok {
		return nil
	}
	return &c.ID
}

// StateID is the state's id in the geography; nil where it is free text.
func (a CustomerAddress) StateID() *int64 {
	c, ok := english().Country(a.CountryCode)
	if !ok || a.StateOrProvince == nil {
		return nil
	}
	s, ok := c.state(*a.StateOrProvince)
	if !ok {
		return nil
	}
	return &s.ID
}

// Fingerprint is the SHA-256 of the identity fields of contract/apps.md a.6. It
// is unique per customer, so that adding an address twice is harmless.
func (a CustomerAddress) Fingerprint(customerID int64) []byte {
	h := sha256.New()
	hashInt(h, customerID)
	kind := ""
	if a.AddressType != nil {
		kind = string(*a.AddressType)
	}
	for _, s := range []*string{
		&a.FirstName, &a.LastName, a.Company, a.Phone, &kind, &a.Address1, a.Address2,
		&a.City, &a.CountryCode, a.StateOrProvince, a.PostalCode,
	} {
		if s == nil {
			s = new(string)
		}
		hashText(h, *s)
	}
	return h.Sum(nil)
}

// Changes names the fields, as REST has them, in which b differs.
func (a CustomerAddress) Changes(b CustomerAddress) (out []string) {
	for _, f := range []struct {
		name    string
		was, is *string
	}{
		{"first_name", &a.FirstName, &b.FirstName}, {"last_name", &a.LastName, &b.LastName}, {"company", a.Company, b.Company},
		{"address1", &a.Address1, &b.Address1}, {"address2", a.Address2, b.Address2}, {"city", &a.City, &b.City},
		{"state_or_province", a.StateOrProvince, b.StateOrProvince}, {"postal_code", a.PostalCode, b.PostalCode},
		{"country_code", &a.CountryCode, &b.CountryCode}, {"phone", a.Phone, b.Phone},
	} {
		if (f.was == nil) != (f.is == nil) || (f.was != nil && *f.was != *f.is) {
			out = append(out, f.name)
		}
	}
	return out
}

// hashText and hashInt feed a hash so that no two lists of fields look alike:
// every text is preceded by its length.
func hashText(h hash.Hash, s string) {
	hashInt(h, int64(len(s)))
	h.Write([]byte(s))
}

func hashInt(h hash.Hash, n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}
