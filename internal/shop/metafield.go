package shop

import (
	"slices"
	"unicode/utf8"
)

// MetafieldOwner is what a metafield is noted about; a store has its own id.
type MetafieldOwner struct {
	Resource string
	ID       int64
}

// The resources that metafields are noted about here.
const (
	ResourceCustomer = "customer"
	ResourceChannel  = "channel"
	ResourceStore    = "store"
)

// Metafield is a note that an app keeps, found by namespace and key.
type Metafield struct {
	ID          int64
	Namespace   string
	Key         string
	Value       string
	Description string
	// PermissionSet is REST's; storefronts read only what it opens to them.
	PermissionSet string
}

// PermissionSets are REST's, the safest first.
var PermissionSets = []string{"app_only", "read", "write", "read_and_sf_access", "write_and_sf_access"}

// MaxMetafields is how many one owner can have.
const MaxMetafields = 250

// MaxMetafieldKeys is how many keys one query can name.
const MaxMetafieldKeys = 50

// OnStorefront tells whether a storefront may read the metafield.
func (m Metafield) OnStorefront() bool {
	return m.PermissionSet == "read_and_sf_access" || m.PermissionSet == "write_and_sf_access"
}

// Check cleans a metafield to be kept; its value is kept as it is.
func (m *Metafield) Check() error {
	var errs Errors
	for _, f := range []struct {
		name     string
		text     *string
		min, max int
	}{{"namespace", &m.Namespace, 1, 64}, {"key", &m.Key, 1, 64}, {"description", &m.Description, 0, 255}} {
		var e *Error
		if *f.text, e = checkLine(f.name, *f.text, f.min, f.max); e != nil {
			errs = append(errs, e)
		}
	}
	if n := utf8.RuneCountInString(m.Value); n < 1 || n > 65535 || !utf8.ValidString(m.Value) {
		errs = append(errs, Invalid("value", "A value has 1 to 65535 characters."))
	}
	if !slices.Contains(PermissionSets, m.PermissionSet) {
		errs = append(errs, Invalid("permissionSet", "There is no such permission set."))
	}
	return errs.Or()
}
