package lead_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
)

// settled brings all running clocks to what is in force, and counts the leads.
func (o *office) settled() int {
	o.t.Helper()
	for done := 0; ; {
		n, err := o.desk.Recompute(o.ctx, o.now, 2)
		if err != nil {
			o.t.Fatal(err)
		}
		if done += n; n == 0 {
			return done
		}
	}
}

func TestRunningClocksFollowTheCalendar(t *testing.T) {
	o := open(t)
	open, claimed, done := o.ready("open"), o.ready("claimed"), o.ready("done")
	o.move(claimed.ID, o.sam, lead.Request{Move: lead.Claim})
	o.move(done.ID, o.sam, lead.Request{Move: lead.Touch, Outcome: "reached"})
	if n := o.settled(); n != 0 {
		t.Errorf("%d leads are brought to the calendar by which they run", n)
	}
	stopped := o.find(done.ID).Clocks
	updated := o.find(open.ID).UpdatedAt

	o.now = o.now.Add(time.Minute)
	cal, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","10:10"],["11:00","17:30"]],"tue":[["09:00","17:30"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.store.ChangeTeam(o.ctx, lead.Operator, o.team.ID, lead.TeamPlan{Name: "EMEA", Calendar: cal, MaxClaimed: 3, MaxUntouched: 5}, o.now); err != nil {
		t.Fatal(err)
	}
	if n := o.settled(); n != 2 {
		t.Errorf("%d leads are computed again, want the two whose clocks run", n)
	}
	for _, id := range []string{open.ID, claimed.ID} {
		for _, c := range o.find(id).Clocks {
			if !c.Running() {
				continue
			}
			want, err := cal.Due(c.AskedAt, c.Target)
			if err != nil || !c.DueAt.Equal(want) {
				t.Errorf("%s is due at %v, want %v (%v)", c.Kind, c.DueAt, want, err)
			}
			if n := len(c.Changes); n != 1 || c.Changes[0].Cause != lead.CauseCalendar || !c.Changes[0].DueTo.Equal(want) || !c.Changes[0].At.Equal(o.now) {
				t.Errorf("%s tells of %+v", c.Kind, c.Changes)
			}
		}
	}
	if diff := cmp.Diff(stopped, o.find(done.ID).Clocks); diff != "" {
		t.Errorf("stopped clocks changed (-want +got):\n%s", diff)
	}
	if got := o.find(open.ID).UpdatedAt; !got.Equal(updated) {
		t.Errorf("nothing happened to the lead, but it changed at %v", got)
	}
	if n := o.settled(); n != 0 {
		t.Errorf("%d leads again", n)
	}
	// Its new due time is what the sweep goes by.
	o.now = o.find(open.ID).Clocks[0].DueAt
	if _, err := o.desk.Sweep(o.ctx, o.now, 10); err != nil {
		t.Fatal(err)
	}
	if c := o.find(open.ID).Clocks[0]; !c.BreachedAt.Equal(o.now) || !c.BreachNotedAt.Equal(o.now) {
		t.Errorf("breached at %v, want %v", c.BreachedAt, o.now)
	}
}

func TestRunningClocksFollowTheAgreement(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	o.now = o.now.Add(time.Minute)
	version := o.enact(func(a *lead.Agreement) { a.SLA.Targets["hot"][sla.Claim] = 20 })
	if n := o.settled(); n != 1 {
		t.Errorf("%d leads are computed again", n)
	}
	c := o.find(l.ID).Clocks[0]
	if c.Kind != sla.Claim || c.Target != 20*minute || !c.DueAt.Equal(c.AskedAt.Add(20*minute)) || c.Agreement != version || len(c.Changes) != 1 || c.Changes[0].Cause != lead.CausePolicy {
		t.Errorf("the claim clock: %+v", c)
	}
	// One that wants the same of clocks changes nothing.
	o.now = o.now.Add(time.Minute)
	o.enact(func(a *lead.Agreement) { a.SLA.Targets["hot"][sla.Claim], a.Commitments.BecomeSQL = 20, .5 })
	if n := o.settled(); n != 0 {
		t.Errorf("%d leads are computed again for another commitment", n)
	}
}

// A claim that lapsed while nothing ran expires, whatever finds the breach first.
func TestWhatLapsedExpiresWhoeverFindsIt(t *testing.T) {
	for what, find := range map[string]func(*office){
		"the sweep": func(o *office) {
			if _, err := o.desk.Sweep(o.ctx, o.now, 10); err != nil {
				o.t.Fatal(err)
			}
		},
		"a recompute": func(o *office) { o.settled() },
		"an activity": func(o *office) { o.take(by("ada", "", o.track("Pricing Viewed"))...) },
	} {
		t.Run(what, func(t *testing.T) {
			o := open(t)
			o.enact(func(a *lead.Agreement) { a.SLA.ReleaseOnBreach = true })
			l := o.ready("ada")
			o.now = o.now.Add(time.Minute)
			o.move(l.ID, o.sam, lead.Request{Move: lead.Claim})
			o.now = o.now.Add(2 * time.Hour)
			o.enact(func(a *lead.Agreement) { a.SLA.ReleaseOnBreach, a.SLA.Targets["hot"][sla.Decision] = true, 90 })
			find(o)
			after := o.find(l.ID)
			if diff := cmp.Diff([]lead.Move{lead.Qualify, lead.Claim, lead.Expire}, o.moves(l.ID)); diff != "" || after.OwnerID != "" || !after.UpdatedAt.Equal(o.now) {
				t.Errorf("it is %q's, changed at %v; moves (-want +got):\n%s", after.OwnerID, after.UpdatedAt, diff)
			}
			for _, c := range after.Clocks {
				if c.Kind == sla.Decision && c.Outcome != sla.Missed || c.Kind == sla.Claim && !c.Running() {
					t.Errorf("the %s clock: %+v", c.Kind, c)
				}
			}
			if n := o.settled(); n != 0 {
				t.Errorf("%d leads are computed again", n)
			}
			if n := o.count(`SELECT COUNT(*) FROM outbox WHERE topic = 'clock.breached'`); n != 1 {
				t.Errorf("%d breaches are told, want that of the decision", n)
			}
		})
	}
}

// A calendar may change between a sweep's asking what is due and its waking it.
func TestWhatIsNoLongerDueIsNotWoken(t *testing.T) {
	o := open(t)
	one, other := o.ready("one"), o.ready("other")
	due := o.find(one.ID).Clocks[0].RiskAt
	cal, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"sun":[["09:00","10:00"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.store.ChangeTeam(o.ctx, lead.Operator, o.team.ID, lead.TeamPlan{Name: "EMEA", Calendar: cal, MaxClaimed: 3, MaxUntouched: 5}, o.now); err != nil {
		t.Fatal(err)
	}
	o.now = due.Add(time.Second)
	if _, err := o.desk.Sweep(o.ctx, o.now, 100); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{one.ID, other.ID} {
		for _, c := range o.find(id).Clocks {
			if !c.AtRiskAt.IsZero() || !c.DueAt.After(o.now) {
				t.Errorf("%s at risk %v, due %v", c.Kind, c.AtRiskAt, c.DueAt)
			}
		}
	}
}

// What a team missed stays its own, whoever has the lead when the clock stops: a
// fact does not move to those who came to help.
func TestAMissedClockStaysWithItsTeam(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	boss, otto := o.hire("boss", lead.Manager), o.hire("otto", lead.Rep, apac.ID)
	missed, kept := o.ready("missed"), o.ready("kept")
	clock := func(id string, k sla.Kind) lead.Clock {
		t.Helper()
		for _, c := range o.find(id).Clocks {
			if c.Kind == k {
				return c
			}
		}
		t.Fatalf("%s has no %s clock", id, k)
		return lead.Clock{}
	}
	o.move(kept.ID, boss, lead.Request{Move: lead.Reassign, ToTeam: &apac})
	if c := clock(kept.ID, sla.Response); c.TeamID != apac.ID {
		t.Errorf("a clock that runs in time is %s's", c.TeamID)
	}
	due := clock(missed.ID, sla.Response).DueAt
	o.now = due.Add(time.Millisecond) // before any sweep
	o.move(missed.ID, boss, lead.Request{Move: lead.Reassign, ToTeam: &apac})
	for _, k := range []sla.Kind{sla.Claim, sla.Response} {
		if c := clock(missed.ID, k); c.TeamID != o.team.ID || c.BreachedAt.IsZero() || len(c.Changes) > 0 {
			t.Errorf("the %s clock that EMEA missed is %+v", k, c)
		}
	}
	if n := o.settled(); n != 0 {
		t.Errorf("%d leads are brought to what their clocks run by", n)
	}
	o.now = o.now.Add(time.Minute)
	o.enact(func(a *lead.Agreement) { a.SLA.Targets["hot"][sla.Claim] = 20 })
	if n := o.settled(); n != 2 {
		t.Errorf("%d leads follow the agreement", n)
	}
	o.move(missed.ID, otto, lead.Request{Move: lead.Touch, Outcome: "reached"})
	for k, team := range map[sla.Kind]string{sla.Claim: o.team.ID, sla.Response: o.team.ID} {
		if c := clock(missed.ID, k); c.TeamID != team || c.Outcome != sla.Missed || c.Stopped.By != otto.ID {
			t.Errorf("stopped, the %s clock is %+v", k, c)
		}
	}
	o.now = o.now.Add(24 * time.Hour)
	if n := o.settled(); n != 0 {
		t.Errorf("%d leads again", n)
	}
}
