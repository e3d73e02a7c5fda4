package lead_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"hotleads/lead"
)

// The board that a lead left hears of it, too, where another instance has to tell.
func TestTheBoardThatALeadLeftIsTold(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	boss := o.hire("boss", lead.Manager)
	l := o.ready("ada")
	o.desk = lead.NewDesk(o.store, deaf{}, deaf{}, slog.New(slog.DiscardHandler))
	o.move(l.ID, boss, lead.Request{Move: lead.Reassign, ToTeam: &apac})
	heard := &bells{}
	o.desk = lead.NewDesk(o.store, o.redis, heard, slog.New(slog.DiscardHandler))
	if _, err := o.desk.Sweep(o.ctx, o.now.Add(time.Second), 100); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(heard.rung, func(n lead.Notice) bool {
		return slices.Contains(n.Teams, apac.ID) && slices.Contains(n.Teams, o.team.ID)
	}) {
		t.Errorf("rung for %+v", heard.rung)
	}
}

// A notice of more moved leads than it can name is one for everybody; of leads that only do
// things it is not: their boards are named.
func TestANoticeOfManyLeads(t *testing.T) {
	var many []string
	for i := range 501 {
		many = append(many, fmt.Sprint(i))
	}
	for what, c := range map[string]struct {
		notice lead.Notice
		all    bool
	}{
		"moved":       {lead.Notice{Leads: many, Moved: many}, true},
		"nearly":      {lead.Notice{Leads: many, Moved: many[:500]}, false},
		"doing much":  {lead.Notice{Leads: many}, false},
		"all already": {lead.Notice{All: true}, true},
	} {
		n := c.notice.Tidied()
		if n.All != c.all || len(n.Leads) > 500 || len(n.Moved) > 500 {
			t.Errorf("%s: for all %v, %d leads, %d moved", what, n.All, len(n.Leads), len(n.Moved))
		}
	}
}
