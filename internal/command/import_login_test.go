package command_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"regulars/graph/graphtest"
)

// E8: whoever comes with a hash from elsewhere logs in with it, and has one of
// ours from then on.
func TestImportedHashLogsInAndIsUpgraded(t *testing.T) {
	t.Parallel()
	const password = "from another shop"
	s := graphtest.New(t)
	c := &console{s: s.DB.Store(t), owner: s.DB.Owner(t), url: s.DB.URL}
	b, err := bcrypt.GenerateFromPassword([]byte(password), 10)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawStdEncoding.EncodeToString
	salt := []byte("sixteen salty bytes")
	hashes := map[string]string{
		"2b":       "$2b$" + string(b[4:]),
		"2y":       "$2y$" + string(b[4:]),
		"2a":       "$2a$" + string(b[4:]),
		"argon2i":  fmt.Sprintf("$argon2i$v=19$m=1024,t=2,p=2$%s$%s", text(salt), text(argon2.Key([]byte(password), salt, 2, 1024, 2, 32))),
		"argon2id": fmt.Sprintf("$argon2id$v=19$m=4096,t=1,p=1$%s$%s", text(salt), text(argon2.IDKey([]byte(password), salt, 1, 4096, 1, 32))),
	}
	var file strings.Builder
	file.WriteString("Email,Password Hash\n")
	for name, hash := range hashes {
		fmt.Fprintf(&file, "%s@shop.example,%q\n", name, hash)
	}
	path := write(t, file.String())
	c.says(t, "created   5", "import", "customers", path, "--store", "demo")
	login := func(name, password string) string {
		return string(s.Query(t, fmt.Sprintf(`mutation { login(email: "%s@shop.example", password: "%s") { customer { email } } }`, name, password)).Body)
	}
	for name, hash := range hashes {
		if got := login(name, "not it"); !strings.Contains(got, "Invalid credentials") {
			t.Errorf("%s, wrong: %s", name, got)
		}
		for round, prefix := range []string{hash, "$argon2id$v=19$m=19456,t=2,p=1$"} {
			if n := c.count(t, fmt.Sprintf(`customers WHERE email = '%s@shop.example' AND starts_with(password_hash, '%s')`, name, prefix)); n != 1 {
				t.Errorf("%s, round %d: another hash", name, round)
			}
			if got := login(name, password); got != `{"data":{"login":{"customer":{"email":"`+name+`@shop.example"}}}}` {
				t.Errorf("%s, round %d: %s", name, round, got)
			}
		}
	}
	// The file again does not bring the old hashes back.
	c.says(t, "unchanged 5", "import", "customers", path, "--store", "demo", "--update")
	if n := c.count(t, `customers WHERE email LIKE '%@shop.example' AND password_hash LIKE '$argon2id$v=19$m=19456%'`); n != 5 {
		t.Errorf("%d have a hash of ours", n)
	}
}

// Decision 14: wrong logins of a store with dear hashes take as long as those do.
func TestImportRaisesTheFloorOfWrongLogins(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	c := &console{s: s.DB.Store(t), owner: s.DB.Owner(t), url: s.DB.URL}
	b, err := bcrypt.GenerateFromPassword([]byte("dear"), 11)
	if err != nil {
		t.Fatal(err)
	}
	c.says(t, "wrong logins of this store take", "import", "customers", write(t, "Email,Password Hash\ndear@shop.example,"+string(b)+"\n"), "--store", "demo")
	snapshot, err := s.Storage.SnapshotByHash(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	floor := time.Duration(snapshot.Store.Settings.WrongLoginFloorMS) * time.Millisecond
	for _, email := range []string{"dear@shop.example", "nobody@shop.example"} {
		started := time.Now()
		s.Query(t, `mutation { login(email: "`+email+`", password: "wrong") { result } }`)
		if took := time.Since(started); floor == 0 || took < floor {
			t.Errorf("%s: refused after %v, the floor is %v", email, took, floor)
		}
	}
}
