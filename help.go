package main

import (
	"io"
	"slices"

	"github.com/alecthomas/kong"
)

// newParser is the command line, with help that begins with what was asked about.
func newParser(c *cli, stdout, stderr io.Writer, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append([]kong.Option{
		kong.Name("regulars"), kong.Writers(stdout, stderr), kong.UsageOnError(), kong.Help(help), kong.ConfigureHelp(kong.HelpOptions{FlagsLast: true}),
		kong.Description("The customer side of a store: accounts, customer groups, newsletter."),
		kong.ExplicitGroups([]kong.Group{{Key: settings, Title: "Settings:"}}),
	}, more...)...)
}

// settings is the group of all flags of Config.
const settings = "settings"

// settingsOf are those that commands need to find the server's database; the
// others are listed with the server's own help.
func settingsOf(cmd string) []string {
	few := []string{"environment", "database-url", "data-dir"}
	if cmd == "migrate" {
		few = append(few, "database-migrate-url")
	}
	return few
}

// help is kong's, without the settings that are not for the command.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if cmd := ctx.Selected(); cmd != nil && cmd.Name != "serve" {
		few := settingsOf(cmd.Name)
		for _, f := range ctx.Model.Flags {
			if f.Group == nil || f.Group.Key != settings {
				continue
			}
			f.Group.Title = "Settings, as the server's (regulars serve --help lists all):"
			f.Hidden = f.Hidden || !slices.Contains(few, f.Name)
		}
	}
	return kong.DefaultHelpPrinter(options, ctx)
}
