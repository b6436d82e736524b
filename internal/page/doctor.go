package page

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/session"
	"regulars/internal/shop"
)

//go:embed doctor.html
var doctorText string

var doctorTemplate = template.Must(template.New("doctor").Parse(doctorText))

// doctorView is a diagnosis as the page shows it.
type doctorView struct {
	shop.Diagnosis
	Store, Here string
	Seen        []row
}

type row struct{ Name, Value string }

// Doctor tells developers why a session came along with a request, or did not: a
// page for browsers, JSON for whoever does not ask for one. It is public, in
// English, and changes nothing.
func Doctor() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "private, no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "The doctor answers GET.", http.StatusMethodNotAllowed)
			return
		}
		h.Add("Vary", "Accept")
		d := session.Diagnose(r)
		var b bytes.Buffer
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			h.Set("Content-Type", "application/json; charset=utf-8")
			enc := json.NewEncoder(&b)
			enc.SetIndent("", "  ")
			if err := enc.Encode(d); err != nil {
				panic("page: " + err.Error()) // it is all strings and numbers
			}
		} else {
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Security-Policy", policy)
			if err := doctorTemplate.Execute(&b, seen(d, r)); err != nil {
				panic("page: " + err.Error()) // the template is compiled in
			}
		}
		_, _ = w.Write(b.Bytes())
	})
}

// seen adds what the page shows beside the findings.
func seen(d shop.Diagnosis, r *http.Request) doctorView {
	saw := d.Saw
	var sent []string
	for name, n := range saw.Sent {
		if n > 1 {
			name += " (" + strconv.Itoa(n) + " times)"
		}
		sent = append(sent, name)
	}
	slices.Sort(sent)
	return doctorView{d, session.From(r.Context()).Store.Name, saw.Scheme + "://" + r.Host + session.DoctorPath, []row{
		{"Address", saw.Scheme + "://" + r.Host},
		{"Channel", strconv.FormatInt(saw.Channel, 10) + " of store " + saw.Store},
		{"Cookie of this channel", saw.Cookie.Words()},
		{"Session cookies that came", cmp.Or(strings.Join(sent, ", "), "none")},
		{"Origin", cmp.Or(saw.Origin, "not sent")},
		{"Sec-Fetch-Site", cmp.Or(saw.SecFetchSite, "not sent")},
		{"Sec-Fetch-Mode", cmp.Or(saw.SecFetchMode, "not sent")},
	}}
}
