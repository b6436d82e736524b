package command

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/csvfile"
	"regulars/internal/shop"
)

// reading is how dates of a file are read.
type reading struct {
	dates csvfile.DateOrder
	now   time.Time
}

// date is nil for an empty text. A time yet to come is a mistake of the file.
func (r reading) date(field, text string) (*time.Time, error) {
	if text == "" || strings.HasPrefix(text, "0000-00-00") {
		return nil, nil
	}
	t, err := csvfile.ParseDate(text, r.dates)
	if err == nil && (t.After(r.now.Add(24*time.Hour)) || t.Year() < 1900) {
		err = errors.New("is not a time in the past")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %q %w", field, text, err)
	}
	return &t, nil
}

// dateOrYes also takes yes, which is now, and no, which is nothing.
func (r reading) dateOrYes(field, text string) (*time.Time, error) {
	if yes, ok := csvfile.ParseBool(text); ok {
		if yes {
			return &r.now, nil
		}
		return nil, nil
	}
	return r.date(field, text)
}

// dateOfEnd is dateOrYes for an account that is closed: a column may name the
// account's state instead.
func (r reading) dateOfEnd(field, text string) (*time.Time, error) {
	switch strings.ToLower(text) {
	case "disabled", "inactive":
		return &r.now, nil
	case "enabled", "active":
		return nil, nil
	}
	return r.dateOrYes(field, text)
}

func yesNo(field, text string) (*bool, error) { return parsed(csvfile.ParseBool, field, text) }

func parsed(parse func(string) (value, ok bool), field, text string) (*bool, error) {
	if text == "" {
		return nil, nil
	}
	v, ok := parse(text)
	if !ok {
		return nil, fmt.Errorf("%s: %q is neither yes nor no", field, text)
	}
	return &v, nil
}

// problems collects what is wrong with a line: all of it is told together.
type problems []string

func (p *problems) add(err error) {
	if err != nil {
		*p = append(*p, sentence(err))
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return errors.New(strings.Join(p, "; "))
}

// textOr is nil for an empty text: it says nothing.
func textOr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// names takes a full name apart where there are no parts: the last word is the
// last name.
func names(r row) (first, last *string) {
	first, last = textOr(r.get(asFirstName)), textOr(r.get(asLastName))
	if first != nil || last != nil {
		return first, last
	}
	words := strings.Fields(r.get(asName))
	if len(words) < 2 {
		return textOr(strings.Join(words, "")), nil
	}
	return textOr(strings.Join(words[:len(words)-1], " ")), textOr(words[len(words)-1])
}

// channelID is 1 for an empty text.
func channelID(channels []*shop.Channel, text string) (int64, error) {
	if text == "" {
		return 1, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !slices.ContainsFunc(channels, func(c *shop.Channel) bool { return c.ID == id }) {
		return 0, fmt.Errorf("the store has no channel %q", text)
	}
	return id, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
