package live

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
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
	base  *state  // what it shows
	own   *Own    // what it has of its own; nil: not told yet

	lags sync.Once
}

// event is a frame as it stands on the wire, shared by all who get it.
type event struct {
	text []byte // nil: nothing for those who see what everybody does
	seq  uint64
	step
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
		w.lag()
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

// lag ends a stream whose browser did not keep up, and counts it once.
func (w *watcher) lag() {
	w.cancel(errLagged)
	w.lags.Do(func() { w.screen.hub.count.lagged.Add(1) })
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

// advance returns what brings a watcher from what it shows to what the event leads
// to. It is the event itself unless the watcher sees rows of its own: then these are
// put into it. Only where rows become or cease to be its own is the difference found
// for this one watcher, so that such a row changes in its place.
func (w *watcher) advance(e event) ([]byte, error) {
	was, now, self := w.base, e.to, w.who.Self
	w.seq, w.base = e.seq, now
	if !was.owns(self) && !now.owns(self) {
		return e.text, nil
	}
	return contained(func() ([]byte, error) {
		frames := w.screen.view.Frames
		switch {
		case e.whole:
			return w.screen.wholeOf(now).eventFor(frames, self), nil
		case slices.EqualFunc(was.own[self], now.own[self], func(a, b mine) bool { return a.id == b.id }):
			return e.with(e.ownPieces(frames, was, self), frames), nil
		}
		c, parts := diff(was.seenBy(self), now.seenBy(self)), changedParts(was.parts, now.parts)
		if e.text == nil && c.empty() && len(parts) == 0 {
			return nil, nil
		}
		text, _, _ := frame(frames, c, parts, now.asOf)
		return asEvent(text), nil
	})
}
