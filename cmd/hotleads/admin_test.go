package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var profilesAt = regexp.MustCompile(`http://127\.0\.0\.1:\d+/debug/pprof/`)

// Profiles are served on the admin address alone, and only where there is one.
func TestProfilesStayInside(t *testing.T) {
	env := database(t)
	s := startServer(t, env, "--admin-addr", "127.0.0.1:0")
	profiles := profilesAt.FindString(s.log.String())
	if profiles == "" {
		t.Fatalf("it does not say where profiles are: %s", s.log)
	}
	admin := strings.TrimSuffix(profiles, "/debug/pprof/")
	for path, want := range map[string]string{"/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "goroutine profile", "/metrics": "hotleads_up", "/healthz": "ok", "/readyz": "sql"} {
		if status, body := get(t, http.DefaultClient, admin+path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s on the admin address: %d %.200s", path, status, body)
		}
	}
	for _, path := range []string{"/", "/login", "/board", "/setup", "/api/v1/leads", "/v1/track"} {
		if status, _ := get(t, http.DefaultClient, admin+path); status != http.StatusNotFound {
			t.Errorf("%s on the admin address: %d", path, status)
		}
	}
	without := startServer(t, database(t))
	for _, base := range []string{s.url, without.url} {
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/vars"} {
			if status, body := get(t, http.DefaultClient, base+path); status == http.StatusOK && !strings.Contains(body, "</html>") || strings.Contains(body, "goroutine") {
				t.Errorf("%s on the public address: %d %.200s", path, status, body)
			}
		}
	}
	if log := without.log.String(); strings.Contains(log, "profiles") {
		t.Errorf("profiles without an address: %s", log)
	}
	if took := s.end(t); took.Seconds() > 10 {
		t.Errorf("it took %s to stop", took)
	}
}

func TestAdminAddrInUse(t *testing.T) {
	s := startServer(t, database(t))
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	if r := hotleads(t, database(t), "", "serve", "--addr", "127.0.0.1:0", "--admin-addr", u.Host); r.status != statusFailed || !strings.Contains(r.err, "ADMIN_ADDR") {
		t.Errorf("got %+v", r)
	}
}

// The binary itself tells a container whether its server lives and is ready.
func TestHealthcheck(t *testing.T) {
	s := startServer(t, database(t))
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"healthcheck", "--port", u.Port()}, {"healthcheck", "--ready", "--port", u.Port()}, {"healthcheck", "--addr", "0.0.0.0:" + u.Port()}} {
		if out := done(t, map[string]string{"HTTP_PROXY": "http://127.0.0.1:1"}, "", args...); !strings.Contains(out, `"ok"`) {
			t.Errorf("hotleads %v: %s", args, out)
		}
	}
	s.end(t)
	if r := hotleads(t, nil, "", "healthcheck", "--port", u.Port()); r.status != statusFailed || !strings.Contains(r.err, "does not answer") {
		t.Errorf("without a server: %+v", r)
	}
	if r := hotleads(t, nil, "", "healthcheck", "--port", "0"); r.status != statusUsage {
		t.Errorf("without a port: %+v", r)
	}
}
