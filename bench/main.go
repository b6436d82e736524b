// Bench measures the server against raw handlers that read and write the same
// rows (bench/raw), side by side and in turn, on a database of its own. What it
// says is a ratio: seconds differ from machine to machine, and from hour to hour.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type options struct {
	Server    string        `default:"bin/regulars" help:"The program to measure."`
	Raw       string        `default:"bin/bench-raw" help:"What to measure it against."`
	Customers int           `default:"200000" help:"Customers of the store."`
	Pairs     int           `default:"7" help:"How often each of the two is measured, in turn."`
	Each      time.Duration `default:"650ms" help:"How long one measurement takes."`
	Only      string        `default:"*" help:"Measure these alone, such as 'me*@128'."`
	Check     bool          `help:"Hold the ratios against their floors, and write nothing."`
	Data      string        `help:"Keep the database here, and use the one that is there; a temporary folder when empty."`
	Profile   string        `help:"Write the server's CPU profile, taken while it is measured, to this file."`
	Results   string        `default:"bench/results" help:"Folder of the recorded results."`
	Page      string        `default:"docs/performance.md" help:"The page whose table is written anew."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	kong.Parse(&o, kong.Name("bench"), kong.Description("Measures the server against raw handlers that do the same."))
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	s, err := startSystem(ctx, o, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	r, err := measureAll(ctx, o, s, out)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.lastWords())
	}
	fmt.Fprintf(out, "\n%s\n", r.table())
	if o.Check {
		return r.hold()
	}
	if o.Only != "*" {
		return nil
	}
	return r.record(o)
}

// measureAll runs every operation at every number of connections.
func measureAll(ctx context.Context, o options, s *system, out io.Writer) (*result, error) {
	r, err := newResult(ctx, o, s)
	if err != nil {
		return nil, err
	}
	subscribe := newSignUps()
	for _, op := range []operation{s.me("me-2", smallBooks), s.me("me-10", fullBooks), subscribe.operation(s)} {
		for _, n := range []int{1, 32, 128} {
			name := fmt.Sprintf("%s@%d", op.key, n)
			if ok, err := path.Match(o.Only, name); err != nil {
				return nil, err
			} else if !ok {
				continue
			}
			c, err := s.measure(ctx, o, op, n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			fmt.Fprintf(out, "%-14s %s\n", name, c.line())
			r.Cells = append(r.Cells, c)
		}
	}
	return r, subscribe.verify(ctx, s)
}
