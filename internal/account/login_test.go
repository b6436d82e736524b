package account_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"

	"regulars/graph/graphtest"
)

// E1.
func TestAllRefusedLoginsLookAlike(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	copies(t, s.DB.Owner(t), map[string]string{
		"disabled@example.com":   `disabled_at = now()`,
		"sso@example.com":        `password_hash = NULL`,
		"elsewhere@example.com":  `channel_ids = '{7}'`,
		"nowhere@example.com":    `channel_ids = '{}'`,
		"unreadable@example.com": `password_hash = '$2a$04$short'`,
		"reset@example.com":      `password_reset_required = true`,
	})
	first := login(t, s, "unknown@example.com", right)
	want(t, first, refused)
	if len(first.Header["Set-Cookie"]) != 0 {
		t.Errorf("Set-Cookie %q", first.Header["Set-Cookie"])
	}
	for _, tt := range []struct{ email, password string }{
		{"unknown@example.com", ""}, {ada, "wrong"}, {ada, ""}, {ada, strings.ToUpper(right)}, {ada, " " + right},
		{"disabled@example.com", right}, {"disabled@example.com", "wrong"}, {"sso@example.com", right}, {"sso@example.com", ""},
		{"elsewhere@example.com", right}, {"nowhere@example.com", right}, {"unreadable@example.com", right},
		{"reset@example.com", "wrong"}, {"no address", right}, {"", ""}, {"a\x00@example.com", right}, {"%", right},
	} {
		r := login(t, s, tt.email, tt.password)
		if r.Status != first.Status || string(r.Body) != string(first.Body) {
			t.Errorf("%q, %q: %d %s, want %d %s", tt.email, tt.password, r.Status, r.Body, first.Status, first.Body)
		}
		for _, h := range []map[string][]string{r.Header, first.Header} {
			delete(h, "X-Request-Id")
			delete(h, "Date")
		}
		if !maps.EqualFunc(r.Header, first.Header, func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") }) {
			t.Errorf("%q, %q: headers %v, want %v", tt.email, tt.password, r.Header, first.Header)
		}
	}
}

// Decision 13: only the right password hears that it has to be replaced.
func TestForcedResetIsToldToTheRightPassword(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	copies(t, s.DB.Owner(t), map[string]string{"reset@example.com": `password_reset_required = true`})
	r := login(t, s, "reset@example.com", right)
	if body := string(r.Body); !strings.Contains(body, `"Reset password"`) || !strings.Contains(body, `"UNAUTHENTICATED"`) || r.Cookie() != "" {
		t.Errorf("cookie %q: %s", r.Cookie(), body)
	}
}

func TestLoginTakesAnySpellingOfTheAddress(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	for _, email := range []string{"ADA@Example.COM", " ada@example.com ", "ada@ｅxample.com"} {
		want(t, login(t, s, email, right), "in")
	}
}

var phc = regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)

// E8.
func TestPasswordsAreKeptAsArgon2id(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	db := s.DB.Owner(t)
	register(t, s, "new@example.com", right)
	hash := hashOf(t, db, "new@example.com")
	if !phc.MatchString(hash) || hash == hashOf(t, db, ada) {
		t.Errorf("hash %q", hash)
	}
	want(t, login(t, s, "new@example.com", right), "in")
	if now := hashOf(t, db, "new@example.com"); now != hash {
		t.Errorf("a login with current parameters wrote %q", now)
	}
}

// E8.
func TestImportedHashIsUpgradedByALogin(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	db := s.DB.Owner(t)
	weaker, err := argon2id.CreateHash(right, &argon2id.Params{Memory: 8 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bcrypt.GenerateFromPassword([]byte(right), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for name, hash := range map[string]string{
		"bcrypt 2a": string(b),
		"bcrypt 2y": strings.Replace(string(b), "$2a$", "$2y$", 1),
		"argon2id":  weaker,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			email := strings.ReplaceAll(name, " ", "") + "@example.com"
			copies(t, db, map[string]string{email: ""})
			must(t, db, `UPDATE customers SET password_hash = $2 WHERE email_key = $1`, email, hash)
			want(t, login(t, s, email, "wrong"), refused)
			if now := hashOf(t, db, email); now != hash {
				t.Errorf("a wrong password wrote %q", now)
			}
			want(t, login(t, s, email, right), "in")
			upgraded := hashOf(t, db, email)
			if !phc.MatchString(upgraded) {
				t.Errorf("after the login %q", upgraded)
			}
			want(t, login(t, s, email, "wrong"), refused)
			want(t, login(t, s, email, right), "in")
			if now := hashOf(t, db, email); now != upgraded {
				t.Errorf("the second login wrote %q", now)
			}
		})
	}
}
