package csvfile

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DateOrder says what 03/04/2020 means where a file's dates do not say so
// themselves.
type DateOrder string

// The orders. With DatesUnknown a date that can be read both ways is refused.
const (
	DatesUnknown DateOrder = ""
	DayFirst     DateOrder = "dmy"
	MonthFirst   DateOrder = "mdy"
)

// ErrAmbiguousDate is a date that means two days.
var ErrAmbiguousDate = errors.New("can be two dates; say which with --dates dmy or --dates mdy")

var errDate = errors.New("is not a date; 2024-01-31 and 2024-01-31T10:00:00Z are")

// layouts that mean one thing only. A time without a zone is UTC; names of other
// zones mean several.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07", "2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05Z07:00", "2006/01/02", "2006/01/02 15:04:05",
	"2006/01/02 15:04", "2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006", "2-Jan-2006", "2 Jan 2006 15:04:05",
	"Jan 2 2006 15:04:05", "Jan 2 2006 3:04 PM", "January 2 2006 3:04 PM", "Mon, 2 Jan 2006 15:04:05 GMT", "Mon, 2 Jan 2006 15:04:05 UTC",
	"Mon, 2 Jan 2006 15:04:05 -0700",
}

// numeric is day and month in either order, then the year, perhaps a time. Points
// between them put the day first everywhere.
var (
	numeric = regexp.MustCompile(`^(\d{1,2})([./-])(\d{1,2})([./-])(\d{4})(?:,?[ T](\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?))?$`)
	ordinal = regexp.MustCompile(`(\d)(st|nd|rd|th)\b`)
	half    = regexp.MustCompile(`(?i)\d ?[ap]m$`)
)

// ParseDate reads the dates that shops' programs write, in UTC and to the
// microsecond. The error continues a sentence that begins with the text.
func ParseDate(s string, order DateOrder) (time.Time, error) {
	s = strings.Join(strings.Fields(s), " ")
	if m := numeric.FindStringSubmatch(s); m != nil && m[2] == m[4] {
		return numericDate(m, order)
	}
	switch n, err := strconv.ParseInt(s, 10, 64); {
	case err == nil && n > 1e8 && n < 1e11: // seconds since 1970
		return time.Unix(n, 0).UTC(), nil
	case err == nil && n >= 1e11 && n < 1e14: // or thousandths of them
		return time.UnixMilli(n).UTC(), nil
	}
	plain := half.ReplaceAllStringFunc(ordinal.ReplaceAllString(s, "$1"), strings.ToUpper)
	if strings.ContainsFunc(plain, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		plain = strings.ReplaceAll(plain, ",", "")
	}
	for _, text := range []string{s, plain} {
		for _, layout := range layouts {
			if t, err := time.Parse(layout, text); err == nil {
				return t.UTC().Truncate(time.Microsecond), nil
			}
		}
	}
	return time.Time{}, errDate
}

func numericDate(m []string, order DateOrder) (time.Time, error) {
	first, _ := strconv.Atoi(m[1])
	second, _ := strconv.Atoi(m[3])
	if m[2] == "." || first > 12 {
		order = DayFirst
	} else if second > 12 {
		order = MonthFirst
	}
	day, month := first, second
	switch {
	case order == MonthFirst:
		day, month = second, first
	case order == DatesUnknown && first != second:
		return time.Time{}, ErrAmbiguousDate
	}
	clock := time.Time{}
	if m[6] != "" {
		var err error
		for _, layout := range []string{"15:04:05", "15:04", "3:04 PM", "3:04PM", "3:04:05 PM", "3:04:05PM"} {
			if clock, err = time.Parse(layout, strings.ToUpper(m[6])); err == nil {
				break
			}
		}
		if err != nil {
			return time.Time{}, errDate
		}
	}
	year, _ := strconv.Atoi(m[5])
	t := time.Date(year, time.Month(month), day, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
	if t.Day() != day || int(t.Month()) != month {
		return time.Time{}, errDate
	}
	return t, nil
}

var (
	yesNo  = words("yes y true t 1 x on ja j wahr oui vrai si sí verdadero", "no n false f 0 off nein falsch non faux falso")
	agreed = words("subscribed enabled active opted-in", "unsubscribed not_subscribed disabled inactive opted-out never")
)

func words(yes, no string) map[string]bool {
	out := map[string]bool{}
	for _, s := range strings.Fields(yes) {
		out[s] = true
	}
	for _, s := range strings.Fields(no) {
		out[s] = false
	}
	return out
}

// ParseBool reads the yes and no of shops' programs.
func ParseBool(s string) (value, ok bool) {
	value, ok = yesNo[strings.ToLower(strings.TrimSpace(s))]
	return value, ok
}

// ParseConsent reads the yes and no of an agreement, which programs also write as
// a state.
func ParseConsent(s string) (value, ok bool) {
	if value, ok = ParseBool(s); !ok {
		value, ok = agreed[strings.ToLower(strings.TrimSpace(s))]
	}
	return value, ok
}
