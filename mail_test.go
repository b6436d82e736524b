package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/mail/mailtest"
)

const maryRegisters = `mutation { customer { registerCustomer(input: {firstName: "Mary", lastName: "Shelley", email: "mary@example.com", password: "a monster of my own"}) { errors { __typename } } } }`

// withDemo is a data folder with the demo store.
func withDemo(t *testing.T) string {
	t.Helper()
	dir := dataDir(t)
	if err := run(t.Context(), []string{"demo", "--data-dir=" + dir}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	return dir
}

// readPage gives a page's status and text.
func readPage(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// soon waits for what another goroutine brings about.
func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for range 4000 {
		if done() {
			return
		}
		<-pause.C
	}
	t.Fatal("never: " + what)
}

// A person can read in the browser what the server would have sent.
func TestDevelopmentMailbox(t *testing.T) {
	t.Parallel()
	url, _, stop := start(t, "--data-dir="+withDemo(t))
	box := strings.TrimSuffix(url, "/graphql") + "/dev/mail"
	if status, text := readPage(t, box); status != http.StatusOK || !strings.Contains(text, "Nothing yet.") {
		t.Errorf("%d: %s", status, text)
	}
	newShopper(t, url).ask(maryRegisters)
	soon(t, "Mary's mail is there", func() bool { _, text := readPage(t, box); return strings.Contains(text, "to mary@example.com") })
	if status, text := readPage(t, box+"/1"); status != http.StatusOK || !strings.Contains(text, "Welcome to Demo Store") {
		t.Errorf("%d: %s", status, text)
	}
	if status, text := readPage(t, box+"/1/html"); status != http.StatusOK || !strings.Contains(text, "Hello Mary,") {
		t.Errorf("%d: %s", status, text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// With a relay there is no mailbox.
func TestRelayInPlaceOfTheMailbox(t *testing.T) {
	t.Parallel()
	relay := mailtest.NewRelay(t, mailtest.Options{})
	url, _, _ := start(t, "--data-dir="+withDemo(t), "--smtp-url=smtp://"+relay.Addr, "--mail-from=shop@example.org")
	if status, _ := readPage(t, strings.TrimSuffix(url, "/graphql")+"/dev/mail"); status != http.StatusNotFound {
		t.Errorf("/dev/mail: %d", status)
	}
	newShopper(t, url).ask(maryRegisters)
	soon(t, "Mary's mail is there", func() bool { return len(relay.Received()) == 1 })
	if m := relay.Received()[0]; m.From != "shop@example.org" || m.To != "mary@example.com" {
		t.Errorf("from %s to %s", m.From, m.To)
	}
}
