package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// result is one run of the benchmark, as it is recorded.
type result struct {
	Date      string `json:"date"`
	Commit    string `json:"commit"` // with + behind it when files had changed
	Go        string `json:"go"`
	Postgres  string `json:"postgres"`
	CPU       string `json:"cpu"`
	Cores     int    `json:"cores"`
	Customers int    `json:"customers"`
	Addresses int    `json:"addresses"`
	Pairs     int    `json:"pairs"`
	EachMS    int64  `json:"each_ms"`
	Cells     []cell `json:"cells"`
}

// cell is one operation at one number of connections. Ratios are ours to raw, a
// pair at a time.
type cell struct {
	Op          string `json:"op"`
	Title       string `json:"title"`
	Connections int    `json:"connections"`
	Ours        side   `json:"ours"`
	Raw         side   `json:"raw"`
	Ratio       spread `json:"ratio"`     // of requests a second: more is better
	P99Ratio    spread `json:"p99_ratio"` // less is better
	ResidentMB  int64  `json:"resident_mb"`
	// Others is the share of the processors that other programs used meanwhile.
	Others float64 `json:"others"`
}

// side is what all windows of one server say together.
type side struct {
	PerSecond  float64 `json:"per_second"`
	P50MS      float64 `json:"p50_ms"`
	P99MS      float64 `json:"p99_ms"`
	CPUMicros  float64 `json:"cpu_us"`          // of the server, per request
	PostgresUS float64 `json:"postgres_cpu_us"` // of Postgres, per request
	ClientUS   float64 `json:"client_cpu_us"`   // of this program, per request
}

func newResult(ctx context.Context, o options, s *system) (*result, error) {
	r := &result{
		Date: time.Now().UTC().Format(time.DateOnly), Go: runtime.Version(), CPU: processor(), Cores: runtime.NumCPU(),
		Customers: o.Customers, Pairs: o.Pairs, EachMS: o.Each.Milliseconds(),
	}
	if commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty=+", "--abbrev=12").Output(); err == nil {
		r.Commit = strings.TrimSpace(string(commit)) // empty where there is no git
	}
	err := s.owner.QueryRowContext(ctx, `SELECT current_setting('server_version'), (SELECT count(*) FROM addresses)`).Scan(&r.Postgres, &r.Addresses)
	r.Postgres, _, _ = strings.Cut(r.Postgres, " ")
	return r, err
}

func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// pair is one measurement of each.
type pair struct{ ours, raw window }

// others is how much the machine had to do besides.
func (p pair) others() float64 { return max(p.ours.others, p.raw.others) }

// A pair during which others used more than disturbed of the processors is
// measured again, up to spare times.
const (
	disturbed = .10
	spare     = 3
)

// measure runs both servers in turn, the pairs one after the other.
func (s *system) measure(ctx context.Context, o options, op operation, n int) (cell, error) {
	c := cell{Op: op.key, Title: op.title, Connections: n}
	ours, err := newCrew(s.ours.address, n, op.ours, s.meter(s.ours))
	if err != nil {
		return c, err
	}
	defer ours.close()
	raw, err := newCrew(s.raw.address, n, op.raw, s.meter(s.raw))
	if err != nil {
		return c, err
	}
	defer raw.close()
	var pairs []pair
	for calm := 0; calm < o.Pairs && len(pairs) < o.Pairs+spare; {
		if o.Profile != "" {
			go s.profile(ctx, o)
		}
		var p pair
		if p.ours, err = ours.run(ctx, o.Each); err != nil {
			return c, fmt.Errorf("%s: %w", s.o.Server, err)
		}
		if p.raw, err = raw.run(ctx, o.Each); err != nil {
			return c, fmt.Errorf("%s: %w", s.o.Raw, err)
		}
		if pairs = append(pairs, p); p.others() <= disturbed {
			calm++
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.others(), b.others()) })
	c.sum(pairs[:o.Pairs])
	return c, nil
}

// sum fills in what the pairs say.
func (c *cell) sum(pairs []pair) {
	var rate, slow []float64
	var ours, raw []window
	for _, p := range pairs {
		rate = append(rate, p.ours.perSecond()/p.raw.perSecond())
		slow = append(slow, float64(p99(p.ours))/float64(p99(p.raw)))
		ours, raw = append(ours, p.ours), append(raw, p.raw)
		c.ResidentMB = max(c.ResidentMB, p.ours.resident>>20)
		c.Others += p.others() / float64(len(pairs))
	}
	c.Ratio, c.P99Ratio, c.Others = spreadOf(rate), spreadOf(slow), round(c.Others, 2)
	c.Ours, c.Raw = sideOf(ours), sideOf(raw)
}

func p99(w window) time.Duration { return quantile(slices.Sorted(slices.Values(w.latencies)), .99) }

func sideOf(windows []window) side {
	var all []time.Duration
	var took, server, postgres, client time.Duration
	for _, w := range windows {
		all = append(all, w.latencies...)
		took, server, postgres, client = took+w.took, server+w.server, postgres+w.postgres, client+w.client
	}
	slices.Sort(all)
	each := func(d time.Duration) float64 { return round(float64(d.Microseconds())/float64(len(all)), 1) }
	ms := func(d time.Duration) float64 { return round(float64(d.Microseconds())/1000, 2) }
	return side{
		PerSecond: round(float64(len(all))/took.Seconds(), 0), P50MS: ms(quantile(all, .5)), P99MS: ms(quantile(all, .99)),
		CPUMicros: each(server), PostgresUS: each(postgres), ClientUS: each(client),
	}
}

// line is a cell in short, for whoever waits.
func (c cell) line() string {
	return fmt.Sprintf("%6.0f/s to %6.0f/s  ratio %.2f (%.2f-%.2f)  p99 %.1f to %.1f ms (%.2f)  CPU %.0f+%.0f+%.0f to %.0f+%.0f+%.0f us  %d MB  others %.0f %%",
		c.Ours.PerSecond, c.Raw.PerSecond, c.Ratio.Median, c.Ratio.Min, c.Ratio.Max, c.Ours.P99MS, c.Raw.P99MS, c.P99Ratio.Median,
		c.Ours.CPUMicros, c.Ours.PostgresUS, c.Ours.ClientUS, c.Raw.CPUMicros, c.Raw.PostgresUS, c.Raw.ClientUS, c.ResidentMB, 100*c.Others)
}
