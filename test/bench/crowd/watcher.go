package crowd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// buffer is what is read at once. A longer line is put together.
	buffer = 4 << 10
	// answerWithin bounds how long a server may take for a stream's head.
	answerWithin = 30 * time.Second
	// perAddress is how many watchers share one of this machine's addresses:
	// each address has its own ports, and servers count by address.
	perAddress = 50
)

// watcher is one browser tab. One goroutine, run, reads; others use what is
// atomic, or under mu.
type watcher struct {
	group   *group
	number  int
	request []byte

	began atomic.Int64 // Unix time in nanoseconds at which the stream began; 0: it has not
	seen  atomic.Int64 // when what is sought was seen first

	mu   sync.Mutex
	conn net.Conn
	ages []int64 // nanoseconds
	last int64   // number that came last

	retry time.Duration // what the server said
	fresh bool          // nothing has come on this stream yet
	long  []byte        // a line's beginning
}

// run keeps a stream open for as long as the group is meant to have it.
func (w *watcher) run() {
	for {
		err := w.once()
		if w.group.ctx.Err() != nil {
			return
		}
		restless := w.group.Restless > 0 && err == nil
		if err != nil && !errors.Is(err, net.ErrClosed) {
			text := err.Error()
			w.group.failure.Store(&text)
		}
		switch {
		case restless: // it left by itself, and another one comes
		case w.group.Returns:
			if !w.pause() {
				return
			}
		default:
			return
		}
	}
}

// pause waits as a browser does before it comes back.
func (w *watcher) pause() bool {
	d := w.retry
	if d == 0 {
		d = time.Second + rand.N(2*time.Second)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.group.ctx.Done():
		return false
	}
}

// once is one stream from its connection to its end; nil if the watcher left by
// itself.
func (w *watcher) once() error {
	select {
	case w.group.p.dialing <- struct{}{}:
	case <-w.group.ctx.Done():
		return w.group.ctx.Err()
	}
	var once sync.Once
	arrived := func() { once.Do(func() { <-w.group.p.dialing }) }
	defer arrived()
	conn, err := w.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	w.mu.Lock()
	w.conn = conn
	w.mu.Unlock()
	stop := context.AfterFunc(w.group.ctx, func() { conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(answerWithin)) // it fails only on a connection that is gone
	if _, err := conn.Write(w.request); err != nil {
		return err
	}
	if w.group.Stuck {
		w.begin()
		arrived()
		<-w.group.ctx.Done()
		return nil
	}
	return w.read(conn, arrived)
}

func (w *watcher) dial() (net.Conn, error) {
	d := net.Dialer{Timeout: answerWithin}
	if n := w.number / perAddress; manyAddresses {
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+n/250), byte(1+n%250))}
	}
	if w.group.Stuck {
		d.Control = narrow
	}
	return d.DialContext(w.group.ctx, "tcp", w.group.Addr)
}

// hangUp ends the stream as a network does.
func (w *watcher) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		w.conn.Close()
	}
}

func (w *watcher) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ages = w.ages[:0]
}

func (w *watcher) begin() {
	w.began.Store(time.Now().UnixNano())
	w.group.streams.Add(1)
}

// read reads one stream to its end.
func (w *watcher) read(conn net.Conn, arrived func()) error {
	head := bufio.NewReaderSize(counting{conn, &w.group.bytes}, buffer)
	res, err := http.ReadResponse(head, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	in := head // the body is what follows
	if len(res.TransferEncoding) > 0 {
		in = bufio.NewReaderSize(res.Body, buffer)
	}
	_ = conn.SetDeadline(time.Time{})
	w.fresh, w.long = true, nil
	w.began.Store(0)
	begun := !w.group.Snapshot
	if begun {
		w.begin()
		arrived()
	}
	if w.group.Restless > 0 {
		_ = conn.SetReadDeadline(time.Now().Add(w.group.stay()))
	}
	for {
		if w.group.dozes.Load() && in.Buffered() == 0 && begun {
			if err := doze(in); err != nil {
				return err
			}
			w.long = nil
			continue
		}
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(w.long) == 0 || w.group.sought.Load() != nil {
				w.long = append(w.long, line...)
			}
			continue
		case w.group.Restless > 0 && isTimeout(err):
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("the stream ended")
		case err != nil:
			return err
		}
		if len(w.long) > 0 {
			line = append(w.long, line...)
		}
		if w.line(line) && !begun {
			begun = true
			w.begin()
			arrived()
		}
		w.long = w.long[:0]
		if cap(w.long) > buffer {
			w.long = nil
		}
	}
}

// nap is how long a dozing watcher leaves on average what comes to the system, which
// keeps 100 kB and more.
const nap = 250 * time.Millisecond

// pillows are what dozing watchers read into.
var pillows = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// doze reads what came during a nap and forgets it.
func doze(in io.Reader) error {
	time.Sleep(nap/2 + rand.N(nap))
	pillow := pillows.Get().(*[64 << 10]byte)
	defer pillows.Put(pillow)
	_, err := in.Read(pillow[:])
	return err
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

var (
	dataField  = []byte("data:")
	retryField = []byte("retry:")
)

// line takes one line and reports whether it is data.
func (w *watcher) line(line []byte) bool {
	if value, is := bytes.CutPrefix(line, retryField); is {
		if ms, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil {
			w.retry = time.Duration(ms) * time.Millisecond
		}
	}
	if !bytes.HasPrefix(line, dataField) {
		return false
	}
	now := time.Now().UnixNano()
	w.group.data.Add(1)
	if w.group.Stamps {
		if at, _, ok := after(line, stampMark); ok && (!w.group.Snapshot || !w.fresh) {
			w.mu.Lock()
			w.ages = append(w.ages, now-at)
			w.mu.Unlock()
		}
	}
	if s := w.group.sought.Load(); s != nil && w.seen.Load() == 0 && shows(line, s.first, s.then) {
		w.seen.Store(now)
	}
	if w.group.Checks {
		w.check(line)
	}
	w.fresh = false
	return true
}

// check holds a line's number against the one before.
func (w *watcher) check(line []byte) {
	n, rest, ok := after(line, numberMark)
	if !ok {
		return
	}
	from, _, ok := leading(rest)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !ok || !w.fresh && from != w.last || w.fresh && n < w.last {
		w.group.gaps.Add(1)
	}
	w.last = n
}

// counting counts what is read.
type counting struct {
	io.Reader
	n *atomic.Int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
