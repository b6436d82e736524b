package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
)

// profile has the server take a CPU profile while it is measured, which costs it
// a few in a hundred. That it fails is told, and does not spoil the measurement.
func (s *system) profile(ctx context.Context, o options) {
	if err := s.takeProfile(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench: no profile:", err)
	}
}

func (s *system) takeProfile(ctx context.Context, o options) error {
	seconds := max(1, int(o.Each.Seconds()))
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.ours.admin, seconds)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	f, err := os.Create(o.Profile)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(f, resp.Body)
	return err
}
