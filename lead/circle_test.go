package lead_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
)

// escalating lets managers claim after half of the claim target, every team after all of it.
func escalating(a *lead.Agreement) {
	a.SLA.Escalation = &sla.Escalation{ManagerShare: .5, EveryShare: 1}
}

func TestWithoutEscalationNobodyElseMayClaim(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(500 * minute)
	if s.l.Circle != lead.OfTeam || !s.l.WidenAt.IsZero() {
		t.Errorf("circle %q, wider at %v", s.l.Circle, s.l.WidenAt)
	}
	s.refused(person(mia), lead.Request{Move: lead.Claim}, lead.ErrInvalid)
	s.refused(person(otto), lead.Request{Move: lead.Claim}, lead.ErrForbidden)
}

func TestAClaimEscalates(t *testing.T) {
	s := bring(t, lead.MQL, escalating)
	asked := s.clock(sla.Claim).AskedAt
	s.pass(110 * minute)
	s.refused(person(mia), lead.Request{Move: lead.Claim}, lead.ErrInvalid)
	s.move(person(sam), lead.Request{Move: lead.Claim}) // time while claimed does not count
	s.pass(60 * minute)
	s.move(person(sam), lead.Request{Move: lead.Release})
	s.pass(9 * minute)
	if s.l.Circle != lead.OfTeam {
		t.Fatalf("after 119 minutes the lead is the %s's", s.l.Circle)
	}
	s.pass(minute)
	if s.l.Circle != lead.OfManager {
		t.Fatalf("after half of the target the circle is %q", s.l.Circle)
	}
	s.refused(person(otto), lead.Request{Move: lead.Claim}, lead.ErrForbidden)
	s.refused(person(kim), lead.Request{Move: lead.Claim}, lead.ErrForbidden)
	late := 200 * time.Millisecond
	s.pass(120*minute + late)
	if s.l.Circle != lead.OfEvery || !s.l.ShowsOn("apac") || !s.l.ShowsOn("emea") {
		t.Fatalf("after all of the target the circle is %q", s.l.Circle)
	}
	var told []string
	for _, o := range s.outbox {
		if o.Topic == "lead.widened" {
			told = append(told, string(o.Data["claimable_by"].(lead.Circle)))
		}
	}
	if diff := cmp.Diff([]string{"manager", "every"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	var wider []sla.Change
	for _, c := range s.clock(sla.Claim).Changes {
		if c.What == sla.Widened {
			wider = append(wider, c)
		}
	}
	if len(wider) != 2 || !near(wider[1].At.Sub(asked), 300*minute) || wider[1].NotedAt.Sub(wider[1].At) < late-10*time.Millisecond {
		t.Errorf("the claim clock tells of %+v", wider)
	}
	s.move(person(otto), lead.Request{Move: lead.Claim})
	if s.l.TeamID != "apac" || s.l.OwnerID != "otto" || s.last().TeamBefore != "emea" || s.last().TeamAfter != "apac" {
		t.Errorf("team %s, owner %s, history %+v", s.l.TeamID, s.l.OwnerID, s.last())
	}
	if c := s.clock(sla.Claim); c.TeamID != "emea" || c.Outcome != sla.Missed {
		t.Errorf("the claim clock is %s's: %s", c.TeamID, c.Outcome)
	}
	if s.clock(sla.Decision).TeamID != "apac" || s.clock(sla.Response).TeamID != "apac" {
		t.Error("the clocks that run are not the new team's")
	}
	s.move(person(otto), lead.Request{Move: lead.UndoMove})
	if s.l.TeamID != "emea" || s.l.Circle != lead.OfEvery || s.clock(sla.Response).TeamID != "emea" {
		t.Errorf("undone, it is %s's, circle %q", s.l.TeamID, s.l.Circle)
	}
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "researching"})
	if s.l.Circle != lead.OfTeam || s.l.TeamID != "emea" {
		t.Errorf("returned, it is %s's, circle %q", s.l.TeamID, s.l.Circle)
	}
}

// Who may claim a lead for whom: one that every team may claim, too, is claimed only
// by the manager of its team for reps of it, and by others for reps of theirs.
func TestWhoClaimsForWhomWhereEveryTeamMay(t *testing.T) {
	both := lead.User{ID: "both", Name: "Both", Role: lead.Rep, Teams: []string{"emea", "apac"}}
	s := bring(t, lead.MQL, escalating)
	s.book = newBook(append(slices.Clone(staff), both)...)
	s.pass(241 * minute)
	for _, c := range []struct {
		by, to lead.User
		team   string // whose the lead is then; "": refused
	}{
		{mia, sam, "emea"}, {mia, otto, ""}, {mia, both, "emea"},
		{kim, sam, ""}, {kim, otto, "apac"}, {kim, both, "emea"},
		{boss, sam, "emea"}, {boss, otto, "apac"},
	} {
		s, r := *s, lead.Request{Move: lead.Claim, To: &c.to}
		if c.team == "" {
			s.refused(person(c.by), r, lead.ErrInvalid)
			continue
		}
		if s.move(person(c.by), r); s.l.OwnerID != c.to.ID || s.l.TeamID != c.team {
			t.Errorf("%s claims it for %s: it is %s's of %s", c.by.Name, c.to.Name, s.l.OwnerID, s.l.TeamID)
		}
	}
}

func TestAManagerKeepsWhatEscalatedToThem(t *testing.T) {
	s := bring(t, lead.MQL, escalating)
	s.pass(121 * minute)
	s.move(person(mia), lead.Request{Move: lead.Claim})
	if s.l.OwnerID != "mia" || !mia.MayKeep(&s.l) || sam.MayHold("apac") {
		t.Fatalf("owner %q", s.l.OwnerID)
	}
	s.move(person(mia), lead.Request{Move: lead.Accept})
	s.move(person(mia), lead.Request{Move: lead.Touch, Outcome: "reached"})
	s.wantRunning()
	elsewhere := mia
	elsewhere.Teams = []string{"apac"}
	if !mia.Tends("emea", s.now) || elsewhere.Tends("emea", s.now) {
		t.Error("who manages the team looks after what they hold of it, and no other manager does")
	}
	if s.l.Stage != lead.SAL || s.l.TouchedAt.IsZero() {
		t.Errorf("stage %s", s.l.Stage)
	}
}

// What was missed while nothing ran happens in order, once each.
func TestCirclesAfterAnOutage(t *testing.T) {
	s := bring(t, lead.MQL, escalating)
	asked := s.clock(sla.Claim).AskedAt
	s.pass(300 * minute)
	var at []time.Duration
	for _, c := range s.clock(sla.Claim).Changes {
		at = append(at, c.At.Sub(asked).Round(time.Second))
		if !c.NotedAt.Equal(s.now) {
			t.Errorf("noted at %v", c.NotedAt)
		}
	}
	if diff := cmp.Diff([]time.Duration{120 * minute, 240 * minute}, at); diff != "" || s.l.Circle != lead.OfEvery {
		t.Errorf("circle %q, wider after (-want +got):\n%s", s.l.Circle, diff)
	}
}

func TestATeamsOwnTargets(t *testing.T) {
	s := bring(t, lead.MQL, func(a *lead.Agreement) {
		a.SLA.Teams = map[string]sla.TeamPolicy{
			"emea": {Targets: sla.Targets{"warm": {sla.Claim: 20}}, Escalation: &sla.Escalation{EveryShare: 2}},
			"apac": {Targets: sla.Targets{"warm": {sla.Claim: 30}}},
		}
	})
	if c := s.clock(sla.Claim); c.Target != 20*minute {
		t.Errorf("the claim target is %v", c.Target)
	}
	if c := s.clock(sla.Response); c.Target != (20+240+480)*minute {
		t.Errorf("the response target is %v", c.Target)
	}
	s.pass(39 * minute)
	s.refused(person(otto), lead.Request{Move: lead.Claim}, lead.ErrForbidden)
	s.pass(minute)
	s.move(person(otto), lead.Request{Move: lead.Claim})
}
