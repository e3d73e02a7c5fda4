package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// farewell is how long a stream that is ended may take to end properly, so
	// that the browser doesn't report a broken one.
	farewell = 500 * time.Millisecond
	// writePiece is what must get through within one write timeout: a snapshot
	// on a slow line takes several.
	writePiece = 32 << 10
	// grace is how long after its time a write that waits is waited for.
	grace = 250 * time.Millisecond
)

var heartbeat = []byte(":\n\n")

// outlet carries the bytes of one stream to its browser. Only run waits for the
// browser.
type outlet interface {
	// begin queues the first bytes, which are shared and must not be changed.
	// They don't count against the outlet's bound. It is called once, before put.
	// After an error nothing was sent, and the request can still be answered.
	begin(first ...[]byte) error
	// put queues p, which is shared and must not be changed. It reports false if too
	// much waits already, and from then on: nothing is sent behind a hole.
	put(p []byte) bool
	// run writes what is queued, and heartbeats, until ctx ends (nil) or a write
	// fails. It writes nothing before begin.
	run(ctx context.Context) error
	// end says the last thing (nil: nothing), if it can be said behind a whole
	// frame, and lets go of the browser; after run and the last put.
	end(last []byte, cause error)
}

// mailbox is an outlet for any transport: a bounded queue, and run to drain it.
type mailbox struct {
	to           http.ResponseWriter
	control      *http.ResponseController
	max          int // bytes
	writeTimeout time.Duration
	heartbeat    time.Duration
	written      *atomic.Uint64 // bytes
	abandon      func()         // ends the stream for the hub

	late  *time.Timer // gives it up; see [mailbox.giveUp]
	wake  chan struct{}
	whole bool // nothing is written by halves; of run, and of end after it

	mu    sync.Mutex
	queue backlog
	over  bool // something was refused: what comes behind it is, too
}

// newMailbox fails if a write to w could not be bounded in time.
func newMailbox(w http.ResponseWriter, o Options, written *atomic.Uint64, abandon func()) (*mailbox, error) {
	m := &mailbox{
		to: w, control: http.NewResponseController(w),
		max: o.MaxQueue, writeTimeout: o.WriteTimeout, heartbeat: o.Heartbeat,
		written: written, abandon: abandon, wake: make(chan struct{}, 1),
	}
	m.late = time.AfterFunc(time.Hour, m.giveUp)
	m.late.Stop()
	// None yet: the first look may take a while, and who fails then is answered.
	if err := m.control.SetWriteDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("live: a stream needs write deadlines: %w", err)
	}
	// A server's read timeout would end the stream. Where it can't be lifted
	// there is none, and the stream's lifetime bounds it anyway.
	_ = m.control.SetReadDeadline(time.Time{})
	return m, nil
}

func (m *mailbox) begin(first ...[]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queue.first(first)
	poke(m.wake)
	return nil
}

// end leaves the connection to the server, whose it is. What the server itself writes
// behind a stream has its time, too.
func (m *mailbox) end(last []byte, cause error) {
	defer m.late.Stop()
	if !m.whole || errors.Is(cause, errLagged) || m.until(time.Now().Add(farewell)) != nil || len(last) == 0 {
		return
	}
	n, err := m.to.Write(last)
	m.written.Add(uint64(n))
	if err == nil {
		_ = m.control.Flush() // whoever is gone needs no farewell
	}
}

func (m *mailbox) put(p []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over = m.over || !m.queue.takes(len(p), m.max); m.over {
		return false
	}
	m.queue.add(p)
	poke(m.wake)
	return true
}

// beat sends a heartbeat where nothing waits that says as much.
func (m *mailbox) beat() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queue.size == 0 {
		m.queue.add(heartbeat)
	}
}

func (m *mailbox) run(ctx context.Context) error {
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(cut)
		m.cut(context.Cause(ctx))
	})
	defer func() {
		if !stop() {
			<-cut // the connection is the server's again when run has returned
		}
	}()
	beat := time.NewTicker(m.heartbeat)
	defer beat.Stop()
	begun := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.wake:
			begun = true
		case <-beat.C:
			if begun {
				m.beat()
			}
		}
		m.whole = false
		if err := m.write(ctx); err != nil {
			return err
		}
		m.whole = true
	}
}

// next is what is to be written next.
func (m *mailbox) next() net.Buffers {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.queue.take(writePiece)
}

// write returns when everything is on its way, ctx ended, or the browser did not
// take a piece in time.
func (m *mailbox) write(ctx context.Context) error {
	piece := m.next()
	if len(piece) == 0 {
		return nil
	}
	for ; len(piece) > 0; piece = m.next() {
		if err := m.deadline(ctx, time.Now().Add(m.writeTimeout)); err != nil {
			return err
		}
		n, err := piece.WriteTo(m.to)
		m.written.Add(uint64(n)) //nolint:gosec // not negative
		if err != nil {
			return fmt.Errorf("live: write: %w", err)
		}
	}
	if err := m.control.Flush(); err != nil {
		return fmt.Errorf("live: flush: %w", err)
	}
	// Over HTTP/2 a deadline ends the stream, whether something is being written or not.
	_ = m.deadline(ctx, time.Time{}) // who is gone is found out by the next write
	return nil
}

// deadline bounds the next write; the zero time: there is none. If ctx ends after it is set,
// cut comes later and shortens it; if before, there is no next write.
func (m *mailbox) deadline(ctx context.Context, at time.Time) error {
	if err := m.until(at); err != nil {
		return fmt.Errorf("live: write deadline: %w", err)
	}
	if ctx.Err() != nil {
		m.cut(context.Cause(ctx))
	}
	return ctx.Err()
}

// cut ends a write that waits: at once if the browser lags, for then the
// connection is to be closed; else soon, so that the response can end properly.
func (m *mailbox) cut(cause error) {
	until := time.Now()
	if !errors.Is(cause, errLagged) {
		until = until.Add(farewell)
	}
	// It fails only on a connection that is gone.
	_ = m.until(until)
}

// until sets the time when a write is to end, and the one when nobody waits for it any more.
func (m *mailbox) until(at time.Time) error {
	if at.IsZero() {
		m.late.Stop()
	} else {
		m.late.Reset(time.Until(at) + grace)
	}
	return m.control.SetWriteDeadline(at)
}

// giveUp has the hub let go of a stream whose write is over its time and has not ended. Over
// HTTP/2 none does while its connection takes in nothing at all, since the connection is to
// say that the stream is over: the server ends it when it finds that out, and the write with it.
func (m *mailbox) giveUp() {
	m.mu.Lock()
	m.queue, m.over = backlog{}, true
	m.mu.Unlock()
	m.abandon()
}
