package main

import (
	"testing"
	"time"

	"hotleads/test/testenv"
)

// While Postgres hangs /metrics says so within its second, and a stop takes no longer
// than any.
func TestPostgresThatHangs(t *testing.T) {
	env := production(t)
	line := testenv.NewLine(t, env["DATABASE_URL"])
	env["DATABASE_URL"] = line.URL
	s := startServer(t, env)
	line.Die()
	began := time.Now()
	got, _ := scrape(t, s.url)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("/metrics took %s", took.Round(time.Millisecond))
	}
	for series, want := range map[string]string{
		`hotleads_up{part="sql"}`: "0", `hotleads_up{part="redis"}`: "1",
		"hotleads_due_lag_seconds": "NaN", "hotleads_ranking_lag_seconds": "NaN", "hotleads_leads_to_rescore": "NaN",
	} {
		if got[series] != want {
			t.Errorf("%s is %q, want %s", series, got[series], want)
		}
	}
	if took := s.end(t); took > 10*time.Second {
		t.Errorf("it took %s to stop", took.Round(time.Millisecond))
	}
}
