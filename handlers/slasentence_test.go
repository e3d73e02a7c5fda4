package handlers

import (
	"strings"
	"testing"
	"time"

	"hotleads/lead/report"
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
		f := slaFilter{Query: report.Query{Now: time.Now(), Zone: time.UTC}}
		if got := slaSentence(f, r); !strings.HasSuffix(got, c.want) {
			t.Errorf("%d called, %d of them ordinary: %q, want %q", c.called, c.ordinary, got, c.want)
		}
	}
}
