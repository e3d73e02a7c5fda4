package crowd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// streams is a server of event streams that a test publishes to.
type streams struct {
	*httptest.Server
	mu   sync.Mutex
	open map[chan string]bool
	n    int64
}

func newStreams(t *testing.T) *streams {
	s := &streams{open: map[chan string]bool{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *streams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	events := make(chan string, 100)
	s.mu.Lock()
	s.open[events] = true
	fmt.Fprintf(w, "retry: 1\ndata: %s snapshot\n\n", Number(s.n, s.n))
	s.mu.Unlock()
	_ = http.NewResponseController(w).Flush()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, events)
	}()
	for {
		select {
		case <-r.Context().Done():
			return
		case e := <-events:
			fmt.Fprintf(w, "data: %s\n\n", e)
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// publish sends a change to all; skip leaves out as many before it.
func (s *streams) publish(skip int64, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.n + skip
	s.n = before + 1
	for events := range s.open {
		events <- Stamp(time.Now()) + Number(s.n, before) + text
	}
}

// here is a crowd in this process.
func here(t *testing.T) *Crowd {
	theirIn, in := io.Pipe()
	out, theirOut := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- Serve(theirIn, theirOut) }()
	t.Cleanup(func() {
		in.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return &Crowd{in: in, out: json.NewDecoder(out)}
}

// Watchers see what is published, find what they seek, notice what is missing,
// and come back when they are cut off.
func TestACrowdSees(t *testing.T) {
	s, c := newStreams(t), here(t)
	addr := strings.TrimPrefix(s.URL, "http://")
	const all, limit = "all", 30 * time.Second
	must := func(a Answer, err error) Answer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := must(c.Open(Group{Name: all, Count: 60, Addr: addr, Requests: []string{"GET / HTTP/1.1\r\nHost: here\r\n\r\n"}, Snapshot: true, Stamps: true, Checks: true, Returns: true}, limit)); a.Open != 60 {
		t.Fatalf("%d of 60 opened", a.Open)
	}
	if err := c.Seek(all, `data-lead="7"`, "claimed"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	s.publish(0, strings.Repeat("x", 3*buffer)+`<li data-lead="7" data-stage="claimed">`)
	if a := must(c.Seen(all, start, limit)); a.Open != 60 || a.Latency.Count != 60 || len(a.Times) != 60 {
		t.Errorf("%d of 60 saw it, at %d moments", a.Open, len(a.Times))
	}
	if a := must(c.Collect(all)); a.Latency.Count != 60 || a.Gaps != 0 || a.Latency.P50 <= 0 || a.Latency.P99 < a.Latency.P50 {
		t.Errorf("collected %+v", a)
	}
	if err := c.Doze(all); err != nil {
		t.Fatal(err)
	}
	s.publish(0, "what wakes all who wait for it")
	s.publish(0, "not looked at")
	if err := c.Wake(all); err != nil {
		t.Fatal(err)
	}
	if a := must(c.Cut(all, limit)); a.Open != 60 || len(a.Began) != 60 {
		t.Errorf("%d of 60 came back", a.Open)
	}
	if err := c.Seek(all, "end", ""); err != nil {
		t.Fatal(err)
	}
	s.publish(1, "end")
	if a := must(c.Seen(all, time.Now(), limit)); a.Open != 60 {
		t.Errorf("%d of 60 saw the end", a.Open)
	}
	if a := must(c.Close(all)); a.Gaps != 60 || a.Streams != 120 {
		t.Errorf("60 watchers missed a change, and %d say so, on %d streams", a.Gaps, a.Streams)
	}
	if _, err := c.Collect(all); err == nil {
		t.Error("a group that was closed answers")
	}
}

func TestShows(t *testing.T) {
	for _, c := range []struct {
		line, first, then string
		want              bool
	}{
		{"a lead=7 claimed", "lead=7", "claimed", true},
		{"a lead=8 claimed lead=7 waiting", "lead=7", "claimed", false},
		{"lead=7" + strings.Repeat(" ", near+10) + "claimed", "lead=7", "claimed", false},
		{"lead=7 waiting" + strings.Repeat(" ", near) + "lead=7 claimed", "lead=7", "claimed", true},
		{"anything", "thing", "", true},
	} {
		if got := shows([]byte(c.line), []byte(c.first), []byte(c.then)); got != c.want {
			t.Errorf("%q shows %q and then %q: %v", c.line, c.first, c.then, got)
		}
	}
}
