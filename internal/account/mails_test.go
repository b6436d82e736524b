package account_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/graph/graphtest"
	"regulars/internal/account"
	"regulars/internal/mail"
)

const fresh = "an engine of my own"

// mutate sends one of the mutations of customer {} and gives the types of its
// refusals.
func mutate(t testing.TB, s *graphtest.Server, name, input string, headers ...graphtest.Header) []string {
	t.Helper()
	r := s.Query(t, fmt.Sprintf(`mutation { customer { %s(input: {%s}) { errors { __typename } } } }`, name, input), headers...)
	s.Settle(t)
	var body struct {
		Data struct {
			Customer map[string]struct {
				Errors []struct {
					Typename string `json:"__typename"`
				}
			}
		}
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	var out []string
	for _, e := range body.Errors {
		out = append(out, e.Extensions.Code)
	}
	for _, e := range body.Data.Customer[name].Errors {
		out = append(out, e.Typename)
	}
	return out
}

// fine wants no refusal.
func fine(t testing.TB, s *graphtest.Server, name, input string, headers ...graphtest.Header) {
	t.Helper()
	if got := mutate(t, s, name, input, headers...); len(got) > 0 {
		t.Errorf("%s(%s): %v", name, input, got)
	}
}

func refusedAs(t testing.TB, s *graphtest.Server, want, name, input string, headers ...graphtest.Header) {
	t.Helper()
	if got := mutate(t, s, name, input, headers...); len(got) != 1 || got[0] != want {
		t.Errorf("%s(%s): %v, want %s", name, input, got, want)
	}
}

// posted is a server whose mails are read.
func posted(t testing.TB, set ...account.Settings) *graphtest.Server {
	t.Helper()
	o := graphtest.Options{Mail: true, TrustedProxies: loopback, Account: limits(generous)}
	if len(set) > 0 {
		o.Account = set[0]
	}
	return graphtest.New(t, o)
}

// require makes the demo store ask for proof of the mailbox.
func require(t testing.TB, s *graphtest.Server) {
	t.Helper()
	must(t, s.DB.Owner(t), `UPDATE stores SET settings = settings || '{"emailVerification": "REQUIRED"}', config_version = config_version + 1`)
}

var linkLike = regexp.MustCompile(`https?://\S+`)

// link is the link of the newest mail to somebody.
func link(t testing.TB, s *graphtest.Server, to string) *url.URL {
	t.Helper()
	m := newest(t, s, to)
	u, err := url.Parse(linkLike.FindString(m.Text))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func newest(t testing.TB, s *graphtest.Server, to string) mail.Message {
	t.Helper()
	for _, m := range s.Mails(t) {
		if m.To == to {
			return m.Message
		}
	}
	t.Fatalf("no mail to %s", to)
	return mail.Message{}
}

// subjects are those of all mails to somebody, oldest first.
func subjects(t testing.TB, s *graphtest.Server, to string) string {
	t.Helper()
	var out []string
	for _, m := range s.Mails(t) {
		if m.To == to {
			out = append([]string{m.Subject}, out...)
		}
	}
	return strings.Join(out, "; ")
}

// resetInput is what the page of a reset link sends.
func resetInput(u *url.URL, password string) string {
	return fmt.Sprintf(`customerEntityId: %s, token: %q, newPassword: %q`, u.Query().Get("c"), u.Query().Get("t"), password)
}

func tokenInput(u *url.URL) string { return fmt.Sprintf(`token: %q`, u.Query().Get("t")) }

func me(t testing.TB, s *graphtest.Server, cookie graphtest.Header) string {
	t.Helper()
	r := s.Query(t, `{ currentCustomer { email isEmailVerified pendingEmail } }`, cookie)
	var data struct {
		CurrentCustomer *struct {
			Email           string
			IsEmailVerified bool
			PendingEmail    *string
		}
	}
	r.Data(t, &data)
	c := data.CurrentCustomer
	if c == nil {
		return "guest"
	}
	out := c.Email
	if c.IsEmailVerified {
		out += " proved"
	}
	if c.PendingEmail != nil {
		out += " pending " + *c.PendingEmail
	}
	return out
}
