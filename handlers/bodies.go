package handlers

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// A body is in memory until it is whole, and whoever sends it may take half a
// minute. So what is read of all of them at once is bounded: of those whose key is
// known, and, so that nobody keeps these out who has none, of all others.
const (
	freeBody    = 4 << 10 // bytes of each body that are not counted: what its connection costs anyway
	knownRoom   = 64 << 20
	unknownRoom = 16 << 20
)

var errRoom = fmt.Errorf("%w: as many bytes of requests are being read as may", lead.ErrBusy)

// bodies counts the bytes of bodies that are being read.
type bodies struct{ known, unknown atomic.Int64 }

// body is one of them. Who began to read it has to leave.
type body struct {
	io.Reader
	all        *atomic.Int64
	most       int64
	read, held int64
}

func (b *bodies) begin(r io.Reader, known bool) *body {
	if known {
		return &body{Reader: r, all: &b.known, most: knownRoom}
	}
	return &body{Reader: r, all: &b.unknown, most: unknownRoom}
}

// Read is errRoom, which is lead.ErrBusy, where there is no room for what it read.
// A body alone always finds room: it is bounded by itself, too, and by less.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += int64(n)
	more := b.read - freeBody - b.held
	if more <= 0 {
		return n, err
	}
	if b.all.Add(more) > b.most {
		b.all.Add(-more)
		return 0, errRoom
	}
	b.held += more
	return n, err
}

// leave is called when what was read is no longer needed as it was sent.
func (b *body) leave() {
	b.all.Add(-b.held)
	b.held = 0
}

// counted reads the body of a page's or a program's request within the room there is.
func (s *server) counted(known bool, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		b := s.bodies.begin(r.Body, known)
		defer b.leave()
		r.Body = struct {
			io.Reader
			io.Closer
		}{b, r.Body}
		return next(c)
	}
}
