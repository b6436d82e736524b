package shop

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Where a sign-on by an app leads when nothing else is asked for, and where it
// leads when it fails: pages of the storefront (contract/apps.md d).
const (
	AccountPath = "/account.php"
	LoginPath   = "/login.php"
)

// maxRedirect is longer than the paths of storefronts and short enough for every
// browser.
const maxRedirect = 2000

// LocalPath makes of where somebody asks to be sent a path, with query and
// fragment, that no browser reads another host into. A whole address is reduced
// to its path where own says that its host is the storefront's. ok is false for
// everything else.
func LocalPath(to string, own func(host string) bool) (local string, ok bool) {
	// Browsers take out tabs and line feeds, and take a backslash for a slash.
	if line, clean := cleanLine(to); !clean || line != to || len(to) > maxRedirect || strings.ContainsAny(to, "\\ ") {
		return "", false
	}
	u, err := url.Parse(to)
	if err != nil || u.User != nil || u.Opaque != "" {
		return "", false
	}
	if u.Scheme != "" || u.Host != "" {
		if (u.Scheme != "https" && u.Scheme != "http") || !own(strings.ToLower(u.Hostname())) {
			return "", false
		}
		if u.Path == "" {
			u.Path = "/"
		}
		u.Scheme, u.Host = "", ""
	}
	if !plainPath(u.Path) {
		return "", false
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, Fragment: u.Fragment, RawFragment: u.RawFragment}).String(), true
}

// plainPath tells whether a path means the same to everybody who unescapes it,
// once or twice.
func plainPath(p string) bool {
	for range 2 {
		if !utf8.ValidString(p) || strings.ContainsFunc(p, unicode.IsControl) || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.Contains(p, "\\") {
			return false
		}
		if c := path.Clean(p); c != p && c+"/" != p {
			return false
		}
		again, err := url.PathUnescape(p)
		if err != nil {
			return true // a percent sign of the page's own
		}
		p = again
	}
	return true
}
