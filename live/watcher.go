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

	mu     sync.Mutex
	begun  bool   // and not ended
	missed bool   // a frame came before it had begun
	seq    uint64 // of the last frame that the browser has
	base   *state // what it shows; nil: some state of what everybody sees
}

// stream is a stream from its snapshot to its end.
func (w *watcher) stream(ctx context.Context, h *Hub) {
	// A beginning waits for nobody, but a snapshot is long: of thousands who come at
	// once no more begin than there are processors, so that others have their turns.
	h.opens <- struct{}{}
	err := w.begin()
	<-h.opens
	if err != nil {
		w.cancel(err)
	}
	written := w.out.run(ctx)
	w.cancel(errLeft)
	cause := context.Cause(ctx)
	if lagged(cause, written) {
		h.count.lagged.Add(1)
	}
	w.mu.Lock()
	begun := w.begun
	w.begun = false // the fan may still have it in hand
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
// behind the snapshot is missing: one that comes meanwhile is made up for.
func (w *watcher) begin() error {
	event, of, err := w.screen.snapshotEvent(w.who.Self)
	if err != nil {
		return err
	}
	w.to.Set("Content-Type", "text/event-stream")
	w.to.Set("Cache-Control", "no-store")
	w.to.Set("X-Accel-Buffering", "no")
	w.mu.Lock()
	defer w.mu.Unlock()
	// Browsers that lose their stream together, and are not told, come back spread.
	if err := w.out.begin(retry(int(w.screen.hub.present.Load())), event, heartbeat); err != nil {
		return err
	}
	w.begun, w.to, w.seq, w.base = true, nil, of.seq, of
	close(w.began)
	w.screen.hub.count.snapshots.Add(1)
	if w.missed {
		event, err := w.follow(true)
		if err != nil {
			return err
		}
		w.put(event)
	}
	return nil
}

// take hands the watcher a frame, which is shared. One that the browser has, from
// its snapshot say, is dropped.
func (w *watcher) take(event []byte, seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun {
		w.missed = true
		return
	}
	if seq <= w.seq {
		return
	}
	event, err := w.advance(event, seq)
	if err != nil {
		w.cancel(err)
		return
	}
	w.put(event)
}

func (w *watcher) put(event []byte) {
	if len(event) > 0 && !w.out.put(event) {
		w.cancel(errLagged)
	}
}

// advance returns what brings a watcher from what it shows to what it should. It
// is the event that goes to everybody unless the watcher sees rows of its own:
// then it is the difference for this one watcher, up to the newest state, and the
// events until there are dropped.
func (w *watcher) advance(event []byte, seq uint64) ([]byte, error) {
	now, base, self := w.screen.now.Load(), w.base, w.who.Self
	if now.own[self] || base != nil && base.own[self] {
		return w.follow(len(event) == 0)
	}
	w.seq, w.base = seq, nil
	if now.seq == seq {
		w.base = now
	}
	return event, nil
}

// follow returns the difference from what the watcher shows to the newest state.
// A watcher that has lost touch with the states, because it was not quick enough
// to follow them, gets a snapshot. Quiet: nothing is said where nothing changed.
func (w *watcher) follow(quiet bool) ([]byte, error) {
	now, base, self, frames := w.screen.now.Load(), w.base, w.who.Self, w.screen.view.Frames
	w.seq, w.base = now.seq, now
	return contained(func() ([]byte, error) {
		if base == nil {
			return asEvent(snapshot(frames, now, now.seenBy(self))), nil
		}
		c, parts := diff(base.seenBy(self), now.seenBy(self)), changedParts(base.parts, now.parts)
		if quiet && c.empty() && len(parts) == 0 {
			return nil, nil
		}
		return asEvent(frame(frames, c, parts, now.asOf)), nil
	})
}
