package sso_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/graph/graphtest"
	"regulars/internal/shop"
)

// addStore makes a store whose first customer's address begins with its hash,
// and an app of it.
func (w *world) addStore(t testing.TB, hash, host string) *graphtest.App {
	t.Helper()
	id, err := w.Storage.CreateStore(t.Context(), shop.Store{
		Hash: hash, Name: hash, Plan: shop.PlanPlus, Status: shop.StatusLaunched, Currency: "EUR", Country: "DE", Locale: "en", Settings: shop.DefaultSettings(),
	}, shop.Channel{Name: hash, Hosts: []string{host}, AllowGlobalLogin: true})
	if err != nil {
		t.Fatal(err)
	}
	w.owner.MustExec(`INSERT INTO customers (store_id, id, email, email_key, first_name, last_name, origin_channel_id)
		VALUES ($1, 1, $2, $2, 'A', 'B', 1)`, id, hash+"@example.com")
	return w.App(t, hash)
}

// F2: fifty at once, half of them at another server of the same database.
func TestATokenWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := generous()
	o.DB, o.NoDemo = w.DB, true
	second := with(t, o)
	token := w.app.LoginToken(t, adaID, nil)
	start, replies := make(chan struct{}), make(chan *graphtest.Reply)
	const tries = 50
	for i := range tries {
		s := []*world{w, second}[i%2]
		go func() {
			<-start
			replies <- s.visit(t, token)
		}()
	}
	close(start)
	in := 0
	for range tries {
		switch r := <-replies; {
		case r.Cookie() != "":
			in++
			w.in(t, r, "/account.php", ada)
		default:
			w.refused(t, r)
		}
	}
	if in != 1 {
		t.Errorf("%d came in", in)
	}
	w.wantCount(t, 1, "sessions")
	w.wantCount(t, 1, "jtis")
	w.refused(t, w.visit(t, token))
	w.owner.MustExec(`UPDATE sessions SET revoked_at = now()`)
	w.refused(t, second.visit(t, token))
}

// The row that uses a token up comes with the session, or not at all: what fails
// on our side leaves the token good.
func TestAFailureUsesNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`ALTER TABLE sessions ADD CONSTRAINT broken CHECK (false) NOT VALID`)
	token := w.app.LoginToken(t, adaID, nil)
	if r := w.visit(t, token); r.Status != http.StatusInternalServerError || r.Cookie() != "" || r.Header.Get("Location") != "" {
		t.Errorf("%d %v", r.Status, r.Header)
	}
	w.wantCount(t, 0, "jtis")
	if log := w.Log.String(); !strings.Contains(log, `"route":"/login/token/{token}"`) || strings.Contains(log, "eyJ") {
		t.Error("the log has no route, or has the token")
	}
	w.owner.MustExec(`ALTER TABLE sessions DROP CONSTRAINT broken`)
	w.in(t, w.visit(t, token), "/account.php", ada)
	w.owner.MustExec(`DELETE FROM jtis`)
	w.owner.MustExec(`ALTER TABLE jtis ADD CONSTRAINT broken CHECK (false) NOT VALID`)
	w.visit(t, w.app.LoginToken(t, adaID, nil))
	w.wantCount(t, 1, "sessions")
}

// A jti is kept for longer than its token could count.
func TestAUsedTokenIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.app.LoginToken(t, adaID, nil)
	w.in(t, w.visit(t, token), "/account.php", ada)
	w.wantCount(t, 1, `jtis WHERE expires_at > now() + interval '1 minute' AND issuer = '`+w.app.ClientID+`'`)
	if _, err := w.Storage.Sweep(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.refused(t, w.visit(t, token))
}

// G4: two stores, and two apps of one, use the same jti without knowing of each
// other.
func TestAJTIIsOneAppsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, second := w.App(t, "demo"), w.addStore(t, "second", "second.example.com")
	same := map[string]any{"jti": "the same"}
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, same)), "/account.php", ada)
	w.in(t, w.visit(t, other.LoginToken(t, adaID, same)), "/account.php", ada)
	r := w.visit(t, second.LoginToken(t, 1, same), graphtest.Header{Name: "Host", Value: "second.example.com"})
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/account.php" || r.Header.Get("Set-Cookie") == "" {
		t.Errorf("%d %v", r.Status, r.Header)
	}
	w.wantCount(t, 3, "jtis WHERE jti = 'the same'")
	w.refused(t, w.visit(t, w.app.LoginToken(t, adaID, same)))
	w.refused(t, w.visit(t, second.LoginToken(t, 1, nil))) // at the first store's host
}

// Commands are heeded by the next request.
func TestSecretsAndAppsAreAskedForEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := func() { t.Helper(); w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada) }
	out := func() { t.Helper(); w.refused(t, w.visit(t, w.app.LoginToken(t, adaID, nil))) }
	in()
	rotate := func(secret string) {
		t.Helper()
		if _, err := w.Storage.RotateAppSecret(t.Context(), 1, w.app.ClientID, w.app.Seal(secret), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	first := w.app.Secret
	rotate("second")
	in()
	w.app.Secret = "second"
	in()
	rotate("third")
	in()
	w.app.Secret = first
	out()
	w.app.Secret = "second"
	w.owner.MustExec(`UPDATE app_secrets SET expires_at = now() WHERE expires_at IS NOT NULL`)
	out()
	w.app.Secret = "third"
	in()
	if err := w.Storage.RevokeApp(t.Context(), 1, w.app.ClientID); err != nil {
		t.Fatal(err)
	}
	out()
}

// Tokens that do not work are counted, and keep out none that works.
func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	o := generous()
	o.SSO.FailuresPerPrefix = shop.Limit{Burst: 3, Window: time.Hour}
	w := with(t, o)
	for range 5 {
		w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada)
	}
	for range 3 {
		w.refused(t, w.visit(t, "x"))
	}
	r := w.visit(t, w.app.LoginToken(t, 99, nil))
	if r.Status != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" || r.Cookie() != "" || !strings.Contains(string(r.Body), "Too many attempts.") {
		t.Errorf("%d %v %s", r.Status, r.Header, r.Body)
	}
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada)
}

// A page of somebody else's cannot spend a network's tries, by a hundred images.
func TestForeignPagesTakeNoTries(t *testing.T) {
	t.Parallel()
	o := generous()
	o.SSO.FailuresPerPrefix = shop.Limit{Burst: 3, Window: time.Hour}
	w := with(t, o)
	for range 5 {
		w.refused(t, w.Do(t, http.MethodGet, "/login/token/x", nil,
			graphtest.Header{Name: "Sec-Fetch-Site", Value: "cross-site"}, graphtest.Header{Name: "Sec-Fetch-Mode", Value: "no-cors"}))
	}
	w.wantCount(t, 0, "rate_limits")
	w.in(t, w.visit(t, w.app.LoginToken(t, adaID, nil)), "/account.php", ada)
}

// A storefront that is not live logs in nobody.
func TestNobodyComesInBeforeTheOpening(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.MustExec(`UPDATE stores SET status = 'MAINTENANCE', config_version = config_version + 1`)
	w.refused(t, w.visit(t, w.app.LoginToken(t, adaID, nil)))
	w.wantCount(t, 0, "jtis")
	if got := w.checks(t); !slices.Equal(got, []string{"not live"}) {
		t.Errorf("the log says %q", got)
	}
}
