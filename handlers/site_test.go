package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/live"
	"hotleads/store"
	"hotleads/store/storetest"
)

// site is the whole product on the embedded stores, over real HTTP.
type site struct {
	*httptest.Server
	t     testing.TB
	at    string // where its database is
	store *store.Store
	redis *store.Redis
	desk  *lead.Desk
	hub   *live.Hub
	team  lead.Team
	api   string // an API key
	write string // a write key
	srv   string // a server key

	config handlers.Config
}

// siteSecret is the SECRET_KEY of test sites.
const siteSecret = "a secret of this test site only"

// password of everybody on a test site.
const password = "correct horse"

// hashed is that password's hash, which takes long to make.
var hashed = sync.OnceValues(func() (string, error) { return store.HashPassword(password) })

// newSite begins an empty installation with one team and a key of each kind;
// what the configuration should differ in is set by change.
func newSite(t testing.TB, change ...func(*handlers.Config)) *site {
	t.Helper()
	x := newBareSite(t, change...)
	ctx := t.Context()
	var err error
	if x.team, err = x.store.AddTeam(ctx, lead.Operator, lead.Team{Name: "EMEA"}, lead.Now()); err != nil {
		t.Fatal(err)
	}
	for kind, to := range map[lead.KeyKind]*string{lead.APIKey: &x.api, lead.WriteKey: &x.write, lead.ServerKey: &x.srv} {
		if *to, _, err = x.store.NewKey(ctx, lead.Operator, kind, "test", lead.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.desk.Rebuild(ctx, lead.Now()); err != nil {
		t.Fatal(err)
	}
	return x
}

// newBareSite is an installation before the first visit.
func newBareSite(t testing.TB, change ...func(*handlers.Config)) *site {
	t.Helper()
	return newInstance(t, storetest.SQLite(t), change...)
}

// another is a second instance on the same database, that nobody tells anything.
func (x *site) another(change ...func(*handlers.Config)) *site {
	x.t.Helper()
	other := newInstance(x.t, x.at, change...)
	other.team, other.api, other.write, other.srv = x.team, x.api, x.write, x.srv
	return other
}

func newInstance(t testing.TB, address string, change ...func(*handlers.Config)) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := store.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	redis, err := store.OpenRedis("embedded:")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	x := &site{t: t, at: address, store: s, desk: lead.NewDesk(s, redis, redis, log), hub: live.NewHub(live.Options{Log: log})}
	x.redis = redis
	config := handlers.Config{Desk: x.desk, Store: s, Sessions: s.Sessions([]byte(siteSecret)), Links: s.Links([]byte(siteSecret)), Displays: s.Displays([]byte(siteSecret)), Attempts: redis, Quotas: redis, RedisPing: func(ctx context.Context) error { return redis.Ping(ctx).Err() }, Hub: x.hub, Version: "test", Log: log}
	for _, f := range change {
		f(&config)
	}
	x.config = config
	h, err := handlers.New(config)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 3)
	go func() { done <- x.desk.Run(ctx) }()
	go func() { done <- x.hub.Run(ctx) }()
	go func() {
		done <- redis.Listen(ctx, log, func(n lead.Notice) {
			x.hub.Notice(live.Notice{Teams: n.Teams, Leads: n.Leads, Moved: n.Moved, People: n.People, All: n.All})
		})
	}()
	x.Server = httptest.NewServer(h)
	t.Cleanup(func() {
		cancel()
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		x.Close()
		redis.Close()
		s.Close()
	})
	return x
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// person adds somebody to the site, in its team unless the role is above teams.
func (x *site) person(name string, role lead.Role, teams ...string) lead.User {
	x.t.Helper()
	if teams == nil && (role == lead.Rep || role == lead.Manager) {
		teams = []string{x.team.ID}
	}
	hash, err := hashed()
	if err != nil {
		x.t.Fatal(err)
	}
	u, err := x.store.AddUser(x.t.Context(), lead.Operator, lead.User{Email: strings.ToLower(name) + "@example.com", Name: name, Role: role, Teams: teams, Password: hash}, lead.Now())
	if err != nil {
		x.t.Fatal(err)
	}
	return u
}

// browser is a signed-in person's client without scripts; redirects are shown.
type browser struct {
	*http.Client
	x *site
}

func (x *site) signIn(name string) browser {
	x.t.Helper()
	u, err := x.store.User(x.t.Context(), strings.ToLower(name)+"@example.com")
	if err != nil {
		x.t.Fatal(err)
	}
	cookies, err := handlers.SignIn(x.config, u)
	if err != nil {
		x.t.Fatal(err)
	}
	b := x.stranger()
	at, err := url.Parse(x.URL)
	if err != nil {
		x.t.Fatal(err)
	}
	b.Jar.SetCookies(at, cookies)
	return b
}

func (x *site) stranger() browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	return browser{&http.Client{Transport: documented{x.t, http.DefaultTransport}, Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, x}
}

func (b browser) get(path string) (int, http.Header, string) {
	b.x.t.Helper()
	return b.do(http.MethodGet, path, nil, nil)
}

func (b browser) post(path string, form url.Values) (int, http.Header, string) {
	b.x.t.Helper()
	return b.do(http.MethodPost, path, form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

func (b browser) do(method, path string, form url.Values, h http.Header) (int, http.Header, string) {
	b.x.t.Helper()
	return b.send(method, path, form.Encode(), h)
}

// send is any request; its headers are as given.
func (b browser) send(method, path, body string, h http.Header) (int, http.Header, string) {
	b.x.t.Helper()
	r, err := http.NewRequestWithContext(b.x.t.Context(), method, b.x.URL+path, strings.NewReader(body))
	if err != nil {
		b.x.t.Fatal(err)
	}
	for k, v := range h {
		r.Header[k] = v
	}
	res, err := b.Do(r)
	if err != nil {
		b.x.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.x.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(answer)
}

// program is a client without cookies.
func (x *site) program() *http.Client {
	return &http.Client{Transport: documented{x.t, http.DefaultTransport}, Timeout: 20 * time.Second}
}

// call uses the JSON API and decodes the answer.
func (x *site) call(method, path string, body any) (int, map[string]any) {
	x.t.Helper()
	return x.callWith(x.api, method, path, body)
}

func (x *site) callWith(key, method, path string, body any) (int, map[string]any) {
	x.t.Helper()
	var b []byte
	if raw, ok := body.(string); ok {
		b = []byte(raw)
	} else if body != nil {
		b, _ = json.Marshal(body)
	}
	r, err := http.NewRequestWithContext(x.t.Context(), method, x.URL+path, bytes.NewReader(b))
	if err != nil {
		x.t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if b != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := x.program().Do(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		x.t.Fatalf("%s %s: %d: %v", method, path, res.StatusCode, err)
	}
	want := "application/json"
	if res.StatusCode >= 400 {
		want = "application/problem+json"
		if out["status"] != float64(res.StatusCode) || out["title"] == "" || out["type"] == "" {
			x.t.Errorf("%s %s: the problem of a %d is %v", method, path, res.StatusCode, out)
		}
	}
	if got := res.Header.Get("Content-Type"); got != want {
		x.t.Errorf("%s %s: a %d is %q, not %q", method, path, res.StatusCode, got, want)
	}
	return res.StatusCode, out
}

// send brings messages in through the intake.
func (x *site) send(key string, messages ...map[string]any) map[string]any {
	x.t.Helper()
	b, _ := json.Marshal(map[string]any{"batch": messages})
	r, err := http.NewRequestWithContext(x.t.Context(), http.MethodPost, x.URL+"/v1/batch", bytes.NewReader(b))
	if err != nil {
		x.t.Fatal(err)
	}
	r.SetBasicAuth(key, "")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		x.t.Fatalf("intake: %d %v %v", res.StatusCode, out, err)
	}
	return out
}

// hot brings a lead onto the board and returns its id.
func (x *site) hot(user string) string {
	x.t.Helper()
	x.send(x.write,
		map[string]any{"type": "identify", "userId": user, "traits": map[string]any{"email": user + "@buyer.example", "name": user}},
		map[string]any{"type": "track", "userId": user, "event": "Demo Requested"})
	status, l := x.call(http.MethodGet, "/api/v1/leads/user:"+user, nil)
	if status != http.StatusOK || l["stage"] != "mql" {
		x.t.Fatalf("%s is not on the board: %d %v", user, status, l)
	}
	return l["id"].(string)
}

// roundTrip sends a request as it is and follows nothing.
func (x *site) roundTrip(r *http.Request) (int, http.Header, string) {
	x.t.Helper()
	res, err := documented{x.t, http.DefaultTransport}.RoundTrip(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

// board is the page of the team's board as somebody sees it.
func (x *site) board(name string) string {
	x.t.Helper()
	status, _, page := x.signIn(name).get("/board/emea")
	if status != http.StatusOK {
		x.t.Fatalf("the board of %s: %d", name, status)
	}
	return page
}

var leadRow = regexp.MustCompile(`id="lead-([0-9a-f-]{36})"`)

// rowsOf are the leads of a board's page in their order.
func rowsOf(page string) []string {
	var out []string
	for _, m := range leadRow.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}
