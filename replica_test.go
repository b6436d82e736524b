package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"regulars/internal/command"
	"regulars/internal/password"
	"regulars/storage/storagetest"
)

// replicas are two servers in processes of their own, which have nothing in common
// but the database and its keys.
type replicas struct {
	urls [2]string
	args []string // of commands on the same store
}

func newReplicas(t *testing.T) *replicas {
	t.Helper()
	d := storagetest.New(t)
	env := &command.Env{Ctx: context.Background(), Storage: d.Store(t), Hash: password.New(0).Hash, Out: io.Discard}
	if err := (&command.Demo{}).Run(env); err != nil {
		t.Fatal(err)
	}
	r := &replicas{args: []string{"--database-url=" + d.URL, "--session-keys=" + strings.Repeat("k", 32), "--data-dir=" + dataDir(t)}}
	serve := append([]string{"--addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--migrate-on-start=false"}, r.args...)
	for i := range r.urls {
		p := startProcess(t, serve...)
		r.urls[i] = strings.TrimSuffix(p.out.find(t, `GraphQL +(http://127\.0\.0\.1:\d+/graphql)`, p.over), "/graphql")
	}
	return r
}

// regulars runs a command.
func (r *replicas) regulars(t *testing.T, args ...string) *printed {
	t.Helper()
	out := newPrinted()
	if err := run(context.Background(), append(args, r.args...), out, io.Discard); err != nil {
		t.Fatal(err)
	}
	return out
}

// shoppers are one shopper, with one jar, as each server meets them: cookies do
// not know ports.
func (r *replicas) shoppers(t *testing.T) (here, there *shopper) {
	here = newShopper(t, r.urls[0]+"/graphql")
	return here, &shopper{t, r.urls[1] + "/graphql", here.client}
}

const (
	whoAsks   = `{ currentCustomer { email } }`
	isAda     = `{"data":{"currentCustomer":{"email":"ada@example.com"}}}`
	isNobody  = `{"data":{"currentCustomer":null}}`
	adaLogsIn = `mutation { login(email: "ada@example.com", password: "` + command.DemoPassword + `") { customer { email } } }`
	adaIsIn   = `{"data":{"login":{"customer":{"email":"ada@example.com"}}}}`
)

// C4: what ends on one server is over on the other with its next request, also for
// whoever kept the cookie.
func TestWhatEndsOnOneServerIsOverOnTheOther(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	here, there := r.shoppers(t)
	keeper, kept := r.shoppers(t)
	for _, end := range []func(){
		func() { here.says(`mutation { logout { result } }`, `{"data":{"logout":{"result":"success"}}}`) },
		func() { r.regulars(t, "customer", "disable", "demo", "ada@example.com") },
		func() { r.regulars(t, "customer", "force-reset", "demo", "ada@example.com") },
	} {
		r.regulars(t, "customer", "enable", "demo", "ada@example.com")
		here.says(adaLogsIn, adaIsIn)
		keeper.client.Jar.SetCookies(request(t, r.urls[0]).URL, here.client.Jar.Cookies(request(t, r.urls[0]).URL))
		for _, s := range []*shopper{here, there, keeper, kept} {
			s.says(whoAsks, isAda)
		}
		end()
		for _, s := range []*shopper{kept, there, here} {
			s.says(whoAsks, isNobody)
		}
	}
}

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// F2: however many try, on whichever server, a customer login token works once.
func TestASignOnWorksOnceOnTwoServers(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	out := r.regulars(t, "app", "create", "demo", "--name", "Loyalty", "--scope", "store_v2_customers_login")
	id, secret := out.find(t, `Client id: +(\S+)`, nil), out.find(t, `Client secret: +(\S+)`, nil)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": id, "iat": time.Now().Unix(), "jti": "1", "operation": "customer_login", "store_hash": "demo", "customer_id": 1,
	}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	start := make(chan struct{})
	var in, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			<-start
			resp, err := http.DefaultTransport.RoundTrip(request(t, r.urls[i%2]+"/login/token/"+token))
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			switch to := resp.Header.Get("Location"); {
			case to == "/account.php" && resp.Header.Get("Set-Cookie") != "":
				in.Add(1)
			case strings.HasPrefix(to, "/login.php?error=") && resp.Header.Get("Set-Cookie") == "":
				refused.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	if in.Load() != 1 || refused.Load() != 49 {
		t.Errorf("%d came in, %d were refused", in.Load(), refused.Load())
	}
}

// E6: wrong passwords are counted in all servers together.
func TestTwoServersCountTogether(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	here, there := r.shoppers(t)
	var through, limited atomic.Int32
	var wg sync.WaitGroup
	turns := make(chan struct{}, 4) // so that none is refused because all are hashing
	for i := range 16 {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			answer := []*shopper{here, there}[i%2].ask(strings.Replace(adaLogsIn, command.DemoPassword, "wrong", 1))
			switch {
			case strings.Contains(answer, `"Invalid credentials"`):
				through.Add(1)
			case strings.Contains(answer, `"RATE_LIMITED"`):
				limited.Add(1)
			}
		})
	}
	wg.Wait()
	if through.Load() != 10 || limited.Load() != 6 {
		t.Errorf("%d went through, %d were limited; want 10 and 6", through.Load(), limited.Load())
	}
}

// A token that is revoked is refused by each server's next answer.
func TestATokenIsRevokedOnTwoServers(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	token := r.regulars(t, "token", "create", "demo", "--kind=private", "--scope=Customer", "--channel=1", "--expires=1h").find(t, `(eyJ\S+)`, nil)
	statuses := func() (out [2]int) {
		for i, url := range r.urls {
			req := request(t, url+"/graphql?query={currentCustomer{email}}")
			req.Header.Set("Authorization", "Bearer "+token)
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			out[i] = resp.StatusCode
		}
		return out
	}
	if got := statuses(); got != [2]int{http.StatusOK, http.StatusOK} {
		t.Errorf("a good token: %d", got)
	}
	r.regulars(t, "token", "revoke", "demo", "1")
	if got := statuses(); got != [2]int{http.StatusUnauthorized, http.StatusUnauthorized} {
		t.Errorf("a revoked token: %d", got)
	}
}
