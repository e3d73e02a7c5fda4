package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotleads/lead"
)

func TestDisplays(t *testing.T) {
	env := database(t)
	done(t, env, "", "team", "add", "--name", "EMEA")
	link := done(t, env, "", "display", "add", "--name", " Lobby ", "--team", "emea")
	token, ok := strings.CutPrefix(strings.TrimSpace(link), "/tv/")
	if !ok || strings.Count(link, "\n") != 1 || len(token) < 32 {
		t.Fatalf("it printed %q", link)
	}
	whole := done(t, env, "", "display", "add", "--name", "Hall", "--team", "EMEA", "--privacy", "full", "--base-url", "https://leads.example.com/")
	if !strings.HasPrefix(whole, "https://leads.example.com/tv/") {
		t.Errorf("it printed %q", whole)
	}
	s := openDatabase(t, env)
	secret, err := os.ReadFile(filepath.Join(filepath.Dir(strings.TrimPrefix(env["DATABASE_URL"], "sqlite:")), secretFile))
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Displays([]byte(strings.TrimSpace(string(secret)))).ByToken(t.Context(), token)
	if err != nil || d.Name != "Lobby" || d.Privacy != lead.ShowInitials {
		t.Errorf("a server finds %+v, %v", d, err)
	}
	list := done(t, env, "", "display", "list")
	if !strings.Contains(list, "never seen") || strings.Contains(list, token) {
		t.Errorf("the list is\n%s", list)
	}
	done(t, env, "", "display", "revoke", "Hall")
	views := decode[[]displayView](t, done(t, env, "", "display", "list", "--json"))
	if len(views) != 2 || views[0].Team != "EMEA" || !views[0].RevokedAt.IsZero() || views[1].RevokedAt.IsZero() {
		t.Errorf("got %+v", views)
	}
	for _, c := range []struct {
		status int
		err    string
		args   []string
	}{
		{statusUsage, "where the display hangs", []string{"add", "--team", "EMEA"}},
		{statusUsage, "whose board", []string{"add", "--name", "x"}},
		{statusFailed, `no team "APAC"`, []string{"add", "--name", "x", "--team", "APAC"}},
		{statusFailed, "full, initials or company", []string{"add", "--name", "x", "--team", "EMEA", "--privacy", "all"}},
		{statusFailed, "was not found", []string{"revoke", "Hall"}},
		{statusUsage, "which", []string{"revoke"}},
	} {
		if r := hotleads(t, env, "", append([]string{"display"}, c.args...)...); r.status != c.status || !strings.Contains(r.err, c.err) || r.out != "" {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
}

// A command with another key than the servers' makes no link that none of them
// would open; a server with another key says what no longer opens.
func TestAnotherSecretKey(t *testing.T) {
	env := company(t)
	add := func(secret, name string) result {
		return hotleads(t, env, "", "display", "add", "--name", name, "--team", "EMEA", "--secret-key", secret)
	}
	const warning = "SECRET_KEY is another than before"
	s := startServer(t, env, "--secret-key", secret32)
	if r := add(secret32, "Lobby"); r.status != statusDone {
		t.Errorf("the servers' key: %+v", r)
	}
	other := strings.Repeat("o", minSecret)
	if r := add(other, "Hall"); r.status != statusFailed || !strings.Contains(r.err, "SECRET_KEY: it is not the key of the servers") || r.out != "" {
		t.Errorf("another key: %+v", r)
	}
	if s.end(t); strings.Contains(s.log.String(), warning) {
		t.Errorf("the first key is warned of: %s", s.log)
	}
	s = startServer(t, env, "--secret-key", other)
	if !strings.Contains(s.log.String(), warning) || strings.Contains(s.log.String(), other) {
		t.Errorf("a server with another key logs %s", s.log)
	}
	if r := add(other, "Hall"); r.status != statusDone {
		t.Errorf("the key that the server has now: %+v", r)
	}
}
