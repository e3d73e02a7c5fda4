package live_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotleads/live"
)

const (
	streamWindow = 64 << 10        // what a tab takes in before anybody reads it
	frameSize    = 16 << 10        // of the frames that fill it
	soon         = 5 * time.Second // is far below what whoever waits for a stuck one would need
)

// secureSite serves walls over TLS and HTTP/2.
type secureSite struct {
	*site
	server *httptest.Server
	conns  atomic.Int64 // that were opened
	narrow atomic.Int64 // how many of the first ones hold little that was not taken in
}

func newSecureSite(t *testing.T, o live.Options, walls map[string]*wall) *secureSite {
	t.Helper()
	o.Coalesce, o.Age, o.Heartbeat = time.Millisecond, time.Hour, time.Hour
	x := &secureSite{site: &site{hub: live.NewHub(o), walls: walls}}
	x.server = httptest.NewUnstartedServer(x.site)
	x.server.EnableHTTP2 = true
	x.server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew && x.conns.Add(1) <= x.narrow.Load() {
			_ = c.(*tls.Conn).NetConn().(*net.TCPConn).SetWriteBuffer(8 << 10)
		}
	}
	x.server.StartTLS()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- x.hub.Run(ctx) }()
	x.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ran:
			if err != nil {
				t.Errorf("the hub's run: %v", err)
			}
		case <-time.After(soon):
			t.Error("the hub waits for a stuck browser at the shutdown")
		}
		x.server.CloseClientConnections()
		x.server.Close()
	})
	t.Cleanup(x.stop)
	return x
}

// client is a browser: one connection for all its tabs.
func (x *secureSite) client(t *testing.T) *http.Client {
	transport := x.server.Client().Transport.(*http.Transport).Clone()
	transport.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: streamWindow}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// tab opens a stream and reads nothing of it.
func (x *secureSite) tab(t *testing.T, c *http.Client, topic string) *browser {
	t.Helper()
	response, err := c.Get(x.server.URL + "/" + topic) //nolint:noctx // it is closed with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.ProtoMajor != 2 || response.StatusCode != http.StatusOK {
		t.Fatalf("%s, %s", response.Proto, response.Status)
	}
	return &browser{t: t, response: response, done: make(chan struct{}), news: make(chan struct{}, 1)}
}

// reads follows a tab's stream until it ends.
func (b *browser) reads() *browser {
	go func() { defer close(b.done); b.follow(b.response) }()
	return b
}

// becomes waits until somebody shows what a wall is now.
func (b *browser) becomes(w *wall) bool {
	for deadline := time.After(soon); !b.shows().same(w.want()); {
		select {
		case <-b.news:
		case <-deadline:
			return false
		}
	}
	return true
}

// fill sends frames of so many bytes in all, each of which everybody shows before the next.
func (x *secureSite) fill(t *testing.T, board *wall, bytes int, everybody []*browser) {
	t.Helper()
	for sent, i := 0, 0; sent < bytes; sent, i = sent+frameSize, i+1 {
		board.set(i%len(board.rows), fmt.Sprint(i, strings.Repeat("x", frameSize)))
		x.hub.Notice(live.Notice{All: true})
		for _, w := range everybody {
			if !w.becomes(board) {
				t.Fatalf("change %d waits for who reads nothing", i)
			}
		}
	}
}

// watchedBy waits until so many watch.
func (x *secureSite) watchedBy(t *testing.T, n int) {
	t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(soon); x.hub.Stats().Watchers != n; {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("who reads nothing is there still: %+v", x.hub.Stats())
		}
	}
}

// A tab that reads nothing any more keeps nobody waiting: neither the other tabs of its browser,
// whose connection it shares, nor anybody else. Its stream is ended when more waits for it than
// may, or for longer; its connection is not, and the tab comes back by it.
func TestAStuckTabOfAConnectionIsClosed(t *testing.T) {
	for name, o := range map[string]live.Options{
		"too much waits": {MaxQueue: 64 << 10, WriteTimeout: time.Minute},
		"too long":       {MaxQueue: 64 << 20, WriteTimeout: 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			board := newWall(4)
			x := newSecureSite(t, o, map[string]*wall{"emea": board})
			one, another := x.client(t), x.client(t)
			stuck := x.tab(t, one, "emea")
			var others []*browser
			for _, c := range []*http.Client{one, one, one, another, another} {
				others = append(others, x.tab(t, c, "emea").reads())
			}
			// What the tab and its queue take, a piece that is being written, and little more.
			x.fill(t, board, streamWindow+64<<10+4*frameSize, others)
			x.watchedBy(t, len(others))
			if got := x.hub.Stats().Lagged; got != 1 {
				t.Errorf("%d did not keep up, want 1", got)
			}
			if n, err := io.Copy(io.Discard, stuck.response.Body); err == nil || n > streamWindow {
				t.Errorf("its stream ends behind %d bytes with %v", n, err)
			}
			others = append(others, x.tab(t, one, "emea").reads())
			x.fill(t, board, frameSize, others)
			if n := x.conns.Load(); n != 2 {
				t.Errorf("two browsers needed %d connections", n)
			}
			x.stop()
			one.CloseIdleConnections()
			another.CloseIdleConnections()
			settle(t, before)
		})
	}
}

// stoppable is the connection of a machine that may stop to read it, whatever comes.
type stoppable struct {
	net.Conn
	stopped <-chan struct{}
	closed  chan struct{}
	close   func()
}

func newStoppable(c net.Conn, stopped <-chan struct{}) stoppable {
	closed := make(chan struct{})
	return stoppable{c, stopped, closed, sync.OnceFunc(func() { close(closed) })}
}

func (s stoppable) Read(p []byte) (int, error) {
	select {
	case <-s.stopped:
		<-s.closed
		return 0, net.ErrClosed
	default:
		return s.Conn.Read(p)
	}
}

func (s stoppable) Close() error { s.close(); return s.Conn.Close() }

// Where a whole connection takes in nothing, a write of HTTP/2 does not end with its time: what
// ends it would have to be said there. The hub lets go of its streams all the same.
func TestAStuckConnectionIsLeftToTheServer(t *testing.T) {
	for name, o := range map[string]live.Options{
		"too much waits":  {MaxQueue: 64 << 10, WriteTimeout: time.Minute},
		"too long":        {MaxQueue: 64 << 20, WriteTimeout: 500 * time.Millisecond},
		"at the shutdown": {MaxQueue: 64 << 20, WriteTimeout: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			board := newWall(4)
			x := newSecureSite(t, o, map[string]*wall{"emea": board})
			x.narrow.Store(1)
			one, another := x.client(t), x.client(t)
			stop := make(chan struct{})
			transport := one.Transport.(*http.Transport)
			transport.HTTP2.MaxReceiveBufferPerStream = 3 << 20 // it is the connection that fills
			secure := transport.TLSClientConfig.Clone()
			secure.ServerName, secure.NextProtos = "example.com", []string{"h2"}
			transport.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
				return tls.Client(newStoppable(c, stop), secure), nil
			}
			stuck := []*browser{x.tab(t, one, "emea"), x.tab(t, one, "emea")}
			w := x.tab(t, another, "emea").reads()
			close(stop)
			x.fill(t, board, 256<<10, []*browser{w})
			if name != "at the shutdown" {
				x.watchedBy(t, 1)
				if got := x.hub.Stats().Lagged; got != 2 {
					t.Errorf("%d did not keep up, want 2", got)
				}
				x.fill(t, board, frameSize, []*browser{w})
			}
			x.stop()
			for _, tab := range stuck {
				_ = tab.response.Body.Close()
			}
			one.CloseIdleConnections()
			another.CloseIdleConnections()
			settle(t, before)
		})
	}
}
