package live

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"
)

// A browser that is gone without a word is noticed within a heartbeat and half a minute: a
// quiet board sends too little to fill what the system holds for it.
func TestWhoVanishesIsGivenUp(t *testing.T) {
	h := NewHub(Options{})
	ctx, end := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx) }()
	view := View{
		Topic: "emea", Frames: plainFrames{}, Concerns: func(Notice) bool { return true },
		Look: func(context.Context, time.Time) (Page, error) { return Page{}, nil },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Serve(w, r, view, Visitor{}); err != nil {
			t.Error(err)
		}
	}))
	res, err := http.Get(server.URL) //nolint:noctx // the hub ends it
	if err != nil {
		t.Fatal(err)
	}
	var conn net.Conn
	h.mu.RLock()
	s := h.screens["emea"]
	h.mu.RUnlock()
	for _, w := range s.append(nil) {
		out := w.out.(*socket)
		out.mu.Lock()
		conn = out.conn
		out.mu.Unlock()
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	if err := raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout) }); err != nil {
		t.Fatal(err)
	}
	if err != nil || got != 30_000 {
		t.Errorf("who takes in nothing is given up after %d ms (%v)", got, err)
	}
	end()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	_ = res.Body.Close()
	server.Close()
}
