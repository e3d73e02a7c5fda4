package testenv

import (
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// Line is a way to a server through which nothing comes any more once it is dead.
type Line struct {
	URL string // the server's, by this way

	dead atomic.Bool
}

// NewLine is a way to the server at an address, until the test ends.
func NewLine(t testing.TB, address string) *Line {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	server := to.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	to.Host = listener.Addr().String()
	l := &Line{URL: to.String()}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { near.Close() })
			if l.dead.Load() {
				continue
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			t.Cleanup(func() { far.Close() })
			go l.carry(near, far)
			go l.carry(far, near)
		}
	}()
	return l
}

// Die makes the line one that takes everything and carries nothing: to either side
// the other one hangs.
func (l *Line) Die() { l.dead.Store(true) }

// carry passes on what comes, until one side has ended.
func (l *Line) carry(to, from net.Conn) {
	_, err := io.Copy(living{to, l}, from)
	if err != nil || !l.dead.Load() {
		to.Close()
		from.Close()
	}
}

// living writes as long as its line lives.
type living struct {
	io.Writer
	l *Line
}

func (w living) Write(p []byte) (int, error) {
	if w.l.dead.Load() {
		return len(p), nil
	}
	return w.Writer.Write(p)
}
