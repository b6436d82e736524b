package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestMemoryLimitIsThatOfTheContainer(t *testing.T) {
	t.Parallel()
	for cgroup, want := range map[string]int64{
		"536870912\n": 483183819, "max\n": math.MaxInt64, "": math.MaxInt64, "0": math.MaxInt64, "-1": math.MaxInt64, "9223372036854771712": 8301034833169294539,
	} {
		if got := memoryLimit(cgroup); got != want {
			t.Errorf("%q: %d, not %d", cgroup, got, want)
		}
	}
}

func TestTheEnvironmentDecidesAboutMemory(t *testing.T) {
	was := debug.SetGCPercent(123)
	defer debug.SetGCPercent(was)
	tuneMemory(func(name string) string { return map[string]string{"GOGC": "123", "GOMEMLIMIT": "1GiB"}[name] })
	if now := debug.SetGCPercent(100); now != 123 {
		t.Errorf("GOGC was set to %d over the environment's", now)
	}
	tuneMemory(func(name string) string { return map[string]string{"GOMEMLIMIT": "1GiB"}[name] })
	if now := debug.SetGCPercent(100); now != heapGrowth {
		t.Errorf("GOGC is %d where nobody set it", now)
	}
}
