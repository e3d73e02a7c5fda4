package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotleads/test/testenv"
)

// production is an environment with Postgres and Redis, and nothing in them.
func production(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"DATABASE_URL": testenv.Postgres(t), "REDIS_URL": testenv.Redis(t), "SECRET_KEY": secret32}
}

// On Postgres only serve and migrate migrate; the others wait for it.
func TestPostgresWaitsForMigrations(t *testing.T) {
	env := production(t)
	for _, args := range [][]string{{"user", "list"}, {"team", "add", "--name", "EMEA"}, {"key", "add", "--kind", "api", "--name", "x"}, {"rebuild"}} {
		if r := hotleads(t, env, "", args...); r.status != statusFailed || !strings.Contains(r.err, "hotleads migrate") || r.out != "" {
			t.Errorf("hotleads %v on an empty database: %+v", args, r)
		}
	}
	if out := done(t, env, "", "migrate"); !strings.Contains(out, "ran") {
		t.Errorf("got %q", out)
	}
	done(t, env, "", "team", "add", "--name", "EMEA")
	if out := done(t, env, "", "rebuild"); !strings.Contains(out, "rebuilt") {
		t.Errorf("got %q", out)
	}
}

// Instances share the database and Redis: what one takes in the other's board
// shows.
func TestPostgresInstances(t *testing.T) {
	env := production(t)
	env["WRITE_KEY"], env["ADMIN_EMAIL"], env["ADMIN_PASSWORD"] = "try-me", "boss@example.com", "correct horse"
	done(t, env, "", "migrate")
	done(t, env, "", "team", "add", "--name", "EMEA")
	one, two := startServer(t, env), startServer(t, env)
	boss := signIn(t, two.url, "boss@example.com", "correct horse")
	send(t, one.url, "try-me", map[string]any{"userId": "u1", "event": "Demo Requested", "context": map[string]any{"traits": map[string]any{"email": "ada@example.org"}}})
	eventually(t, "the other instance shows the lead", func() bool {
		status, page := get(t, boss, two.url+"/board/emea")
		return status == http.StatusOK && strings.Contains(page, "ada@example.org")
	})

	// Messages that come all the time, on connections that a proxy keeps, are all
	// answered while one of the two stops.
	proxy := balance(t, one, two)
	ctx, halt := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	defer senders.Wait()
	defer halt()
	var answered atomic.Int64
	for n := range 4 {
		senders.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				body := fmt.Sprintf(`{"messageId":"kept-%d-%d","userId":"u%d","event":"Page Viewed"}`, n, i, n)
				req, err := http.NewRequest(http.MethodPost, one.url+"/v1/track", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.GetBody = nil // nothing is sent twice
				req.SetBasicAuth("try-me", "")
				res, err := proxy.Do(req)
				if err != nil {
					t.Errorf("a message was cut off: %v", err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if res.StatusCode != http.StatusOK {
					t.Errorf("a message was answered %d", res.StatusCode)
				}
				answered.Add(1)
			}
		})
	}
	flows := func(what string) {
		before := answered.Load()
		eventually(t, what, func() bool { return answered.Load() > before+20 })
	}
	flows("messages are answered")
	if took := one.end(t); took >= 10*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	flows("messages are answered by the one that stays")
	halt()
	senders.Wait()
}

// balance is a client with the connections of a proxy before two servers: it keeps
// them, and makes new ones to the first as long as that is ready.
func balance(t *testing.T, first, second *serving) *http.Client {
	t.Helper()
	var away atomic.Bool
	go func() {
		for t.Context().Err() == nil {
			res, err := http.Get(first.url + "/readyz")
			if err == nil {
				res.Body.Close()
			}
			if err != nil || res.StatusCode != http.StatusOK {
				away.Store(true)
				return
			}
			_ = pause(t.Context(), 100*time.Millisecond)
		}
	}()
	transport := &http.Transport{MaxIdleConnsPerHost: 10, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		to := first
		if away.Load() {
			to = second
		}
		return (&net.Dialer{}).DialContext(ctx, network, strings.TrimPrefix(to.url, "http://"))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
