package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// echo asks a server to repeat a number in a body of that many kilobytes.
type echo struct{ last atomic.Uint64 }

func (e *echo) pick(*rand.Rand) uint64 { return e.last.Add(1) % 40 }

func (e *echo) request(b []byte, n uint64) []byte {
	return append(b, fmt.Sprintf("POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", n)...)
}

func (e *echo) check(n uint64, body []byte) error {
	if want := strings.Repeat(strconv.FormatUint(n, 10)+";", int(n)<<8); string(body) != want {
		return errors.New("another body")
	}
	return nil
}

// echoes answers with a length or in chunks, as net/http finds right.
func echoes(t *testing.T, status int) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, err := io.ReadAll(r.Body); err != nil || string(b) != "hi" {
			t.Errorf("the body was %q, %v", b, err)
		}
		n, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.Repeat(r.URL.Path[1:]+";", n<<8))
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func idle() (usage, error) { return usage{}, nil }

func TestCrewReadsAnswersWithLengthAndInChunks(t *testing.T) {
	t.Parallel()
	e := &echo{}
	w, err := newCrew(echoes(t, 200), 4, e, idle)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for e.last.Load() < 200 { // all sizes several times, on connections that live on
		out, err := w.run(t.Context(), 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for _, took := range out.latencies {
			if took <= 0 {
				t.Errorf("an answer took %v", took)
			}
		}
	}
}

func TestCrewFailsOnAWrongAnswer(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"status 503": 503, "another body": 200} {
		w, err := newCrew(echoes(t, status), 2, &liar{}, idle)
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		if _, err := w.run(t.Context(), time.Hour); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// liar expects what is not answered.
type liar struct{ echo }

func (l *liar) check(uint64, []byte) error { return errors.New("another body") }

func TestCrewEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w, err := newCrew(echoes(t, 200), 2, &echo{}, idle)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := w.run(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWhatComesBackIsTheShoppersOwn(t *testing.T) {
	t.Parallel()
	s := &system{customers: 1000, dir: t.TempDir()}
	if err := s.makeKey(); err != nil {
		t.Fatal(err)
	}
	op := s.me("me-2", smallBooks)
	m := op.ours.(*me)
	sizes := map[int]int{}
	for n, p := range m.people {
		sizes[p.addresses]++
		right := answer(p, p.addresses)
		if err := m.check(uint64(n), right); err != nil {
			t.Fatalf("%s: %v", right, err)
		}
		other := m.people[(n+1)%len(m.people)]
		for what, wrong := range map[string][]byte{
			"another customer's":   answer(other, other.addresses),
			"one address too many": answer(p, p.addresses+1),
			"an error":             append([]byte(`{"errors":[],"data":`), right...),
			"a foreign address":    append(answer(p, p.addresses), other.street...),
		} {
			if m.check(uint64(n), wrong) == nil {
				t.Fatalf("%s was taken: %s", what, wrong)
			}
		}
	}
	for n := range 5 {
		if sizes[n] < len(m.people)/10 {
			t.Errorf("%d customers of %d have %d addresses", sizes[n], len(m.people), n)
		}
	}
}

func answer(p person, addresses int) []byte {
	return bytes.Join([][]byte{p.email, p.group, bytes.Repeat(append(p.street, ','), addresses)}, []byte(","))
}

func TestSignUpsAreNewEachTime(t *testing.T) {
	t.Parallel()
	ups := newSignUps()
	op := ups.operation(&system{run: 3})
	seen := map[string]bool{}
	for range 2000 {
		for _, x := range []exchange{op.ours, op.raw} {
			n := x.pick(nil)
			request := string(x.request(nil, n))
			_, rest, ok := strings.Cut(request, "visitor003")
			email, _, _ := strings.Cut(rest, "@")
			if !ok || len(email) != 7 || seen[email] {
				t.Fatalf("not a new address: %s", request)
			}
			seen[email] = true
			headers, body, _ := strings.Cut(request, "\r\n\r\n")
			if !strings.Contains(headers, fmt.Sprintf("Content-Length: %d\r\n", len(body))) {
				t.Fatalf("another length than %d: %s", len(body), headers)
			}
		}
	}
	if err := op.ours.check(1, []byte(`{"errors":[{"message":"no"}]}`)); err == nil {
		t.Error("a refusal was taken")
	}
	networks := map[string]bool{}
	for n := range uint64(100_000) {
		caller := string(appendCaller(nil, n))
		networks[caller[:strings.LastIndexByte(caller, '.')]] = true
	}
	if len(networks) != 100_000 {
		t.Errorf("only %d networks", len(networks))
	}
}
