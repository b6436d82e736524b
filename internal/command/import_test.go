package command_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/import/*.golden anew")

// A golden file says, of a file as a shop's program writes it, what the import
// prints, what is in the file of rejected lines, and what an export then has.
func TestFilesOfShops(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/import/*.csv")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := "customers"
			if _, k, ok := strings.Cut(name, "."); ok {
				kind = k
			}
			c := newShop(t)
			file := copyOf(t, path)
			out := c.says(t, "", "import", kind, file, "--store", "acme")
			got := scrubbed(out, file) + "---------- rejected\n" + contents(t, rejectsOf(file))
			for _, export := range slices.Compact([]string{kind, "subscribers"}) {
				got += "---------- " + export + "\n" + c.export(t, export)
			}
			compare(t, "testdata/import/"+name+".golden", got)
			// Again, it changes nothing.
			before := c.export(t, kind) + c.all(t)
			again := c.says(t, "created   0", "import", kind, file, "--store", "acme")
			if after := c.export(t, kind) + c.all(t); sansRuns(after) != sansRuns(before) || !strings.Contains(again, "updated   0") {
				t.Errorf("the second time it changed something: %s", cmp.Diff(before, after))
			}
		})
	}
}

// newShop has the groups Retail, the default one, and Wholesale.
func newShop(t *testing.T) *console {
	t.Helper()
	c := newConsole(t)
	c.says(t, "", "store", "create", "acme", "--name", "Acme", "--plan", "plus")
	c.addGroups(t, "acme")
	return c
}

func (c *console) addGroups(t *testing.T, store string) {
	t.Helper()
	file := write(t, "Name,Default\nRetail,yes\nWholesale,no\n")
	c.says(t, "created   2", "import", "groups", file, "--store", store)
}

// sansRuns leaves out the table that notes each import.
func sansRuns(rows string) string {
	return regexp.MustCompile(`import_runs \d+`).ReplaceAllString(rows, "")
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func copyOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, string(b))
}

func rejectsOf(file string) string { return strings.TrimSuffix(file, ".csv") + ".rejected.csv" }

// contents is "" for a file that is not there.
func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

func (c *console) export(t *testing.T, kind string, more ...string) string {
	t.Helper()
	return c.exportOf(t, "acme", kind, more...)
}

func (c *console) exportOf(t *testing.T, store, kind string, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.csv")
	c.says(t, "", append([]string{"export", kind, "--store", store, "-o", path}, more...)...)
	return contents(t, path)
}

var (
	took = regexp.MustCompile(`(in|takes?|take) \d[\d.]* ?m?s`)
	now  = regexp.MustCompile(`20(2[6-9]|[3-9]\d)-\d\d-\d\dT[\d:.]+Z`)
)

// scrubbed has no times and no folder of this run.
func scrubbed(out, file string) string {
	out = strings.ReplaceAll(out, filepath.Dir(file)+"/", "")
	return now.ReplaceAllString(took.ReplaceAllString(out, "$1 a while"), "NOW")
}

func compare(t *testing.T, golden, got string) {
	t.Helper()
	got = now.ReplaceAllString(got, "NOW")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(contents(t, golden), got); diff != "" {
		t.Errorf("%s: %s", golden, diff)
	}
}

func TestImportUpdates(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	first := write(t, "Email,First Name,Phone,Accepts Marketing,Street,City,Country\nada@shop.example,Ada,1,no,Street 1,Ulm,DE\n")
	c.says(t, "created   1", "import", "customers", first, "--store", "acme")
	other := write(t, "Email,First Name,Phone,Accepts Marketing,Street,City,Country\nADA@shop.example,Augusta,,yes,Street 2,Ulm,DE\n")
	before := c.export(t, "customers") + c.all(t)
	c.says(t, "skipped   1", "import", "customers", other, "--store", "acme")
	if after := c.export(t, "customers") + c.all(t); sansRuns(after) != sansRuns(before) {
		t.Errorf("skipped, and changed something: %s", cmp.Diff(before, after))
	}
	if got := contents(t, rejectsOf(other)); !strings.Contains(got, "there is a customer with this address already, and other data: first name, addresses, newsletter; --update changes that") {
		t.Errorf("rejects: %s", got)
	}
	c.says(t, "updated   1", "import", "customers", other, "--store", "acme", "--update", "--dry-run")
	if after := c.export(t, "customers") + c.all(t); sansRuns(after) != sansRuns(before) {
		t.Errorf("a dry run changed something: %s", cmp.Diff(before, after))
	}
	c.says(t, "updated   1", "import", "customers", other, "--store", "acme", "--update")
	c.says(t, "unchanged 1", "import", "customers", other, "--store", "acme", "--update")
	for from, want := range map[string]int{
		`customers WHERE first_name = 'Augusta' AND phone = '1' AND email = 'ada@shop.example' AND version = 2`: 1, `customers`: 1, `addresses`: 2,
		`subscribers WHERE state = 'SUBSCRIBED' AND origin = 'IMPORT'`: 1, `consents`: 1,
		`events WHERE scope = 'store/customer/created'`: 1, `events WHERE scope = 'store/customer/address/created'`: 1, `events WHERE scope = 'store/subscriber/created'`: 1,
		`events WHERE scope = 'store/customer/updated' AND changed = '{first_name}' AND entity_version = 2`: 1, `events`: 4,
	} {
		if got := c.count(t, from); got != want {
			t.Errorf("%d rows of %s, want %d", got, from, want)
		}
	}
}

func TestImportKeepsAddressBooksWithinBounds(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	book := func(from, n int) string {
		header, line := "Email", "ada@shop.example"
		for i := range n {
			header += fmt.Sprintf(",Address Line 1 - %[1]d,Address City - %[1]d,Address Country - %[1]d", i+1)
			line += fmt.Sprintf(",Street %d,Ulm,DE", from+i)
		}
		return write(t, header+"\n"+line+"\n")
	}
	c.says(t, "rejected  1", "import", "customers", book(0, 101), "--store", "acme")
	c.says(t, "created   1", "import", "customers", book(0, 99), "--store", "acme")
	c.says(t, "skipped   1", "import", "customers", book(200, 2), "--store", "acme", "--update")
	c.says(t, "updated   1", "import", "customers", book(200, 1), "--store", "acme", "--update")
	if n := c.count(t, `addresses`); n != 100 {
		t.Errorf("%d addresses", n)
	}
}

func TestImportBringsBackNobody(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	c.says(t, "", "import", "subscribers", write(t, "Email,Status\nleft@shop.example,unsubscribed\nbounced@shop.example,cleaned\nin@shop.example,subscribed\n"), "--store", "acme")
	back := "Email,Status\nleft@shop.example,subscribed\nbounced@shop.example,subscribed\n"
	c.says(t, "unchanged 2", "import", "subscribers", write(t, back), "--store", "acme", "--update")
	c.says(t, "created   2", "import", "customers", write(t, "Email,Accepts Marketing\nleft@shop.example,yes\nbounced@shop.example,yes\n"), "--store", "acme", "--update")
	if n := c.count(t, `subscribers WHERE state = 'SUBSCRIBED'`); n != 1 {
		t.Errorf("%d are subscribed", n)
	}
	// A file that says that somebody left is believed, when it may change things.
	off := write(t, "Email,Status\nin@shop.example,unsubscribed\n")
	c.says(t, "skipped   1", "import", "subscribers", off, "--store", "acme")
	c.says(t, "updated   1", "import", "subscribers", off, "--store", "acme", "--update")
	if n := c.count(t, `subscribers WHERE state = 'UNSUBSCRIBED'`); n != 2 {
		t.Errorf("%d have left", n)
	}
	if n := c.count(t, `consents`); n != 4 {
		t.Errorf("%d consent rows", n)
	}
}

func TestImportRefusals(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	c.says(t, "", "store", "create", "small", "--name", "Small")
	c.refuses(t, "no column holds the email", "import", "customers", write(t, "Name\nAda\n"), "--store", "acme")
	c.refuses(t, "the file is empty", "import", "customers", write(t, ""), "--store", "acme")
	c.refuses(t, `no store "nowhere"`, "import", "customers", write(t, "Email\na@b.example\n"), "--store", "nowhere")
	c.refuses(t, "has no customer groups", "import", "groups", write(t, "Name\nA\n"), "--store", "small")
	c.refuses(t, "no such file", "import", "customers", "/nowhere.csv", "--store", "acme")
	if out, err := c.run(t, "import", "customers", write(t, "Email\na@b.example\n"+strings.Repeat("x", 2<<20)+"\n"), "--store", "acme"); err == nil ||
		!strings.Contains(err.Error(), "line 3 is longer than 1 MB") || !strings.Contains(err.Error(), "Nothing was changed") {
		t.Errorf("%v: %s", err, out)
	}
	if n := c.count(t, `customers`); n != 0 {
		t.Errorf("%d customers", n)
	}
}

// What is exported and imported again, elsewhere, is exported as it was.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	c.says(t, "", "channel", "add", "acme", "--name", "Second")
	var file strings.Builder
	file.WriteString("Email,First Name,Last Name,Company,Phone,Notes,Tax Exempt Category,Customer Group,Date Joined,Accepts Marketing,Accepts Marketing Since,Verified,Disabled,Force Password Reset,Language,Accepts Product Review Abandoned Cart Emails,Channels,Origin Channel ID,Password Hash,Address Line 1 - 1,Address City - 1,Address Country - 1,Address Type - 1,Address Line 1 - 2,Address City - 2,Address Country - 2,Address Phone - 2\n")
	for i, name := range []string{"=SUM(A1)", "'=x", "''+y", "'plain", "-1", "@at", `with "quotes"`, "emoji 😀", "semi;colon, comma", "", "Ünï", "'"} {
		fmt.Fprintf(&file, `=+%d@shop.example,"%[2]s","%[2]s","%[2]s",+49 %[1]d,"%[2]s`+"\n"+`line two","%[2]s",%s,2020-01-02T03:04:05.%06dZ,%s,2021-01-02T03:04:05.000001Z,2022-01-01,%s,%s,%s,%s,%s,%d,%s,"%[2]s x",Ulm,DE,residential,Second %[1]d,Bern,CH,+41 %[1]d`+"\n",
			i, strings.ReplaceAll(name, `"`, `""`), []string{"Retail", "", "Wholesale"}[i%3], i+1, []string{"yes", "no"}[i%2],
			[]string{"", "2023-01-01"}[i%2], []string{"no", "yes"}[i%2], []string{"", "de", "pt-BR"}[i%3], []string{"no", "yes"}[i%2],
			[]string{"", "1", "1 2"}[i%3], 1+i%2, []string{"", "$2a$10$u1bMCQG5hUnvbLtnTH8wxOTxG5tQFFnHGJHGhlJkNoXlmF0Z9wBSm"}[i%2])
	}
	c.says(t, "created   12", "import", "customers", write(t, file.String()), "--store", "acme")
	c.says(t, "", "import", "subscribers", write(t, "Email,First Name,Status,Status Since,Origin,Source,Order ID,Channel ID,Date Added\n"+
		"a@shop.example,'=A,subscribed,2021-02-03T04:05:06.7Z,CHECKOUT,'@pos,17,2,2020-02-03T04:05:06.7Z\nb@shop.example,B,unsubscribed,2021-01-01,API,x,,1,2020-01-01\nc@shop.example,,complained,2021-01-01,STOREFRONT,,,1,2020-01-01\n"), "--store", "acme")
	c.says(t, "", "import", "groups", write(t, "Name,Categories,Category Access,Discount Rules\n=VIP,4 2,SPECIFIC,PRODUCT 9 PRICE 9.9500 | ALL PERCENT 2.5\nListed,,NONE,PRICE_LIST 3\n"), "--store", "acme")

	c.says(t, "", "store", "create", "copy", "--name", "Copy", "--plan", "plus")
	c.says(t, "", "channel", "add", "copy", "--name", "Second")
	for _, kind := range []string{"groups", "customers", "subscribers"} {
		hashes := []string{}
		if kind == "customers" {
			hashes = append(hashes, "--with-password-hashes")
		}
		want := c.export(t, kind, hashes...)
		out := c.says(t, "", "import", kind, write(t, want), "--store", "copy")
		if !strings.Contains(out, "rejected  0") || !strings.Contains(out, "skipped   0") {
			t.Errorf("%s: %s", kind, out)
		}
		if got := c.exportOf(t, "copy", kind, hashes...); got != want {
			t.Errorf("%s: %s", kind, cmp.Diff(want, got))
		}
		for _, cell := range regexp.MustCompile(`(?m)(^|,)"?[=@+-][^0-9(]`).FindAllString(want, -1) {
			t.Errorf("%s: a formula is in the export: %q", kind, cell)
		}
	}
	if strings.Contains(c.export(t, "customers"), "$2a$") {
		t.Error("hashes are exported without being asked for")
	}
}
