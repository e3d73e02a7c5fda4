package main

import (
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hotleads/test/testenv"
)

// lived is a company on that environment, with a lead on its board.
func lived(t *testing.T, env map[string]string) {
	t.Helper()
	env["WRITE_KEY"] = "try-me"
	s := startServer(t, env)
	done(t, env, "", "team", "add", "--name", "EMEA")
	done(t, env, "correct horse", "user", "add", "--email", "rosa@example.com", "--name", "Rosa", "--role", "rep", "--team", "EMEA", "--password-stdin")
	send(t, s.url, "try-me", demanding)
	rosa := signIn(t, s.url, "rosa@example.com", "correct horse")
	eventually(t, "the lead is on the board", func() bool {
		_, page := get(t, rosa, s.url+"/board/emea")
		return strings.Contains(page, "ada@example.org")
	})
}

var demanding = map[string]any{"messageId": "once-and-for-all", "userId": "u1", "event": "Demo Requested", "context": map[string]any{"traits": map[string]any{"email": "ada@example.org"}}}

// livesOn starts a server on what was restored: people can sign in, the board is
// as it was though its Redis is empty, and what was taken in before is known.
func livesOn(t *testing.T, env map[string]string) {
	t.Helper()
	s := startServer(t, env)
	rosa := signIn(t, s.url, "rosa@example.com", "correct horse")
	key := strings.TrimSpace(done(t, env, "", "key", "add", "--kind", "api", "--name", "after"))
	send(t, s.url, "try-me", demanding)
	eventually(t, "the board is as it was, ranked anew", func() bool {
		status, page := get(t, rosa, s.url+"/board/emea")
		return status == http.StatusOK && strings.Contains(page, "ada@example.org") && strings.Contains(s.log.String(), "rankings rebuilt")
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/v1/leads/user:u1/activities", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || strings.Count(string(got), "once-and-for-all") != 1 {
		t.Errorf("a message of before the backup, sent again: %d %s", res.StatusCode, got)
	}
}

// A copy of the SQLite file made while the server runs, and the secret key beside
// it, are all that there is to keep: as docs/operate.md tells.
func TestRestoreSQLite(t *testing.T) {
	env := database(t)
	lived(t, env)
	copied := filepath.Join(t.TempDir(), "hotleads.db")
	st := openDatabase(t, env)
	if _, err := st.Pools()["write"].ExecContext(t.Context(), `VACUUM INTO $1`, copied); err != nil {
		t.Fatal(err)
	}
	livesOn(t, map[string]string{"DATABASE_URL": "sqlite:" + copied, "WRITE_KEY": "try-me"})
}

// A dump of Postgres brings everything back; Redis needs none.
func TestRestorePostgres(t *testing.T) {
	env := production(t)
	lived(t, env)
	dump := filepath.Join(t.TempDir(), "hotleads.dump")
	restored := map[string]string{"DATABASE_URL": testenv.Postgres(t), "REDIS_URL": testenv.Redis(t), "SECRET_KEY": secret32, "WRITE_KEY": "try-me"}
	for _, args := range [][]string{
		{"pg_dump", "--format=custom", "--file=" + dump, env["DATABASE_URL"]},
		{"pg_restore", "--no-owner", "--exit-on-error", "--dbname=" + restored["DATABASE_URL"], dump},
	} {
		out, err := exec.CommandContext(t.Context(), postgresProgram(t, args[0]), args[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", args[0], err, out)
		}
	}
	livesOn(t, restored)
}

// postgresProgram finds a program of Postgres, which not every system has on its PATH.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/local/opt/postgresql*/bin/", "/opt/homebrew/opt/postgresql*/bin/"} {
		if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	return name
}
