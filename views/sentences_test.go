package views_test

import (
	"strings"
	"testing"
	"time"

	"hotleads/lead/report"
	"hotleads/views"
)

// A median is said of those whom it is of: who came while the team was closed is in none.
func TestTheSentenceSaysWhoseMedianItIs(t *testing.T) {
	for _, c := range []struct {
		called, ordinary int
		want             string
	}{
		{0, 0, "None was called yet."},
		{1, 1, "1 was called, half of them within 2 min."},
		{10, 10, "10 were called, half of them within 2 min."},
		{10, 1, "10 were called; of those that came in opening hours half within 2 min."},
		{10, 0, "10 were called."},
	} {
		r := report.SLA{HandOffs: report.HandOffs{All: 12, Called: c.called}, Clocks: []report.Clock{{Waits: report.Waits{Done: c.ordinary, Median: 2 * time.Minute}}}}
		r.Query = report.Query{Now: time.Now(), Zone: time.UTC}
		if got := views.PeriodSentence(r); !strings.HasSuffix(got, c.want) {
			t.Errorf("%d called, %d of them ordinary: %q, want %q", c.called, c.ordinary, got, c.want)
		}
	}
}

func TestTheSentenceSaysOnWhomTheyWait(t *testing.T) {
	for _, c := range []struct {
		want string
		n    views.Waiting
	}{
		{"Nobody waits now.", views.Waiting{}},
		{"Now 1 clock runs. All in time. 1 waits on nobody.", views.Waiting{All: 1, Nobody: 1}},
		{"Now 3 clocks run. 1 overdue, 1 at risk. 1 waits on nobody, 2 on Rosa.", views.Waiting{All: 3, Overdue: 1, AtRisk: 1, Nobody: 1, On: map[string]int{"Rosa": 2}}},
		{"Now 2 clocks run. 2 at risk, none overdue. 2 on as many reps.", views.Waiting{All: 2, AtRisk: 2, On: map[string]int{"Rosa": 1, "Sam": 1}}},
		{"Now more than 300 clocks run. Of the first 300: 5 overdue. 300 on 2 reps, most of them (200) on Sam.", views.Waiting{All: 300, More: true, Overdue: 5, On: map[string]int{"Rosa": 100, "Sam": 200}}},
	} {
		if got := c.n.Now(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
