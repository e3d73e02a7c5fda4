package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds of a request and of a stop.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = time.Minute // streams set deadlines of their own
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	drain         = 500 * time.Millisecond // in which /readyz says that it stops, before it refuses connections
	grace         = 8 * time.Second        // for requests in flight
	loopGrace     = time.Second            // for the loops after them
)

// run serves until ctx ends, then stops in order: it tells load balancers, then
// ends streams, requests in flight and loops.
func (a *app) run(ctx context.Context, listener net.Listener, handler http.Handler, loops []func(context.Context)) error {
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	work, endWork := context.WithCancel(context.WithoutCancel(ctx))
	defer endWork()
	silent := &silentConns{conns: map[net.Conn]struct{}{}}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return requests },
		ConnState:   silent.track,
		ErrorLog:    slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	var running sync.WaitGroup
	for _, loop := range loops {
		running.Go(func() { loop(work) })
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		a.log.Info("stopping")
		_ = pause(context.WithoutCancel(ctx), drain)
	}
	a.hub.Shutdown()
	silent.close()
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if server.Shutdown(within) != nil {
		a.log.Warn("requests in flight were cut off")
		endRequests()
		server.Close()
	}
	endWork()
	if !waitFor(&running, loopGrace) {
		a.log.Warn("a loop did not end in time")
	}
	return err
}

func waitFor(wg *sync.WaitGroup, most time.Duration) bool {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// silentConns are connections on which nothing was said yet, which browsers
// open ahead. http.Server.Shutdown waits 5 seconds for each.
type silentConns struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// track is the server's ConnState.
func (s *silentConns) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, c)
	case s.closed:
		c.Close()
	default:
		s.conns[c] = struct{}{}
	}
}

func (s *silentConns) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
}
