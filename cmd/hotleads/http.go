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
	maxHeader     = 64 << 10                // bytes; net/http lets 4 KiB more pass
	drain         = 2 * time.Second         // in which /readyz and all answers say that it stops, before it refuses connections
	drainAlone    = 500 * time.Millisecond  // where there is no other instance to turn to
	speak         = 500 * time.Millisecond  // for connections that were made just before, to say what they want
	grace         = 6500 * time.Millisecond // for requests in flight
	loopGrace     = time.Second             // for the loops after them
)

// run serves until ctx ends, then stops in order: it tells load balancers, and
// whoever keeps a connection that it is to take another one; then it takes no new
// connections, and ends streams, requests in flight and loops.
func (a *app) run(ctx context.Context, listener net.Listener, handler http.Handler, loops []func(context.Context)) error {
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	work, endWork := context.WithCancel(context.WithoutCancel(ctx))
	defer endWork()
	server := newServer(handler, a.conns, a.log)
	server.BaseContext = func(net.Listener) context.Context { return requests }
	var running sync.WaitGroup
	for _, loop := range loops {
		running.Go(func() { loop(work) })
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(a.conns.bound(listener)) }()

	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		a.log.Info("stopping")
		a.conns.leave()
		most := drain
		if a.store.Embedded() {
			most = drainAlone
		}
		_ = pause(context.WithoutCancel(ctx), most)
	}
	a.hub.Shutdown()
	silent := time.AfterFunc(speak, a.conns.closeSilent)
	defer silent.Stop()
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

// newServer is a server with its bounds. Whoever is slow is cut off: in sending a
// request, in reading the answer, in having nothing to say. Streams lift theirs.
func newServer(handler http.Handler, conns *conns, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: conns.serving(handler), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		DisableGeneralOptionsHandler: true, // "OPTIONS *" is answered as everything else is
		ConnState:                    conns.track,
		ConnContext:                  conns.remember,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
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
