package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are in memory, so that time can be
// another one than the wall clock's.
type pipes struct {
	conns  chan net.Conn
	fail   []error // of the next Accepts
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	if len(p.fail) > 0 {
		err := p.fail[0]
		p.fail = p.fail[1:]
		return nil, err
	}
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// piped serves a handler over pipes within a bound, until the test ends.
func piped(t *testing.T, most int, handler http.HandlerFunc) (*pipes, *conns) {
	t.Helper()
	p, cs := newPipes(), newConns(most, slog.New(slog.DiscardHandler))
	server := newServer(handler, cs, cs.log)
	done := make(chan error, 1)
	go func() { done <- server.Serve(cs.bound(p)) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return p, cs
}

// ends is after how long the other side closes; what it says till then is dropped.
func ends(c net.Conn) time.Duration {
	began := time.Now()
	_, _ = io.Copy(io.Discard, c)
	return time.Since(began)
}

// drip sends a byte of text each second, over and over, until nobody takes it.
func drip(c net.Conn, text string) {
	for i := 0; ; i++ {
		if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func TestWhoIsSlowIsCutOff(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusRequestTimeout)
		}
	}
	for about, test := range map[string]struct {
		begin, drip string
		handler     http.HandlerFunc
		want        time.Duration
	}{
		"nothing is said":                {"", "", echo, headerTimeout},
		"headers come byte by byte":      {"GET / HTTP/1.1\r\nHost: x\r\n", "a: b\r\n", echo, headerTimeout},
		"a request line byte by byte":    {"", "GET", echo, headerTimeout},
		"a body comes byte by byte":      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "x", echo, readTimeout},
		"chunks come byte by byte":       {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", echo, readTimeout},
		"a body that never comes":        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", "", echo, readTimeout},
		"nothing more is said":           {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", echo, idleTimeout},
		"a body that nobody waits for":   {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", "", func(http.ResponseWriter, *http.Request) {}, readTimeout},
		"headers after a whole request":  {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "G", echo, headerTimeout},
		"an expectation of a go-ahead":   {"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n", "", echo, readTimeout},
		"the next request in the middle": {"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT", "", echo, headerTimeout},
	} {
		t.Run(about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, cs := piped(t, 10, test.handler)
				c := p.dial()
				defer c.Close()
				var sender sync.WaitGroup
				sender.Go(func() {
					_, _ = io.WriteString(c, test.begin)
					if test.drip != "" {
						drip(c, test.drip)
					}
				})
				if took := ends(c); took < test.want-time.Second || took > test.want+4*time.Second {
					t.Errorf("it is cut off after %s, want %s", took, test.want)
				}
				c.Close()
				sender.Wait()
				synctest.Wait()
				if cs.open.Load() != 0 || cs.waiting.Len() != 0 || len(cs.byConn) != 0 {
					t.Errorf("%d connections are counted after it, %d wait", cs.open.Load(), cs.waiting.Len())
				}
			})
		})
	}
	t.Run("an answer that nobody reads", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			failed := make(chan time.Duration, 1)
			p, _ := piped(t, 10, func(w http.ResponseWriter, _ *http.Request) {
				began := time.Now()
				for { // more than any buffer holds
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						failed <- time.Since(began)
						return
					}
				}
			})
			c := p.dial()
			defer c.Close()
			if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if took := <-failed; took > writeTimeout {
				t.Errorf("the server wrote for %s", took)
			}
		})
	})
}

// TestStreamsOutliveTheBounds: what lifts its deadlines, as streams do, goes on.
func TestStreamsOutliveTheBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := piped(t, 10, func(w http.ResponseWriter, r *http.Request) {
			control := http.NewResponseController(w)
			_, _ = control.SetWriteDeadline(time.Time{}), control.SetReadDeadline(time.Time{})
			for range 20 {
				_, _ = io.WriteString(w, "tick\n")
				_ = control.Flush()
				select {
				case <-time.After(15 * time.Second):
				case <-r.Context().Done():
					return
				}
			}
		})
		c := p.dial()
		defer c.Close()
		go func() { _, _ = io.WriteString(c, "GET / HTTP/1.0\r\n\r\n") }()
		if took := ends(c); took != 20*15*time.Second {
			t.Errorf("the stream lived for %s", took)
		}
	})
}

func TestHeadersAreBounded(t *testing.T) {
	for about, flood := range map[string]string{
		"one long header": "a: " + strings.Repeat("x", 70<<10) + "\r\n",
		"many headers":    strings.Repeat("a: b\r\n", 12<<10),
		"a huge cookie":   "Cookie: hotleads=" + strings.Repeat("x", 70<<10) + "\r\n",
		"a long address":  "", // see below
	} {
		address := "/"
		if flood == "" {
			address = "/?q=" + strings.Repeat("x", 70<<10)
		}
		p, _ := piped(t, 10, func(http.ResponseWriter, *http.Request) { t.Errorf("%s: it was served", about) })
		c := p.dial()
		go func() { _, _ = io.WriteString(c, "GET "+address+" HTTP/1.1\r\nHost: x\r\n"+flood+"\r\n") }()
		line, err := bufio.NewReader(c).ReadString('\n')
		if !strings.Contains(line, " 431 ") {
			t.Errorf("%s: %q %v", about, line, err)
		}
		c.Close()
	}
}

// TestAmbiguousRequestsAreRefused: what two servers in a row could read in two
// ways, and so smuggle one request in another.
func TestAmbiguousRequestsAreRefused(t *testing.T) {
	for about, request := range map[string]string{
		"two lengths":                      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"a list of lengths":                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\nhello",
		"a length with a sign":             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
		"a negative length":                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
		"a length in hex":                  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
		"a space before the colon":         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"an unknown coding":                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"chunked, then something else":     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
		"chunked twice":                    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"no host":                          "GET / HTTP/1.1\r\n\r\n",
		"two hosts":                        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"a host with a space":              "GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
		"a line feed in a header's name":   "GET / HTTP/1.1\r\nHost: x\r\na\nb: c\r\n\r\n",
		"a carriage return in a value":     "GET / HTTP/1.1\r\nHost: x\r\na: b\rc: d\r\n\r\n",
		"NUL in a header":                  "GET / HTTP/1.1\r\nHost: x\r\na: b\x00c\r\n\r\n",
		"a space in the address":           "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
		"another protocol":                 "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
		"no protocol":                      "GET /\r\n\r\n",
		"a chunk's length that overflows":  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
		"a chunk's length with a sign":     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
		"a chunk that doesn't end in CRLF": "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
	} {
		t.Run(about, func(t *testing.T) {
			p, _ := piped(t, 10, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					w.WriteHeader(http.StatusBadRequest)
				}
			})
			c := p.dial()
			defer c.Close()
			go func() { _, _ = io.WriteString(c, request) }()
			r := bufio.NewReader(c)
			line, err := r.ReadString('\n')
			if !strings.HasPrefix(line, "HTTP/1.1 4") && !strings.HasPrefix(line, "HTTP/1.1 5") {
				t.Fatalf("%q %v", line, err)
			}
			rest, _ := io.ReadAll(r)
			if head, _, _ := strings.Cut(string(rest), "\r\n\r\n"); !strings.Contains(head, "Connection: close") || strings.Contains(string(rest), "HTTP/1.1 200") {
				t.Errorf("the connection goes on: %s%s", line, rest)
			}
		})
	}
}

// TestLengthAndChunks: chunks win over a length beside them (RFC 9112, 6.3). What a
// proxy that looks at the length takes for the body's rest must not be answered.
func TestLengthAndChunks(t *testing.T) {
	var paths []string
	p, _ := piped(t, 10, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		paths = append(paths, r.URL.Path+" "+string(body))
	})
	c := p.dial()
	defer c.Close()
	go func() {
		_, _ = io.WriteString(c, "POST /outer HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
	}()
	_ = c.SetReadDeadline(time.Now().Add(2 * time.Second))
	_, _ = io.Copy(io.Discard, c)
	if len(paths) > 1 {
		t.Errorf("both were served: %q", paths)
	}
}

// TestAcceptSurvives: without a free file descriptor accepting fails, and goes on
// when there is one.
func TestAcceptSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, cs := newPipes(), newConns(10, slog.New(slog.DiscardHandler))
		for range 5 {
			p.fail = append(p.fail, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)})
		}
		server := newServer(http.NotFoundHandler(), cs, cs.log)
		done := make(chan error, 1)
		go func() { done <- server.Serve(cs.bound(p)) }()
		c := p.dial()
		go func() { _, _ = io.WriteString(c, "GET / HTTP/1.0\r\n\r\n") }()
		line, err := bufio.NewReader(c).ReadString('\n')
		if !strings.Contains(line, "404") {
			t.Errorf("%q %v", line, err)
		}
		c.Close()
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// TestWhoWaitsLongestMakesRoom: at the bound those who say nothing, or do so
// slowly, lose their place; those whose requests are at work keep it.
func TestWhoWaitsLongestMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := make(chan struct{})
		p, cs := piped(t, 3, func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/work" {
				<-work
			}
		})
		say := func(c net.Conn, text string) {
			t.Helper()
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		closed := func(c net.Conn) bool {
			t.Helper()
			_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, err := io.Copy(io.Discard, c)
			return err == nil
		}
		silent := p.dial()
		worker := p.dial()
		say(worker, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
		slow := p.dial()
		say(slow, "GET / HT")
		first := p.dial() // takes the place of silent
		synctest.Wait()
		if !closed(silent) || closed(slow) {
			t.Error("who said nothing for longest did not make room")
		}
		second := p.dial() // takes the place of slow
		synctest.Wait()
		if !closed(slow) || closed(worker) || cs.open.Load() != 3 {
			t.Errorf("who is slow did not make room; %d are open", cs.open.Load())
		}
		for _, c := range []net.Conn{first, second} {
			_ = c.SetReadDeadline(time.Time{})
			say(c, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		turnedAway := p.dial() // all are at work
		synctest.Wait()
		if !closed(turnedAway) || closed(first) || closed(second) || closed(worker) {
			t.Error("one at work made room for a new one")
		}
		close(work)
		synctest.Wait()
		for _, c := range []net.Conn{first, second, worker} {
			c.Close()
		}
		synctest.Wait()
		if cs.open.Load() != 0 {
			t.Errorf("%d are counted as open", cs.open.Load())
		}
	})
}

func TestConnectionsFitTheDescriptors(t *testing.T) {
	for descriptors, want := range map[uint64]int{0: 50_000, 1: 1, 64: 48, 256: 192, 1024: 768, 2048: 1536, 20_000: 19_488, 1 << 20: 50_000, 1<<64 - 1: 50_000} {
		if got := connsWithin(descriptors); got != want {
			t.Errorf("of %d descriptors %d are for connections, want %d", descriptors, got, want)
		}
	}
	if n := maxConns(); n < 1 || n > 50_000 {
		t.Errorf("here %d fit", n)
	}
}

// TestTenThousandIdleConnections opens as many as the process may, up to 10,000,
// says nothing on them, and asks for a page beside them.
func TestTenThousandIdleConnections(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	n := 10_000
	if most := int(min(limit.Cur, 1<<20))/2 - 200; n > most { // both ends are here
		n = most
	}
	if n < 100 {
		t.Fatalf("only %d files may be open", limit.Cur)
	}
	const most = 2000
	cs := newConns(most, slog.New(slog.DiscardHandler))
	server := newServer(http.NotFoundHandler(), cs, cs.log)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(cs.bound(l)) }()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	idle := make([]net.Conn, 0, n)
	for range n {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 5*time.Second)
		if err != nil {
			t.Fatalf("connection %d: %v", len(idle), err)
		}
		_ = c.(*net.TCPConn).SetLinger(0) // leaves no TIME_WAIT behind
		idle = append(idle, c)
	}
	began := time.Now()
	res, err := (&http.Client{Timeout: 5 * time.Second}).Get("http://" + l.Addr().String() + "/")
	if err != nil {
		t.Fatalf("beside %d idle connections: %v", n, err)
	}
	res.Body.Close()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("beside %d idle connections a page takes %s", n, took)
	}
	runtime.ReadMemStats(&after)
	if open := cs.open.Load(); open > most {
		t.Errorf("%d connections are open, at most %d may be", open, most)
	}
	if used := int64(after.Sys) - int64(before.Sys); used > 200<<20 {
		t.Errorf("%d idle connections take %d MiB", n, used>>20)
	}
	for _, c := range idle {
		c.Close()
	}
	server.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// TestServeAtTheDescriptorLimit: a server that may open 256 files takes activities
// and serves pages while a thousand connections are opened to it.
func TestServeAtTheDescriptorLimit(t *testing.T) {
	env := company(t)
	key := strings.TrimSpace(done(t, env, "", "key", "add", "--kind", "write", "--name", "site"))
	cmd := program(t, env)
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -n 256 && exec "$0" serve --addr 127.0.0.1:0`, cmd.Path)
	shell.Env = cmd.Env
	var log lockedBuffer
	shell.Stderr = &log
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shell.Wait() }()
	defer func() { _ = shell.Process.Kill() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	m := greeting.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("it greets with %q %v: %s", line, err, &log)
	}
	url := m[1]
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i := range 1000 {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.(*net.TCPConn).SetLinger(0)
		if i%3 == 0 { // some dribble, most are silent
			_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost")
		}
		if i%250 != 249 {
			continue
		}
		for _, ask := range []struct{ method, path, body string }{{"GET", "/readyz", ""}, {"GET", "/login", ""}, {"POST", "/v1/track", fmt.Sprintf(`{"userId":"u%d","event":"Demo Requested"}`, i)}} {
			req, err := http.NewRequestWithContext(ctx, ask.method, url+ask.path, strings.NewReader(ask.body))
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth(key, "")
			res, err := client.Do(req)
			if err != nil {
				t.Fatalf("%s beside %d connections: %v\n%s", ask.path, i+1, err, &log)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != http.StatusOK || bytes.Contains(body, []byte("degraded")) {
				t.Errorf("%s beside %d connections: %d %.200s", ask.path, i+1, res.StatusCode, body)
			}
		}
	}
	if !strings.Contains(log.String(), "as many connections as there may be") || strings.Contains(log.String(), "too many open files") {
		t.Errorf("the log says %s", &log)
	}
}
