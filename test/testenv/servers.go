package testenv

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a service of a test's own, which the test may kill, start again,
// stop in its tracks and let go on. It ends with the test.
type Server struct {
	URL string

	t     testing.TB
	name  string
	args  []string
	as    *syscall.Credential // whom it runs as; nil: who tests
	dir   string
	ready func(context.Context) error

	cmd *exec.Cmd
	out *Output
}

// Output is what a server printed. It can be read while more is.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String is all of it so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// startPatience bounds how long a server may take until it answers.
const startPatience = time.Minute

// poll is how often something is asked that is not there yet.
const poll = 20 * time.Millisecond

// PostgresServer starts a Postgres of the test's own, with durable commits. It is
// left out as Postgres is.
func PostgresServer(t testing.TB) *Server {
	t.Helper()
	bin := postgresPrograms()
	if bin == "" {
		LeaveOut(t, "a Postgres server", "there is no initdb on this machine (make test installs one)")
	}
	dir := shortDir(t)
	s := &Server{t: t, name: filepath.Join(bin, "postgres"), dir: dir}
	if os.Getuid() == 0 { // as root it refuses
		s.as = unprivileged(t)
		if err := os.Chown(dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	init.Dir, init.SysProcAttr = dir, &syscall.SysProcAttr{Credential: s.as}
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	s.URL = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
	s.args = []string{"-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200"}
	s.ready = func(ctx context.Context) error {
		db, err := sql.Open("postgres", s.URL)
		if err != nil {
			return err
		}
		defer db.Close()
		return db.PingContext(ctx)
	}
	s.begin()
	return s
}

// postgresPrograms is the folder of the newest Postgres' programs, or "". Debian
// and brew keep them off PATH.
func postgresPrograms() string {
	var newest string
	for _, place := range []string{"/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb", "/usr/local/opt/postgresql@*/bin/initdb"} {
		if found, err := filepath.Glob(place); err == nil && len(found) > 0 {
			newest = filepath.Dir(found[len(found)-1])
		}
	}
	if newest != "" {
		return newest
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

// unprivileged is whom Postgres runs as where root tests.
func unprivileged(t testing.TB) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// RedisServer starts a Redis of the test's own that keeps nothing on disk, with
// more arguments. It is left out as Redis is.
func RedisServer(t testing.TB, args ...string) *Server {
	t.Helper()
	s := redisServer(t, args...)
	s.begin()
	return s
}

func redisServer(t testing.TB, args ...string) *Server {
	t.Helper()
	name, err := exec.LookPath("redis-server")
	if err != nil {
		LeaveOut(t, "a Redis server", "there is no redis-server on PATH (make test installs one)")
	}
	port, dir := freePort(t), shortDir(t)
	s := &Server{t: t, name: name, dir: dir, URL: fmt.Sprintf("redis://127.0.0.1:%d", port)}
	s.args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no"}, args...)
	s.ready = func(ctx context.Context) error { return pingRedis(ctx, s.URL) }
	return s
}

func pingRedis(ctx context.Context, url string) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer client.Close()
	return client.Ping(ctx).Err()
}

// shortDir is a folder whose path is short enough for sockets, and which others
// may enter.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hotleads")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove a server's folder: %v", err)
		}
	})
	return dir
}

// freePort is a port that nobody listens on, below those that outgoing
// connections take at random.
func freePort(t testing.TB) int {
	t.Helper()
	for port := 20000 + os.Getpid()%6000; port < 32000; port++ {
		port := port + int(ports.next())
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return 0
}

// ports keeps two servers of one process from being given the same port before
// the first of them listens.
var ports counter

type counter struct {
	mu sync.Mutex
	n  int64
}

func (c *counter) next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

// FreeAddr is an address of this machine that nobody listens on.
func FreeAddr(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
}

// begin starts the server for the first time.
func (s *Server) begin() {
	s.t.Helper()
	s.t.Cleanup(s.end)
	s.Start()
}

// Start starts the server and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	s.Launch()
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for {
		err := s.ready(ctx)
		if err == nil {
			return
		}
		if pause(ctx, poll) != nil {
			s.t.Fatalf("%s does not answer: %v\n%s", filepath.Base(s.name), err, s.out)
		}
	}
}

// Launch starts the server and does not wait.
func (s *Server) Launch() {
	s.t.Helper()
	s.out = &Output{}
	s.cmd = exec.Command(s.name, s.args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr, s.cmd.SysProcAttr = s.dir, s.out, s.out, &syscall.SysProcAttr{Credential: s.as}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// Kill ends the server and its children at once (SIGKILL).
func (s *Server) Kill() {
	s.t.Helper()
	pids := s.pids()
	s.signal(pids, syscall.SIGKILL)
	_ = s.cmd.Wait() // "killed"
	for _, pid := range pids[1:] {
		for syscall.Kill(pid, 0) == nil && running(pid) {
			_ = pause(context.Background(), poll)
		}
	}
}

// Freeze stops the server and its children in their tracks (SIGSTOP), until t
// ends at the latest; Thaw lets them go on.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	t.Cleanup(s.Thaw)
	s.signal(s.pids(), syscall.SIGSTOP)
}

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { s.t.Helper(); s.signal(s.pids(), syscall.SIGCONT) }

// pids are the server's process and its children, itself first.
func (s *Server) pids() []int {
	pids := []int{s.cmd.Process.Pid}
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(pids[0])).Output()
	var none *exec.ExitError
	if err != nil && !errors.As(err, &none) { // status 1: there are none
		s.t.Fatalf("find the children of %s: %v", filepath.Base(s.name), err)
	}
	for _, word := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(word); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (s *Server) signal(pids []int, sig syscall.Signal) {
	s.t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			s.t.Fatalf("signal %s: %v", filepath.Base(s.name), err)
		}
	}
}

// running tells whether a process that is nobody's child any more still runs: one
// that waits to be collected does not.
func running(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// end ends the server with the test.
func (s *Server) end() {
	if s.cmd.ProcessState != nil {
		return
	}
	pids := s.pids()
	s.signal(pids, syscall.SIGKILL)
	_ = s.cmd.Wait()
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
