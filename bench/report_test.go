package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var sample = result{
	Date: "2026-11-24", Commit: "abc", Go: "go1.26.8", Postgres: "15.18", CPU: "A CPU", Cores: 2, Customers: 10, Addresses: 20, Pairs: 7, EachMS: 500,
	Cells: []cell{
		{
			Op: "me-2", Title: "currentCustomer", Connections: 128, Ratio: spread{1.4, 1.3, 1.5}, P99Ratio: spread{.5, .4, .6}, ResidentMB: 48,
			Ours: side{PerSecond: 14000, P50MS: 9, P99MS: 18, CPUMicros: 80, PostgresUS: 30}, Raw: side{PerSecond: 10000, P50MS: 12, P99MS: 36, CPUMicros: 70, PostgresUS: 90},
		},
		{Op: "subscribe", Title: "subscribe", Connections: 1},
	},
}

func TestTableIsMarkdown(t *testing.T) {
	t.Parallel()
	var rows []string
	for line := range strings.Lines(sample.table()) {
		if strings.HasPrefix(line, "|") {
			rows = append(rows, line)
		}
	}
	if len(rows) != 4 {
		t.Fatalf("%d rows:\n%s", len(rows), sample.table())
	}
	for _, row := range rows {
		if strings.Count(row, "|") != strings.Count(rows[0], "|") {
			t.Errorf("another number of columns: %s", row)
		}
	}
	for _, want := range []string{"14000, 10000", "**1.40** (1.30-1.50)", "1.35, 2.00", "0.50 (floor 0.60, goal 0.40)", "80, 30", "70, 90", "| 48 |"} {
		if !strings.Contains(rows[2], want) {
			t.Errorf("no %q in %s", want, rows[2])
		}
	}
}

func TestRecordWritesTheTableBetweenItsMarkers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options{Page: filepath.Join(dir, "page.md"), Results: filepath.Join(dir, "results")}
	if err := os.WriteFile(o.Page, []byte("# Title\n"+tableBegins+"old\n"+tableEnds+"rest\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time over its own
		if err := sample.record(o); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(o.Page)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Title\n" + tableBegins + "\n" + sample.table() + "\n" + tableEnds + "rest\n"; string(page) != want {
		t.Errorf("the page is\n%s", page)
	}
	var back result
	b, err := os.ReadFile(filepath.Join(o.Results, "2026-11-24.json"))
	if err != nil || json.Unmarshal(b, &back) != nil || back.table() != sample.table() {
		t.Errorf("%v, %+v", err, back)
	}
}

func TestPageWithoutMarkersIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"", tableBegins, tableEnds + tableBegins} {
		if _, err := between([]byte(page), "x"); err == nil {
			t.Errorf("%q was taken", page)
		}
	}
}

func TestTheProjectsPageHasItsMarkers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := between(page, "x"); err != nil {
		t.Error(err)
	}
}
