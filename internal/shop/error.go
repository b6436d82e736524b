package shop

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/message"
)

// Code says what kind of refusal an Error is. It is also what GraphQL clients
// see as extensions.code, so the texts are a promise.
type Code string

// The codes. Anything that is not an *Error is Internal.
const (
	Unauthenticated Code = "UNAUTHENTICATED"
	Forbidden       Code = "FORBIDDEN"
	NotFound        Code = "NOT_FOUND"
	BadUserInput    Code = "BAD_USER_INPUT"
	Conflict        Code = "CONFLICT"
	RateLimited     Code = "RATE_LIMITED"
	Unavailable     Code = "UNAVAILABLE"
	Internal        Code = "INTERNAL"

	// The contract's own, for those who ask to be told (session.AccessRefusal).
	InvalidAccessToken Code = "INVALID_CUSTOMER_ACCESS_TOKEN"
	MissingAccessToken Code = "MISSING_CUSTOMER_ACCESS_TOKEN"
)

// Error is a refusal that may be shown to a shopper or a developer. Its English
// text is also the key under which translations are found.
type Error struct {
	Code Code
	// Field is the argument path that is to blame, joined by dots, such as
	// "input.email"; empty when no single one is.
	Field string
	// RetryAfter is when trying again makes sense; set with RateLimited and
	// Unavailable.
	RetryAfter time.Duration

	key   string
	args  []any
	cause error
}

// Errorf makes an Error. key is an English sentence, with verbs for args, that
// the catalogue may translate.
func Errorf(code Code, key string, args ...any) *Error {
	return &Error{Code: code, key: key, args: args}
}

// Invalid is a BadUserInput that names the field.
func Invalid(field, key string, args ...any) *Error {
	return &Error{Code: BadUserInput, Field: field, key: key, args: args}
}

// Because keeps the cause for logs; it is never shown.
func (e *Error) Because(err error) *Error {
	e.cause = err
	return e
}

// Error is the English text.
func (e *Error) Error() string { return fmt.Sprintf(e.key, e.args...) }

// Text is the text in the printer's language, English where there is none.
func (e *Error) Text(p *message.Printer) string { return p.Sprintf(e.key, e.args...) }

// Unwrap gives the cause, so that errors.Is sees through.
func (e *Error) Unwrap() error { return e.cause }

// Path is Field as GraphQL's ValidationError has it; empty, never nil.
func (e *Error) Path() []string {
	if e.Field == "" {
		return []string{}
	}
	return strings.Split(e.Field, ".")
}

// Errors are several refusals of one request, all reported together.
type Errors []*Error

// Error joins the English texts.
func (es Errors) Error() string {
	texts := make([]string, len(es))
	for i, e := range es {
		texts[i] = e.Error()
	}
	return strings.Join(texts, " ")
}

// Or is nil when there is nothing to report: it keeps a typed nil from turning
// into a non-nil error.
func (es Errors) Or() error {
	if len(es) == 0 {
		return nil
	}
	return es
}

// blame tells whether one of them names field.
func (es Errors) blame(field string) bool {
	return slices.ContainsFunc(es, func(e *Error) bool { return e.Field == field })
}

// ErrorsIn lists the refusals that err is made of; nothing when it is not one.
func ErrorsIn(err error) Errors {
	if es, ok := errors.AsType[Errors](err); ok {
		return es
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return Errors{e}
	}
	return nil
}

// Both is two outcomes as one: the refusals of both together, or the failure that
// is none.
func Both(a, b error) error {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	x, y := ErrorsIn(a), ErrorsIn(b)
	switch {
	case len(x) == 0:
		return a
	case len(y) == 0:
		return b
	}
	return slices.Concat(x, y)
}

// CodeOf is the code of err: Internal when it is not one of ours.
func CodeOf(err error) Code {
	if es := ErrorsIn(err); len(es) > 0 {
		return es[0].Code
	}
	return Internal
}
