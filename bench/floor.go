package main

import (
	"errors"
	"fmt"
)

// floor is what a measurement must not fall below; goal is where we want to be.
// Both are ratios to the raw handlers.
type floor struct{ floor, goal float64 }

type cellKey struct {
	op          string
	connections int
}

// floors are of requests a second: more is better.
var floors = map[cellKey]floor{
	{"me-2", 1}: {.70, .85}, {"me-2", 32}: {1.1, 1.5}, {"me-2", 128}: {1.35, 2.0},
	{"me-10", 1}: {.65, .85}, {"me-10", 32}: {.65, 1.0}, {"me-10", 128}: {.70, 1.2},
	{"subscribe", 32}: {.80, .90},
}

// p99Floors are of the time that 99 in 100 requests stay below: less is better.
var p99Floors = map[cellKey]floor{{"me-2", 128}: {.60, .40}}

// mostResident is how much memory the server may have with many connections.
const mostResident, mostResidentAt = 150, 128

// hold says which floors a run missed.
func (r *result) hold() error {
	var errs []error
	for _, c := range r.Cells {
		key := cellKey{c.Op, c.Connections}
		miss := func(format string, args ...any) {
			text := fmt.Sprintf("%s at %d connections: ", c.Title, c.Connections) + fmt.Sprintf(format, args...)
			if c.Others > disturbed {
				text += fmt.Sprintf(" (others used %.0f %% of the processors meanwhile: measure again when it is quiet)", 100*c.Others)
			}
			errs = append(errs, errors.New(text))
		}
		if f, ok := floors[key]; ok && c.Ratio.Median < f.floor {
			miss("%.2f of the raw handler's speed, the floor is %.2f", c.Ratio.Median, f.floor)
		}
		if f, ok := p99Floors[key]; ok && c.P99Ratio.Median > f.floor {
			miss("p99 is %.2f of the raw handler's, the floor is %.2f", c.P99Ratio.Median, f.floor)
		}
		if c.Connections == mostResidentAt && c.ResidentMB > mostResident {
			miss("%d MB are resident, the floor is %d", c.ResidentMB, mostResident)
		}
	}
	return errors.Join(errs...)
}
