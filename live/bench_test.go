package live

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// tally is a browser in memory that counts flushes: the snapshot's, then one for
// each frame.
type tally struct {
	header  http.Header
	flushes *atomic.Int64
	target  *atomic.Int64
	reached chan struct{}
}

func (c *tally) Header() http.Header              { return c.header }
func (c *tally) WriteHeader(int)                  {}
func (c *tally) SetWriteDeadline(time.Time) error { return nil }
func (c *tally) Write(p []byte) (int, error)      { return len(p), nil }
func (c *tally) Flush() {
	if c.flushes.Add(1) == c.target.Load() {
		c.reached <- struct{}{}
	}
}

// BenchmarkFanOut: one changed lead of 200, 800 bytes, to 1,000 watchers, from
// the notice to the last browser's write; without sockets. Then the same where 800
// of them see a row of their own, besides; and where two leads change places.
func BenchmarkFanOut(b *testing.B) {
	b.Run("same", func(b *testing.B) { fanOut(b, 0, false) })
	b.Run("same moved", func(b *testing.B) { fanOut(b, 0, true) })
	b.Run("own", func(b *testing.B) { fanOut(b, 800, false) })
	b.Run("own moved", func(b *testing.B) { fanOut(b, 800, true) })
}

func fanOut(b *testing.B, own int, moves bool) {
	const watchers = 1000
	hub := NewHub(Options{Coalesce: time.Nanosecond, Heartbeat: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	var rev atomic.Int64
	html := make([]byte, 800)
	for i := range html {
		html[i] = 'x'
	}
	draw := func() ([]byte, error) { return html, nil }
	view := View{
		Topic: "emea", Frames: plainFrames{}, Concerns: func(Notice) bool { return true },
		Look: func(context.Context, time.Time) (Page, error) {
			page := Page{Rows: make([]Row, 200)}
			for i := range page.Rows {
				page.Rows[i] = Row{ID: fmt.Sprint(i), Rev: "1", HTML: draw}
			}
			n := rev.Load()
			page.Rows[7].Rev = fmt.Sprint(n)
			if moves && n%2 == 0 {
				page.Rows[3], page.Rows[7] = page.Rows[7], page.Rows[3]
			}
			for i := range own {
				page.Rows = append(page.Rows, Row{ID: fmt.Sprint("own ", i), Rev: "1", For: fmt.Sprint("rep ", i), HTML: draw})
			}
			return page, nil
		},
	}
	var flushes, target atomic.Int64
	reached := make(chan struct{})
	target.Store(watchers)
	for i := range watchers {
		go func() {
			browser := &tally{http.Header{}, &flushes, &target, reached}
			if err := hub.Serve(browser, httptest.NewRequest("GET", "/", nil), view, Visitor{Self: fmt.Sprint("rep ", i)}); err != nil {
				b.Error(err)
			}
		}()
	}
	<-reached
	for b.Loop() {
		target.Add(watchers)
		rev.Add(1)
		hub.Notice(Notice{})
		<-reached
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/watchers, "ns/delivery")
	cancel()
	if err := <-ran; err != nil {
		b.Error(err)
	}
}

// BenchmarkSnapshot: 40 leads of 3 kB, to somebody who comes to a board that others
// watch; once more to somebody with five of their own, and where they are the first.
func BenchmarkSnapshot(b *testing.B) {
	html := make([]byte, 3000)
	for i := range html {
		html[i] = 'x'
	}
	var rows []shown
	for i := range 40 {
		rows = append(rows, shown{id: fmt.Sprint(i), html: html})
		if i%8 == 0 {
			rows = append(rows, shown{id: fmt.Sprint("own ", i), only: "rep", html: html})
		}
	}
	s := &screen{view: View{Frames: plainFrames{}}}
	s.now.Store(newState(rows, nil, time.Time{}))
	for name, c := range map[string]struct {
		self  string
		first bool
	}{"same": {}, "own": {self: "rep"}, "own first": {self: "rep", first: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.first {
					s.whole = nil
				}
				if _, _, err := s.snapshotEvent(c.self); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
