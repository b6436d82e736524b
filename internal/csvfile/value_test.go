package csvfile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"regulars/internal/csvfile"
)

func TestDates(t *testing.T) {
	t.Parallel()
	const unknown, dmy, mdy = csvfile.DatesUnknown, csvfile.DayFirst, csvfile.MonthFirst
	for _, c := range []struct {
		in    string
		order csvfile.DateOrder
		want  string // "" for ambiguous, "-" for none at all
	}{
		{"2024-01-31", unknown, "2024-01-31T00:00:00Z"},
		{"2024-01-31 10:20:30", unknown, "2024-01-31T10:20:30Z"},
		{"2024-01-31T10:20:30+02:00", unknown, "2024-01-31T08:20:30Z"},
		{"2024-01-31T10:20:30.123456789Z", unknown, "2024-01-31T10:20:30.123456Z"},
		{"2024-01-31 10:20:30 -0500", unknown, "2024-01-31T15:20:30Z"},
		{"31.01.2024", unknown, "2024-01-31T00:00:00Z"},
		{"03.04.2020", unknown, "2020-04-03T00:00:00Z"},
		{"31/01/2024", unknown, "2024-01-31T00:00:00Z"},
		{"01/31/2024", unknown, "2024-01-31T00:00:00Z"},
		{"01/31/2024 3:05 PM", unknown, "2024-01-31T15:05:00Z"},
		{"03/04/2020", unknown, ""},
		{"3-4-2020 10:00", unknown, ""},
		{"03/04/2020", dmy, "2020-04-03T00:00:00Z"},
		{"03/04/2020", mdy, "2020-03-04T00:00:00Z"},
		{"13/04/2020", mdy, "2020-04-13T00:00:00Z"},
		{"05/05/2020", unknown, "2020-05-05T00:00:00Z"},
		{"31st Jan 2024", unknown, "2024-01-31T00:00:00Z"},
		{"Jan 2nd, 2024", unknown, "2024-01-02T00:00:00Z"},
		{"January 2, 2024 3:04 pm", unknown, "2024-01-02T15:04:00Z"},
		{"2024-01-31T10:20:30+0100", unknown, "2024-01-31T09:20:30Z"},
		{"2024-01-31 10:20:30.5+02", unknown, "2024-01-31T08:20:30.5Z"},
		{"1706695200123", unknown, "2024-01-31T10:00:00.123Z"},
		{"170669520012345", unknown, "-"},
		{"Mon, 02 Jan 2006 15:04:05 UTC", unknown, "2006-01-02T15:04:05Z"},
		{"Mon, 2 Jan 2006 15:04:05 -0700", unknown, "2006-01-02T22:04:05Z"},
		{"Mon, 02 Jan 2006 15:04:05 PST", unknown, "-"},
		{"Mon, 02 Jan 2006 15:04:05 CET", unknown, "-"},
		{"January 2, 2024 3:04 PM", unknown, "2024-01-02T15:04:00Z"},
		{"Mon, 02 Jan 2006 15:04:05 GMT", unknown, "2006-01-02T15:04:05Z"},
		{"1706695200", unknown, "2024-01-31T10:00:00Z"},
		{"03/04/20", unknown, "-"},
		{"31/02/2024", unknown, "-"},
		{"2024-02-30", unknown, "-"},
		{"00/00/2024", unknown, "-"},
		{"13/13/2024", unknown, "-"},
		{"03/04.2020", unknown, "-"},
		{"yesterday", unknown, "-"},
		{"", unknown, "-"},
		{"12", unknown, "-"},
	} {
		got, err := csvfile.ParseDate(c.in, c.order)
		text := "-"
		switch {
		case errors.Is(err, csvfile.ErrAmbiguousDate):
			text = ""
		case err == nil:
			text = got.Format(time.RFC3339Nano)
		}
		if text != c.want {
			t.Errorf("%q %q: got %q (%v), want %q", c.in, c.order, text, err, c.want)
		}
	}
}

func TestFormulas(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+49": "'+49", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "＝1": "'＝1", "'=1": "''=1", "''@x": "'''@x",
		"x=1": "x=1", "'x": "'x", "'": "'", "": "", "a+b": "a+b",
	} {
		if got := csvfile.Armed(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"+49 (30) 123-45/6.7": "+49 (30) 123-45/6.7", "-5": "-5", "=1+1": "'=1+1", "+1+cmd|' /C calc'!A0": "'+1+cmd|' /C calc'!A0", "@1": "'@1",
	} {
		if got := csvfile.ArmedPhone(in); got != want {
			t.Errorf("phone %q: got %q, want %q", in, got, want)
		}
	}
}

func TestDisarmedGivesBackWhatArmedGot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`['=+@\-\t a1＝]{0,6}`).Draw(t, "text")
		for _, armed := range []string{csvfile.Armed(s), csvfile.ArmedPhone(s)} {
			if got := csvfile.Disarmed(armed); got != s {
				t.Errorf("%q became %q and then %q", s, armed, got)
			}
		}
		if a := csvfile.Armed(s); a != "" && strings.ContainsRune("=+-@\t＝", []rune(a)[0]) {
			t.Errorf("%q is a formula still", csvfile.Armed(s))
		}
	})
}

func TestYesAndNo(t *testing.T) {
	t.Parallel()
	told := func(v, ok bool) string {
		if ok && v {
			return "yes"
		} else if ok {
			return "no"
		}
		return "?"
	}
	for in, want := range map[string]string{"Yes": "yes", " TRUE ": "yes", "1": "yes", "ja": "yes", "N": "no", "0": "no",
		"nein": "no", "": "?", "maybe": "?", "2": "?"} {
		if got, agreed := told(csvfile.ParseBool(in)), told(csvfile.ParseConsent(in)); got != want || agreed != want {
			t.Errorf("%q: %s and %s, want %s", in, got, agreed, want)
		}
	}
	for in, want := range map[string]string{"Subscribed": "yes", "enabled": "yes", "never": "no", "disabled": "no"} {
		if got, agreed := told(csvfile.ParseBool(in)), told(csvfile.ParseConsent(in)); got != "?" || agreed != want {
			t.Errorf("%q: %s and %s, want ? and %s", in, got, agreed, want)
		}
	}
}
