package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQuantileIsAValueThatWasMeasured(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		values []time.Duration
		q      float64
		want   time.Duration
	}{
		{nil, .5, 0}, {hundred[:1], .99, 1}, {hundred[:2], .5, 1}, {hundred[:3], .5, 2},
		{hundred, .5, 50}, {hundred, .99, 99}, {hundred, 1, 100}, {hundred, 0, 1},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile %v of %d values is %d, not %d", c.q, len(c.values), got, c.want)
		}
	}
}

func TestQuantileSplitsTheValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 50), func(n int) time.Duration { return time.Duration(n) }), 1, 60).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		slices.Sort(values)
		got := quantile(values, q)
		atMost, below := 0, 0
		for _, v := range values {
			if v <= got {
				atMost++
			}
			if v < got {
				below++
			}
		}
		if n := float64(len(values)); float64(atMost) < q*n-1e-9 || float64(below) > q*n {
			t.Fatalf("%v of %v: %v has %d values up to it and %d below", q, values, got, atMost, below)
		}
	})
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}}, {[]float64{2}, spread{2, 2, 2}}, {[]float64{3, 1}, spread{2, 1, 3}}, {[]float64{9, 1, 4}, spread{4, 1, 9}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("%v: %+v, not %+v", c.values, got, c.want)
		}
	}
}

// windowOf is a window of one second in which each answer took so many ms.
func windowOf(cpu time.Duration, ms ...int) window {
	w := window{took: time.Second, server: cpu, postgres: 2 * cpu, resident: 50 << 20}
	for _, n := range ms {
		w.latencies = append(w.latencies, time.Duration(n)*time.Millisecond)
	}
	return w
}

func TestCellComparesPairByPair(t *testing.T) {
	t.Parallel()
	var c cell
	c.sum([]pair{
		{windowOf(8*time.Millisecond, 1, 2, 3, 8), windowOf(2*time.Millisecond, 4, 4)}, // twice as many, p99 twice as long
		{windowOf(4*time.Millisecond, 5, 5), windowOf(4*time.Millisecond, 1, 2, 3, 5)}, // half, and equal
		{windowOf(6*time.Millisecond, 1, 1, 4), windowOf(6*time.Millisecond, 2, 8, 1)}, // equal, and half
	})
	if want := (spread{1, .5, 2}); c.Ratio != want {
		t.Errorf("ratio %+v, not %+v", c.Ratio, want)
	}
	if want := (spread{1, .5, 2}); c.P99Ratio != want {
		t.Errorf("ratio of p99 %+v, not %+v", c.P99Ratio, want)
	}
	if want := (side{PerSecond: 3, P50MS: 3, P99MS: 8, CPUMicros: 2000, PostgresUS: 4000}); c.Ours != want {
		t.Errorf("ours %+v, not %+v", c.Ours, want)
	}
	if c.ResidentMB != 50 {
		t.Errorf("%d MB", c.ResidentMB)
	}
}

func TestFloorsAreHeld(t *testing.T) {
	t.Parallel()
	good := cell{Op: "me-2", Title: "x", Connections: 128, Ratio: spread{Median: 1.4}, P99Ratio: spread{Median: .5}, ResidentMB: 60}
	for name, spoil := range map[string]func(*cell){
		"1.30 of the raw": func(c *cell) { c.Ratio.Median = 1.3 },
		"p99 is 0.70":     func(c *cell) { c.P99Ratio.Median = .7 },
		"151 MB":          func(c *cell) { c.ResidentMB = 151 },
		"quiet":           func(c *cell) { c.ResidentMB, c.Others = 151, .4 },
	} {
		if err := (&result{Cells: []cell{good}}).hold(); err != nil {
			t.Fatalf("a good one: %v", err)
		}
		bad := good
		spoil(&bad)
		if err := (&result{Cells: []cell{good, bad}}).hold(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	free := cell{Op: "subscribe", Connections: 1} // has no floor
	if err := (&result{Cells: []cell{free}}).hold(); err != nil {
		t.Errorf("without a floor: %v", err)
	}
}
