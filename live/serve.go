package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// Serve streams v to one browser, beginning with a snapshot, until it leaves,
// lags, has had its lifetime, or the hub ends the stream.
// Over HTTP/1 it takes the connection over and returns when the stream has begun,
// so that the server need not keep anything for it; else when it has ended.
//
// An error means that nothing was written, so that the caller can answer:
// [ErrClosed], [ErrTooMany], [ErrKicked], what v.Look returned, or the request's
// end.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, v View, who Visitor) error {
	if err := v.check(); err != nil {
		return err
	}
	lifetime := h.o.Lifetime - time.Duration(rand.Float64()*float64(h.o.Lifetime)/5)
	ctx, cancelLifetime := context.WithTimeoutCause(context.Background(), lifetime, errLived)
	ctx, cancel := context.WithCancelCause(ctx)
	end := func() { cancel(nil); cancelLifetime() }
	asked := r.Context()
	detach := context.AfterFunc(asked, func() { cancel(context.Cause(asked)) })
	defer detach()

	watcher := &watcher{who: who, cancel: cancel, to: w.Header(), began: make(chan struct{})}
	takes := takesOver(w, r)
	if takes {
		watcher.out = newSocket(w, h.o, &h.count.bytes, cancel)
	} else {
		box, err := newMailbox(w, h.o, &h.count.bytes)
		if err != nil {
			end()
			return err
		}
		watcher.out = box
	}
	told, err := h.join(v, watcher)
	if err != nil {
		end()
		return err
	}
	leave := func() { h.leave(watcher); end() }
	if told != nil {
		select {
		case err = <-told:
			if err != nil {
				err = fmt.Errorf("live: %s: %w", v.Topic, err)
			}
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			leave()
			return err
		}
	}

	ended := make(chan struct{})
	stream := func() {
		defer close(ended)
		defer leave()
		watcher.stream(ctx, h, v.Topic)
	}
	if takes {
		go stream()
		select {
		case <-watcher.began: // the rest is the stream's own
		case <-ended:
		}
	} else {
		stream()
	}
	select {
	case <-watcher.began:
		return nil
	default:
		return context.Cause(ctx)
	}
}

// stream is a stream from its snapshot to its end.
func (w *watcher) stream(ctx context.Context, h *Hub, topic string) {
	drained := make(chan error, 1)
	go func() {
		err := w.out.run(ctx)
		w.cancel(errLeft)
		drained <- err
	}()
	// r3labs returns when ctx has ended.
	h.sse.ServeHTTP(w, streamRequest(ctx, topic))
	cause, written := context.Cause(ctx), <-drained
	if lagged(cause, written) {
		h.count.lagged.Add(1)
	}
	var last []byte
	if w.begun && errors.Is(cause, ErrClosed) {
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

// streamRequest asks r3labs for a topic. Nothing of the browser's own request
// goes in: r3labs answers 400 to a Last-Event-ID that it doesn't like.
func streamRequest(ctx context.Context, topic string) *http.Request {
	r := &http.Request{
		Method: http.MethodGet,
		URL:    &url.URL{Path: "/", RawQuery: url.Values{"stream": {topic}}.Encode()},
		Header: http.Header{},
	}
	return r.WithContext(ctx)
}

// watcher is what r3labs takes for the browser: a response writer that never
// makes it wait. It is used by one goroutine but for cancel.
type watcher struct {
	who    Visitor
	screen *screen
	cancel context.CancelCauseFunc
	out    outlet
	to     http.Header // of the real response

	header http.Header   // r3labs', ignored
	began  chan struct{} // closed when the snapshot is on its way
	begun  bool
	seq    uint64 // of the last frame that the browser has
	base   *state // what it shows; nil: some state of what everybody sees
}

func (w *watcher) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader sends the snapshot. r3labs has registered the watcher just before,
// so every frame that is not in the snapshot will come.
func (w *watcher) WriteHeader(status int) {
	if status != http.StatusOK {
		w.cancel(fmt.Errorf("live: r3labs/sse answered %d", status))
		return
	}
	event, of, err := w.screen.snapshotEvent(w.who.Self)
	if err != nil {
		w.cancel(err)
		return
	}
	w.seq, w.base = of.seq, of
	w.to.Set("Content-Type", "text/event-stream")
	w.to.Set("Cache-Control", "no-store")
	w.to.Set("X-Accel-Buffering", "no")
	// Browsers that lose their stream together, and are not told, come back spread.
	if err := w.out.begin(retry(0), event, heartbeat); err != nil {
		w.cancel(err)
		return
	}
	w.begun, w.to = true, nil
	close(w.began)
	w.screen.hub.count.snapshots.Add(1)
}

// Write takes a frame, which r3labs prints in one piece and follows with an empty
// line of its own ([screen.publish]): ": 7\ndata: …\n\n". The number stays here; a
// frame that the browser has, from its snapshot say, is dropped. Nothing is kept of p.
func (w *watcher) Write(p []byte) (int, error) {
	head, event, whole := bytes.Cut(p, []byte{'\n'})
	if !whole || len(event) == 0 || !w.begun {
		return len(p), nil
	}
	seq, err := strconv.ParseUint(string(bytes.TrimPrefix(head, []byte(": "))), 10, 64)
	if err != nil {
		w.screen.hub.o.Log.Error("r3labs/sse wrote no number", slog.Any("error", err))
		w.cancel(err)
		return 0, err
	}
	if seq <= w.seq {
		return len(p), nil
	}
	if len(event) == 1 { // the frame was empty
		event = nil
	}
	if event, err = w.advance(event, seq); err != nil {
		w.cancel(err)
		return 0, err
	}
	if len(event) > 0 && !w.out.put(event) {
		w.cancel(errLagged)
	}
	return len(p), nil
}

// Flush has nothing to do: frames are written whole.
func (w *watcher) Flush() {}
