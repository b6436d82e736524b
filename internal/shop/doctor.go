package shop

import "slices"

// Diagnosis is what a server saw of one request, and what follows for the session
// cookie. It holds no secret: whoever made the request may read it.
type Diagnosis struct {
	// Working tells that the request had a session.
	Working  bool      `json:"working"`
	Verdict  string    `json:"verdict"`
	Findings []Finding `json:"findings"` // worst first
	Saw      Saw       `json:"saw"`
}

// Saw is the request as the server took it.
type Saw struct {
	Scheme  string `json:"scheme"`
	Host    string `json:"host"`
	Store   string `json:"store"`
	Channel int64  `json:"channel"`
	// Cookie is the one that belongs to the channel, here.
	Cookie CookieShape `json:"cookie"`
	// Sent counts the session cookies that came, by name.
	Sent         map[string]int `json:"cookiesSent"`
	Origin       string         `json:"origin,omitempty"`
	SecFetchSite string         `json:"secFetchSite,omitempty"`
	SecFetchMode string         `json:"secFetchMode,omitempty"`
}

// Conclude sorts the findings and takes the worst for the verdict.
func (d *Diagnosis) Conclude() {
	rank := []Level{LevelError, LevelWarning, LevelNote, LevelOK}
	slices.SortStableFunc(d.Findings, func(a, b Finding) int { return slices.Index(rank, a.Level) - slices.Index(rank, b.Level) })
	if d.Working {
		d.Verdict = "This request had a session."
		return
	}
	d.Verdict = "This request had no session: it was a guest's."
}

// SessionCookies are all names that the session cookie has had or can have.
var SessionCookies = []string{CookieHost, CookieEmbedded, CookieDomain, CookiePlain, CookiePlainEmbedded}
