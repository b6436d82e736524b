package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// result is what one run found.
type result struct {
	Rows      []row
	Postgres  string
	Sessions  int64
	Customers int64
	Swept     int64
	SweepTook time.Duration
	Buffers   string
	Table     string
	Relations []relation
}

type relation struct {
	Name, Size string
	PerRow     float64
}

// look reads what there is before anything is done.
func (b *bench) look(ctx context.Context, r *result) error {
	err := b.owner.QueryRowContext(ctx, `SELECT split_part(version(), ' ', 2), current_setting('shared_buffers'), (SELECT count(*) FROM sessions), (SELECT count(*) FROM customers),
		pg_size_pretty(pg_table_size('sessions'))`).Scan(&r.Postgres, &r.Buffers, &r.Sessions, &r.Customers, &r.Table)
	if err != nil {
		return err
	}
	rows, err := b.owner.QueryContext(ctx, `SELECT indexrelid::regclass::text, pg_size_pretty(pg_relation_size(indexrelid)), pg_relation_size(indexrelid)::float / $1
		FROM pg_index WHERE indrelid = 'sessions'::regclass ORDER BY pg_relation_size(indexrelid) DESC`, r.Sessions)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var i relation
		if err := rows.Scan(&i.Name, &i.Size, &i.PerRow); err != nil {
			return err
		}
		r.Relations = append(r.Relations, i)
	}
	return rows.Err()
}

// String is a row for people.
func (r row) String() string {
	return fmt.Sprintf("%-45s %8.0f/s  p50 %7.2f ms  p99 %7.2f ms", r.Name, r.Rate, ms(r.P50), ms(r.P99))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// table is the result in Markdown.
func (r *result) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d cores (%s), %s, Postgres %s with shared_buffers of %s; %d sessions of %d customers in %d stores; %d workers.\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), processor(), runtime.Version(), r.Postgres, r.Buffers, r.Sessions, r.Customers, len(shares), workers)
	b.WriteString("| | a second | p50 ms | p99 ms |\n|---|---|---|---|\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "| %s | %.0f | %.2f | %.2f |\n", row.Name, row.Rate, ms(row.P50), ms(row.P99))
	}
	fmt.Fprintf(&b, "\nThe sweep took %d rows in %.0f s: %.0f rows a second, in batches of 1,000.\n\n",
		r.Swept, r.SweepTook.Seconds(), float64(r.Swept)/r.SweepTook.Seconds())
	fmt.Fprintf(&b, "| | size | bytes a row |\n|---|---|---|\n| the table | %s | |\n", r.Table)
	for _, i := range r.Relations {
		fmt.Fprintf(&b, "| `%s` | %s | %.0f |\n", i.Name, i.Size, i.PerRow)
	}
	return b.String()
}

func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(b)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

const (
	begins = "<!-- make bench-sessions writes from here -->\n"
	ends   = "<!-- to here -->"
)

// record writes the table into the page.
func (r *result) record(page string) error {
	b, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), begins)
	_, after, closed := strings.Cut(rest, ends)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the table", page)
	}
	return os.WriteFile(page, []byte(before+begins+"\n"+r.table()+"\n"+ends+after), 0o644)
}
