package command_test

import (
	"fmt"
	"strings"
	"testing"
)

// Batches run two at a time; what comes of them is that of one after the other.
func TestImportKeepsTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	var file, want strings.Builder
	file.WriteString("Email,First Name,Accepts Marketing\n")
	for i := range 6500 {
		fmt.Fprintf(&file, "p%d@shop.example,%d,yes\n", i%4000, i) // from 4,000 on they are known
		if i < 4000 {
			fmt.Fprintf(&want, "p%d@shop.example,%d\n", i, i)
		}
	}
	path := write(t, file.String())
	out := c.says(t, "created   4000", "import", "customers", path, "--store", "acme")
	if !strings.Contains(out, "skipped   2500") {
		t.Errorf("%s", out)
	}
	firstTwo := func(csv string) string {
		var out strings.Builder
		for _, line := range strings.Split(csv, "\n")[1:] {
			if fields := strings.SplitN(line, ",", 3); len(fields) == 3 {
				out.WriteString(fields[0] + "," + fields[1] + "\n")
			}
		}
		return out.String()
	}
	for _, kind := range []string{"customers", "subscribers"} {
		if got := firstTwo(c.export(t, kind)); got != want.String() {
			t.Errorf("%s are in another order, or not the first that the file has", kind)
		}
	}
	rejected := contents(t, rejectsOf(path))
	if lines := strings.Split(strings.TrimSpace(rejected), "\n"); len(lines) != 2501 || !strings.HasPrefix(lines[1], "4002,") || !strings.HasPrefix(lines[2500], "6501,") {
		t.Errorf("%d lines were rejected", len(lines)-1)
	}
	// With --update the last one wins.
	c.says(t, "updated   2500", "import", "customers", path, "--store", "acme", "--update")
	if n := c.count(t, `customers WHERE first_name::int >= 4000`); n != 2500 {
		t.Errorf("%d were changed", n)
	}
	if n := c.count(t, `(SELECT entity, entity_id, entity_version FROM events GROUP BY 1, 2, 3 HAVING count(*) > 1) e`); n != 0 {
		t.Errorf("%d versions have two events", n)
	}
}

// A dry run tells beforehand what the run then does.
func TestDryRunTellsTheTruth(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	var file strings.Builder
	file.WriteString("Email,First Name,Accepts Marketing,Street,City,Country\n")
	for i := range 3000 {
		fmt.Fprintf(&file, "p%d@shop.example,%d,yes,Street %d,Ulm,DE\n", i%1700, i%1700*(1+i%7/6), i)
	}
	path := write(t, file.String())
	counts := func(out string) string {
		_, after, _ := strings.Cut(out, "  created")
		return after
	}
	before := c.all(t)
	dry := c.says(t, "A dry run", "import", "customers", path, "--store", "acme", "--dry-run")
	if after := c.all(t); after != before {
		t.Errorf("the dry run left something:\n%s\n%s", before, after)
	}
	if real := c.says(t, "created   1700", "import", "customers", path, "--store", "acme"); counts(real) != counts(dry) {
		t.Errorf("dry %s\nreal %s", counts(dry), counts(real))
	}
}

// The same file by two processes at once: one stops, and nothing is there twice.
func TestImportAtTheSameTime(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	const rows = 3000
	file := bigFile(t, "customers", rows)
	done := make(chan error)
	for range 3 {
		go func() {
			out, err := c.child("customers", file).CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			done <- err
		}()
	}
	finished := 0
	for range 3 {
		switch err := <-done; {
		case err == nil:
			finished++
		case !strings.Contains(err.Error(), "another import of this file has been started; this one stops"):
			t.Error(err)
		}
	}
	if finished == 0 {
		t.Error("nobody came to the end")
	}
	for from, want := range map[string]int{`customers`: rows, `addresses`: rows, `subscribers`: rows / 2, `events`: rows + rows/2, `import_rows`: 0} {
		if got := c.count(t, from); got != want {
			t.Errorf("%d rows of %s, want %d", got, from, want)
		}
	}
}

// Also of addresses that come again in later batches, saying more, less or the
// same as all lines before.
func TestDryRunOfRepeatedAddresses(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	var customers, subscribers strings.Builder
	customers.WriteString("Email,First Name,Phone,Accepts Marketing\n")
	subscribers.WriteString("Email,First Name,Status\n")
	pick := func(i int, of ...string) string { return of[i%len(of)] }
	for i := range 3500 {
		key := i % 900
		fmt.Fprintf(&customers, "p%d@shop.example,%s,%s,%s\n", key, pick(i, "", "A", "A", "B", ""), pick(i/3, "", "1", "", "2"), pick(i/7, "no", "", "yes"))
		fmt.Fprintf(&subscribers, "q%d@shop.example,%s,%s\n", key, pick(i, "", "A", "A", "B"), pick(i/7, "subscribed", "unsubscribed", "subscribed", "cleaned", "unsubscribed"))
	}
	counts := func(out string) string {
		_, out, _ = strings.Cut(out, "  created")
		out, _, _ = strings.Cut(out, "Lines") // where they are
		return out
	}
	for _, job := range []struct{ kind, file string }{{"customers", customers.String()}, {"subscribers", subscribers.String()}} {
		for _, more := range [][]string{nil, {"--update"}} {
			args := append([]string{"import", job.kind, write(t, job.file), "--store", "acme"}, more...)
			dry := c.says(t, "A dry run", append(args, "--dry-run")...)
			if real := c.says(t, "", args...); counts(real) != counts(dry) {
				t.Errorf("%s %s: dry %s\nreal %s", job.kind, more, counts(dry), counts(real))
			}
		}
	}
}
