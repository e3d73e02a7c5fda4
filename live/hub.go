package live

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/r3labs/sse/v2"
)

var (
	// ErrClosed: the hub has been shut down; another instance, or this one soon,
	// will answer.
	ErrClosed = errors.New("live: shutting down")
	// ErrTooMany: as many streams are open as a limit of the visitor's allows.
	ErrTooMany = errors.New("live: too many open screens")
	// ErrKicked: the stream was ended by [Hub.Kick] before it began.
	ErrKicked = errors.New("live: the stream was ended")
	// ErrGone is in what [View].Look returns when its audience may not see anything of
	// the view any more: all its streams end, and their browsers are told when they ask.
	ErrGone = errors.New("live: nothing of it may be seen any more")

	errLagged = errors.New("live: the browser did not keep up")
	errLived  = errors.New("live: the stream's lifetime is over")
	errLeft   = errors.New("live: the browser left")

	errLeftAlone = errors.New("live: nobody waits for this look any more")
)

// Options of a hub; the zero value of each field means its default.
type Options struct {
	Coalesce     time.Duration // the least time between two looks of a view: notices that come meanwhile are one look (50 ms)
	Tick         time.Duration // a watched view looks at least this often (2 s)
	OwnTick      time.Duration // what visitors see of their own is looked at anew at least this often (10 s); see [Hub.Owns]
	Age          time.Duration // a quiet screen tells its age at least about this often (5 s)
	Idle         time.Duration // a view that nobody watches is forgotten after it (1 min)
	LookTimeout  time.Duration // a look may take this long (5 s)
	Looks        int           // looks of different views at the same time (16)
	SlowLooks    int           // looks of [View].Slow ones at the same time, and what is done beside looks: so much of each (2)
	Views        int           // with more of them, those that nobody watches are forgotten within a tick (1,000)
	Heartbeat    time.Duration // between comments that keep a stream open (15 s)
	MaxQueue     int           // bytes that may wait for one browser, its snapshot aside (256 kB)
	WriteTimeout time.Duration // one write to a browser may take this long (10 s)
	Lifetime     time.Duration // a stream ends after 80–100 % of it, so that browsers spread over instances again (1 h)
	Guard        time.Duration // who watches is checked so often (1 s); see [Hub.Guard]
	Log          *slog.Logger  // nil: silent

	// Now is the clock by which views look and tell how old they are; nil: time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	setDefault(&o.Coalesce, 50*time.Millisecond)
	setDefault(&o.Tick, 2*time.Second)
	setDefault(&o.OwnTick, 10*time.Second)
	setDefault(&o.Age, 5*time.Second)
	setDefault(&o.Idle, time.Minute)
	setDefault(&o.LookTimeout, 5*time.Second)
	setDefault(&o.Looks, 16)
	setDefault(&o.SlowLooks, 2)
	setDefault(&o.Views, 1000)
	setDefault(&o.Heartbeat, 15*time.Second)
	setDefault(&o.MaxQueue, 256<<10)
	setDefault(&o.WriteTimeout, 10*time.Second)
	setDefault(&o.Lifetime, time.Hour)
	setDefault(&o.Guard, time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault[T int | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// streamQueue is how many frames of one view r3labs holds before it has fanned
// them out: three seconds of a busy board.
const streamQueue = 64

// Hub keeps the views that browsers watch.
type Hub struct {
	o     Options
	sse   *sse.Server
	cache drawings
	count counters
	looks chan struct{} // a token for each look under way
	slow  chan struct{} // the same for slow ones
	aside chan struct{} // a token for what is done beside looks
	opens chan struct{} // a token for each stream that begins now
	own   owned

	ctx     context.Context // ends with Shutdown
	end     context.CancelFunc
	serving sync.WaitGroup // Serve calls
	present atomic.Int64   // how many they are
	loops   sync.WaitGroup // screens' loops

	mu      sync.RWMutex
	closed  bool
	screens map[string]*screen // by topic
	open    tallies
	guard   func(context.Context, []string) ([]string, error)
	leaving int // streams that were open at the shutdown
}

// NewHub makes a hub. It costs nothing until somebody watches; [Hub.Run] ends it.
func NewHub(o Options) *Hub {
	o = o.withDefaults()
	server := sse.New()
	// The default replays everything that was ever sent, from memory.
	server.AutoReplay = false
	server.BufferSize = streamQueue
	h := &Hub{
		o: o, sse: server,
		cache:   drawings{byKey: map[drawingKey]*drawing{}},
		looks:   make(chan struct{}, o.Looks),
		slow:    make(chan struct{}, o.SlowLooks),
		aside:   make(chan struct{}, o.SlowLooks),
		opens:   make(chan struct{}, runtime.GOMAXPROCS(0)),
		screens: map[string]*screen{}, open: tallies{},
		own: owned{dirty: make(chan struct{}, 1), asked: map[string]bool{}, leads: map[string]map[string]bool{}},
	}
	h.ctx, h.end = context.WithCancel(context.Background())
	return h
}

// Run guards the streams until ctx ends, shuts the hub down and returns nil when
// every stream and every goroutine of it has ended.
func (h *Hub) Run(ctx context.Context) error {
	h.loops.Go(func() { h.owning(ctx) })
	h.guarding(ctx)
	h.Shutdown()
	h.serving.Wait()
	h.loops.Wait()
	// Only now: r3labs leaks a goroutine for each connection that is still there
	// when its stream is removed.
	h.sse.Close()
	return nil
}

// Beside does what may take longer than a look while looks go on: f, until it returns. It
// is false where as much is under way as may be ([Options].SlowLooks): then ask again at a
// later look. Only a look may call it. f ends soon when its context does, at the shutdown.
func (h *Hub) Beside(f func(ctx context.Context)) bool {
	select {
	case h.aside <- struct{}{}:
	default:
		return false
	}
	h.loops.Go(func() {
		defer func() { <-h.aside }()
		if _, err := contained(func() (struct{}, error) { f(h.ctx); return struct{}{}, nil }); err != nil {
			h.o.Log.Error("what was done beside a look failed", slog.Any("error", err))
		}
	})
	return true
}

// Notice tells every watched view that it concerns to look again soon. It never
// waits for a look or a browser.
func (h *Hub) Notice(n Notice) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, s := range h.screens {
		if s.concerns(n) {
			poke(s.dirty)
		}
	}
	h.own.notice(n)
}

// Kick ends the streams that match by topic and the visitor's name: a person
// signed out, or was disabled. Their browsers come back and are checked anew.
// match must not call the hub.
func (h *Hub) Kick(match func(topic, name string) bool) {
	h.endStreams(ErrKicked, match)
}

// Shutdown ends all streams at once (each within a second or so, however stuck its
// browser), tells their browsers when to come back, the more of them the further
// apart, and refuses new ones with [ErrClosed]. It may be called repeatedly.
func (h *Hub) Shutdown() {
	h.mu.Lock()
	if !h.closed {
		h.leaving = int(h.present.Load())
	}
	h.closed = true
	h.mu.Unlock()
	h.end()
	h.endStreams(ErrClosed, func(string, string) bool { return true })
}

func (h *Hub) endStreams(cause error, match func(topic, name string) bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for topic, s := range h.screens {
		s.mu.Lock()
		for _, w := range s.watchers {
			if match(topic, w.who.Name) {
				w.cancel(cause)
			}
		}
		s.mu.Unlock()
	}
}

// join registers w as a watcher of v's topic, whose loop it starts if need be.
// A channel is returned if what the topic shows may not be true: it tells how
// the next look went. leave must follow.
func (h *Hub) join(v View, w *watcher) (<-chan error, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if err := h.open.take(w.who.Limits); err != nil {
		h.count.refused.Add(1)
		return nil, err
	}
	h.serving.Add(1)
	h.present.Add(1)
	s := h.screens[v.Topic]
	if s == nil {
		h.sse.CreateStream(v.Topic)
		s = newScreen(h, v)
		s.fan = newFan(s)
		h.screens[v.Topic] = s
		h.loops.Go(func() { s.run(h.ctx) })
	}
	w.screen = s
	return s.add(w), nil
}

func (h *Hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.screen.remove(w)
	h.open.give(w.who.Limits)
	h.present.Add(-1)
	h.serving.Done()
}

// crowded tells whether there are so many views that unwatched ones must go. Whoever
// opens one after the other would fill the memory with them.
func (h *Hub) crowded() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.screens) > h.o.Views
}

// forget drops s if nobody watches it. Removing r3labs' stream is safe here, and
// only here: its ServeHTTP has returned, and nobody can join while h.mu is held.
// Without it every profile that was ever opened would keep a goroutine.
func (h *Hub) forget(s *screen) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.watching() > 0 {
		return false
	}
	delete(h.screens, s.view.Topic)
	s.fan.close()
	h.sse.RemoveStream(s.view.Topic)
	return true
}

// poke leaves a token in a channel of one place.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// drain takes the token back.
func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}
