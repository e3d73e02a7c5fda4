package live_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotleads/live"
)

// Who reads nothing costs what the system holds of what can't be sent yet, and that is
// little: not the megabytes that it would take, of a large snapshot or of frames.
func TestWhoReadsNothingIsSentLittle(t *testing.T) {
	board := newWall(1)
	board.set(0, strings.Repeat("x", 8<<20))
	s := newTCPSite(t, live.Options{WriteTimeout: 100 * time.Millisecond}, map[string]*wall{"emea": board})
	b := s.open(t, "emea") // and takes what its own system does
	if err := b.conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	look, most := time.NewTicker(10*time.Millisecond), time.After(20*time.Second)
	defer look.Stop()
	for s.hub.Stats().Lagged == 0 {
		select {
		case <-look.C:
		case <-most:
			t.Fatal("who reads nothing is not closed")
		}
	}
	if sent := s.hub.Stats().Bytes; sent > 1<<20 {
		t.Errorf("the system was given %d kB for somebody who reads nothing", sent>>10)
	}
}

// A browser that is gone without a word is noticed within a heartbeat and half a minute, over
// whatever its stream comes: a quiet board sends too little to fill what the system holds for it.
func TestWhoVanishesIsGivenUp(t *testing.T) {
	const tcpUserTimeout = 0x12
	for name, secure := range map[string]bool{"TCP": false, "TLS": true} {
		conns := make(chan net.Conn, 1)
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			live.ForStreams(c)
			conns <- c
			return ctx
		}
		if server.EnableHTTP2 = secure; secure {
			server.StartTLS()
		} else {
			server.Start()
		}
		res, err := server.Client().Get(server.URL) //nolint:noctx // it answers at once
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil { // else the browser gives the connection up
			t.Fatal(err)
		}
		_ = res.Body.Close()
		c := <-conns
		if tls, is := c.(interface{ NetConn() net.Conn }); is {
			c = tls.NetConn()
		}
		raw, err := c.(syscall.Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		if cerr := raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout) }); cerr != nil {
			t.Fatal(cerr)
		}
		if err != nil || got != 30_000 {
			t.Errorf("over %s, who takes in nothing is given up after %d ms (%v)", name, got, err)
		}
		server.Close()
	}
}
