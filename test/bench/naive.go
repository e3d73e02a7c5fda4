package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/live"
	"hotleads/store"
)

// naiveCommand makes this program the naive server, in a process of its own.
const naiveCommand = "naive-server"

// naive is the same desk without its group commit: each message has a
// transaction of its own, in the goroutine of its request, with everything that
// follows from it. Nothing else differs.
type naive struct{ *lead.Desk }

// Take stores each message by itself.
func (n naive) Take(ctx context.Context, msgs []lead.Message) ([]error, error) {
	errs := make([]error, len(msgs))
	for i := range msgs {
		one, err := n.TakeAt(ctx, msgs[i:i+1], lead.Now())
		if err != nil {
			return nil, err
		}
		errs[i] = one[0]
	}
	return errs, nil
}

// serveNaive is `serve` with the naive intake and without the loops, which only
// makes it faster.
func serveNaive(ctx context.Context, getenv func(string) string, out io.Writer) (err error) {
	s, err := store.Open(ctx, getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	redis, err := store.OpenRedis(getenv("REDIS_URL"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, redis.Close()) }()
	log, secret := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), []byte(getenv("SECRET_KEY"))
	desk := lead.NewDesk(s, redis, redis, log)
	if _, err := desk.Rebuild(ctx, lead.Now()); err != nil {
		return err
	}
	rest, err := handlers.New(handlers.Config{Desk: desk, Store: s, Sessions: s.Sessions(secret), Links: s.Links(secret), Displays: s.Displays(secret), Attempts: redis, Hub: live.NewHub(live.Options{Log: log}), Log: log})
	if err != nil {
		return err
	}
	intake := echo.New()
	in := &handlers.Intake{Taker: naive{desk}, Keys: s, Now: lead.Now, Log: log}
	intake.POST("/v1/:call", in.Call)
	mux := http.NewServeMux()
	mux.Handle("/v1/", intake)
	mux.Handle("/", rest)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", getenv("ADDR"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the naive server is at http://%s\n", l.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(within) // whoever is still at it is cut off by the process's end
	})
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
