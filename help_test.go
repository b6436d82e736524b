package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// helpOf is what --help prints.
func helpOf(t *testing.T, args ...string) string {
	t.Helper()
	var c cli
	var out bytes.Buffer
	parser, err := newParser(&c, &out, &out, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = parser.Parse(append(args, "--help")) // goes on after the help, to what is missing
	return out.String()
}

func TestHelpOfACommandBeginsWithItsOwn(t *testing.T) {
	t.Parallel()
	const database, rest = "--database-url=", "--login-limit="
	for _, tt := range []struct {
		args       []string
		own, other string // in this order
		all        bool
	}{
		{[]string{"app", "list"}, "--json", "--environment=", false},
		{[]string{"app"}, "app rotate", "--data-dir=", false},
		{[]string{"token", "create"}, "--kind=storefront|private|impersonation", "--data-dir=", false},
		{[]string{"channel", "set"}, "--cookie=same-site|cross-site|strict", "--data-dir=", false},
		{[]string{"migrate"}, "--environment=", "--database-migrate-url=", false},
		{[]string{"serve"}, "--demo", "--addr=", true},
		{nil, "channel proxy-secret", "--addr=", true},
	} {
		out := helpOf(t, tt.args...)
		own, other := strings.Index(out, tt.own), strings.Index(out, tt.other)
		if own < 0 || other < own {
			t.Errorf("%s: %q does not stand before %q in\n%s", tt.args, tt.own, tt.other, out)
		}
		if !strings.Contains(out, database) || strings.Contains(out, rest) != tt.all {
			t.Errorf("%s: the settings are not those that belong there:\n%s", tt.args, out)
		}
	}
}

// What is not in the group would stand in every command's help, and a name that is
// no setting's in none.
func TestEverySettingIsInItsGroup(t *testing.T) {
	t.Parallel()
	var c cli
	parser, err := newParser(&c, &bytes.Buffer{}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range parser.Model.Flags {
		if inGroup := f.Group != nil && f.Group.Key == settings; inGroup != (f.Name != "help") {
			t.Errorf("--%s is in another group", f.Name)
		}
	}
	for _, name := range settingsOf("migrate") {
		if !strings.Contains(helpOf(t, "migrate"), "--"+name) {
			t.Errorf("there is no setting %s", name)
		}
	}
}
