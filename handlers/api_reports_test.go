package handlers_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// clockOf is a kind of clock in a list of them.
func clockOf(v any, kind string) map[string]any {
	for _, c := range v.([]any) {
		if c := c.(map[string]any); c["kind"] == kind {
			return c
		}
	}
	return nil
}

// The report follows the moves at once, team by team, and a key that misspells is
// told what would be right.
func TestAPISLAReport(t *testing.T) {
	x := newHouse(t)
	sam := x.person("Sam", lead.Rep)
	status, r := x.call(http.MethodGet, "/api/v1/reports/sla", nil)
	n := r["hand_offs"].(map[string]any)
	if status != http.StatusOK || n["all"] != 2.0 || n["waiting"] != 2.0 || n["mqls"] != 2.0 || len(r["teams"].([]any)) != 2 || len(r["weeks"].([]any)) != 8 || r["team"] != nil {
		t.Fatalf("two leads of two teams wait: %d %v", status, r)
	}
	if status, r := x.call(http.MethodPost, "/api/v1/leads/"+x.near+"/touch", map[string]any{"actor": sam.Email, "channel": "call", "outcome": "reached"}); status != http.StatusOK {
		t.Fatal(status, r)
	}
	for team, called := range map[string]float64{x.team.Slug: 1, x.far.ID: 0, "Far": 0} {
		status, r := x.call(http.MethodGet, "/api/v1/reports/sla?team="+url.QueryEscape(team), nil)
		n := r["hand_offs"].(map[string]any)
		if status != http.StatusOK || n["all"] != 1.0 || n["called"] != called || n["waiting"] != 1-called {
			t.Errorf("the team %s: %d %v", team, status, n)
		}
	}
	_, r = x.call(http.MethodGet, "/api/v1/reports/sla?rep="+url.QueryEscape(sam.Email), nil)
	for _, kind := range []string{"claim", "touch", "response"} {
		c := clockOf(r["clocks"], kind)
		after := c["after_hours"].(map[string]any)
		if c["met"].(float64)+after["met"].(float64) != 1 || c["verified"].(map[string]any)["met"] != 1.0 {
			t.Errorf("%s, which a program made on Sam's behalf: %v", kind, c)
		}
	}
	if p := clockOf(r["clocks"], "touch")["promised"]; p != .85 {
		t.Errorf("promised to be touched in time: %v", p)
	}
	_, now := x.call(http.MethodGet, "/api/v1/reports/sla", nil)
	_, past := x.call(http.MethodGet, "/api/v1/reports/sla?from=2026-01-01&to=2026-03-31", nil)
	for _, of := range []string{"today", "week"} {
		if diff := cmp.Diff(now[of], past[of]); diff != "" {
			t.Errorf("%s of now beside an earlier period (-now +then):\n%s", of, diff)
		}
	}
	for query, want := range map[string]int{
		"?from=2026-01-01&to=2026-03-31": 200, "?to=2026-01-04": 200, "?tier=hot&source=nowhere": 200,
		"?team=nowhere": 404, "?from=soon": 422, "?to=2026-02-30": 422, "?from=2026-03-01&to=2026-02-01": 422, "?from=2020-01-01&to=2026-01-01": 422, "?tier=icy": 422, "?team=nowhere&from=soon": 404,
	} {
		if status, p := x.call(http.MethodGet, "/api/v1/reports/sla"+query, nil); status != want {
			t.Errorf("%s: %d %v, want %d", query, status, p, want)
		}
	}
}
