//go:build unix

package live

import (
	"errors"
	"net"
	"syscall"
)

// nonblocking writes to a connection without ever waiting for it.
type nonblocking struct {
	raw  syscall.RawConn
	call func(fd uintptr)
	// of the call under way:
	p   []byte
	n   int
	err error
}

// newNonblocking is nil where the connection has no system call of its own.
func newNonblocking(c net.Conn) *nonblocking {
	has, is := c.(syscall.Conn)
	if !is {
		return nil
	}
	raw, err := has.SyscallConn()
	if err != nil {
		return nil
	}
	w := &nonblocking{raw: raw}
	w.call = func(fd uintptr) {
		for {
			w.n, w.err = syscall.Write(int(fd), w.p)
			if !errors.Is(w.err, syscall.EINTR) {
				return
			}
		}
	}
	return w
}

// write writes as much of p as the connection takes at once. It must not be
// called while another goroutine writes: Control only keeps the connection from
// being closed meanwhile, which is all that is needed and costs less than
// RawConn.Write, which gets ready to wait.
func (w *nonblocking) write(p []byte) (int, error) {
	w.p = p
	err := w.raw.Control(w.call)
	w.p = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(w.err, syscall.EAGAIN):
		return 0, nil
	case w.err != nil:
		return 0, w.err
	}
	return w.n, nil
}
