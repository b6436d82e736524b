package shop

import (
	useragent "github.com/medama-io/go-useragent"
	"golang.org/x/text/message"
)

// Device is what a login leaves in the session's row for its owner to
// recognise it by.
type Device struct {
	UserAgent string
	IPPrefix  string // a /24 or /48
	Origin    string // of the page that logged in
}

// Words name browser and system, such as "Firefox on Linux", in the printer's
// language; "" when neither is known. Only names that the library knows come out,
// never what the header says: it may say anything.
func (d Device) Words(p *message.Printer) string {
	ua := useragent.NewParser().Parse(d.UserAgent)
	browser, system := string(ua.Browser()), string(ua.OS())
	if ua.IsBot() {
		return ""
	}
	switch {
	case system == "MacOS":
		system = "macOS"
	case system == "iOS" && ua.IsTablet():
		system = "iPadOS"
	}
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return p.Sprintf("%s on %s", browser, system)
}
