package live

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
)

// watcher is one browser before a screen.
type watcher struct {
	who    Visitor
	screen *screen
	place  int // among those who watch the screen; under its lock
	cancel context.CancelCauseFunc
	out    outlet
	to     http.Header   // of the response, until it has begun
	began  chan struct{} // closed when the snapshot is on its way

	mu    sync.Mutex
	begun bool    // and not ended
	early []event // frames that came before it had begun
	seq   uint64  // of the last frame that the browser has
	base  *state  // what it shows; nil: some state of what everybody sees
	own   *Own    // what it has of its own; nil: not told yet
}

// event is a frame as it stands on the wire, shared by all who get it.
type event struct {
	text []byte // nil: nothing for those who see what everybody does
	seq  uint64
}

// stream is a stream from its snapshot to its end.
func (w *watcher) stream(ctx context.Context, h *Hub) {
	// A beginning waits for nobody, but a snapshot is long: of thousands who come at
	// once no more begin than there are processors, so that others have their turns.
	h.opens <- struct{}{}
	if ctx.Err() == nil { // it may have ended while it waited
		if err := w.begin(); err != nil {
			w.cancel(err)
		}
	}
	<-h.opens
	written := w.out.run(ctx)
	w.cancel(errLeft)
	cause := context.Cause(ctx)
	if lagged(cause, written) {
		h.count.lagged.Add(1)
	}
	w.mu.Lock()
	begun := w.begun
	w.begun, w.early = false, nil // the fan may still have it in hand
	w.mu.Unlock()
	var last []byte
	if begun && errors.Is(cause, ErrClosed) {
		last = h.farewell()
	}
	w.out.end(last, cause)
}

// lagged reports whether a stream ended because its browser did not keep up. A
// write that timed out makes net/http cancel the request before we can.
func lagged(cause, written error) bool {
	return errors.Is(cause, errLagged) ||
		errors.Is(written, os.ErrDeadlineExceeded) && (errors.Is(cause, context.Canceled) || errors.Is(cause, errLeft))
}

// begin sends the snapshot. The watcher is the screen's already, so no frame
// behind the snapshot is missing: those that come meanwhile wait for it.
func (w *watcher) begin() error {
	first, of, err := w.screen.snapshotEvent(w.who.Self)
	if err != nil {
		return err
	}
	w.to.Set("Content-Type", "text/event-stream")
	w.to.Set("Cache-Control", "no-store")
	w.to.Set("X-Accel-Buffering", "no")
	w.mu.Lock()
	defer w.mu.Unlock()
	// Browsers that lose their stream together, and are not told, come back spread.
	if err := w.out.begin(retry(int(w.screen.hub.present.Load())), first, heartbeat); err != nil {
		return err
	}
	w.begun, w.to, w.seq, w.base = true, nil, of.seq, of
	close(w.began)
	if w.who.Self != "" {
		w.screen.hub.own.ask(w.who.Self)
	}
	w.screen.hub.count.snapshots.Add(1)
	for _, e := range w.early {
		w.show(e)
	}
	w.early = nil
	return nil
}

// take hands the watcher a frame.
func (w *watcher) take(e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun {
		w.show(e)
	} else {
		w.early = append(w.early, e)
	}
}

// show sends a frame. One that the browser has, from its snapshot say, is dropped.
func (w *watcher) show(e event) {
	if e.seq <= w.seq {
		return
	}
	text, err := w.advance(e)
	switch {
	case err != nil:
		w.cancel(err)
	case len(text) > 0 && !w.out.put(text):
		w.cancel(errLagged)
	}
}

// advance returns what brings a watcher from what it shows to what it should. It
// is the event that goes to everybody unless the watcher sees rows of its own:
// then it is the difference for this one watcher, up to the newest state, and the
// events until there are dropped. A watcher that has lost touch with the states,
// because it was not quick enough to follow them, gets a snapshot.
func (w *watcher) advance(e event) ([]byte, error) {
	now, base, self := w.screen.now.Load(), w.base, w.who.Self
	if !now.own[self] && (base == nil || !base.own[self]) {
		w.seq, w.base = e.seq, nil
		if now.seq == e.seq {
			w.base = now
		}
		return e.text, nil
	}
	w.seq, w.base = now.seq, now
	return contained(func() ([]byte, error) {
		frames := w.screen.view.Frames
		if base == nil {
			return asEvent(snapshot(frames, now, now.seenBy(self))), nil
		}
		c, parts := diff(base.seenBy(self), now.seenBy(self)), changedParts(base.parts, now.parts)
		if e.text == nil && c.empty() && len(parts) == 0 {
			return nil, nil
		}
		return asEvent(frame(frames, c, parts, now.asOf)), nil
	})
}
