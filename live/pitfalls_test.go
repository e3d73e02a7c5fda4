package live

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/r3labs/sse/v2"
)

// What r3labs/sse does as it is shipped, and a hub must not. Each check runs
// against both: a hub passes it, and the library fails it, or the check would not
// be one.

// subject streams texts to browsers: a hub, or the library by itself.
type subject interface {
	show(text string)
	ServeHTTP(w http.ResponseWriter, r *http.Request)
}

// shipped is the library by itself.
type shipped struct{ *sse.Server }

func (s shipped) show(text string) { s.TryPublish("emea", &sse.Event{Data: []byte(text)}) }

func newShipped(change func(*sse.Server)) shipped {
	s := sse.New()
	s.AutoReplay = false // else it is a pitfall of its own
	if change != nil {
		change(s)
	}
	s.CreateStream("emea")
	return shipped{s}
}

// hubbed is a hub with one screen that shows one text.
type hubbed struct {
	*Hub
	mu   sync.Mutex
	text string
}

func (h *hubbed) show(text string) {
	h.mu.Lock()
	h.text = text
	h.mu.Unlock()
	h.Notice(Notice{})
	time.Sleep(h.o.Coalesce)
}

func (h *hubbed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = h.Serve(w, r, View{
		Topic: "emea", Frames: bareFrames{}, Concerns: func(Notice) bool { return true },
		Look: func(context.Context, time.Time) (Page, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			text := h.text
			return Page{Rows: []Row{{ID: "lead", Rev: text, HTML: func() ([]byte, error) { return []byte(text), nil }}}}, nil
		},
	}, Visitor{})
}

// bareFrames are the texts themselves.
type bareFrames struct{}

func (bareFrames) Row(_ string, html []byte) []byte        { return bytes.Clone(html) }
func (bareFrames) New(html []byte) []byte                  { return bytes.Clone(html) }
func (bareFrames) Gone(string) []byte                      { return nil }
func (bareFrames) Order([]string) []byte                   { return nil }
func (bareFrames) Part(string, []byte) []byte              { return nil }
func (bareFrames) Age(time.Time) []byte                    { return nil }
func (bareFrames) Around([]string) (before, behind []byte) { return nil, nil }

// pane is a browser at the other end of a pipe: what it doesn't read waits.
type pane struct {
	net.Conn // the server's end
	header   http.Header
	status   int
	browser  net.Conn
	leave    context.CancelFunc
	served   chan struct{} // closed when its handler has returned

	mu  sync.Mutex
	got bytes.Buffer
}

func (p *pane) Header() http.Header    { return p.header }
func (p *pane) WriteHeader(status int) { p.status = status }
func (p *pane) Flush()                 {}
func (p *pane) Write(b []byte) (int, error) {
	p.status = cmp.Or(p.status, http.StatusOK)
	return p.Conn.Write(b)
}

func (p *pane) body() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got.String()
}

// over tells whether the stream has ended.
func (p *pane) over() bool {
	select {
	case <-p.served:
		return true
	default:
		return false
	}
}

// messages are what an EventSource would dispatch: lines end at any of CR, LF and
// CR LF, and a message without data is none.
func (p *pane) messages() []string {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(p.body())
	var all, data []string
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if value, is := strings.CutPrefix(line, "data:"); is {
			data = append(data, strings.TrimPrefix(value, " "))
		} else if line == "" && data != nil {
			all, data = append(all, strings.Join(data, "\n")), nil
		}
	}
	return all
}

// room is where browsers watch a subject.
type room struct {
	subject
	panes []*pane
}

func (r *room) open(path string, header http.Header) *pane {
	ctx, leave := context.WithCancel(context.Background())
	ours, theirs := net.Pipe()
	p := &pane{Conn: ours, header: http.Header{}, browser: theirs, leave: leave, served: make(chan struct{})}
	request := httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx)
	for k, v := range header {
		request.Header[k] = v
	}
	go func() { defer close(p.served); r.ServeHTTP(p, request) }()
	r.panes = append(r.panes, p)
	time.Sleep(time.Second)
	synctest.Wait()
	return p
}

// watch opens a stream and reads it.
func (r *room) watch() *pane { return r.read(r.open("/?stream=emea", nil)) }

func (r *room) read(p *pane) *pane {
	go func() {
		piece := make([]byte, 4<<10)
		for {
			n, err := p.browser.Read(piece)
			p.mu.Lock()
			p.got.Write(piece[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	synctest.Wait()
	return p
}

// in calls check in a bubble of its own, and clears up.
func in(t *testing.T, make func() (subject, func()), check func(r *room) string) (failure string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, end := make()
		r := &room{subject: s}
		failure = check(r)
		for _, p := range r.panes {
			p.leave()
			p.Close()
			p.browser.Close()
		}
		for _, p := range r.panes {
			<-p.served
		}
		synctest.Wait()
		end()
	})
	return failure
}

func TestPitfallsOfTheLibrary(t *testing.T) {
	whole := func(text string) func(r *room) string {
		return func(r *room) string {
			p := r.watch()
			seen := len(p.messages())
			r.show(text)
			synctest.Wait()
			got := p.messages()[seen:]
			if len(got) != 1 || !strings.Contains(got[0], "first") || !strings.Contains(got[0], "last") {
				return fmt.Sprintf("%q arrives as %q", text, got)
			}
			return ""
		}
	}
	for _, c := range []struct {
		name  string
		as    func(*sse.Server) // how the library is set up, beside its defaults
		check func(r *room) string
	}{
		{"who never reads keeps nobody waiting", nil, func(r *room) string {
			p := r.watch()
			r.open("/?stream=emea", nil)
			for i := range 200 {
				r.show(fmt.Sprint("text ", i))
				synctest.Wait()
			}
			if late := r.watch(); late.status != http.StatusOK {
				return "a newcomer gets no answer"
			}
			if !strings.Contains(p.body(), "text 199") {
				return "another reader is kept waiting"
			}
			return ""
		}},
		{"who never reads is let go", nil, func(r *room) string {
			stuck := r.open("/?stream=emea", nil)
			for i := range 200 {
				r.show(fmt.Sprint("text ", i))
				synctest.Wait()
			}
			time.Sleep(11 * time.Second)
			if synctest.Wait(); !stuck.over() {
				return "their stream goes on for ever"
			}
			return ""
		}},
		{"a frame of nothing ends no stream", nil, func(r *room) string {
			p := r.watch()
			r.show("")
			r.show("after")
			if synctest.Wait(); p.over() || !strings.Contains(p.body(), "after") {
				return "the stream ended"
			}
			return ""
		}},
		{"who comes late gets what is, not what was", func(s *sse.Server) { s.AutoReplay = true }, func(r *room) string {
			first := r.watch()
			for i := range 50 {
				r.show(fmt.Sprint("text ", i, " end"))
				synctest.Wait()
			}
			first.leave()
			if got := r.watch().messages(); len(got) != 1 || got[0] != "text 49 end" {
				return fmt.Sprintf("a newcomer gets %d messages", len(got))
			}
			return ""
		}},
		{"a time to live drops nothing", func(s *sse.Server) { s.EventTTL = time.Hour }, whole("first and last")},
		{"a frame is as it was for the next one", func(s *sse.Server) { s.EncodeBase64 = true }, whole("first and last")},
		{"nobody makes streams by asking", func(s *sse.Server) { s.AutoStream = true }, func(r *room) string {
			r.open("/?stream=nonsense", nil)
			switch s := r.subject.(type) {
			case shipped:
				if s.StreamExists("nonsense") {
					return "there is a stream of nonsense"
				}
			case *hubbed:
				if s.sse.StreamExists("nonsense") || s.Stats().Views != 1 {
					return "there is a stream of nonsense"
				}
			}
			return ""
		}},
		{"a line feed cuts nothing off", nil, whole("first\nlast")},
		{"a blank line ends no frame", nil, whole("first\n\nlast")},
		{"a carriage return forges nothing", func(s *sse.Server) { s.SplitData = true }, whole("first\rdata: forged\r\rdata: last")},
		{"a colon makes no comment", nil, whole(": first, last")},
		{"no id is sent, and none cleared", nil, func(r *room) string {
			p := r.watch()
			r.show("text")
			if synctest.Wait(); strings.Contains("\n"+p.body(), "\nid") {
				return fmt.Sprintf("the browser is told an id: %q", p.body())
			}
			return ""
		}},
		{"who can't be written to is let go", nil, func(r *room) string {
			p := r.watch()
			p.browser.Close()
			r.show("text")
			if synctest.Wait(); !p.over() {
				return "the stream goes on"
			}
			return ""
		}},
		{"whatever id a browser has, it is answered", nil, func(r *room) string {
			p := r.read(r.open("/?stream=emea", http.Header{"Last-Event-Id": {"abc"}}))
			if p.status != http.StatusOK {
				return fmt.Sprint("status ", p.status)
			}
			return ""
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			failure := in(t, func() (subject, func()) {
				hub := NewHub(Options{Age: time.Hour, Heartbeat: time.Hour})
				ctx, cancel := context.WithCancel(context.Background())
				ran := make(chan error, 1)
				go func() { ran <- hub.Run(ctx) }()
				return &hubbed{Hub: hub}, func() {
					cancel()
					if err := <-ran; err != nil {
						t.Error(err)
					}
				}
			}, c.check)
			if failure != "" {
				t.Errorf("the hub: %s", failure)
			}
			if failure := in(t, func() (subject, func()) { s := newShipped(c.as); return s, s.Close }, c.check); failure == "" {
				t.Error("the library passes this check as it is shipped: it checks nothing")
			}
		})
	}
}

// The library's Close leaves a goroutine behind for each browser that is there,
// for ever; a hub's shutdown none.
func TestAShutdownLeavesNothingBehind(t *testing.T) {
	stuck := func() int {
		stacks := make([]byte, 4<<20)
		return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "sse/v2.(*Subscriber).close(")
	}
	open := func(serve http.HandlerFunc) (leave context.CancelFunc, served chan struct{}) {
		ctx, cancel := context.WithCancel(t.Context())
		served = make(chan struct{})
		b := beginning{header: http.Header{}, begun: make(chan struct{}, 100)}
		go func() {
			defer close(served)
			serve(b, httptest.NewRequest(http.MethodGet, "/?stream=emea", nil).WithContext(ctx))
		}()
		<-b.begun
		return cancel, served
	}
	before, goroutines := stuck(), runtime.NumGoroutine()
	hub := &hubbed{Hub: NewHub(Options{})}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	leave, served := open(hub.ServeHTTP)
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	<-served
	leave()
	wait := func(what string, until func() bool) {
		t.Helper()
		poll := time.NewTicker(time.Millisecond)
		defer poll.Stop()
		for deadline := time.After(10 * time.Second); !until(); {
			select {
			case <-poll.C:
			case <-deadline:
				t.Fatal(what)
			}
		}
	}
	wait("a hub leaves goroutines behind", func() bool { return stuck() == before && runtime.NumGoroutine() <= goroutines })

	server := newShipped(nil)
	leave, served = open(server.ServeHTTP)
	server.Close()
	<-served
	leave()
	wait("the library leaves none, either: this checks nothing", func() bool { return stuck() == before+1 })
}

// beginning is a browser that tells when its stream begins.
type beginning struct {
	header http.Header
	begun  chan struct{}
}

func (b beginning) Header() http.Header              { return b.header }
func (b beginning) WriteHeader(int)                  { b.begun <- struct{}{} }
func (b beginning) Write(p []byte) (int, error)      { b.begun <- struct{}{}; return len(p), nil }
func (b beginning) Flush()                           {}
func (b beginning) SetWriteDeadline(time.Time) error { return nil }
