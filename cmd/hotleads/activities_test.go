package main

import (
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store/storetest"
)

// Activities are kept as long as the agreement needs them: less is refused at the
// start, unless it was enough once and another agreement was signed since.
func TestActivityMonths(t *testing.T) {
	env := database(t)
	env["ACTIVITY_MONTHS"] = "9"
	if r := hotleads(t, env, "", "serve", "--addr", "127.0.0.1:0"); r.status != statusUsage || !strings.Contains(r.err, "ACTIVITY_MONTHS: got 9, want 0 (keep all) or at least 10: by the agreement in force (version 1)") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	env["ACTIVITY_MONTHS"] = "10"
	st := storetest.Open(t, env["DATABASE_URL"])
	now := lead.Now()
	if err := st.Change(t.Context(), func(tx lead.Tx) error {
		var acts []lead.Activity
		for id, months := range map[string]int{"old": 12, "young": 9, "new": 0} {
			at := now.AddDate(0, -months, 0)
			acts = append(acts, lead.Activity{MessageID: id, LeadID: "lead", Name: "Page Viewed", OccurredAt: at, ReceivedAt: at})
		}
		return tx.Append(t.Context(), acts)
	}); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, env)
	left := func() int {
		acts, err := st.Activities(t.Context(), "lead", nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(acts)
	}
	eventually(t, "the old one is dropped", func() bool { return left() == 2 && strings.Contains(s.log.String(), "old activities were dropped") })
	s.end(t)

	a, err := lead.DefaultAgreement("UTC")
	if err != nil {
		t.Fatal(err)
	}
	a.Scoring.HalfLifeDays = 0
	if _, err := st.Activate(t.Context(), lead.Operator, a, now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, env)
	eventually(t, "it says that nothing is dropped", func() bool { return strings.Count(s.log.String(), "points never decay") >= 2 })
	env["ACTIVITY_MONTHS"] = "1200"
	if r := hotleads(t, env, "", "serve", "--addr", "127.0.0.1:0"); r.status != statusUsage || !strings.Contains(r.err, "got 1200, want 0 (keep all): by the agreement in force (version 2) points never decay") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
}
