package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// told is a view of one row, and how often it was looked at.
type told struct {
	topic         string
	text          atomic.Pointer[string]
	looks, atOnce atomic.Int64
	twice         atomic.Bool // two looks of it were under way together
}

func newTold(topic string) *told {
	v := &told{topic: topic}
	v.say("as it was")
	return v
}

func (v *told) say(text string) { v.text.Store(&text) }

func (v *told) view() View {
	return View{
		Topic: v.topic, Frames: plainFrames{}, Concerns: func(n Notice) bool { return n.Team(v.topic) },
		Look: func(context.Context, time.Time) (Page, error) {
			v.looks.Add(1)
			if v.atOnce.Add(1) > 1 {
				v.twice.Store(true)
			}
			runtime.Gosched()
			text := *v.text.Load()
			v.atOnce.Add(-1)
			return Page{Rows: []Row{{ID: v.topic, Rev: text, HTML: func() ([]byte, error) { return []byte(text), nil }}}}, nil
		},
	}
}

// seat is where somebody watches a view; they take everything in at once.
type seat struct {
	*sink
	leave  context.CancelFunc
	served chan error
	knocks chan struct{} // one place: the hub was asked, and looks for the view next
}

func (s *seat) SetWriteDeadline(time.Time) error { poke(s.knocks); return nil }

func sit(hub *Hub, v *told) *seat {
	ctx, leave := context.WithCancel(context.Background())
	s := &seat{&sink{http.Header{}, make(chan string, 1000)}, leave, make(chan error, 1), make(chan struct{}, 1)}
	go func() {
		s.served <- hub.Serve(s, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx), v.view(), Visitor{})
	}()
	return s
}

// rises leaves, and tells how the stream ended.
func (s *seat) rises() error {
	s.leave()
	return <-s.served
}

// sees are the texts that came since it was last asked.
func (s *seat) sees() string {
	var all strings.Builder
	for len(s.got) > 0 {
		all.WriteString(<-s.got)
	}
	return all.String()
}

// during runs f with a hub that ends behind it.
func during(t *testing.T, o Options, f func(hub *Hub)) {
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub(o)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- hub.Run(ctx) }()
		f(hub)
		time.Sleep(hub.o.Tick + hub.o.Idle)
		synctest.Wait()
		if views, rows := hub.Stats().Views, hub.cache.len(); views+rows != 0 {
			t.Errorf("held for nobody: %d views, %d rows", views, rows)
		}
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// Who comes while the view is being removed that the last one left begins it anew, with one
// look, and misses nothing; it is no stream of the view that is gone.
func TestWhoComesWhileAViewIsRemoved(t *testing.T) {
	during(t, Options{}, func(hub *Hub) {
		v := newTold("emea")
		first := sit(hub, v)
		synctest.Wait()
		if err := first.rises(); err != nil {
			t.Errorf("Serve: %v", err)
		}
		synctest.Wait()
		old, looks := hub.screens["emea"], v.looks.Load()
		v.say("meanwhile")
		var second *seat
		old.mu.Lock()
		ends := old.fan.end
		old.fan.end = func() { // it is not among the views any more, and its stream is there still
			if second == nil {
				second = sit(hub, v)
				<-second.knocks
				for i := 0; i < 10_000 && old.watching() == 0; i++ { // who needn't wait for the removal gets in
					runtime.Gosched()
				}
			}
			ends()
		}
		old.mu.Unlock()
		time.Sleep(hub.o.Tick + hub.o.Idle)
		synctest.Wait()
		if second == nil {
			t.Fatal("the view is not removed")
		}
		if hub.screens["emea"] == old || hub.Stats().Views != 1 || !hub.sse.StreamExists("emea") {
			t.Errorf("of two views %d are there; it is the one that was removed: %v", hub.Stats().Views, hub.screens["emea"] == old)
		}
		if got := second.sees(); strings.Count(got, "snapshot of [meanwhile]") != 1 {
			t.Errorf("who comes begins with %q", got)
		}
		if n := v.looks.Load() - looks; n != 1 {
			t.Errorf("who comes costs %d looks, want 1", n)
		}
		v.say("later")
		hub.Notice(Notice{Teams: []string{"emea"}})
		time.Sleep(hub.o.Coalesce)
		synctest.Wait()
		if got := second.sees(); got != "data: row later\n\n" {
			t.Errorf("what changes then comes as %q", got)
		}
		if err := second.rises(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

// The same at the very instant, where either may be first, just before it and just after.
func TestWhoComesWhenAViewIsDue(t *testing.T) {
	for when, off := range map[string]time.Duration{"just before": -1, "then": 0, "just after": 1} {
		t.Run(when, func(t *testing.T) {
			during(t, Options{}, func(hub *Hub) {
				const many = 50
				var views [many]*told
				for i := range views {
					views[i] = newTold(fmt.Sprint("view-", i))
					s := sit(hub, views[i])
					synctest.Wait()
					if err := s.rises(); err != nil {
						t.Errorf("Serve: %v", err)
					}
				}
				// Each looks at its next tick whether it is watched, and then waits until it is due.
				time.Sleep(hub.o.Tick + hub.o.Idle + off)
				if off != 0 {
					synctest.Wait()
				}
				var seats [many]*seat
				for i, v := range views {
					v.say("again")
					seats[i] = sit(hub, v)
				}
				time.Sleep(hub.o.Coalesce)
				synctest.Wait()
				for i, v := range views {
					if got := seats[i].sees(); strings.Count(got, "snapshot of [again]") != 1 || v.looks.Load() != 2 {
						t.Errorf("who comes to %s begins with %q, after %d looks", v.topic, got, v.looks.Load()-1)
					}
					v.say("later")
				}
				hub.Notice(Notice{All: true})
				time.Sleep(hub.o.Coalesce)
				synctest.Wait()
				for i, v := range views {
					if got := seats[i].sees(); got != "data: row later\n\n" {
						t.Errorf("what changes of %s then comes as %q", v.topic, got)
					}
					if err := seats[i].rises(); err != nil {
						t.Errorf("Serve: %v", err)
					}
				}
			})
		})
	}
}

// Many who come and go at the instants at which views go: nobody is without a stream, and
// nobody looks twice at once.
func TestViewsThatComeAndGo(t *testing.T) {
	during(t, Options{Tick: 2 * time.Millisecond, Idle: time.Millisecond, Coalesce: time.Millisecond}, func(hub *Hub) {
		views := []*told{newTold("emea"), newTold("apac")}
		var people sync.WaitGroup
		for n := range 6 {
			people.Go(func() {
				r := rand.New(rand.NewPCG(7, uint64(n)))
				for range 40 {
					time.Sleep(time.Duration(r.IntN(5)) * time.Millisecond)
					v := views[r.IntN(len(views))]
					s := sit(hub, v)
					select {
					case <-s.got: // when to come back
					case err := <-s.served:
						t.Errorf("who comes gets no stream: %v", err)
						return
					case <-time.After(10 * time.Millisecond):
						t.Error("who comes waits for ever")
					}
					if r.IntN(2) == 0 {
						time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
					}
					if err := s.rises(); err != nil {
						t.Errorf("Serve: %v", err)
					}
				}
			})
		}
		people.Wait()
		for _, v := range views {
			if v.twice.Load() {
				t.Errorf("two looks of %s at once", v.topic)
			}
		}
	})
}
