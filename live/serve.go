package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
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
	leave := sync.OnceFunc(func() { h.leave(watcher); end() })
	takes := takesOver(w, r)
	if takes {
		watcher.out = newSocket(w, h.o, &h.count.bytes, cancel)
	} else {
		box, err := newMailbox(w, h.o, &h.count.bytes, func() { watcher.lag(); leave() })
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
		watcher.stream(ctx, h)
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
