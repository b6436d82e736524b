// Package captcha asks a service whether a person solved its captcha, by the
// siteverify protocol that reCAPTCHA, hCaptcha and Turnstile share.
package captcha

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Timeout is how long an answer is waited for.
const Timeout = 3 * time.Second

const (
	// inFlight bounds how many questions wait for answers at a time.
	inFlight = 64
	// maxAnswer is far beyond what services answer with.
	maxAnswer = 64 << 10
	// maxToken is far beyond what they hand to browsers.
	maxToken = 8 << 10
)

// Verifier is safe for concurrent use.
type Verifier struct {
	client  *http.Client
	timeout time.Duration
	slots   chan struct{}
}

// New makes a Verifier that waits so long for an answer, Timeout when it is 0.
func New(timeout time.Duration) *Verifier {
	if timeout == 0 {
		timeout = Timeout
	}
	// A redirect would take the secret to wherever it points.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone(), CheckRedirect: stay}
	return &Verifier{client, timeout, make(chan struct{}, inFlight)}
}

// Question is one token to be verified.
type Question struct {
	URL    string // of the service's siteverify
	Secret string
	Token  string // what the browser was given
	Addr   string // the browser's address, "" when unknown
}

// Solved tells whether the token is good. An error means that the service did not
// say, or does not take our secret; it holds neither secret nor token.
func (v *Verifier) Solved(ctx context.Context, q Question) (bool, error) {
	if q.Token == "" || len(q.Token) > maxToken {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	solved, err := v.ask(ctx, q)
	if err != nil {
		return false, fmt.Errorf("captcha: %w", withoutURL(err))
	}
	return solved, nil
}

func (v *Verifier) ask(ctx context.Context, q Question) (bool, error) {
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-ctx.Done():
		return false, errors.New("too many questions are open")
	}
	form := url.Values{"secret": {q.Secret}, "response": {q.Token}}
	if q.Addr != "" {
		form.Set("remoteip", q.Addr)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := v.client.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	return read(resp)
}

// ours are the codes that blame the question, not the shopper.
var ours = []string{"missing-input-secret", "invalid-input-secret", "internal-error"}

// read believes nothing but a whole answer that says so.
func read(resp *http.Response) (bool, error) {
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("the service answered %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return false, err
	}
	if len(body) > maxAnswer {
		return false, errors.New("the service answered too much")
	}
	var answer struct {
		Success *bool    `json:"success"`
		Codes   []string `json:"error-codes"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Success == nil {
		return false, errors.New("the service answered something else")
	}
	for _, code := range answer.Codes {
		if slices.Contains(ours, code) {
			return false, fmt.Errorf("the service does not take the question: %s", code)
		}
	}
	return *answer.Success, nil
}

// withoutURL is err without what net/http adds: a URL may hold what is nobody's
// business.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
