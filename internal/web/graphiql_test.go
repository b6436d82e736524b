package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/web"
)

func get(t *testing.T, method, path string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Security-Policy", "default-src 'none'") // as middleware may have done
	web.GraphiQL().ServeHTTP(w, r)
	return w
}

// references finds what a page loads.
var references = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestGraphiQLServesAllThatItsPageLoads(t *testing.T) {
	index := get(t, http.MethodGet, "/graphiql/", nil)
	if index.Code != http.StatusOK || !strings.HasPrefix(index.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("page: %d, %s", index.Code, index.Header().Get("Content-Type"))
	}
	types := map[string]string{".js": "text/javascript", ".css": "text/css"}
	loaded := 0
	for _, match := range references.FindAllStringSubmatch(index.Body.String(), -1) {
		target := match[1]
		if target == "data:," {
			continue
		}
		if strings.Contains(target, ":") || strings.HasPrefix(target, "/") {
			t.Errorf("the page refers to %s", target)
			continue
		}
		w := get(t, http.MethodGet, "/graphiql/"+target, nil)
		want := types[target[strings.LastIndex(target, "."):]]
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), want) || w.Body.Len() == 0 {
			t.Errorf("%s: %d, %s, %d bytes", target, w.Code, w.Header().Get("Content-Type"), w.Body.Len())
		}
		immutable := strings.Contains(w.Header().Get("Cache-Control"), "immutable")
		if immutable != strings.HasPrefix(target, "vendor/") {
			t.Errorf("%s: Cache-Control %q", target, w.Header().Get("Cache-Control"))
		}
		loaded++
	}
	if loaded != 6 {
		t.Errorf("the page loads %d files, want 6", loaded)
	}
}

func TestGraphiQLPolicy(t *testing.T) {
	index := get(t, http.MethodGet, "/graphiql/", nil)
	policy := index.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("policy %q", policy)
	}
	body := index.Body.String()
	if regexp.MustCompile(`https?:|<style|style=|<script>| on[a-z]+=`).MatchString(body) {
		t.Errorf("inline code or a foreign address in %s", body)
	}
}

func TestGraphiQLRevalidates(t *testing.T) {
	tag := get(t, http.MethodGet, "/graphiql/", nil).Header().Get("ETag")
	w := get(t, http.MethodGet, "/graphiql/", http.Header{"If-None-Match": {tag}})
	if tag == "" || w.Code != http.StatusNotModified {
		t.Errorf("ETag %q answered %d", tag, w.Code)
	}
}

func TestGraphiQLOtherRequests(t *testing.T) {
	for _, c := range []struct {
		method, path string
		code         int
		location     string
	}{
		{http.MethodGet, "/graphiql", http.StatusMovedPermanently, "/graphiql/"},
		{http.MethodHead, "/graphiql/", http.StatusOK, ""},
		{http.MethodPost, "/graphiql/", http.StatusMethodNotAllowed, ""},
		{http.MethodGet, "/graphiql/vendor/", http.StatusNotFound, ""},
		{http.MethodGet, "/graphiql/../graphiql.go", http.StatusNotFound, ""},
		{http.MethodGet, "/elsewhere", http.StatusNotFound, ""},
	} {
		w := get(t, c.method, c.path, nil)
		if w.Code != c.code || w.Header().Get("Location") != c.location {
			t.Errorf("%s %s: %d, Location %q", c.method, c.path, w.Code, w.Header().Get("Location"))
		}
	}
}
