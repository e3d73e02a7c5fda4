package handlers

import (
	"strings"
	"testing"
	"time"

	"hotleads/lead"
)

func TestWhatTakesTheStage(t *testing.T) {
	var s stage
	start := time.Date(2026, 11, 16, 10, 0, 0, 0, time.UTC)
	var wins []lead.Deal
	for _, c := range []struct {
		what  string
		after time.Duration
		fires string // ids of leads on fire; in capitals: somebody has it
		win   string
		want  string
	}{
		{"what there is already is no news", 0, "a", "w", ""},
		{"nothing new", time.Second, "a", "", ""},
		{"a new one", 2 * time.Second, "a b", "", "b"},
		{"it stays", 6 * time.Second, "a b", "", "b"},
		{"for five seconds", 7 * time.Second, "a b", "", ""},
		{"one that somebody took at once", 8 * time.Second, "a b C", "", ""},
		{"a deal", 9 * time.Second, "a", "x", "won x"},
		{"and one on fire waits for its turn", 10 * time.Second, "a d", "", "won x"},
		{"then has it", 14 * time.Second, "a d", "", "d"},
		{"then nobody", 19 * time.Second, "a d", "", ""},
		{"on fire again is new", 20 * time.Second, "a b d", "", "b"},
		{"a crowd is no moment", 25 * time.Second, "a b d e f g h i", "", "e"},
		{"no more than two wait", 30 * time.Second, "a b d e f g h i", "", "f"},
		{"and then nobody", 35 * time.Second, "a b d e f g h i", "", ""},
	} {
		var fires []lead.Scored
		for _, id := range strings.Fields(c.fires) {
			l := lead.Scored{Lead: lead.Lead{ID: strings.ToLower(id), Life: lead.Life{Stage: lead.MQL}}}
			if id != l.ID {
				l.Stage = lead.Claimed
			}
			fires = append(fires, l)
		}
		if c.win != "" {
			wins = append(wins, lead.Deal{LeadID: c.win, At: start.Add(c.after)})
		}
		got := ""
		switch m := s.at(start.Add(c.after), fires, wins); {
		case m.fire != nil:
			got = m.fire.ID
		case m.win != nil:
			got = "won " + m.win.LeadID
		}
		if got != c.want {
			t.Errorf("%s: %q has the stage, want %q", c.what, got, c.want)
		}
	}
}
