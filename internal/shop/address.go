package shop

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
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

// Country is the English name of the country; nil for a code that names none.
func (a CustomerAddress) Country() *string {
	region, err := language.ParseRegion(a.CountryCode)
	if err != nil || !region.IsCountry() {
		return nil
	}
	name := display.English.Regions().Name(region)
	return &name
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
