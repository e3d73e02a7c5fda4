package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/live"
	"hotleads/store"
)

func serveCommand() command {
	return command{
		name: "serve", brief: "run the server", settings: serveSettings,
		about: `
It migrates its database first. It stops on SIGTERM and SIGINT: within 5 seconds
without work in flight, within 10 with. Without settings it keeps everything in
data/hotleads.db and needs nothing else; the first visit sets it up.

  hotleads serve
  hotleads serve --port 9000 --database-url sqlite:/var/lib/hotleads/hotleads.db
  DATABASE_URL=postgres://hotleads@db/hotleads REDIS_URL=redis://cache SECRET_KEY=… hotleads serve`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, _ []string) error { return c.serve(ctx, s, extras{}) }
		},
	}
}

// extras are what a server does besides serving: the demo's company and traffic.
type extras struct {
	prepare func(ctx context.Context, a *app) error             // the database is migrated; nothing is served yet
	beside  func(ctx context.Context, a *app, url string) error // until ctx ends; url is where this server answers
}

// app is one running server.
type app struct {
	settings settings
	log      *slog.Logger
	store    *store.Store
	clock    *store.Clock
	redis    *store.Redis
	desk     *lead.Desk
	hub      *live.Hub
	conns    *conns
	meters   *meters
	secret   []byte
	alone    io.Closer // lock of a server with embedded stores; nil where it has none
}

// roomy is how much a server's memory may grow, in percent of what is in use,
// before what is not is collected: twice as much as by default, for half the work.
const roomy = 200

// serve runs a server until ctx ends.
func (c *cli) serve(ctx context.Context, s settings, more extras) (err error) {
	if c.getenv("GOGC") == "" {
		debug.SetGCPercent(roomy)
	}
	listener, err := listen(ctx, "PORT or ADDR", s.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() // closed already where serving began
	var admin net.Listener
	if s.AdminAddr != "" {
		if admin, err = listen(ctx, "ADMIN_ADDR", s.AdminAddr); err != nil {
			return err
		}
		defer admin.Close()
	}
	a, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if more.prepare != nil {
		if err := more.prepare(ctx, a); err != nil {
			return err
		}
	}
	handler, err := handlers.New(handlers.Config{
		Desk: a.desk, Store: a.store, Sessions: a.sessions(), Displays: a.store.Displays(a.secret), Links: a.store.Links(a.secret), Attempts: a.redis, Quotas: a.redis, APIRate: s.APIRate, AddressStreams: s.AddressStreams,
		RedisPing: a.redis.Answers,
		Hub:       a.hub, BaseURL: s.BaseURL, TrustedProxies: s.TrustedProxies, WriteKey: s.WriteKey,
		Version: build().Version, Registry: a.meters.registry, Log: a.log, Now: a.clock.Now,
		Draining: func() bool { return ctx.Err() != nil },
	})
	if err != nil {
		return err
	}
	url := localURL(listener.Addr())
	loops := a.loops()
	if more.beside != nil {
		loops = append(loops, func(ctx context.Context) {
			if err := more.beside(ctx, a, url); err != nil && ctx.Err() == nil {
				a.log.Error("the traffic ended", slog.Any("error", err))
			}
		})
	}
	if admin != nil {
		loops = append(loops, a.serveAdmin(admin, handler))
		a.log.Info("profiles are served", slog.String("at", localURL(admin.Addr())+"/debug/pprof/"))
	}
	if err := c.greet(ctx, a, url); err != nil {
		return err
	}
	return a.run(ctx, listener, handler, loops)
}

// open opens the stores and wires the use cases to them.
func (c *cli) open(ctx context.Context, s settings) (_ *app, err error) {
	a := &app{settings: s, log: c.logger(s)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.store, err = store.Open(ctx, s.DatabaseURL); err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	if _, err = a.store.Migrate(ctx, lead.Now()); err != nil {
		return nil, err
	}
	a.clock = a.store.Clock()
	if err = a.clock.Set(ctx); err != nil {
		return nil, err
	}
	if err = a.checkMonths(ctx); err != nil {
		return nil, err
	}
	if a.secret, err = secretKey(s); err != nil {
		return nil, err
	}
	own, err := a.store.KeepSecret(ctx, a.secret)
	if err != nil {
		return nil, err
	}
	if !own {
		a.log.Warn("SECRET_KEY is another than before: everybody is signed out, and links of displays, invites and resets made until now no longer open; instances with the former key must be restarted with this one")
	}
	if err = a.ensureAdmin(ctx, a.clock.Now()); err != nil {
		return nil, err
	}
	if a.redis, err = store.OpenRedis(s.RedisURL); err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	a.redis.Now = a.clock.Now
	a.warnOfAnother()
	a.meters = newMeters(a.redis)
	a.desk = lead.NewDesk(a.store, a.redis, a.meters, a.log)
	a.desk.Clock = a.clock.Now
	a.desk.Measure(a.meters)
	if !a.store.Embedded() { // SQLite has one writer; Postgres works on one transaction while the next is prepared
		a.desk.Committers(min(max(2, runtime.GOMAXPROCS(0)), mostCommitters))
	}
	a.hub = live.NewHub(live.Options{Log: a.log, Now: a.clock.Now})
	a.conns = newConns(maxConns(), a.log)
	a.meters.watch(a.store, a.clock, a.redis, a.desk, a.conns)
	return a, nil
}

// sessions are who is signed in, until the moment that all instances agree on.
func (a *app) sessions() *store.Sessions {
	s := a.store.Sessions(a.secret)
	s.Now = a.clock.Now
	return s
}

// mostCommitters leaves most connections to Postgres to those who look and click.
const mostCommitters = 8

// warnOfAnother says so where another server has the same SQLite file, each with
// a Redis of its own: they share the truth, but not rankings and notices.
func (a *app) warnOfAnother() {
	if !a.store.Embedded() || a.settings.RedisURL != "embedded:" {
		return
	}
	lock, taken, err := lockFile(strings.TrimPrefix(a.settings.DatabaseURL, "sqlite:") + ".lock")
	switch {
	case taken:
		a.log.Warn("another server uses this database: boards may be a minute behind each other; give both one REDIS_URL")
	case err != nil:
		a.log.Debug("no lock beside the database", slog.Any("error", err))
	default:
		a.alone = lock
	}
}

func (a *app) close() error {
	var errs []error
	if a.alone != nil {
		errs = append(errs, a.alone.Close())
	}
	if a.redis != nil {
		errs = append(errs, a.redis.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// ensureAdmin makes the first admin that the settings name where there is nobody.
func (a *app) ensureAdmin(ctx context.Context, now time.Time) error {
	if a.settings.AdminEmail == "" {
		return nil
	}
	empty, err := a.store.Empty(ctx)
	if err != nil || !empty {
		return err
	}
	hash, err := store.HashPassword(a.settings.AdminPassword, a.settings.AdminEmail)
	if err != nil {
		return fmt.Errorf("ADMIN_PASSWORD: %w", err)
	}
	name, _, _ := strings.Cut(a.settings.AdminEmail, "@")
	admin := lead.User{Email: a.settings.AdminEmail, Name: name, Role: lead.Admin, Password: hash}
	if _, err = a.store.FirstUser(ctx, lead.Operator, admin, lead.Team{}, now); errors.Is(err, lead.ErrConflict) {
		return nil // another instance was faster
	}
	return err
}

// greet says where the server is.
func (c *cli) greet(ctx context.Context, a *app, url string) error {
	empty, err := a.store.Empty(ctx)
	if err != nil {
		return err
	}
	if a.settings.BaseURL != "" {
		url = a.settings.BaseURL
	}
	text := "Hot Leads is at " + url
	if empty {
		text += " (open it to set it up)"
	}
	_, err = fmt.Fprintln(c.stdout, text)
	return err
}

// listen takes the address of a setting; that it is taken already is said plainly.
func listen(ctx context.Context, setting, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is in use: stop what listens there, or choose another %s", addr, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %q can't be listened on; it wants an address of this machine as host:port: %w", setting, addr, err)
	}
	return l, nil
}

// localURL is where a browser on this machine finds the listener.
func localURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
