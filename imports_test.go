package main

import (
	"os/exec"
	"strings"
	"testing"
)

// allowed is who may import whom; storage/storagetest, graph/graphtest and
// internal/mail/mailtest are for tests alone.
var allowed = map[string]string{
	"internal/shop": "", "internal/batch": "", "internal/password": "", "internal/devdb": "", "internal/web": "", "internal/csvfile": "", "internal/mail/mailtest": "",
	"internal/captcha":    "",
	"internal/keys":       "internal/shop",
	"internal/middleware": "internal/shop",
	"storage":             "internal/shop internal/batch",
	"internal/session":    "storage internal/shop internal/keys",
	"internal/account":    "storage internal/shop internal/password internal/captcha internal/keys",
	"internal/newsletter": "storage internal/shop internal/keys",
	"internal/sso":        "storage internal/shop internal/session internal/keys",
	"docs/generate":       "",
	"graph/model":         "internal/shop",
	"graph/plain":         "",
	"graph/plain/rewrite": "",
	"graph/generated":     "graph/model graph/plain internal/shop",
	"graph":               "storage internal/shop internal/session internal/sso internal/account internal/newsletter graph/generated graph/model graph/plain",
	"internal/command":    "storage internal/shop internal/account internal/newsletter internal/keys internal/csvfile",
	"internal/mail":       "storage internal/shop internal/keys",
	"internal/outbox":     "storage internal/shop",
	"internal/page":       "storage internal/shop internal/session internal/sso internal/account internal/newsletter internal/web",
	"storage/storagetest": "storage internal/devdb",
	"bench":               "internal/devdb internal/keys",
	"bench/sessions":      "storage internal/shop internal/devdb",
	"bench/raw":           "internal/shop internal/keys",
}

func TestArrowsPointOneWay(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		name := strings.TrimPrefix(pkg, "regulars/")
		if name == "regulars" || name == "graph/graphtest" {
			continue
		}
		may, known := allowed[name]
		if !known {
			t.Errorf("%s is not in the table of who may import whom", name)
		}
		for _, imp := range strings.Fields(imports) {
			if ours := strings.TrimPrefix(imp, "regulars/"); ours != imp && !strings.Contains(" "+may+" ", " "+ours+" ") {
				t.Errorf("%s imports %s", name, ours)
			}
		}
	}
}
