package live_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"

	"hotleads/live"
)

// A browser that is gone without a word is noticed within a heartbeat and half a minute, over
// whatever its stream comes: a quiet board sends too little to fill what the system holds for it.
func TestWhoVanishesIsGivenUp(t *testing.T) {
	const tcpUserTimeout = 0x12
	for name, secure := range map[string]bool{"TCP": false, "TLS": true} {
		conns := make(chan net.Conn, 1)
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			live.GiveUpVanished(c)
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
