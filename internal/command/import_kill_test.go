package command_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"regulars/internal/command"
	"regulars/internal/password"
	"regulars/storage"
)

// TestMain lets this binary be the process that is killed: an import by itself.
func TestMain(m *testing.M) {
	if dsn := os.Getenv("IMPORT_DSN"); dsn != "" {
		if err := importAlone(dsn, os.Getenv("IMPORT_KIND"), os.Getenv("IMPORT_FILE")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func importAlone(dsn, kind, file string) error {
	s, err := storage.Open(dsn)
	if err != nil {
		return err
	}
	defer s.Close()
	hasher := password.New(1)
	e := &command.Env{Ctx: context.Background(), Storage: s, Hash: hasher.Hash, Readable: password.Readable, Cost: hasher.Cost, Out: os.Stdout}
	if kind == "customers" {
		c := command.ImportCustomers{}
		c.File, c.Store = file, "acme"
		return c.Run(e)
	}
	c := command.ImportSubscribers{}
	c.File, c.Store = file, "acme"
	return c.Run(e)
}

// A run of the test is small; make slow kills the size that was asked for.
func TestImportKilled(t *testing.T) {
	t.Parallel()
	killImports(t, 8_000, 4)
}

// killImports kills an import of each kind at random moments, runs it to its end
// and counts.
func killImports(t *testing.T, rows, kills int) {
	c := newShop(t)
	customers, subscribers := bigFile(t, "customers", rows), bigFile(t, "subscribers", rows)
	for _, job := range []struct{ kind, file string }{{"customers", customers}, {"subscribers", subscribers}} {
		for n := range kills {
			child := c.child(job.kind, job.file)
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			// From the first moments to about the end: how long it takes is not known.
			killed := time.AfterFunc(time.Duration(rand.Int64N(int64(n+1)*int64(rows)*60_000/int64(kills))), func() { _ = child.Process.Kill() })
			_ = child.Wait()
			killed.Stop()
		}
		last := c.child(job.kind, job.file)
		if out, err := last.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	c.wantAllOnce(t, rows)
}

func (c *console) child(kind, file string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "IMPORT_DSN="+c.url, "IMPORT_KIND="+kind, "IMPORT_FILE="+file)
	return cmd
}

// wantAllOnce counts what an import of both big files leaves.
func (c *console) wantAllOnce(t *testing.T, rows int) {
	t.Helper()
	for from, want := range map[string]int{
		`customers`: rows, `addresses`: rows, `import_rows`: 0, `import_runs WHERE done_at IS NULL`: 0,
		`subscribers`: rows + rows/2, `consents`: rows + rows/2, `subscribers WHERE next_seq <> 2 OR head_hash IS NULL`: 0,
		`events WHERE scope = 'store/customer/created'`: rows, `events WHERE scope = 'store/subscriber/created'`: rows + rows/2, `events`: 2*rows + rows/2,
		`(SELECT DISTINCT entity, entity_id FROM events) e`:                                                             2*rows + rows/2,
		`customers c WHERE NOT EXISTS (SELECT FROM events e WHERE e.entity = 'customer' AND e.entity_id = c.id)`:        0,
		`subscribers b WHERE NOT EXISTS (SELECT FROM consents s WHERE s.subscriber_id = b.id AND s.hash = b.head_hash)`: 0,
	} {
		if got := c.count(t, from); got != want {
			t.Errorf("%d rows of %s, want %d", got, from, want)
		}
	}
}

// bigFile has an address and every second time an agreement for each customer;
// the subscribers are those of the second half, and as many others.
func bigFile(t *testing.T, kind string, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), kind+".csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if kind == "customers" {
		io.WriteString(w, "Email,First Name,Last Name,Customer Group,Date Joined,Accepts Marketing,Address Line 1 - 1,Address City - 1,Address Country - 1\n")
		for i := range rows {
			fmt.Fprintf(w, "p%d@shop.example,Ümit,Nr %d,Retail,2023-01-02,%s,Street %d,Ulm,DE\n", i, i, []string{"yes", "no"}[i%2], i)
		}
	} else {
		io.WriteString(w, "Email,First Name,Status,Date Added\n")
		for i := range rows {
			fmt.Fprintf(w, "p%d@shop.example,Ümit,subscribed,2023-01-02\n", i+rows)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return path
}
