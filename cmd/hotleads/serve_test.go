package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/lead"
)

// serving is a server in this process.
type serving struct {
	url, greeting string
	stop          context.CancelFunc
	status        chan int
	log           *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var greeting = regexp.MustCompile(`^Hot Leads is at (http://\S+)`)

// startServer runs `hotleads serve` on a free port until the test ends.
func startServer(t *testing.T, env map[string]string, flags ...string) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	s := &serving{stop: stop, status: make(chan int, 1), log: &lockedBuffer{}}
	go func() {
		s.status <- run(ctx, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...), getenv(env), strings.NewReader(""), in, s.log)
		in.Close()
	}()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the server did not start: %s", s.log)
	}
	m := greeting.FindStringSubmatch(lines.Text())
	if m == nil {
		t.Fatalf("it greets with %q", lines.Text())
	}
	s.url, s.greeting = m[1], lines.Text()
	t.Cleanup(func() {
		stop()
		if status, ok := <-s.status; ok && status != statusDone {
			t.Errorf("status %d: %s", status, s.log)
		}
	})
	return s
}

// end stops the server and returns how long that took.
func (s *serving) end(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	s.stop()
	if status := <-s.status; status != statusDone {
		t.Errorf("status %d: %s", status, s.log)
	}
	close(s.status)
	return time.Since(start)
}

// get reads a page.
func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// signIn is a browser in which somebody has signed in.
func signIn(t *testing.T, base, email, password string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	res, err := c.PostForm(base+"/login", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK { // the page behind the redirect
		t.Fatalf("sign-in: %s", res.Status)
	}
	return c
}

// company is a database with a team and a rep.
func company(t *testing.T) map[string]string {
	t.Helper()
	env := database(t)
	done(t, env, "", "team", "add", "--name", "EMEA")
	done(t, env, "correct horse", "user", "add", "--email", "rosa@example.com", "--name", "Rosa", "--role", "rep", "--team", "EMEA", "--password-stdin")
	return env
}

var liveURL = regexp.MustCompile(`data-live="([^"]+)"`)

// openStream opens the live stream of the rep's board and reads its first line.
func openStream(t *testing.T, base string) io.ReadCloser {
	t.Helper()
	rosa := signIn(t, base, "rosa@example.com", "correct horse")
	status, page := get(t, rosa, base+"/board")
	m := liveURL.FindStringSubmatch(page)
	if status != http.StatusOK || m == nil {
		t.Fatalf("the board: %d\n%.2000s", status, page)
	}
	res, err := rosa.Get(base + html.UnescapeString(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if _, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the stream: %s, %v", res.Status, err)
	}
	return res.Body
}

func TestServeStopsWithOpenStreams(t *testing.T) {
	s := startServer(t, company(t))
	stream := openStream(t, s.url)
	silent, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")) // as browsers open ahead
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if took := s.end(t); took >= 5*time.Second {
		t.Errorf("it took %s to stop, want under 5 s", took)
	}
	if _, err := io.Copy(io.Discard, stream); err != nil && !strings.Contains(err.Error(), "EOF") {
		t.Errorf("the stream did not end in order: %v", err)
	}
}

// A request in flight is answered before the server ends.
func TestServeFinishesRequests(t *testing.T) {
	env := company(t)
	key := strings.TrimSpace(done(t, env, "", "key", "add", "--kind", "write", "--name", "site"))
	s := startServer(t, env)
	body, sender := io.Pipe()
	req, err := http.NewRequest(http.MethodPost, s.url+"/v1/track", body)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(key, "")
	answer := make(chan int, 1)
	go func() {
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Error(err)
			answer <- 0
			return
		}
		res.Body.Close()
		answer <- res.StatusCode
	}()
	if _, err := sender.Write([]byte(`{"userId":"u1",`)); err != nil {
		t.Fatal(err)
	}
	// The server answers what came later, so it is at work on this.
	if status, _ := get(t, http.DefaultClient, s.url+"/healthz"); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	s.stop()
	res, err := http.Get(s.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || !res.Close {
		t.Errorf("while it stops it says %d, close %t; want that it is not ready, and that this was the last on its connection", res.StatusCode, res.Close)
	}
	if _, err := sender.Write([]byte(`"event":"Demo Requested"}`)); err != nil {
		t.Fatal(err)
	}
	sender.Close()
	if status := <-answer; status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if took := s.end(t); took >= 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if l := (importing{env: env}).find(t, "user:u1"); l == nil {
		t.Error("what was acknowledged is not stored")
	}
}

// The process itself stops on SIGTERM, with a stream open, and starts again with
// nothing lost.
func TestServeProcess(t *testing.T) {
	env := company(t)
	env["ADDR"] = "127.0.0.1:0"
	cmd := program(t, env, "serve")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("it does not start: %s", log.String())
	}
	openStream(t, greeting.FindStringSubmatch(lines.Text())[1])
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, log.String())
	}
	if took := time.Since(start); took >= 5*time.Second {
		t.Errorf("it took %s to stop, want under 5 s", took)
	}
	s := startServer(t, env)
	signIn(t, s.url, "rosa@example.com", "correct horse")
}

func TestServeManyAtOnce(t *testing.T) {
	env := database(t)
	var servers []*serving
	for range 3 {
		servers = append(servers, startServer(t, env))
	}
	for _, s := range servers {
		if status, _ := get(t, http.DefaultClient, s.url+"/readyz"); status != http.StatusOK {
			t.Errorf("%s is not ready: %d", s.url, status)
		}
	}
	if !strings.Contains(servers[2].log.String(), "another server uses this database") {
		t.Errorf("no warning of the others: %s", servers[2].log)
	}
}

func TestServePortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	env := database(t)
	r := hotleads(t, env, "", "serve", "--addr", l.Addr().String())
	if r.status != statusFailed || !strings.Contains(r.err, l.Addr().String()+" is in use") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("got %+v", r)
	}
	if _, err := os.Stat(strings.TrimPrefix(env["DATABASE_URL"], "sqlite:")); err == nil {
		t.Error("it made a database before it knew whether it can serve")
	}
}

func TestServeFirstAdmin(t *testing.T) {
	env := database(t)
	s := startServer(t, env)
	if !strings.Contains(s.greeting, "open it to set it up") {
		t.Errorf("nobody is there, and it greets with %q", s.greeting)
	}
	s.end(t)
	env["ADMIN_EMAIL"], env["ADMIN_PASSWORD"] = "Boss@Example.com", "correct horse"
	for range 2 { // the second start finds somebody
		s = startServer(t, env)
		signIn(t, s.url, "boss@example.com", "correct horse")
		if strings.Contains(s.greeting, "set it up") {
			t.Errorf("the admin is there, and it greets with %q", s.greeting)
		}
		s.end(t)
	}
	if people := decode[[]personView](t, done(t, env, "", "user", "list", "--json")); len(people) != 1 || people[0].Role != lead.Admin {
		t.Errorf("got %+v", people)
	}
}

// What commands write a running server knows within a second or so.
func TestCommandsBesideServer(t *testing.T) {
	env := company(t)
	s := startServer(t, env)
	rosa := signIn(t, s.url, "rosa@example.com", "correct horse")
	key := strings.TrimSpace(done(t, env, "", "key", "add", "--kind", "write", "--name", "site"))
	for _, event := range []string{"Products Compared", "Products Compared", "Pricing Viewed"} {
		send(t, s.url, key, map[string]any{"userId": "u1", "event": event})
	}
	if _, page := get(t, rosa, s.url+"/board"); strings.Contains(page, "data-lead=") {
		t.Fatal("a lead that nobody can reach is on the board")
	}
	i := importing{env, filepath.Join(t.TempDir(), "leads.csv"), filepath.Join(t.TempDir(), "map.yaml")}
	i.write(t, i.yaml, "identity: {user_id: No, email: Email}")
	i.write(t, i.csv, "No,Email\nu1,ada@example.org\n")
	i.want(t, []string{"--live"}, "1 lead on the board")
	eventually(t, "the imported lead is on the board", func() bool {
		_, page := get(t, rosa, s.url+"/board")
		return strings.Contains(page, "ada@example.org")
	})
	if out := done(t, env, "", "rebuild"); !strings.Contains(out, "was asked") {
		t.Errorf("got %q", out)
	}
	eventually(t, "the server rebuilds", func() bool { return strings.Count(s.log.String(), "rankings rebuilt") == 2 })
	done(t, env, "", "key", "revoke", "site")
	eventually(t, "the key is refused", func() bool {
		return post(t, s.url, key, map[string]any{"userId": "u1", "event": "x"}) == http.StatusUnauthorized
	})
}

func send(t *testing.T, base, key string, message map[string]any) {
	t.Helper()
	if status := post(t, base, key, message); status != http.StatusOK {
		t.Fatalf("%v: status %d", message, status)
	}
}

func post(t *testing.T, base, key string, message map[string]any) int {
	t.Helper()
	body, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, base+"/v1/track", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(key, "")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// The secret key is made once, for its owner only, and kept.
func TestSecretKey(t *testing.T) {
	s := settings{DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "hotleads.db")}
	keys := make(chan string, 8)
	for range cap(keys) {
		go func() {
			key, err := secretKey(s)
			if err != nil {
				t.Error(err)
			}
			keys <- string(key)
		}()
	}
	first := <-keys
	for range cap(keys) - 1 {
		if key := <-keys; key != first || len(key) < minSecret {
			t.Errorf("instances that start at once have different keys: %d and %d bytes", len(key), len(first))
		}
	}
	path := filepath.Join(filepath.Dir(strings.TrimPrefix(s.DatabaseURL, "sqlite:")), secretFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secretKey(s); err == nil || !strings.Contains(err.Error(), "5 bytes") {
		t.Errorf("a file that was cut off: %v", err)
	}
	s.SecretKey = secret32
	if key, err := secretKey(s); err != nil || string(key) != secret32 {
		t.Errorf("the setting wins: %q, %v", key, err)
	}
}

// A loop that fails says so once, and once that it works again.
func TestRepeatLogsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		a := &app{log: (&cli{stderr: &log}).logger(settings{LogFormat: "text"}), meters: newMeters(nil)}
		ctx, cancel := context.WithCancel(t.Context())
		away := errors.New("away")
		calls := []error{nil, away, away, away, nil, nil}
		start := time.Now()
		a.repeat(ctx, "test", 100*time.Millisecond, func(context.Context, time.Time) (again bool, err error) {
			if len(calls) == 0 {
				cancel()
				return false, nil
			}
			err, calls = calls[0], calls[1:]
			return false, err
		})
		if got := log.String(); strings.Count(got, "a loop fails") != 1 || strings.Count(got, "a loop works again") != 1 {
			t.Errorf("got %s", got)
		}
		// Pauses of about 0.1, then 1, 2 and 2 while it fails, then 0.1 again, each give or take a quarter.
		if took := time.Since(start); took < 3*time.Second || took > 7*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
