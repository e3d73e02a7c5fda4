package main

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/live"
	"hotleads/store"
)

// world is a server on embedded stores with what loadgen needs to use it.
type world struct {
	*testing.T
	url string
	env map[string]string
}

const password = "correct horse"

func newWorld(t *testing.T) world {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "hotleads.db"))
	must(t, err)
	_, err = s.Migrate(ctx, lead.Now())
	must(t, err)
	redis, err := store.OpenRedis("embedded:")
	must(t, err)
	now, log, secret := lead.Now(), slog.New(slog.DiscardHandler), []byte("a secret of this test only")
	desk, hub := lead.NewDesk(s, redis, redis, log), live.NewHub(live.Options{Log: log})
	h, err := handlers.New(handlers.Config{Desk: desk, Store: s, Sessions: s.Sessions(secret), Links: s.Links(secret), Displays: s.Displays(secret), Attempts: redis, Hub: hub, Log: log})
	must(t, err)
	done := make(chan error, 3)
	go func() { done <- desk.Run(ctx) }()
	go func() { done <- hub.Run(ctx) }()
	go func() {
		done <- redis.Listen(ctx, log, func(n lead.Notice) {
			hub.Notice(live.Notice{Teams: n.Teams, Leads: n.Leads, Moved: n.Moved, People: n.People})
		})
	}()
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		cancel()
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		for _, c := range []io.Closer{redis, s} {
			c.Close()
		}
		server.Close()
	})

	w := world{T: t, url: server.URL, env: map[string]string{"EMAIL": "rep@example.com", "PASSWORD": password}}
	team, err := s.AddTeam(ctx, lead.Operator, lead.Team{Name: "EMEA"}, now)
	must(t, err)
	hash, err := store.HashPassword(password)
	must(t, err)
	_, err = s.AddUser(ctx, lead.Operator, lead.User{Email: w.env["EMAIL"], Name: "Rep", Role: lead.Rep, Teams: []string{team.ID}, Password: hash}, now)
	must(t, err)
	for kind, name := range map[lead.KeyKind]string{lead.APIKey: "API_KEY", lead.WriteKey: "WRITE_KEY"} {
		w.env[name], _, err = s.NewKey(ctx, lead.Operator, kind, "test", now)
		must(t, err)
	}
	_, err = desk.Rebuild(ctx, now)
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w world) getenv(name string) string { return w.env[name] }

// eventually looks again and again until ok, for at most a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !ok() {
		if !sleep(ctx, 20*time.Millisecond) {
			t.Fatalf("within a minute: %s did not happen", what)
		}
	}
}
