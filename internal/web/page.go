package web

import (
	"bytes"
	"embed"
	"net/http"
	"time"
)

//go:embed page
var pageFiles embed.FS

// PageStyle serves the style sheet of the pages that work without script.
func PageStyle() http.Handler {
	style := load(pageFiles, "page")["style.css"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", style.etag)
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, style.name, time.Time{}, bytes.NewReader(style.content))
	})
}
