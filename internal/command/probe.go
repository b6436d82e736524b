package command

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/keys"
	"regulars/internal/shop"
)

// probe asks a running server about one channel, as a server, as pages of its
// origins, and as a stranger's page.
type probe struct {
	ctx    context.Context
	client *http.Client
	base   *url.URL
	host   string // Host header
	name   string // the same without port, as the channel has it
	// inside: the address is not one of the channel's, so what the server says
	// about the connection is about ours only.
	inside bool
	store  string
	ch     *shop.Channel
	out    []shop.Finding
}

func newProbe(ctx context.Context, base, store string, ch *shop.Channel) *probe {
	u, _ := url.Parse(base) // isBase knows
	p := &probe{ctx: ctx, base: u, host: u.Host, name: strings.ToLower(u.Hostname()), store: store, ch: ch, client: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if !slices.Contains(ch.Hosts, p.name) {
		p.host, p.name, p.inside = ch.Hosts[0], ch.Hosts[0], true
	}
	return p
}

func (p *probe) find(level shop.Level, code, text, do string) {
	p.out = append(p.out, shop.Finding{Code: code, Level: level, Text: text, Do: do})
}

func (p *probe) run(sessionKeys [][]byte) {
	d, ok := p.reach()
	if !ok {
		return
	}
	for _, f := range d.Findings {
		if f.Level == shop.LevelError && !p.inside {
			p.out = append(p.out, f)
		}
	}
	if len(sessionKeys) > 0 {
		p.cookie(d.Saw.Cookie.Name, sessionKeys)
	}
	for _, origin := range p.ch.Origins {
		p.listed(origin)
	}
	p.stranger()
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request; headers are names and values in turn.
func (p *probe) ask(method, path string, headers ...string) (got reply, err error) {
	r, err := http.NewRequestWithContext(p.ctx, method, strings.TrimSuffix(p.base.String(), "/")+path, nil)
	if err != nil {
		return got, err
	}
	r.Host = p.host
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return got, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return reply{resp.StatusCode, resp.Header, body}, err
}

// diagnosis is the doctor's answer; ok is false where something else answered.
func (p *probe) diagnosis(headers ...string) (got reply, d shop.Diagnosis, ok bool, err error) {
	if got, err = p.ask(http.MethodGet, "/session/doctor", headers...); err != nil {
		return got, d, false, err
	}
	ok = got.status == http.StatusOK && json.Unmarshal(got.body, &d) == nil && d.Saw.Host != ""
	return got, d, ok, nil
}

// reach makes sure that it is this channel's server that answers.
func (p *probe) reach() (shop.Diagnosis, bool) {
	got, d, ok, err := p.diagnosis()
	where := p.base.String() + " for the host " + p.name
	switch {
	case err != nil:
		p.find(shop.LevelError, "not_reached", where+" does not answer: "+err.Error()+".", "Look whether the server runs and the name leads to it.")
	case got.status >= 300 && got.status < 400:
		p.find(shop.LevelError, "redirected", where+" leads elsewhere, to "+got.header.Get("Location")+": browsers follow no redirect with a preflight.", "Let the storefront call the last address, and give that with --url.")
	case got.status == http.StatusMisdirectedRequest:
		p.find(shop.LevelError, "host_unknown", "The server at "+p.base.String()+" has no channel for the host "+p.name+".", "Look whether it works on the same database as this command, and whether a proxy changes the Host header.")
	case !ok:
		p.find(shop.LevelError, "something_else", "What answers at "+where+" is no server of ours: status "+strconv.Itoa(got.status)+".", "Have the proxy pass /session/ on, beside /graphql.")
	case d.Saw.Store != p.store || d.Saw.Channel != p.ch.ID:
		p.find(shop.LevelError, "another_channel", where+" is channel "+strconv.FormatInt(d.Saw.Channel, 10)+" of store "+d.Saw.Store+".", "Look whether it works on the same database as this command, and whether a proxy changes the Host header.")
	default:
		p.find(shop.LevelOK, "reached", where+" answers, by "+d.Saw.Scheme+".", "")
		return d, true
	}
	return d, false
}

// cookie sends one that is signed by this command's keys, of a session that there
// is none of: a server with the same keys can read it.
func (p *probe) cookie(name string, sessionKeys [][]byte) {
	value, err := keys.Envelopes(sessionKeys)[0].Encode(name, []byte(keys.NewToken()))
	if err != nil {
		p.find(shop.LevelError, "keys", "SESSION_KEYS sign nothing: "+err.Error()+".", "Give all servers the same.")
		return
	}
	_, d, _, _ := p.diagnosis("Cookie", name+"="+value)
	switch {
	case has(d, "session_over"):
		p.find(shop.LevelOK, "keys_agree", "The server reads what SESSION_KEYS of this command sign.", "")
	case has(d, "cookie_unreadable"):
		p.find(shop.LevelError, "keys_differ", "The server cannot read what SESSION_KEYS of this command sign.", "Give all servers the same, and this command, too.")
	default:
		p.find(shop.LevelError, "cookie_lost", "A cookie "+name+" was sent to the server, and did not arrive.", "Have the proxy pass on the Cookie and Set-Cookie headers as they are.")
	}
}

func has(d shop.Diagnosis, code string) bool {
	return slices.ContainsFunc(d.Findings, func(f shop.Finding) bool { return f.Code == code })
}

// listed looks whether pages of an origin get to see the answers.
func (p *probe) listed(origin string) {
	const do = "Have no proxy, cache or firewall answer for the server, or change its Access-Control- and Vary headers."
	got, _, ok, err := p.diagnosis("Origin", origin)
	if err != nil || !ok || !credentialed(got, origin) {
		p.find(shop.LevelError, "cors_lost", "Pages of "+origin+" are listed, and cannot read answers with credentials.", do)
		return
	}
	if !strings.Contains(strings.ToLower(strings.Join(got.header["Vary"], ",")), "origin") {
		p.find(shop.LevelError, "vary_lost", "The answer to a page of "+origin+" does not say Vary: Origin: a cache would give it to other pages.", do)
		return
	}
	got, err = p.ask(http.MethodOptions, "/graphql", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	if err != nil || got.status >= 300 || !credentialed(got, origin) {
		p.find(shop.LevelError, "preflight_lost", "Pages of "+origin+" may not send GraphQL: the preflight of /graphql is not answered as the server does.", do)
		return
	}
	p.find(shop.LevelOK, "cors", "Pages of "+origin+" get to see the answers.", "")
}

func credentialed(r reply, origin string) bool {
	return slices.Equal(r.header["Access-Control-Allow-Origin"], []string{origin}) && r.header.Get("Access-Control-Allow-Credentials") == "true"
}

// stranger makes sure that no proxy is more generous than the server.
func (p *probe) stranger() {
	const origin = "https://stranger.invalid"
	got, _, ok, err := p.diagnosis("Origin", origin)
	if err != nil || !ok || got.header.Get("Access-Control-Allow-Credentials") != "" || got.header.Get("Access-Control-Allow-Origin") == origin {
		p.find(shop.LevelError, "cors_for_strangers", "Pages of any origin get answers with credentials: a page of "+origin+" was allowed.", "Take the Access-Control- headers out of the proxy's configuration; the server sends its own.")
	}
}
