package command_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"regulars/internal/command"
	"regulars/internal/password"
)

// A pipe can be read once, and opening one that nobody writes to never ends.
func TestImportRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	pipe := filepath.Join(t.TempDir(), "pipe.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	c.refuses(t, "is not a file that can be read twice", "import", "customers", pipe, "--store", "acme")
	c.refuses(t, "is not a file that can be read twice", "import", "customers", "/dev/null", "--store", "acme")
}

// Where rejected lines cannot be written, that is said before anything changes.
func TestImportNeedsAPlaceForRejects(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	file := write(t, "Email\nnone\nada@shop.example\n")
	if err := os.MkdirAll(rejectsOf(file), 0o700); err != nil {
		t.Fatal(err)
	}
	c.refuses(t, "name another file with --rejected", "import", "customers", file, "--store", "acme")
	c.refuses(t, "name another file with --rejected", "import", "customers", file, "--store", "acme", "--rejected", file)
	c.refuses(t, "say where to with --rejected", "import", "customers", file, "--store", "acme", "--rejected", filepath.Join(t.TempDir(), "none", "x.csv"))
	elsewhere := filepath.Join(t.TempDir(), "left.csv")
	out := c.says(t, "created   1", "import", "customers", file, "--store", "acme", "--rejected", elsewhere)
	if got := contents(t, elsewhere); !strings.Contains(got, "is not an email address") || !strings.Contains(out, elsewhere) {
		t.Errorf("%s\n%s", got, out)
	}
	for _, folder := range []string{filepath.Dir(file), filepath.Dir(elsewhere)} {
		if left, _ := filepath.Glob(filepath.Join(folder, ".rejected-*")); len(left) > 0 {
			t.Errorf("left behind: %s", left)
		}
	}
}

func TestImportPrintsNoControlCharacters(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	file := filepath.Join(t.TempDir(), "a\x1b[31m.csv")
	if err := os.WriteFile(file, []byte("Email\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := c.says(t, `\u001b[31m.rejected.csv`, "import", "customers", file, "--store", "acme"); strings.ContainsRune(out, 0x1b) {
		t.Errorf("%q", out)
	}
}

// meddler writes to a file as soon as something is printed.
type meddler struct{ file, text string }

func (m meddler) Write(b []byte) (int, error) {
	return len(b), os.WriteFile(m.file, []byte(m.text), 0o600)
}

// An export that is still being written must not be taken for whole.
func TestImportNoticesThatTheFileChanges(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	job := command.ImportCustomers{}
	job.Store = "acme"
	fails := func(e command.Env, want string) {
		t.Helper()
		hasher := password.New(1)
		e.Ctx, e.Storage, e.Cost = t.Context(), c.s, hasher.Cost
		if err := job.Run(&e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for text, want := range map[string]string{"Email\na@shop.example\n": "the file changed", "Notes,Email\nx,a@shop.example\n": "the file changed", "": "is empty"} {
		job.File = write(t, "Email,Notes\na@shop.example,x\n")
		fails(command.Env{Out: meddler{job.File, text}}, want)
	}
	job.File = write(t, "Email,Password\na@shop.example,x\n")
	fails(command.Env{Out: io.Discard, Readable: func(string) bool {
		f, err := os.OpenFile(job.File, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return false
		}
		defer f.Close()
		_, err = f.WriteString("b@shop.example,")
		return err == nil
	}}, "the file changed while it was read. Nothing was changed")
	if n := c.count(t, `customers`); n != 0 {
		t.Errorf("%d customers", n)
	}
}

// A link stays one, and what is no file is written to, not replaced.
func TestExportPlaces(t *testing.T) {
	t.Parallel()
	c := newShop(t)
	want := c.export(t, "groups")
	dir := t.TempDir()
	target, link, pipe := filepath.Join(dir, "target.csv"), filepath.Join(dir, "link.csv"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink(target, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	c.says(t, "", "export", "groups", "--store", "acme", "-o", link)
	if got := contents(t, target); got != want {
		t.Errorf("behind the link is %q", got)
	}
	piped := make(chan string)
	go func() {
		b, err := os.ReadFile(pipe)
		piped <- string(b) + fmt.Sprint(err)
	}()
	c.says(t, "", "export", "groups", "--store", "acme", "-o", pipe)
	if info, err := os.Lstat(pipe); err != nil || info.Mode().IsRegular() {
		t.Fatalf("the pipe is gone: %v", err)
	}
	if got := <-piped; got != want+"<nil>" {
		t.Errorf("through the pipe came %q", got)
	}
	c.refuses(t, "is a directory", "export", "groups", "--store", "acme", "-o", dir)
	if left, _ := filepath.Glob(filepath.Join(dir, ".export-*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}
