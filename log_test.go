package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sink counts what is written to it.
type sink struct {
	mu     sync.Mutex
	text   bytes.Buffer
	writes int
	err    error
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	s.text.Write(b)
	return len(b), s.err
}

func (s *sink) lines() (lines, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.text.String(), "\n"), s.writes
}

func wantLines(t *testing.T, s *sink, lines, writes int) {
	t.Helper()
	if l, w := s.lines(); l != lines || w != writes {
		t.Errorf("%d lines in %d writes, not %d in %d", l, w, lines, writes)
	}
}

func TestLinesAreLateTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, flush := Config{Environment: "production"}.logger(s)
		for round := range 3 {
			for range 5 {
				log.Info("request")
			}
			time.Sleep(logDelay / 2)
			synctest.Wait()
			wantLines(t, s, 5*round, round)
			time.Sleep(logDelay)
			synctest.Wait()
			wantLines(t, s, 5*(round+1), round+1)
		}
		log.Info("last")
		flush()
		wantLines(t, s, 16, 4)
		time.Sleep(time.Second)
		synctest.Wait()
		wantLines(t, s, 16, 4)
	})
}

func TestWarningsAreWrittenAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, flush := Config{Environment: "production"}.logger(s)
		defer flush()
		log.Info("request")
		log.With("store", "demo").WithGroup("g").Warn("hm", "a", 1)
		wantLines(t, s, 2, 1)
		log.Error("oh")
		wantLines(t, s, 3, 2)
		if text := s.text.String(); !strings.Contains(text, `"store":"demo","g":{"a":1}`) || strings.Index(text, "request") > strings.Index(text, "hm") {
			t.Errorf("logged %s", text)
		}
	})
}

func TestManyLinesDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, flush := Config{Environment: "production"}.logger(s)
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for n := range 1000 {
					log.Info("request", "from", fmt.Sprint(i, "-", n))
				}
			})
		}
		all.Wait()
		if _, writes := s.lines(); writes < 4000*50/logBuffer || writes > 100 {
			t.Errorf("%d writes", writes)
		}
		flush()
		lines := strings.Split(strings.TrimSpace(s.text.String()), "\n")
		seen := map[string]bool{}
		for _, line := range lines {
			_, from, _ := strings.Cut(line, `"from":`)
			seen[from] = true
		}
		if len(lines) != 4000 || len(seen) != 4000 {
			t.Errorf("%d lines, %d different", len(lines), len(seen))
		}
	})
}

func TestALogThatCannotBeWrittenIsGivenUp(t *testing.T) {
	t.Parallel()
	s := &sink{err: errors.New("no space")}
	l := &lines{out: s}
	for range 3 * logBuffer / 100 {
		_, _ = l.Write(bytes.Repeat([]byte("x"), 100))
	}
	l.flush()
	if len(l.buf) != 0 || cap(l.buf) > 4*logBuffer {
		t.Errorf("%d bytes are kept in %d", len(l.buf), cap(l.buf))
	}
}

func TestPeopleReadTheirLinesAtOnce(t *testing.T) {
	t.Parallel()
	s := &sink{}
	log, _ := Config{Environment: "development"}.logger(s)
	log.Log(t.Context(), slog.LevelInfo, "request")
	wantLines(t, s, 1, 1)
}
