package handlers

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// A body is in memory until it is whole, and whoever sends it may take half a
// minute. So what is read of all of them at once is bounded.
const (
	freeBody  = 4 << 10  // bytes of each body that are not counted: what its connection costs anyway
	unzipRoom = 48 << 10 // bytes that it takes to unpack a body, whatever becomes of it
	bodyRoom  = 64 << 20 // bytes of all of them together
)

var errRoom = fmt.Errorf("%w: as many bytes of requests are being read as may", lead.ErrBusy)

// bodies counts the bytes of bodies that are being read. Nobody has more than is
// left for the others: one sender alone half of the room at most, so that a
// newcomer finds some beside those who keep what they can get.
type bodies struct {
	mu   sync.Mutex
	held int64
	by   map[string]int64 // by sender
}

// take counts more bytes of a sender's, if there is room for them.
func (b *bodies) take(who string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[who]+n > bodyRoom-b.held-n {
		return false
	}
	if b.by == nil {
		b.by = map[string]int64{}
	}
	b.held += n
	b.by[who] += n
	return true
}

// give takes back what a sender no longer has.
func (b *bodies) give(who string, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n
	if b.by[who] -= n; b.by[who] <= 0 {
		delete(b.by, who)
	}
}

// bytes is how many are counted.
func (b *bodies) bytes() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// body is one of them. Who began to read it has to leave.
type body struct {
	io.Reader
	all        *bodies
	who        string
	read, held int64
}

func (b *bodies) begin(r io.Reader, who string) *body {
	if b == nil { // nobody else counts
		b = new(bodies)
	}
	return &body{Reader: r, all: b, who: who}
}

// hold is errRoom, which is lead.ErrBusy, where there is no room for more bytes. A
// body alone always finds it: it is bounded by itself, too, and by less.
func (b *body) hold(n int64) error {
	if !b.all.take(b.who, n) {
		return errRoom
	}
	b.held += n
	return nil
}

// Read fails as hold does where there is no room for what it read.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	before := max(b.read-freeBody, 0)
	b.read += int64(n)
	if more := b.read - freeBody - before; more > 0 {
		if busy := b.hold(more); busy != nil {
			return 0, busy
		}
	}
	return n, err
}

// leave is called when what was read is no longer needed as it was sent.
func (b *body) leave() {
	b.all.give(b.who, b.held)
	b.held = 0
}

// sender is whose share of the room a body takes: the key's that is known, else the
// network's that it comes from. A write key is no secret, as pages show it: with
// one, it is the key's from that network.
func sender(c echo.Context, key lead.Key) string {
	switch key.Kind {
	case "":
		return network(c.RealIP())
	case lead.WriteKey:
		return key.ID + "@" + network(c.RealIP())
	}
	return key.ID
}

// counted reads the body of a page's or a program's request within the room there is.
func (s *server) counted(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength == 0 {
			return next(c)
		}
		key, _ := c.Get("key").(lead.Key)
		wire := r.Body
		b := s.bodies.begin(wire, sender(c, key))
		defer b.leave()
		r.Body = struct {
			io.Reader
			io.Closer
		}{b, wire}
		err := next(c)
		if errors.Is(err, errRoom) {
			b.leave()
			dropRest(wire)
		}
		return err
	}
}

// dropRest reads what is still to come of a refused body, so that the client gets
// to its reply.
func dropRest(wire io.Reader) { _, _ = io.Copy(io.Discard, wire) }
