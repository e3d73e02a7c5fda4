package lead_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
)

func TestReassign(t *testing.T) {
	to := rosa
	s := bring(t, lead.SAL)
	s.pass(100 * minute)
	response := s.clock(sla.Response)
	s.move(person(mia), lead.Request{Move: lead.Reassign, To: &to})
	s.wantStage(lead.SAL)
	s.wantRunning(sla.Touch, sla.Response)
	if c := s.clock(sla.Touch); c.OwnerID != "rosa" || !c.StartedAt.Equal(s.now) || c.Used != 0 || c.Target != 480*minute {
		t.Errorf("the new owner's clock: %+v", c)
	}
	response.OwnerID = "rosa"
	if d := cmp.Diff(response, s.clock(sla.Response)); d != "" {
		t.Errorf("the response clock does not just go on:\n%s", d)
	}
	var old lead.Clock
	for _, c := range s.clocks {
		if c.Kind == sla.Touch && c.OwnerID == "sam" {
			old = c
		}
	}
	if old.Outcome != sla.Cancelled || !near(old.Used, 100*minute) {
		t.Errorf("the time is not attributed to who held it: %+v", old)
	}
	if h := s.last(); h.OwnerBefore != "sam" || h.OwnerAfter != "rosa" || h.From != lead.SAL || h.To != lead.SAL {
		t.Errorf("history: %+v", h)
	}
	s.refused(person(mia), lead.Request{Move: lead.Reassign, To: &to}, lead.ErrConflict)
	// A breach stays with who breached.
	s = bring(t, lead.Claimed)
	s.pass(250 * minute)
	s.move(person(mia), lead.Request{Move: lead.Reassign, To: &to})
	if c := s.clock(sla.Decision); c.State(s.now) != sla.OnTime || c.OwnerID != "rosa" {
		t.Errorf("the new owner's decision: %+v", c)
	}
	if c := s.clocks[2]; c.Kind != sla.Decision || c.Outcome != sla.Missed || c.OwnerID != "sam" {
		t.Errorf("the old owner's decision: %+v", c)
	}
	// To another team: only what nobody holds.
	apac := s.book.Team("apac")
	s.refused(person(mia), lead.Request{Move: lead.Reassign, ToTeam: apac}, lead.ErrConflict)
	s = bring(t, lead.MQL)
	s.move(person(mia), lead.Request{Move: lead.Reassign, ToTeam: s.book.Team("apac")})
	if h := s.last(); s.l.TeamID != "apac" || h.TeamBefore != "emea" || h.TeamAfter != "apac" {
		t.Errorf("team %q, history %+v", s.l.TeamID, h)
	}
	s.wantRunning(sla.Claim, sla.Response)
}

// From the CRM a skipped stage is walked through, marked, and its clocks stop
// as unrecorded.
func TestTheCRMWalksThroughWhatItSkipped(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(10 * minute)
	s.move(crm, lead.Request{Move: lead.Win, Amount: 900_00, At: s.now.Add(-time.Hour)})
	s.wantStage(lead.Won)
	s.wantRows(lead.Qualify, lead.Accept, lead.Opportunity, lead.Win)
	for _, h := range s.history[1:] {
		if h.Cause != lead.CauseCRM || h.ActorKind != lead.ByKey {
			t.Errorf("%s is not marked: %+v", h.Move, h)
		}
	}
	if h := s.last(); h.Amount != 900_00 || !h.OccurredAt.Equal(s.now.Add(-time.Hour)) || !h.RecordedAt.Equal(s.now) || !s.l.ClosedAt.Equal(h.OccurredAt) {
		t.Errorf("history: %+v", h)
	}
	s.wantRunning()
	for _, k := range []sla.Kind{sla.Claim, sla.Response} {
		if c := s.clock(k); c.Outcome != sla.Unrecorded {
			t.Errorf("%s: %s, neither met nor breached is it", k, c.Outcome)
		}
	}
	// Held by a rep: it stays theirs.
	s = bring(t, lead.Claimed)
	s.move(crm, lead.Request{Move: lead.Opportunity})
	s.wantRows(lead.Qualify, lead.Claim, lead.Accept, lead.Opportunity)
	if s.l.OwnerID != "sam" || s.clock(sla.Decision).Outcome != sla.Unrecorded || s.clock(sla.Claim).Outcome != sla.Met || s.l.OnBoard() {
		t.Errorf("owner %q, decision %s, claim %s", s.l.OwnerID, s.clock(sla.Decision).Outcome, s.clock(sla.Claim).Outcome)
	}
	// What nobody had on the board does not count as an MQL of marketing's promise.
	s = bring(t, lead.Nurture)
	s.move(crm, lead.Request{Move: lead.Lose, Reason: "price"})
	s.wantRows(lead.Qualify, lead.Accept, lead.Opportunity, lead.Lose)
	for _, h := range s.history {
		if h.Counted {
			t.Errorf("%s counts", h.Move)
		}
	}
	if len(s.clocks) > 0 {
		t.Errorf("clocks were started: %+v", s.clocks)
	}
	// A new deal with a lost one.
	s.move(crm, lead.Request{Move: lead.Opportunity})
	s.wantRows(lead.Lose, lead.Reopen, lead.Qualify, lead.Accept, lead.Opportunity)
}

func TestCloseAndReopen(t *testing.T) {
	s := bring(t, lead.Lost)
	if h := s.last(); h.Reason != "price" || s.l.ReactivatesAt.Sub(s.now) != 30*24*time.Hour {
		t.Errorf("history %+v, nurture again at %v", h, s.l.ReactivatesAt)
	}
	s.move(person(ines), lead.Request{Move: lead.Reopen, Note: "new budget"})
	s.wantStage(lead.Nurture)
	if s.l.OwnerID != "" || !s.l.ReactivatesAt.IsZero() || s.last().Note != "new budget" {
		t.Errorf("%+v", s.l.Life)
	}
	s = bring(t, lead.Disqualified)
	s.does("Demo Requested")
	s.wantStage(lead.Disqualified)
	s.pass(400 * 24 * time.Hour)
	s.wantStage(lead.Disqualified)
	s.move(person(mia), lead.Request{Move: lead.Reopen})
	s.wantStage(lead.Nurture)
	s.does("Demo Requested")
	s.wantStage(lead.MQL)
}

func TestDisqualifyEndsTheHandOff(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(250 * minute) // the claim clock has breached, the response has not
	s.move(person(ines), lead.Request{Move: lead.Disqualify, Reason: "competitor"})
	s.wantRunning()
	if c := s.clock(sla.Claim); c.Outcome != sla.Missed || c.Current {
		t.Errorf("claim: %+v", c)
	}
	if c := s.clock(sla.Response); c.Outcome != sla.Cancelled || c.Current {
		t.Errorf("response: %+v", c)
	}
}

// An opportunity without a logged touch: the contact happened outside the
// board, and its clocks are neither met nor missed.
func TestAnOpportunityWithoutATouch(t *testing.T) {
	s := bring(t, lead.SAL)
	s.pass(15 * minute)
	s.move(person(sam), lead.Request{Move: lead.Opportunity})
	for _, k := range []sla.Kind{sla.Touch, sla.Response} {
		if c := s.clock(k); c.Outcome != sla.Unrecorded {
			t.Errorf("%s: %s", k, c.Outcome)
		}
	}
}

// What had breached until then was missed: a press does not hide it. The CRM's word
// may come long after the step, and is taken as it is.
func TestAnOpportunityAfterTheBreach(t *testing.T) {
	for name, c := range map[string]struct {
		actor lead.Actor
		want  sla.Outcome
	}{
		"its owner": {person(sam), sla.Missed},
		"the CRM":   {lead.Actor{Kind: lead.ByKey, Via: "api"}, sla.Unrecorded},
	} {
		t.Run(name, func(t *testing.T) {
			s := bring(t, lead.SAL)
			due := s.clock(sla.Touch).DueAt
			s.pass(due.Sub(s.now) + minute)
			s.move(c.actor, lead.Request{Move: lead.Opportunity})
			if got := s.clock(sla.Touch); got.Outcome != c.want || !got.BreachedAt.Equal(due) {
				t.Errorf("the touch clock is %s, breached %v; want %s, breached %v", got.Outcome, got.BreachedAt, c.want, due)
			}
		})
	}
}

// History and outbox rows are for good: what people write is kept where it can be erased.
func TestReasonsInWordsAreNotes(t *testing.T) {
	for _, c := range []struct{ reason, note, wantReason, wantNote string }{
		{"price", "", "price", ""},
		{"do_not_contact", "called twice", "do_not_contact", "called twice"},
		{"Ada Lovelace left", "", "", "Ada Lovelace left"},
		{"ada@engines.example", "no budget", "", "no budget\nada@engines.example"},
		{"Spam", "", "", "Spam"},
		{strings.Repeat("x", 41), "", "", strings.Repeat("x", 41)},
		{"", "only a note", "", "only a note"},
	} {
		for move, from := range map[lead.Move]lead.Stage{lead.Lose: lead.SQL, lead.Disqualify: lead.Nurture, lead.Reopen: lead.Lost} {
			s := bring(t, from)
			s.move(person(mia), lead.Request{Move: move, Reason: c.reason, Note: c.note})
			if h := s.last(); h.Reason != c.wantReason || h.Note != c.wantNote {
				t.Errorf("%s for %q, %q: reason %q, note %q", move, c.reason, c.note, h.Reason, h.Note)
			}
			if out := s.outbox[len(s.outbox)-1]; out.Data["reason"] != c.wantReason {
				t.Errorf("%s for %q: the outbox tells %v", move, c.reason, out.Data)
			}
		}
	}
}
