package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// procStat is what we read of /proc/PID/stat.
type procStat struct {
	parent int
	own    time.Duration // CPU of its threads, those that ended too
	ended  time.Duration // CPU of children that ended and were waited for
}

// parseStat reads /proc/PID/stat. The name in it may hold blanks and brackets.
func parseStat(b []byte) (procStat, error) {
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return procStat{}, fmt.Errorf("no name in %q", b)
	}
	fields := strings.Fields(string(b[i+1:])) // from the third field, the state, on
	if len(fields) < 15 {
		return procStat{}, fmt.Errorf("only %d fields in %q", len(fields), b)
	}
	var n [5]int64
	for i, field := range []string{fields[1], fields[11], fields[12], fields[13], fields[14]} {
		var err error
		if n[i], err = strconv.ParseInt(field, 10, 64); err != nil {
			return procStat{}, err
		}
	}
	return procStat{parent: int(n[0]), own: time.Duration(n[1]+n[2]) * tick, ended: time.Duration(n[3]+n[4]) * tick}, nil
}

// cpuOf is the CPU time of one process so far.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	s, err := parseStat(b)
	return s.own, err
}

// cpuOfFamily adds the children of a process, living and ended: Postgres has one
// for each connection.
func cpuOfFamily(pid int) (time.Duration, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile: its parent has its time by now
		}
		s, err := parseStat(b)
		if err != nil {
			return 0, err
		}
		switch {
		case name == fmt.Sprintf("/proc/%d/stat", pid):
			sum += s.own + s.ended
		case s.parent == pid:
			sum += s.own
		}
	}
	return sum, nil
}

// parseBusy reads out of /proc/stat how long all processors have worked together.
func parseBusy(b []byte) (time.Duration, error) {
	line, _, _ := strings.Cut(string(b), "\n")
	fields := strings.Fields(line)
	if len(fields) < 8 || fields[0] != "cpu" {
		return 0, fmt.Errorf("no processors in %q", line)
	}
	var sum int64
	for i, field := range fields[1:8] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		if i != 3 && i != 4 { // idle, and waiting for a disk
			sum += n
		}
	}
	return time.Duration(sum) * tick, nil
}

func busy() (time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseBusy(b)
}

// parseResident reads VmRSS out of /proc/PID/status, in bytes.
func parseResident(b []byte) (int64, error) {
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("no VmRSS in %d bytes of status", len(b))
}

// residentOf is the memory that a process has in RAM, in bytes.
func residentOf(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return parseResident(b)
}
