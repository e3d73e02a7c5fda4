// Package faults runs the product as it is run in production, several processes
// on one Postgres and one Redis, and takes things away from it: docs/faults.md
// says what holds then.
//
// Each fault is as short as still shows it; with HOTLEADS_FAULTS=full, as `make
// faults` sets it, it lasts as long as docs/faults.md says, and recovery is
// timed.
package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/store"
	"hotleads/test/testenv"
)

// full tells whether faults last as long as documented.
var full = os.Getenv("HOTLEADS_FAULTS") == "full"

// lasting is how long a fault lasts.
func lasting(documented, shortest time.Duration) time.Duration {
	if full {
		return documented
	}
	return shortest
}

const (
	password = "correct horse battery"
	secret   = "a secret that is long enough for tests"
	patience = time.Minute           // until what is waited for must have come
	poll     = 50 * time.Millisecond // how often it is asked for
	healed   = 5 * time.Second       // within which all is well after a fault, as documented
)

var binary struct {
	sync.Once
	path string
	err  error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if binary.path != "" {
		_ = os.RemoveAll(filepath.Dir(binary.path))
	}
	os.Exit(status)
}

// build builds the program, once.
func build(t *testing.T) string {
	t.Helper()
	binary.Do(func() {
		var dir string
		if dir, binary.err = os.MkdirTemp("", "hotleads"); binary.err != nil {
			return
		}
		binary.path = filepath.Join(dir, "hotleads")
		out, err := exec.Command("go", "build", "-o", binary.path, "hotleads/cmd/hotleads").CombinedOutput()
		if err != nil {
			binary.err = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// world is an installation: its database, its Redis, its processes.
type world struct {
	*testing.T            // of the part that runs
	whole      *testing.T // as long as the installation lives
	bin        string
	env        []string
	db         *sqlx.DB
	store      *store.Store // of the same database
	redis      *store.Redis // nil: each instance has its own
	write, api string       // keys
	team       string       // the id of EMEA
	instances  []*instance
}

// newWorld sets an installation up, with a team of two reps, and starts so many
// instances of it.
func newWorld(t *testing.T, databaseURL, redisURL string, instances int, env ...string) *world {
	t.Helper()
	w := &world{T: t, whole: t, bin: build(t)}
	w.env = append([]string{"DATABASE_URL=" + databaseURL, "REDIS_URL=" + redisURL, "SECRET_KEY=" + secret, "LOG_LEVEL=info", "LOG_FORMAT=text",
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	w.command("", "migrate")
	w.command("", "team", "add", "--name", "EMEA")
	for _, name := range []string{"Rosa", "Sam"} {
		w.command(password, "user", "add", "--email", strings.ToLower(name)+"@vendor.example", "--name", name, "--role", "rep", "--team", "EMEA", "--password-stdin")
	}
	w.write = w.command("", "key", "add", "--kind", "write", "--name", "site")
	w.api = w.command("", "key", "add", "--kind", "api", "--name", "crm")
	engine, dsn := "postgres", databaseURL
	if path, lite := strings.CutPrefix(databaseURL, "sqlite:"); lite {
		engine, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	var err error
	if w.db, err = sqlx.Open(engine, dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	if w.store, err = store.Open(t.Context(), databaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	if redisURL != "embedded:" {
		w.openRedis(redisURL)
	}
	if err := w.db.GetContext(t.Context(), &w.team, `SELECT id FROM teams WHERE slug = 'emea'`); err != nil {
		t.Fatal(err)
	}
	for range instances {
		w.instances = append(w.instances, w.start())
	}
	return w
}

// openRedis has the test look into that Redis from now on.
func (w *world) openRedis(address string) {
	w.Helper()
	var err error
	if w.redis, err = store.OpenRedis(address); err != nil {
		w.Fatal(err)
	}
	opened := w.redis
	w.whole.Cleanup(func() { opened.Close() })
}

// command runs a command of the program, which must succeed.
func (w *world) command(stdin string, args ...string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.bin, args...)
	cmd.Env, cmd.Stdin = w.env, strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		w.Fatalf("hotleads %s: %v\n%s%s", strings.Join(args, " "), err, &out, &errs)
	}
	return strings.TrimSpace(out.String())
}

// eventually waits until f says so, and returns how long that took.
func (w *world) eventually(what string, f func() error) time.Duration {
	w.Helper()
	began := time.Now()
	var err error
	for time.Since(began) < patience {
		if err = f(); err == nil {
			return time.Since(began)
		}
		rest(poll)
	}
	w.Fatalf("%s: not within %s: %v", what, patience, err)
	return 0
}

// rest waits, as those do who ask again and again.
func rest(d time.Duration) { <-time.After(d) }

// instance is one serve process.
type instance struct {
	w    *world
	url  string
	cmd  *exec.Cmd
	log  *journal
	gone chan struct{} // closed when it has ended
	err  error         // how it ended, once it has
}

// journal is what an instance logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// start starts an instance at an address of its own and waits until it is ready.
func (w *world) start(env ...string) *instance {
	w.Helper()
	return w.startAt(testenv.FreeAddr(w), env...)
}

func (w *world) startAt(addr string, env ...string) *instance {
	w.Helper()
	i := &instance{w: w, url: "http://" + addr, log: &journal{}, gone: make(chan struct{})}
	i.cmd = exec.Command(w.bin, "serve")
	i.cmd.Env, i.cmd.Stdout, i.cmd.Stderr = append(append([]string{"ADDR=" + addr}, w.env...), env...), i.log, i.log
	if err := i.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	go func() { i.err = i.cmd.Wait(); close(i.gone) }()
	w.whole.Cleanup(func() {
		_ = i.cmd.Process.Kill()
		<-i.gone
		if w.whole.Failed() {
			w.whole.Logf("%s logged:\n%s", i.url, last(i.log.String(), 4000))
		}
	})
	i.until("ready", http.StatusOK, "ok")
	return i
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }

// until waits until /readyz answers so.
func (i *instance) until(what string, status int, said string) time.Duration {
	i.w.Helper()
	return i.w.eventually(i.url+" is "+what, func() error {
		select {
		case <-i.gone:
			i.w.Fatalf("%s has ended: %v\n%s", i.url, i.err, i.log)
		default:
		}
		got, body, err := i.get(http.DefaultClient, "/readyz")
		if err != nil || got != status || !strings.Contains(body, `"`+said+`"`) {
			return fmt.Errorf("%d %s %w", got, body, err)
		}
		return nil
	})
}

// kill ends the instance at once (SIGKILL).
func (i *instance) kill() {
	i.w.Helper()
	if err := i.cmd.Process.Kill(); err != nil {
		i.w.Fatal(err)
	}
	<-i.gone
}

// stop ends the instance in order (SIGTERM), and returns how long that took.
func (i *instance) stop() time.Duration {
	i.w.Helper()
	began := time.Now()
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		i.w.Fatal(err)
	}
	<-i.gone
	if i.err != nil {
		i.w.Errorf("%s ended with %v\n%s", i.url, i.err, i.log)
	}
	return time.Since(began)
}

// get reads an address of the instance.
func (i *instance) get(c *http.Client, path string) (int, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	if strings.HasPrefix(path, "/api/") {
		req.Header.Set("Authorization", "Bearer "+i.w.api)
	}
	return answer(c.Do(req))
}

func answer(res *http.Response, err error) (int, string, error) {
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "" {
		err = errors.Join(err, errors.New("a 503 that does not say when to come back"))
	}
	return res.StatusCode, string(body), err
}

// signIn is a browser in which a rep has signed in at the instance.
func (i *instance) signIn(name string) *http.Client {
	i.w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		i.w.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: patience}
	status, body, err := answer(c.PostForm(i.url+"/login", url.Values{"email": {strings.ToLower(name) + "@vendor.example"}, "password": {password}}))
	if err != nil || status != http.StatusOK {
		i.w.Fatalf("%s signs in: %d %.300s %v", name, status, body, err)
	}
	return c
}

// move makes a move by the API and returns the status and the lead.
func (i *instance) move(id, move, actor string) (int, map[string]any, error) {
	body, err := json.Marshal(map[string]string{"actor": actor, "reason": "researching"})
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+"/api/v1/leads/"+id+"/"+move, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+i.w.api)
	req.Header.Set("Content-Type", "application/json")
	status, text, err := answer(http.DefaultClient.Do(req))
	lead := map[string]any{}
	if err == nil {
		err = json.Unmarshal([]byte(text), &lead)
	}
	return status, lead, err
}
