package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Lines that are no warnings may be logDelay late, and are written together: a
// write for each request takes 3 of the 100 us that a small one costs.
const (
	logDelay  = 100 * time.Millisecond
	logBuffer = 32 << 10
)

// lines gathers what is written to it.
type lines struct {
	mu    sync.Mutex
	out   io.Writer
	buf   []byte
	timer *time.Timer
	set   bool // the timer will flush
}

// Write keeps a line for a while.
func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, line...)
	switch {
	case len(l.buf) >= logBuffer:
		return len(line), l.write()
	case l.set:
	case l.timer == nil:
		l.timer, l.set = time.AfterFunc(logDelay, l.flush), true
	default:
		l.timer.Reset(logDelay)
		l.set = true
	}
	return len(line), nil
}

// flush writes what is there. A log that cannot be written has nowhere to say so.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.write()
}

func (l *lines) write() error {
	l.set = false
	if len(l.buf) == 0 {
		return nil
	}
	_, err := l.out.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}

// logger writes text for people at once, and JSON for machines as lines gather it.
// flush writes what is left.
func (c Config) logger(w io.Writer) (log *slog.Logger, flush func()) {
	if !c.production() {
		return slog.New(slog.NewTextHandler(w, nil)), func() {}
	}
	l := &lines{out: w}
	return slog.New(promptLog{slog.NewJSONHandler(l, nil), l}), l.flush
}

// promptLog has warnings and errors written at once, and what came before them.
type promptLog struct {
	slog.Handler
	lines *lines
}

// Handle implements slog.Handler.
func (h promptLog) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.lines.flush()
	}
	return err
}

// WithAttrs implements slog.Handler.
func (h promptLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptLog{h.Handler.WithAttrs(attrs), h.lines}
}

// WithGroup implements slog.Handler.
func (h promptLog) WithGroup(name string) slog.Handler {
	return promptLog{h.Handler.WithGroup(name), h.lines}
}
