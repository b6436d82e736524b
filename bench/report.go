package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// table is the result for people, in Markdown.
func (r *result) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, commit %s: %d cores (%s), %s, Postgres %s, %d customers with %d addresses. Ratios are medians of %d pairs of %d ms (lowest-highest).\n\n",
		r.Date, r.Commit, r.Cores, r.CPU, r.Go, r.Postgres, r.Customers, r.Addresses, r.Pairs, r.EachMS)
	b.WriteString("| operation | connections | requests/s, raw | ratio | floor, goal | p50, p99 ms | raw | p99 ratio | CPU us, Postgres | raw | resident MB |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range r.Cells {
		wanted := ""
		if f, ok := floors[cellKey{c.Op, c.Connections}]; ok {
			wanted = fmt.Sprintf("%.2f, %.2f", f.floor, f.goal)
		}
		slow := fmt.Sprintf("%.2f", c.P99Ratio.Median)
		if f, ok := p99Floors[cellKey{c.Op, c.Connections}]; ok {
			slow += fmt.Sprintf(" (floor %.2f, goal %.2f)", f.floor, f.goal)
		}
		fmt.Fprintf(&b, "| %s | %d | %.0f, %.0f | **%.2f** (%.2f-%.2f) | %s | %.1f, %.1f | %.1f, %.1f | %s | %.0f, %.0f | %.0f, %.0f | %d |\n",
			c.Title, c.Connections, c.Ours.PerSecond, c.Raw.PerSecond, c.Ratio.Median, c.Ratio.Min, c.Ratio.Max, wanted,
			c.Ours.P50MS, c.Ours.P99MS, c.Raw.P50MS, c.Raw.P99MS, slow,
			c.Ours.CPUMicros, c.Ours.PostgresUS, c.Raw.CPUMicros, c.Raw.PostgresUS, c.ResidentMB)
	}
	return b.String()
}

// record writes the result to the folder of results, and its table into the page.
func (r *result) record(o options) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Results, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.Results, r.Date+".json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	page, err := os.ReadFile(o.Page)
	if err != nil {
		return err
	}
	page, err = between(page, r.table())
	if err != nil {
		return fmt.Errorf("%s: %w", o.Page, err)
	}
	return os.WriteFile(o.Page, page, 0o644)
}

const (
	tableBegins = "<!-- make bench writes from here -->\n"
	tableEnds   = "<!-- to here -->\n"
)

// between replaces what stands between the markers of a page.
func between(page []byte, table string) ([]byte, error) {
	before, rest, ok1 := bytes.Cut(page, []byte(tableBegins))
	_, after, ok2 := bytes.Cut(rest, []byte(tableEnds))
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("the markers of the table are gone: %q and %q", tableBegins, tableEnds)
	}
	return []byte(string(before) + tableBegins + "\n" + table + "\n" + tableEnds + string(after)), nil
}
