package page

import (
	"mime"
	"strconv"
	"strings"
)

// prefersJSON reads an Accept header: whether JSON is wanted more than plain text,
// or as much but named before it. Who takes anything gets text.
func prefersJSON(accept []string) bool {
	json, jsonPlace := wanted(accept, "application/json")
	text, textPlace := wanted(accept, "text/plain")
	return json > text || json > 0 && json == text && jsonPlace < textPlace
}

// wanted is how much a media type is wanted, and the place of the range that says
// so: the one that fits it best.
func wanted(accept []string, mediaType string) (q float64, place int) {
	kind, _, _ := strings.Cut(mediaType, "/")
	best, at := 0, 0
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			at++
			name, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			fit := map[string]int{mediaType: 3, kind + "/*": 2, "*/*": 1}[name]
			if fit > best {
				best, q, place = fit, quality(params["q"]), at
			}
		}
	}
	return q, place
}

// quality is 1 when it is not given or cannot be read.
func quality(q string) float64 {
	if n, err := strconv.ParseFloat(q, 64); err == nil && n >= 0 && n <= 1 {
		return n
	}
	return 1
}
