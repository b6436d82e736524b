package mail

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

var (
	pages     = template.Must(template.ParseFS(pageFiles, "pages/*.html"))
	pageStyle = readStyle()
	// A page loads nothing, runs nothing and is framed by nobody; it frames the
	// message, which in turn can only open links.
	pagePolicy = "default-src 'none'; style-src 'sha256-" + digestOf(pageStyle) + "'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

const messagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; " +
	"sandbox allow-popups allow-popups-to-escape-sandbox"

func readStyle() string {
	b, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		panic("mail: " + err.Error()) // it is compiled in
	}
	return string(b)
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Pages shows the box below /dev/mail: for the public listener, in development
// only.
func (b *Box) Pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dev/mail", func(w http.ResponseWriter, _ *http.Request) { show(w, "list.html", b.Messages()) })
	mux.HandleFunc("GET /dev/mail/{number}", b.withMessage(func(w http.ResponseWriter, m Kept) {
		headers, err := m.headers()
		if err != nil {
			headers = "This message cannot be written as a mail."
		}
		show(w, "message.html", struct {
			Kept
			Headers string
			Parts   []textPart
		}{m, headers, linked(m.Text)})
	}))
	mux.HandleFunc("GET /dev/mail/{number}/html", b.withMessage(func(w http.ResponseWriter, m Kept) {
		serve(w, messagePolicy, []byte(m.HTML))
	}))
	return mux
}

func (b *Box) withMessage(do func(http.ResponseWriter, Kept)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.PathValue("number"))
		m, ok := b.message(number)
		if err != nil || !ok {
			http.NotFound(w, r)
			return
		}
		do(w, m)
	}
}

func show(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	err := pages.ExecuteTemplate(&b, name, struct {
		Style template.CSS
		Data  any
	}{template.CSS(pageStyle), data})
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	serve(w, pagePolicy, b.Bytes())
}

func serve(w http.ResponseWriter, policy string, page []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store") // links are secrets
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	_, _ = w.Write(page)
}

// textPart is a piece of a text; Link tells that it is a URL.
type textPart struct {
	Text string
	Link bool
}

var linkLike = regexp.MustCompile(`https?://[^\s<>"]+`)

// linked parts a text into links and what is between them.
func linked(s string) (out []textPart) {
	rest := s
	for {
		at := linkLike.FindStringIndex(rest)
		if at == nil {
			break
		}
		out = append(out, textPart{Text: rest[:at[0]]}, textPart{Text: rest[at[0]:at[1]], Link: true})
		rest = rest[at[1]:]
	}
	return append(out, textPart{Text: strings.TrimRight(rest, "\n")})
}
