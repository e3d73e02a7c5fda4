package live

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// fan is what r3labs/sse takes for a screen's one browser: it hands each frame
// on to everybody who watches, and waits for none of them.
type fan struct {
	screen *screen
	header http.Header   // r3labs', ignored
	ready  chan struct{} // closed when r3labs has registered it
	done   chan struct{} // closed when r3labs has let go of it
	end    context.CancelFunc

	handed atomic.Uint64 // number of the last frame that everybody was handed
	moved  chan struct{} // a frame was

	to []*watcher // of the frame under way

	mu    sync.Mutex
	steps map[uint64]step // by number, of frames that are on their way here
}

// newFan subscribes to a screen's stream, until it is closed.
func newFan(s *screen) *fan {
	ctx, end := context.WithCancel(context.Background())
	f := &fan{screen: s, header: http.Header{}, ready: make(chan struct{}), done: make(chan struct{}), end: end, moved: make(chan struct{}, 1), steps: map[uint64]step{}}
	go func() {
		defer close(f.done)
		s.hub.sse.ServeHTTP(f, streamRequest(ctx, s.view.Topic))
	}()
	return f
}

// expect tells what a frame does that is about to come.
func (f *fan) expect(seq uint64, by step) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps[seq] = by
}

// take is what was told of a frame; it is forgotten.
func (f *fan) take(seq uint64) step {
	f.mu.Lock()
	defer f.mu.Unlock()
	by := f.steps[seq]
	delete(f.steps, seq)
	return by
}

// close has r3labs let go of it, and returns when it has. It may be called again.
func (f *fan) close() {
	f.end()
	<-f.done
}

func (f *fan) Header() http.Header { return f.header }

// WriteHeader is called when r3labs has registered the fan: what is published from
// here on comes.
func (f *fan) WriteHeader(int) { close(f.ready) }

// Flush has nothing to do: frames are written whole.
func (f *fan) Flush() {}

// Write takes a frame, which r3labs prints in one piece and follows with an empty
// line of its own ([screen.publish]): ": 7\ndata: …\n\n". Only the number stays here.
func (f *fan) Write(p []byte) (int, error) {
	head, text, whole := bytes.Cut(p, []byte{'\n'})
	if !whole || len(text) == 0 {
		return len(p), nil
	}
	seq, err := strconv.ParseUint(string(bytes.TrimPrefix(head, []byte(": "))), 10, 64)
	if err != nil {
		f.screen.hub.o.Log.Error("r3labs/sse wrote no number", slog.Any("error", err))
		return 0, err
	}
	e := event{seq: seq, step: f.take(seq)}
	if len(text) > 1 { // else the frame was empty
		e.text = bytes.Clone(text) // r3labs uses p again, whoever lags keeps the event
	}
	f.to = f.screen.append(f.to[:0])
	deliver(f.to, e)
	clear(f.to)
	f.handed.Store(seq)
	poke(f.moved)
	return len(p), nil
}

// handful is how many watchers are worth a goroutine.
const handful = 256

// deliver hands a frame to all, with as many processors as that is worth.
func deliver(all []*watcher, e event) {
	share := max(handful, (len(all)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var others sync.WaitGroup
	for len(all) > share {
		some := all[:share]
		all = all[share:]
		others.Go(func() {
			for _, w := range some {
				w.take(e)
			}
		})
	}
	for _, w := range all {
		w.take(e)
	}
	others.Wait()
}
