package views_test

import (
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// proxy is what stands between browsers and a site, and fails as such things do.
type proxy struct {
	net.Listener
	to string

	mu    sync.Mutex
	bad   string                 // answered to every new connection, if not empty
	lines map[net.Conn]*lineThru // by the browser's end
}

// lineThru is one connection.
type lineThru struct {
	server net.Conn
	once   sync.Once
	hung   chan struct{} // closed: it passes nothing on any more, and stays
}

// through is a proxy before a site; the site's URL is the proxy's from now on.
func through(t testing.TB, s *httptest.Server) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, to: strings.TrimPrefix(s.URL, "http://"), lines: map[net.Conn]*lineThru{}}
	s.URL = "http://" + l.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.pass(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		serving.Wait()
	})
	return p
}

func (p *proxy) pass(browser net.Conn) {
	defer browser.Close()
	p.mu.Lock()
	bad := p.bad
	p.mu.Unlock()
	if bad != "" {
		_, _ = io.ReadAtLeast(browser, make([]byte, 4096), 1)
		_, _ = io.WriteString(browser, "HTTP/1.1 "+bad+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	line := &lineThru{server: server, hung: make(chan struct{})}
	p.mu.Lock()
	p.lines[browser] = line
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.lines, browser)
		p.mu.Unlock()
	}()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{browser, server}, {server, browser}} {
		both.Go(func() {
			from, to := way[0], way[1]
			defer from.Close()
			defer to.Close()
			buf := make([]byte, 32<<10)
			for {
				n, err := from.Read(buf)
				if err != nil {
					return
				}
				select {
				case <-line.hung:
					continue
				default:
				}
				if _, err := to.Write(buf[:n]); err != nil {
					return
				}
			}
		})
	}
	both.Wait()
}

// cut ends all connections, as a proxy does after so many seconds, or a network that changes.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for browser, line := range p.lines {
		_ = browser.Close()
		_ = line.server.Close()
	}
}

// hang makes all connections there are pass nothing on, without an end, as a
// machine leaves them that has slept.
func (p *proxy) hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.lines {
		line.once.Do(func() { close(line.hung) })
	}
}

// answer gives all that is asked from now on the same answer; "" passes it on.
func (p *proxy) answer(status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bad = status
}
