package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
)

// adminRoutes answer on ADMIN_ADDR alone, which is for whoever runs the server:
// profiles tell about its memory, and taking one costs time. The command line is
// not told: a secret may have been given there.
func (a *app) adminRoutes(handler http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	for _, path := range []string{"GET /metrics", "GET /healthz", "GET /readyz"} {
		mux.Handle(path, handler) // as on the public address
	}
	return mux
}

// serveAdmin answers on the admin address until ctx ends.
func (a *app) serveAdmin(l net.Listener, handler http.Handler) func(context.Context) {
	return func(ctx context.Context) {
		server := &http.Server{ // a profile takes as long as it is asked to: no bound on writing
			Handler: a.adminRoutes(handler), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
			ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
		}
		defer context.AfterFunc(ctx, func() { server.Close() })()
		if err := server.Serve(l); ctx.Err() == nil {
			a.log.Error("the admin address is no longer served", slog.Any("error", err))
		}
	}
}
