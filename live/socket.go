package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// socket is an outlet that owns its connection, taken over from the server:
// whoever puts a frame writes it there and then, without waiting. Only what the
// connection does not take is queued, and a goroutine writes it that lives while
// the browser lags. So a watcher that keeps up costs one system call a frame, no
// queue, and nothing of the server's.
type socket struct {
	to           http.ResponseWriter // until begin
	max          int                 // bytes
	writeTimeout time.Duration
	heartbeat    time.Duration
	written      *atomic.Uint64 // bytes
	fail         func(error)    // ends the stream

	taken chan struct{} // closed by begin

	mu    sync.Mutex
	conn  net.Conn
	now   *nonblocking // nil: every write may wait, so the goroutine makes it
	queue backlog
	lags  chan struct{} // closed when nothing is queued any more; nil: nothing is
	over  bool          // something was refused: what comes behind it is, too
	until time.Time     // the stream has ended: so long may writes still take
}

func newSocket(w http.ResponseWriter, o Options, written *atomic.Uint64, fail func(error)) *socket {
	return &socket{
		to: w, max: o.MaxQueue, writeTimeout: o.WriteTimeout, heartbeat: o.Heartbeat,
		written: written, fail: fail, taken: make(chan struct{}),
	}
}

// takesOver reports whether the server lets go of the request's connection:
// HTTP/1 does, HTTP/2 has one for many.
func takesOver(w http.ResponseWriter, r *http.Request) bool {
	if r.ProtoMajor != 1 {
		return false
	}
	for {
		switch t := w.(type) {
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}

// begin takes the connection and answers on it. The body ends with the
// connection, as HTTP/1 has it for one of unknown length.
func (s *socket) begin(first ...[]byte) error {
	h := s.to.Header()
	h.Set("Connection", "close")
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	conn, _, err := http.NewResponseController(s.to).Hijack()
	if err != nil {
		return fmt.Errorf("live: take the connection: %w", err)
	}
	var head headWriter
	head.text("HTTP/1.1 200 OK\r\n")
	_ = h.Write(&head) // it takes everything
	head.text("\r\n")

	s.mu.Lock()
	defer s.mu.Unlock()
	_ = conn.SetDeadline(time.Time{}) // what the server had set; it fails only on a connection that is gone
	s.to, s.conn, s.now = nil, conn, newNonblocking(conn)
	close(s.taken) // from here on run sets the deadlines for reading
	for pieces := append([][]byte{head}, first...); len(pieces) > 0; pieces = pieces[1:] {
		n, err := s.try(pieces[0])
		if err != nil {
			s.fail(errLeft)
			return nil
		}
		if n < len(pieces[0]) {
			pieces[0] = pieces[0][n:]
			s.queue.first(pieces)
			s.lag()
			return nil
		}
	}
	return nil
}

// headWriter collects a response's head.
type headWriter []byte

func (w *headWriter) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }
func (w *headWriter) text(s string)               { *w = append(*w, s...) }

func (s *socket) put(p []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	if s.lags == nil {
		n, err := s.try(p)
		if err != nil {
			s.fail(errLeft)
			return true // it has ended; nobody lags
		}
		if p = p[n:]; len(p) == 0 {
			return true
		}
	}
	if s.over = !s.queue.takes(len(p), s.max); s.over {
		return false
	}
	s.queue.add(p)
	s.lag()
	return true
}

// beat sends a heartbeat where nothing waits that says as much.
func (s *socket) beat() {
	s.mu.Lock()
	waits := s.lags != nil
	s.mu.Unlock()
	if !waits {
		s.put(heartbeat)
	}
}

// try writes what the connection takes at once.
func (s *socket) try(p []byte) (int, error) {
	if s.now == nil {
		return 0, nil
	}
	n, err := s.now.write(p)
	s.written.Add(uint64(n))
	return n, err
}

// lag begins to write what is queued, if nobody does.
func (s *socket) lag() {
	if s.lags == nil {
		s.lags = make(chan struct{})
		go s.drain()
	}
}

// drain writes what is queued until nothing is, or the browser does not take a
// piece in time.
func (s *socket) drain() {
	for {
		s.mu.Lock()
		piece := s.queue.take(writePiece)
		if len(piece) == 0 {
			close(s.lags)
			s.lags = nil
			_ = s.conn.SetWriteDeadline(time.Time{})
			s.mu.Unlock()
			return
		}
		s.bound()
		s.mu.Unlock()
		n, err := piece.WriteTo(s.conn)
		s.written.Add(uint64(n)) //nolint:gosec // not negative
		if err != nil {
			s.give(err)
			return
		}
	}
}

// bound limits the next write that waits.
func (s *socket) bound() {
	until := s.until
	if until.IsZero() {
		until = time.Now().Add(s.writeTimeout)
	}
	_ = s.conn.SetWriteDeadline(until) // it fails only on a connection that is gone
}

// give gives a browser up that can't be written to. Nothing is tried any more.
func (s *socket) give(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue, s.over = backlog{}, true
	if errors.Is(err, os.ErrDeadlineExceeded) && s.until.IsZero() {
		s.fail(errLagged)
	} else {
		s.fail(errLeft)
	}
	close(s.lags) // and stays: put must not write behind a hole
}

// run waits for the browser to leave, or ctx to end, and sends heartbeats. What
// the browser says is nothing that a stream listens to.
func (s *socket) run(ctx context.Context) error {
	select {
	case <-s.taken:
	case <-ctx.Done():
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(time.Now()) })
	defer stop()
	var heard [64]byte
	beat := time.Now().Add(s.heartbeat)
	for {
		_ = s.conn.SetReadDeadline(beat)
		if ctx.Err() != nil {
			return nil
		}
		_, err := s.conn.Read(heard[:])
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			beat = time.Now().Add(s.heartbeat)
			s.beat()
		case err != nil:
			return nil
		}
	}
}

// end closes the connection: at once if the browser lags, else when what is
// queued, last behind it, has had a moment to get through. It is called when nobody else uses the
// outlet any more.
func (s *socket) end(last []byte, cause error) {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn == nil {
		return
	}
	if len(last) > 0 {
		s.put(last)
	}
	late := errors.Is(cause, errLagged)
	s.mu.Lock()
	lags := s.lags
	if lags != nil && !late {
		s.until = time.Now().Add(farewell)
		s.bound()
	}
	s.mu.Unlock()
	if lags != nil && !late {
		<-lags
	}
	if tcp, is := conn.(interface{ SetLinger(sec int) error }); is && late {
		_ = tcp.SetLinger(0) // what the system holds for it would wait for minutes
	}
	_ = conn.Close()
	if lags != nil {
		<-lags
	}
}
