// Package web serves the files that are compiled into the program. Nothing in it asks another host for anything.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed graphiql
var graphiqlFiles embed.FS

// graphiqlPolicy is the pages' default and, as GraphiQL's fonts and icons lie in its style sheet, data: for those. Inline
// styles stay forbidden: all that is lost is that the page behind an open dialog keeps its scroll bar.
const graphiqlPolicy = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page is one embedded file, ready to serve.
type page struct {
	name    string
	content []byte
	etag    string
}

// GraphiQL serves an editor for /graphql of the same origin, under /graphiql/. It acts with the session of whoever
// opens it and shows the schema, so it belongs on a public listener in development only. It sets its own
// Content-Security-Policy, over one that middleware has set before.
func GraphiQL() http.Handler {
	pages := load(graphiqlFiles, "graphiql")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name, inside := strings.CutPrefix(r.URL.Path, "/graphiql/")
		if !inside {
			if r.URL.Path != "/graphiql" {
				http.NotFound(w, r)
				return
			}
			http.Redirect(w, r, "/graphiql/", http.StatusMovedPermanently)
			return
		}
		if name == "" {
			name = "index.html"
		}
		p, ok := pages[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		p.serve(w, r)
	})
}

func (p page) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", graphiqlPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("ETag", p.etag)
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(p.name, "vendor/") { // their names hold their versions
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, path.Base(p.name), time.Time{}, bytes.NewReader(p.content))
}

// load reads every file below root, keyed by its path from there. The files are compiled in, so it cannot fail.
func load(files embed.FS, root string) map[string]page {
	pages := map[string]page{}
	err := fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		name = strings.TrimPrefix(name, root+"/")
		pages[name] = page{name: name, content: content, etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return pages
}
