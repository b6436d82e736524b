package mail_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/mail"
)

func put(t testing.TB, b *mail.Box, m mail.Message) {
	t.Helper()
	last, err := b.Begin(t.Context(), m)
	must(t, err)
	must(t, last())
}

func get(b *mail.Box, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.Pages().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestBoxKeepsTheLast(t *testing.T) {
	t.Parallel()
	b := mail.NewBox()
	last, err := b.Begin(t.Context(), letterTo("ada@example.com"))
	if err != nil || len(b.Messages()) != 0 {
		t.Errorf("%d messages before the last step, %v", len(b.Messages()), err)
	}
	must(t, last())
	for i := range 250 {
		put(t, b, letterTo(fmt.Sprintf("p%d@example.com", i)))
	}
	all := b.Messages()
	if len(all) != 200 || all[0].To != "p249@example.com" || all[199].To != "p50@example.com" || all[0].Number != 251 {
		t.Errorf("%d messages, from %s (%d) to %s", len(all), all[0].To, all[0].Number, all[len(all)-1].To)
	}
	for path, want := range map[string]int{"/dev/mail": 200, "/dev/mail/251": 200, "/dev/mail/251/html": 200, "/dev/mail/52": 200, "/dev/mail/51": 404, "/dev/mail/252": 404,
		"/dev/mail/x": 404, "/dev/mail/": 404, "/dev/mail/1/html": 404, "/dev/mail/251/other": 404} {
		if got := get(b, path).Code; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

var styleOf = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

func TestPagesShowEverythingAndRunNothing(t *testing.T) {
	t.Parallel()
	b := mail.NewBox()
	m := letterTo("ada@example.com")
	m.Subject, m.From.Name = `<script>alert("subject")</script>`, `<img src=x onerror=alert(1)>`
	m.Text = "Hello <b>Ada</b>,\nhttps://shop.example.com/reset?c=1&t=abc\nand javascript:alert(1)\n"
	m.HTML = `<a href="https://shop.example.com/reset?c=1&amp;t=abc">Go</a><script>alert(1)</script>`
	put(t, b, m)
	list, page, message := get(b, "/dev/mail"), get(b, "/dev/mail/1"), get(b, "/dev/mail/1/html")
	for name, w := range map[string]*httptest.ResponseRecorder{"list": list, "page": page} {
		body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
		sum := sha256.Sum256([]byte(styleOf.FindStringSubmatch(body)[1]))
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") ||
			!strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy %s", name, policy)
		}
		if strings.Contains(body, "<script") || strings.Contains(body, "<img") || strings.Contains(body, "<b>Ada") || strings.Contains(body, " style=") {
			t.Errorf("%s: not escaped: %s", name, body)
		}
		inOrder(t, body, `<meta name="viewport" content="width=device-width`)
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", name, w.Header())
		}
	}
	inOrder(t, list.Body.String(), `<a href="/dev/mail/1">`, "&lt;script&gt;", "to ada@example.com")
	inOrder(t, page.Body.String(), "To ada@example.com", `<iframe src="/dev/mail/1/html"`, `sandbox="allow-popups allow-popups-to-escape-sandbox"`,
		"Hello &lt;b&gt;Ada", `<a href="https://shop.example.com/reset?c=1&amp;t=abc" target="_blank" rel="noopener noreferrer">https://shop.example.com/reset?c=1&amp;t=abc</a>`,
		"and javascript:alert(1)", "Message-ID: &lt;7.1.abc@shop.example.com&gt;")
	if strings.Contains(page.Body.String(), `href="javascript`) {
		t.Error("a script is a link")
	}
	policy := message.Header().Get("Content-Security-Policy")
	if message.Body.String() != m.HTML || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") ||
		!strings.Contains(policy, "; sandbox allow-popups") || !strings.Contains(policy, "frame-ancestors 'self'") || message.Header().Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("the message: policy %s\n%s", policy, message.Body)
	}
}

func TestEmptyBoxSaysSo(t *testing.T) {
	t.Parallel()
	inOrder(t, get(mail.NewBox(), "/dev/mail").Body.String(), "Nothing yet.")
}
