package live_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hotleads/live"
)

// wall is what a board should show: the truth that views look at.
type wall struct {
	mu      sync.Mutex
	rows    []item
	parts   []item
	only    map[string]string   // by row: who alone sees it
	fail    error               // of the next looks
	looking func()              // called by each look, before it reads
	draw    func(i item) string // html of a row; nil: row
	frames  live.Frames         // nil: frames
}

type item struct{ id, text string }

func (i item) rev() string { return i.text }
func row(i item) string    { return fmt.Sprintf("<li id=%s>%s</li>", i.id, i.text) }

func newWall(n int) *wall {
	b := &wall{parts: []item{{"#counts", "start"}}}
	for i := range n {
		b.rows = append(b.rows, item{fmt.Sprint("lead-", i), "as it was"})
	}
	return b
}

func (b *wall) change(f func(b *wall)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b)
}

func (b *wall) set(i int, text string) {
	b.change(func(b *wall) { b.rows[i].text = text })
}

func (b *wall) view(topic string) live.View {
	var f live.Frames = frames{}
	if b.frames != nil {
		f = b.frames
	}
	return live.View{
		Topic: topic, Frames: f, Slow: strings.HasPrefix(topic, "slow"),
		Concerns: func(n live.Notice) bool { return n.Team(topic) },
		Look: func(context.Context, time.Time) (live.Page, error) {
			b.mu.Lock()
			looking := b.looking
			b.mu.Unlock()
			if looking != nil {
				looking()
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.fail != nil {
				return live.Page{}, b.fail
			}
			draw := b.draw
			if draw == nil {
				draw = row
			}
			var page live.Page
			for _, i := range b.rows {
				page.Rows = append(page.Rows, live.Row{ID: i.id, Rev: i.rev(), For: b.only[i.id], HTML: func() ([]byte, error) {
					return []byte(draw(i)), nil
				}})
			}
			for _, i := range b.parts {
				page.Parts = append(page.Parts, live.Part{Target: i.id, Rev: i.rev(), HTML: func() ([]byte, error) {
					return []byte(i.text), nil
				}})
			}
			return page, nil
		},
	}
}

// frames writes pieces that dom reads: kind|id|html, each closed by a section sign.
type frames struct{}

func piece(kind, id, html string) []byte { return []byte(kind + "|" + id + "|" + html + "§") }

func (frames) Row(id string, html []byte) []byte      { return piece("row", id, string(html)) }
func (frames) New(html []byte) []byte                 { return piece("new", "", string(html)) }
func (frames) Gone(id string) []byte                  { return piece("gone", id, "") }
func (frames) Order(ids []string) []byte              { return piece("order", "", strings.Join(ids, " ")) }
func (frames) Part(target string, html []byte) []byte { return piece("part", target, string(html)) }
func (frames) Age(asOf time.Time) []byte              { return piece("age", "", asOf.Format(time.RFC3339Nano)) }
func (f frames) Around(ids []string) (before, behind []byte) {
	return []byte("snapshot||"), append([]byte("§"), f.Order(ids)...)
}

// site serves walls by path, over pipes (inside synctest) or TCP.
type site struct {
	hub   *live.Hub
	dial  func() (net.Conn, error)
	stop  func() // as SIGTERM does
	mu    sync.Mutex
	walls map[string]*wall
	errs  []error // of Serve
	keeps bool    // connections are not handed over: streams go through mailboxes
}

// keptConn is a response whose connection the server keeps, as with HTTP/2.
type keptConn struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (k keptConn) Flush()                              { _ = k.control.Flush() }
func (k keptConn) SetReadDeadline(at time.Time) error  { return k.control.SetReadDeadline(at) }
func (k keptConn) SetWriteDeadline(at time.Time) error { return k.control.SetWriteDeadline(at) }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.keeps {
		w = keptConn{ResponseWriter: w, control: http.NewResponseController(w)}
	}
	topic := strings.TrimPrefix(r.URL.Path, "/")
	s.mu.Lock()
	b := s.walls[topic]
	s.mu.Unlock()
	who := live.Visitor{Name: r.URL.Query().Get("person"), Self: r.URL.Query().Get("self")}
	for _, of := range r.URL.Query()["limit"] {
		who.Limits = append(who.Limits, live.Limit{Of: of, Most: 3})
	}
	if err := s.hub.Serve(w, r, b.view(topic), who); err != nil {
		s.mu.Lock()
		s.errs = append(s.errs, err)
		s.mu.Unlock()
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}

func newSite(t testing.TB, o live.Options, walls map[string]*wall) *site {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	return newSiteOn(t, o, walls, l, l.dial)
}

func newTCPSite(t testing.TB, o live.Options, walls map[string]*wall) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newSiteOn(t, o, walls, l, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) })
}

func newSiteOn(t testing.TB, o live.Options, walls map[string]*wall, l net.Listener, dial func() (net.Conn, error)) *site {
	t.Helper()
	s := &site{hub: live.NewHub(o), dial: dial, walls: walls}
	server := &http.Server{Handler: s, ConnContext: func(ctx context.Context, c net.Conn) context.Context { live.ForStreams(c); return ctx }}
	ctx, cancel := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- s.hub.Run(ctx) }()
	go func() { served <- server.Serve(l) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("the hub's run: %v", err)
		}
		if err := server.Shutdown(context.Background()); err != nil {
			t.Errorf("the server's shutdown: %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

// pipes is a listener whose connections have no buffer and no network, so that
// they can be waited for in synctest.
type pipes struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (p *pipes) dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// browser watches one topic and keeps what a real one would show.
type browser struct {
	t    testing.TB
	conn net.Conn
	done chan struct{} // closed when the stream has ended

	mu       sync.Mutex
	response *http.Response
	raw      []byte // the body so far
	page     dom
	arrived  []time.Time // of each event with data
	err      error       // how the stream ended
	ended    time.Time
	news     chan struct{}
}

// watch opens a stream and reads it until it ends.
func (s *site) watch(t testing.TB, topic string) *browser {
	t.Helper()
	b := s.open(t, topic)
	go b.read()
	return b
}

// open asks for a stream and reads nothing of the answer.
func (s *site) open(t testing.TB, topic string) *browser {
	t.Helper()
	conn, err := s.dial()
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: hotleads\r\nLast-Event-ID: no number\r\n\r\n", topic)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, conn: conn, done: make(chan struct{}), news: make(chan struct{}, 1)}
	t.Cleanup(func() { _ = conn.Close() })
	return b
}

func (b *browser) read() {
	defer close(b.done)
	response, err := http.ReadResponse(bufio.NewReader(b.conn), nil) //nolint:bodyclose // the connection is closed, and with it the body
	b.mu.Lock()
	b.response, b.err = response, err
	b.mu.Unlock()
	if err == nil {
		b.follow(response)
	}
}

// follow shows what a stream says, until it ends.
func (b *browser) follow(response *http.Response) {
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadString('\n')
		b.mu.Lock()
		b.raw = append(b.raw, line...)
		if data, is := strings.CutPrefix(line, "data: "); is && response.StatusCode == http.StatusOK {
			b.arrived = append(b.arrived, time.Now())
			if err := b.page.apply(strings.TrimSuffix(data, "\n")); err != nil {
				b.t.Errorf("a browser got a frame that doesn't fit what it shows: %v", err)
			}
		}
		b.err, b.ended = err, time.Now()
		b.mu.Unlock()
		select {
		case b.news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// leave closes the connection and waits until reading has ended.
func (b *browser) leave() {
	_ = b.conn.Close()
	<-b.done
}

// shows returns the page as it is now.
func (b *browser) shows() dom {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.page.clone()
}

func (b *browser) body() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.raw)
}
