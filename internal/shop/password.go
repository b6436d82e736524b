package shop

import (
	"unicode"
	"unicode/utf8"
)

// PasswordPolicy is what a store publishes as passwordComplexitySettings; its
// zero value asks for nothing. Lengths count characters, not bytes.
type PasswordPolicy struct {
	MinimumPasswordLength    int64 `json:"minimumPasswordLength"`
	RequireLowerCase         bool  `json:"requireLowerCase"`
	RequireUpperCase         bool  `json:"requireUpperCase"`
	RequireNumbers           bool  `json:"requireNumbers"`
	MinimumNumbers           int64 `json:"minimumNumbers"`
	RequireSpecialCharacters bool  `json:"requireSpecialCharacters"`
	MinimumSpecialCharacters int64 `json:"minimumSpecialCharacters"`
}

// DefaultPasswordPolicy asks for eight characters and nothing else: composition
// rules make passwords worse (ASVS 6.2.5).
var DefaultPasswordPolicy = PasswordPolicy{MinimumPasswordLength: 8}

// maxPassword keeps a request from hashing megabytes; far beyond what people or
// their managers use (ASVS 6.2.9 asks for 64 at least).
const maxPassword = 1024

// Check reports every rule that password breaks, each blamed on field. The
// password is taken as it is: not trimmed, not folded.
func (p PasswordPolicy) Check(field, password string) Errors {
	var errs Errors
	fail := func(ok bool, key string, args ...any) {
		if !ok {
			errs = append(errs, Invalid(field, key, args...))
		}
	}
	var lower, upper, digits, special int64
	for _, r := range password {
		switch {
		case unicode.IsLower(r):
			lower++
		case unicode.IsUpper(r):
			upper++
		case unicode.IsDigit(r):
			digits++
		default:
			special++
		}
	}
	n := int64(utf8.RuneCountInString(password))
	fail(utf8.ValidString(password) && n <= maxPassword, "The password can have at most %d characters.", maxPassword)
	fail(n >= p.MinimumPasswordLength, "The password needs at least %d characters.", p.MinimumPasswordLength)
	fail(!p.RequireLowerCase || lower > 0, "The password needs a lower-case letter.")
	fail(!p.RequireUpperCase || upper > 0, "The password needs an upper-case letter.")
	fail(!p.RequireNumbers || digits >= max(1, p.MinimumNumbers), "The password needs digits, %d at least.", max(1, p.MinimumNumbers))
	fail(!p.RequireSpecialCharacters || special >= max(1, p.MinimumSpecialCharacters),
		"The password needs special characters, %d at least.", max(1, p.MinimumSpecialCharacters))
	if len(errs) == 0 && isCommon(password) {
		fail(false, "This password is too well known. Choose another one.")
	}
	return errs
}
