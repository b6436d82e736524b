package shop

import "strings"

// Customer is a person with an account, as the shopper may see it. Staff notes
// are not loaded here.
type Customer struct {
	ID                int64
	Email             string // as typed
	EmailKey          string // as compared
	EmailVerified     bool   // the mailbox has been proved
	FirstName         string
	LastName          string
	Company           string
	Phone             string
	TaxExemptCategory string
	GroupID           int64 // 0 for none
	ChannelIDs        []int64
	CartID            string // the cart recorded at login, "" for none
	Version           int64
}

// Notes is what the contract's deprecated field answers: staff notes are not
// for shoppers.
func (Customer) Notes() string { return "" }

// Profile is what a shopper fills in.
type Profile struct {
	FirstName, LastName, Company, Phone string
}

// Registration is a request for an account. Check makes it fit to be kept.
type Registration struct {
	Profile
	Email    string
	Password string
	Address  *NewAddress // the first of the address book; nil for none
	Fields   FieldUpdate
	// Language is the Accept-Language header.
	Language string
}

// FieldsPath is where an account's form fields stand in the arguments.
const FieldsPath = "input.formFields"

// Check cleans the input and reports every mistake; fields are paths of
// RegisterCustomerInput.
func (in *Registration) Check(policy PasswordPolicy, forms Forms) (Email, error) {
	var errs Errors
	firstNameField.clean(in.FirstName, &in.FirstName, &errs)
	lastNameField.clean(in.LastName, &in.LastName, &errs)
	companyField.clean(in.Company, &in.Company, &errs)
	phoneField.clean(in.Phone, &in.Phone, &errs)
	email, ok := ParseEmail(in.Email)
	if !ok {
		errs = append(errs, Invalid("input.email", "Enter a valid email address."))
	}
	errs = append(errs, policy.Check("input.password", in.Password)...)
	errs = append(errs, in.Fields.New(forms, FormCustomer, FieldsPath)...)
	if in.Address != nil {
		errs = append(errs, in.Address.CheckNew(forms, "input.address")...)
	}
	return email, errs.Or()
}

// profileField is one line of a profile with its limits (contract/apps.md a.3).
type profileField struct {
	path     string
	max, min int
}

var (
	firstNameField = profileField{"input.firstName", 100, 1}
	lastNameField  = profileField{"input.lastName", 100, 1}
	companyField   = profileField{"input.company", 255, 0}
	phoneField     = profileField{"input.phone", 50, 0}
)

// clean writes the cleaned value of from to to, and reports what is wrong.
func (f profileField) clean(from string, to *string, errs *Errors) {
	var e *Error
	if *to, e = checkLine(f.path, from, f.min, f.max); e != nil {
		*errs = append(*errs, e)
	}
}

// CustomerUpdate holds the fields to change; nil leaves one as it is.
type CustomerUpdate struct {
	FirstName, LastName, Company, Phone, Email *string
	Fields                                     FieldUpdate
}

// Apply gives c with the changes, those to form fields left out, or every mistake in them. Fields that are not
// given are not checked: an old value never stands in the way of a new one.
// claimed is an address that has to prove itself before it can be the account's;
// nil where none is asked for, or the present one in another spelling.
func (u CustomerUpdate) Apply(c Customer) (out Customer, claimed *Email, err error) {
	var errs Errors
	for _, f := range []struct {
		field profileField
		from  *string
		to    *string
	}{
		{firstNameField, u.FirstName, &c.FirstName}, {lastNameField, u.LastName, &c.LastName},
		{companyField, u.Company, &c.Company}, {phoneField, u.Phone, &c.Phone},
	} {
		if f.from != nil {
			f.field.clean(*f.from, f.to, &errs)
		}
	}
	if u.Email != nil {
		email, ok := ParseEmail(*u.Email)
		switch {
		case !ok:
			errs = append(errs, Invalid("input.email", "Enter a valid email address."))
		case email.Key == c.EmailKey && sameSpelling(email.Text, c.Email):
			c.Email = email.Text
		default:
			claimed = &email
		}
	}
	return c, claimed, errs.Or()
}

// sameSpelling tells whether mail to both reaches one mailbox for sure: what
// differs beyond the case of ASCII letters may be another one's, though the keys
// agree.
func sameSpelling(a, b string) bool {
	ascii := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e }) }
	return a == b || (ascii(a) && ascii(b) && strings.EqualFold(a, b))
}

// CheckCartID cleans the id of a cart that lives elsewhere; "" is none.
func CheckCartID(field string, id *string) (string, error) {
	if id == nil {
		return "", nil
	}
	s, e := checkLine(field, *id, 0, 255)
	if e != nil {
		return "", e
	}
	return s, nil
}
