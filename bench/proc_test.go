package main

import (
	"testing"
	"time"
)

func TestStatOfAProcess(t *testing.T) {
	t.Parallel()
	const line = `4242 (postgres: a) b) S 17 4242 4242 0 -1 4194560 1021 55 3 0 120 30 7 5 20 0 1 0 88155 231348224 15893 18446744073709551615`
	got, err := parseStat([]byte(line))
	want := procStat{parent: 17, own: 1500 * time.Millisecond, ended: 120 * time.Millisecond}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, broken := range []string{"", "4242 (x", "4242 (x) S 17 1 1", `4242 (x) S y 4242 4242 0 -1 4194560 1021 55 3 0 120 30 7 5 20`} {
		if _, err := parseStat([]byte(broken)); err == nil {
			t.Errorf("%q was read", broken)
		}
	}
}

func TestMemoryOfAProcess(t *testing.T) {
	t.Parallel()
	got, err := parseResident([]byte("Name:\tregulars\nVmHWM:\t  999999 kB\nVmRSS:\t   51200 kB\nRssAnon:\t 1 kB\n"))
	if err != nil || got != 50<<20 {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := parseResident([]byte("Name:\tkthreadd\n")); err == nil {
		t.Error("memory of a process that has none")
	}
}

func TestBusyProcessors(t *testing.T) {
	t.Parallel()
	got, err := parseBusy([]byte("cpu  100 20 30 5000 400 1 2 7 0 0\ncpu0 1 1 1 1\n"))
	if err != nil || got != 1530*time.Millisecond {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseBusy([]byte("intr 1 2 3 4 5 6 7 8\n")); err == nil {
		t.Error("another line was read")
	}
}
