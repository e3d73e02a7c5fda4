//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// broadcaster is the limit: sockets and nothing else. Whoever publishes writes
// the same bytes to all of them, one after the other, in one loop, without
// waiting for any.
type broadcaster struct {
	mu    sync.Mutex
	socks []int
}

// serveRaw serves the broadcaster.
func serveRaw(ctx context.Context, out io.Writer) error {
	b := &broadcaster{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", b.join)
	mux.HandleFunc("POST /publish", b.publish)
	return serveKid(ctx, mux, out)
}

// join takes the socket from the server, with nothing that the server has to it.
func (b *broadcaster) join(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"); err != nil {
		return
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { // it fails only on a connection that is gone
		if sock, err := syscall.Dup(int(fd)); err == nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.socks = append(b.socks, sock)
		}
	})
}

// publish writes to all; a socket that does not take it is closed.
func (b *broadcaster) publish(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	event := fmt.Appendf(nil, "data: %s\n\n", body)
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.socks[:0]
	for _, sock := range b.socks {
		if n, err := syscall.Write(sock, event); err != nil || n < len(event) {
			_ = syscall.Close(sock)
			continue
		}
		kept = append(kept, sock)
	}
	b.socks = kept
}

// descriptors is how many files and connections a process may have.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1000
	}
	return int(min(limit.Max, 1<<20)) // Go asks for all that there may be when a program starts
}
