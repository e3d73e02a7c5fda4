package main

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"hotleads/live"
)

// conns knows the open connections and bounds their number, so that whoever
// opens thousands and says nothing takes neither the memory nor the file
// descriptors that the stores and everybody else need. Where there are as many
// as there may be, a new one takes the place of the one that has waited longest
// without a whole request; where all are at work, the new one is closed.
type conns struct {
	most int
	log  *slog.Logger

	open    atomic.Int64
	leaving atomic.Bool // the server is about to stop

	mu      sync.Mutex
	waiting *list.List // of *waiter, longest first
	byConn  map[net.Conn]*list.Element
	ending  bool
	told    time.Time // when the log was last told of the bound
}

// waiter is a connection that owes us a request.
type waiter struct {
	conn   net.Conn
	silent bool // nothing was said on it yet
}

func newConns(most int, log *slog.Logger) *conns {
	return &conns{most: most, log: log, waiting: list.New(), byConn: map[net.Conn]*list.Element{}}
}

// track is the server's ConnState.
func (cs *conns) track(c net.Conn, state http.ConnState) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	switch state {
	case http.StateNew, http.StateIdle:
		if state == http.StateNew && cs.ending {
			c.Close()
			return
		}
		cs.drop(c)
		cs.byConn[c] = cs.waiting.PushBack(&waiter{c, state == http.StateNew})
	case http.StateActive: // it began to say something: until it is a request it still waits
		if e := cs.byConn[c]; e != nil {
			e.Value.(*waiter).silent = false
		}
	default:
		cs.drop(c)
	}
}

func (cs *conns) drop(c net.Conn) {
	if e := cs.byConn[c]; e != nil {
		cs.waiting.Remove(e)
		delete(cs.byConn, c)
	}
}

type connKey struct{}

// remember is the server's ConnContext. Whoever vanishes does so from all that a connection
// carries.
func (cs *conns) remember(ctx context.Context, c net.Conn) context.Context {
	live.ForStreams(c)
	return context.WithValue(ctx, connKey{}, c)
}

// serving tells that a connection brought a request: it no longer waits.
func (cs *conns) serving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok {
			cs.mu.Lock()
			cs.drop(c)
			cs.mu.Unlock()
		}
		switch {
		case cs.leaving.Load():
			// Whoever keeps the connection sends nothing more on it: at the end idle ones are
			// closed, and what comes on one at that moment would be lost without an answer.
			w.Header().Set("Connection", "close")
		case len(r.TransferEncoding) > 0:
			// A length may have stood beside the chunks, which net/http doesn't tell: a proxy
			// that went by it would take what follows for another's request (RFC 9112, 6.3).
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// leave has every answer from now on say that it is the last of its connection.
func (cs *conns) leave() { cs.leaving.Store(true) }

// closeSilent closes connections on which nothing was said yet, which browsers
// open ahead, and those that come from now on: http.Server.Shutdown waits 5
// seconds for each.
func (cs *conns) closeSilent() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.ending = true
	for e := cs.waiting.Front(); e != nil; e = e.Next() {
		if w := e.Value.(*waiter); w.silent {
			w.conn.Close()
		}
	}
}

// bound is the listener with the bound.
func (cs *conns) bound(l net.Listener) net.Listener { return &boundListener{l, cs} }

type boundListener struct {
	net.Listener
	conns *conns
}

// Accept is the next connection that there is room for.
func (l *boundListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.conns.admit() {
			return &counted{Conn: c, conns: l.conns}, nil
		}
		c.Close()
	}
}

// admit counts one more connection, in place of another where it must. It tells
// whether there is room.
func (cs *conns) admit() bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if open := cs.open.Load(); open >= int64(cs.most) {
		if now := time.Now(); now.Sub(cs.told) > time.Minute {
			cs.told = now
			cs.log.Warn("as many connections as there may be: those that wait longest without a request make room", slog.Int64("connections", open), slog.Int("waiting", cs.waiting.Len()))
		}
		longest := cs.waiting.Front()
		if longest == nil {
			return false
		}
		c := longest.Value.(*waiter).conn
		cs.drop(c)
		c.Close()
	}
	cs.open.Add(1)
	return true
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	conns *conns
	once  sync.Once
}

// Close closes the connection.
func (c *counted) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.conns.open.Add(-1) })
	return err
}

// SyscallConn gives access to the connection's descriptor: streams write without
// waiting.
func (c *counted) SyscallConn() (syscall.RawConn, error) {
	if s, is := c.Conn.(syscall.Conn); is {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// SetLinger sets what Close does with bytes that were not sent yet: streams drop
// what a browser never took.
func (c *counted) SetLinger(seconds int) error {
	if l, is := c.Conn.(interface{ SetLinger(int) error }); is {
		return l.SetLinger(seconds)
	}
	return errors.ErrUnsupported
}

// Of the file descriptors of the process, reserved ones are for the stores.
const (
	mostConns = 50_000 // some 20 KiB of memory each
	reserved  = 512
)

// connsWithin is how many connections fit where a process may have so many
// descriptors open; 0 descriptors: not known.
func connsWithin(descriptors uint64) int {
	switch {
	case descriptors == 0 || descriptors > mostConns+reserved:
		return mostConns
	case descriptors < 4*reserved:
		return max(1, int(descriptors)*3/4)
	}
	return int(descriptors) - reserved
}
