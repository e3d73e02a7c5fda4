package main

import (
	"net/http"
	"strings"
	"testing"

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
}
