package lead_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

const minute = time.Minute

// near tells whether two durations are a millisecond or so apart: the
// stories' activities are.
func near(a, b time.Duration) bool { return (a - b).Abs() < 10*time.Millisecond }

func TestQualifyStartsClaimAndResponse(t *testing.T) {
	s := bring(t, lead.MQL)
	s.wantRunning(sla.Claim, sla.Response)
	if c := s.clock(sla.Claim); c.Target != 240*minute || c.OwnerID != "" || !c.Current {
		t.Errorf("the claim clock of a warm lead: %+v", c)
	}
	if c := s.clock(sla.Response); c.Target != (240+240+480)*minute {
		t.Errorf("the response clock of a warm lead: %v", c.Target)
	}
}

func TestClaimStopsTheClaimClockAndStartsTheDecision(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(30 * minute)
	s.move(person(sam), lead.Request{Move: lead.Claim, Note: "calls at noon"})
	s.wantRunning(sla.Decision, sla.Response)
	if c := s.clock(sla.Claim); c.Outcome != sla.Met || !near(c.Used, 30*minute) {
		t.Errorf("the claim clock: %s after %v", c.Outcome, c.Used)
	}
	if c := s.clock(sla.Decision); c.OwnerID != "sam" || c.Target != 240*minute || !c.StartedAt.Equal(s.now) {
		t.Errorf("the decision clock: %+v", c)
	}
	if h := s.last(); h.OwnerBefore != "" || h.OwnerAfter != "sam" || h.Note != "calls at noon" || h.Score < 49.9 || h.TeamAfter != "emea" {
		t.Errorf("history: %+v", h)
	}
}

// A lead that waits for four days is under the threshold, and of no tier: what
// starts then runs by warm's targets, and is warm's.
func TestALeadThatFadedIsHeldToWarm(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(4 * 24 * time.Hour)
	s.wantStage(lead.MQL)
	s.move(person(sam), lead.Request{Move: lead.Claim})
	if c := s.clock(sla.Decision); s.last().Tier != scoring.None || c.Tier != "warm" || c.Target != 240*minute {
		t.Errorf("of a lead of tier %q the decision clock is %q with %v", s.last().Tier, c.Tier, c.Target)
	}
}

func TestClaimOnBehalf(t *testing.T) {
	s := bring(t, lead.MQL)
	to := rosa
	s.move(person(mia), lead.Request{Move: lead.Claim, To: &to})
	if s.l.OwnerID != "rosa" || s.clock(sla.Decision).OwnerID != "rosa" {
		t.Errorf("owner %q", s.l.OwnerID)
	}
	if h := s.last(); h.ActorID != "mia" || h.OwnerAfter != "rosa" {
		t.Errorf("history: %+v", h)
	}
	// Repeated, it is a success that changes nothing.
	s.move(person(mia), lead.Request{Move: lead.Claim, To: &to})
	s.wantRows(lead.Qualify, lead.Claim)
}

// The claim clock goes on from where it stood, time while claimed does not
// count; the decision time already used counts again if the same rep claims.
func TestReleaseResumesTheClocks(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(60 * minute)
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.pass(45 * minute)
	s.move(person(sam), lead.Request{Move: lead.Release, Note: "on the phone"})
	s.wantStage(lead.MQL)
	s.wantRunning(sla.Claim, sla.Response)
	claim := s.clock(sla.Claim)
	if !near(claim.DueAt.Sub(s.now), 180*minute) {
		t.Errorf("the claim clock has %v left, want the 180 minutes that it had", claim.DueAt.Sub(s.now))
	}
	if s.l.OwnerID != "" || s.last().OwnerBefore != "sam" || s.last().Note != "on the phone" {
		t.Errorf("owner %q, history %+v", s.l.OwnerID, s.last())
	}
	// Another rep has all of the decision time; the first one, coming back, what is left.
	s.move(person(rosa), lead.Request{Move: lead.Claim})
	if left := s.clock(sla.Decision).DueAt.Sub(s.now); !near(left, 240*minute) {
		t.Errorf("another rep has %v to decide", left)
	}
	s.pass(5 * minute)
	s.move(person(rosa), lead.Request{Move: lead.Release})
	s.move(person(sam), lead.Request{Move: lead.Claim})
	if left := s.clock(sla.Decision).DueAt.Sub(s.now); !near(left, 195*minute) {
		t.Errorf("the same rep has %v to decide, want 240 less the 45 used before", left)
	}
	s.pass(10 * minute)
	s.move(person(sam), lead.Request{Move: lead.Release})
	s.move(person(sam), lead.Request{Move: lead.Claim})
	if left := s.clock(sla.Decision).DueAt.Sub(s.now); !near(left, 185*minute) {
		t.Errorf("claimed a third time, the same rep has %v to decide, want 185", left)
	}
}

func TestABreachIsNeverHiddenByARelease(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(241 * minute)
	if c := s.clock(sla.Claim); c.BreachedAt.IsZero() {
		t.Fatal("the claim clock has not breached")
	}
	s.move(person(sam), lead.Request{Move: lead.Claim})
	if c := s.clock(sla.Claim); c.Outcome != sla.Missed {
		t.Errorf("a claim too late: %s", c.Outcome)
	}
	s.pass(24*time.Hour + 60*minute)
	if c := s.clock(sla.Decision); c.State(s.now) != sla.Breached {
		t.Fatal("the decision clock has not breached")
	}
	s.move(person(sam), lead.Request{Move: lead.Release})
	if c := s.clock(sla.Claim); c.State(s.now) != sla.Breached || c.BreachedAt.IsZero() {
		t.Errorf("the release hides the claim's breach: %+v", c)
	}
	if c := s.clock(sla.Decision); c.Outcome != sla.Missed {
		t.Errorf("the release makes the decision %s", c.Outcome)
	}
	s.move(person(sam), lead.Request{Move: lead.Claim})
	if c := s.clock(sla.Decision); c.State(s.now) != sla.Breached {
		t.Errorf("claimed again by the same rep, the decision is %s", c.State(s.now))
	}
	s.move(person(sam), lead.Request{Move: lead.Release})
	s.move(person(rosa), lead.Request{Move: lead.Claim})
	if c := s.clock(sla.Decision); c.State(s.now) != sla.OnTime {
		t.Errorf("another rep inherits the breach")
	}
}

// A due breach that no sweep has seen yet is a breach all the same.
func TestABreachNobodySawIsStillMissed(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.now = s.now.Add(241 * minute)
	s.move(person(sam), lead.Request{Move: lead.Release})
	if c := s.clock(sla.Decision); c.Outcome != sla.Missed || c.BreachedAt.IsZero() {
		t.Errorf("decision: %+v", c)
	}
	s = bring(t, lead.SAL)
	s.now = s.now.Add(23 * time.Hour) // 450 business minutes of 480
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "wrong_fit"})
	if c := s.clock(sla.Touch); c.Outcome != sla.Cancelled {
		t.Errorf("a touch that was not due yet: %s", c.Outcome)
	}
	s = bring(t, lead.SAL)
	s.now = s.now.Add(48 * time.Hour)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "wrong_fit"})
	if c := s.clock(sla.Touch); c.Outcome != sla.Missed {
		t.Errorf("a touch that was due: %s", c.Outcome)
	}
}

func TestExpire(t *testing.T) {
	releasing := func(a *lead.Agreement) { a.SLA.ReleaseOnBreach = true }
	s := bring(t, lead.Claimed, releasing)
	s.pass(239 * minute)
	s.wantStage(lead.Claimed)
	s.pass(2 * minute)
	s.wantStage(lead.MQL)
	if h := s.last(); h.Move != lead.Expire || h.ActorKind != lead.BySystem || h.OwnerBefore != "sam" || h.Cause != lead.CauseDecision {
		t.Errorf("history: %+v", h)
	}
	if c := s.clock(sla.Decision); c.Outcome != sla.Missed {
		t.Errorf("the decision clock: %s", c.Outcome)
	}
	s.wantRunning(sla.Claim, sla.Response)
	// 14:02: Sam waits 30 business minutes, the others don't.
	for _, r := range []lead.Request{{Move: lead.Claim}, {Move: lead.Accept}, {Move: lead.Touch, Outcome: "reached"}, {Move: lead.Return, Reason: "researching"}} {
		if text := s.refused(person(sam), r, lead.ErrConflict); !strings.Contains(text, "14:32") {
			t.Errorf("%s: %q does not say until when", r.Move, text)
		}
	}
	other := *s
	other.move(person(rosa), lead.Request{Move: lead.Claim})
	later := *s
	later.now = later.now.Add(30 * minute)
	later.move(person(sam), lead.Request{Move: lead.Claim})
	if c := later.clock(sla.Decision); c.State(later.now) != sla.Breached {
		t.Errorf("the decision time used before does not count again: %+v", c)
	}
	if d := cmp.Diff([]string{"decision.breached: boss mia sam"}, later.news[len(later.news)-1:]); d != "" {
		t.Errorf("of a claim without time left people are told (-want +got):\n%s", d)
	}
	// What has breached already does not expire once more.
	later.pass(minute)
	later.wantStage(lead.Claimed)

	// Nobody else is there: Rosa is away, Otto is of another team.
	alone := *s
	away := rosa
	away.AwayUntil = s.now.Add(time.Hour)
	alone.book = newBook(sam, away, otto, mia)
	alone.move(person(sam), lead.Request{Move: lead.Claim})
}

func TestExpiryCountsBusinessMinutes(t *testing.T) {
	s := begin(t, func(a *lead.Agreement) { a.SLA.ReleaseOnBreach = true })
	s.hot()
	s.now = time.Date(2026, 3, 2, 12, 20, 0, 0, time.UTC) // 13:20; 250 minutes to closing
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.pass(240 * minute) // expires at 17:20
	s.wantStage(lead.MQL)
	s.now = s.now.Add(12 * time.Hour) // the night does not count
	s.refused(person(sam), lead.Request{Move: lead.Claim}, lead.ErrConflict)
	s.now = time.Date(2026, 3, 3, 8, 20, 0, 0, time.UTC) // 9:20, the 30th minute
	s.move(person(sam), lead.Request{Move: lead.Claim})
}

func TestWithoutThePolicyABreachExpiresNothing(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.pass(300 * minute)
	s.wantStage(lead.Claimed)
	if n := s.topics("clock.breached"); n != 1 {
		t.Errorf("%d breaches were announced", n)
	}
	if n := s.topics("clock.risk"); n != 1 {
		t.Errorf("%d risks were announced", n)
	}
	s.pass(10 * minute)
	if n := s.topics("clock.breached"); n != 1 {
		t.Errorf("the breach was announced again")
	}
}

func TestAccept(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.pass(20 * minute)
	s.move(person(sam), lead.Request{Move: lead.Accept})
	s.wantRunning(sla.Touch, sla.Response)
	if c := s.clock(sla.Decision); c.Outcome != sla.Met || !near(c.Used, 20*minute) {
		t.Errorf("the decision clock: %+v", c)
	}
	if c := s.clock(sla.Touch); c.OwnerID != "sam" || c.Target != 480*minute {
		t.Errorf("the touch clock: %+v", c)
	}
	// From the board: claims in the same step, with one row of its own.
	s = bring(t, lead.MQL)
	s.move(person(rosa), lead.Request{Move: lead.Accept})
	s.wantStage(lead.SAL)
	s.wantRows(lead.Qualify, lead.Accept)
	s.wantRunning(sla.Touch, sla.Response)
	if c := s.clock(sla.Claim); c.Outcome != sla.Met || s.l.OwnerID != "rosa" {
		t.Errorf("claim %s, owner %q", c.Outcome, s.l.OwnerID)
	}
}

func TestTheFirstTouchStopsTouchAndResponse(t *testing.T) {
	s := bring(t, lead.SAL)
	if !s.l.OnBoard() {
		t.Error("accepted and untouched: it belongs on the board")
	}
	s.pass(15 * minute)
	s.move(person(sam), lead.Request{Move: lead.Touch, Channel: "call", Outcome: "voicemail", Note: "left a word"})
	s.wantRunning()
	s.wantStage(lead.SAL)
	touch, response := s.clock(sla.Touch), s.clock(sla.Response)
	if touch.Outcome != sla.Met || response.Outcome != sla.Met || !near(response.Used, 17*minute) {
		t.Errorf("touch %s, response %s after %v", touch.Outcome, response.Outcome, response.Used)
	}
	if h := s.last(); h.Channel != "call" || h.Outcome != "voicemail" || h.Note != "left a word" || h.From != lead.SAL || h.To != lead.SAL {
		t.Errorf("history: %+v", h)
	}
	first := s.l.TouchedAt
	s.pass(15 * minute)
	s.move(person(sam), lead.Request{Move: lead.Touch, Channel: "email", Outcome: "sent"})
	if !s.l.TouchedAt.Equal(first) || s.l.Attempts != 2 || !s.clock(sla.Touch).StoppedAt.Equal(touch.StoppedAt) {
		t.Error("a second touch moves the first one")
	}
	if s.l.OnBoard() {
		t.Error("touched: it has left the board")
	}
}

func TestTouchFields(t *testing.T) {
	for _, channel := range []string{"call", "email", "meeting", "chat"} {
		for _, outcome := range []string{"reached", "voicemail", "no answer", "sent"} {
			bring(t, lead.SAL).move(person(sam), lead.Request{Move: lead.Touch, Channel: channel, Outcome: outcome})
		}
	}
	bring(t, lead.SAL).refused(person(sam), lead.Request{Move: lead.Touch, Channel: "fax", Outcome: "sent"}, lead.ErrInvalid)
	bring(t, lead.SAL).refused(person(sam), lead.Request{Move: lead.Touch, Channel: "call", Outcome: "shouted"}, lead.ErrInvalid)
	bring(t, lead.SAL).refused(person(sam), lead.Request{Move: lead.Touch, Channel: "call"}, lead.ErrInvalid)
}

func TestLogCallIsThreeMovesInOneStep(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(7 * minute)
	s.move(person(sam), lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached", Note: "wants a quote"})
	s.wantStage(lead.SAL)
	s.wantRows(lead.Claim, lead.Accept, lead.Touch)
	s.wantRunning()
	for _, k := range []sla.Kind{sla.Claim, sla.Decision, sla.Touch, sla.Response} {
		if c := s.clock(k); c.Outcome != sla.Met {
			t.Errorf("%s: %s", k, c.Outcome)
		}
	}
	for _, h := range s.history[1:] {
		if (h.Note != "") != (h.Move == lead.Touch) {
			t.Errorf("the note stands at the call, not at %s", h.Move)
		}
	}
	// Hands full of others' leads don't keep a call from being logged.
	s = bring(t, lead.MQL)
	s.holding = &lead.Holding{Claimed: make([]lead.Held, 9), Untouched: make([]lead.Held, 9)}
	s.move(person(sam), lead.Request{Move: lead.Touch, Outcome: "reached"})
}

// A lead that gets hotter while it waits is due at the earlier of the old
// moment and now plus the new target.
func TestHotterWhileItWaits(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(60 * minute)
	s.does("Trial Started") // 50 + 30: hot
	if s.tier() != "hot" {
		t.Fatalf("%v is %s", s.score().Total, s.tier())
	}
	if left := s.clock(sla.Claim).DueAt.Sub(s.now); !near(left, 30*minute) {
		t.Errorf("to claim: %v left, want the hot tier's 30 minutes", left)
	}
	// The old moment is earlier: it stays.
	s = bring(t, lead.MQL)
	s.pass(230 * minute)
	due := s.clock(sla.Claim).DueAt
	s.does("Trial Started")
	if !s.clock(sla.Claim).DueAt.Equal(due) {
		t.Error("getting hotter loosened the promise")
	}
	// Breached stays breached.
	s.pass(11 * minute)
	s.does("Demo Requested")
	if c := s.clock(sla.Claim); c.State(s.now) != sla.Breached || !c.DueAt.Equal(due) {
		t.Errorf("getting hotter undid a breach: %+v", c)
	}
	// An accepted lead too.
	s = bring(t, lead.SAL)
	s.does("Trial Started")
	if left := s.clock(sla.Touch).DueAt.Sub(s.now); !near(left, 60*minute) {
		t.Errorf("to touch: %v left, want 60 minutes", left)
	}
}

func TestArrivedWhileClosed(t *testing.T) {
	s := begin(t)
	s.now = time.Date(2026, 3, 6, 20, 0, 0, 0, time.UTC) // Friday night
	s.does("Demo Requested")
	s.wantStage(lead.MQL)
	c := s.clock(sla.Claim)
	if want := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC); !c.DueAt.Equal(want) || !c.WaitingSince.Equal(s.now) {
		t.Errorf("due %v waiting since %v, want 60 business minutes from Monday's opening", c.DueAt, c.WaitingSince)
	}
}

// A clock's change is recorded once and tells its lead when to wake.
func TestWakeAtIsTheNextChange(t *testing.T) {
	s := bring(t, lead.MQL)
	w := lead.Work{Lead: &s.l, Clocks: s.current()}
	if got := w.WakeAt(); !near(got.Sub(s.now), 180*minute) {
		t.Errorf("wakes after %v, want 75 %% of 240 minutes", got.Sub(s.now))
	}
	s.pass(181 * minute)
	if s.clock(sla.Claim).AtRiskAt.IsZero() || s.topics("clock.risk") != 1 {
		t.Error("the risk is not recorded")
	}
	i := slices.IndexFunc(s.outbox, func(o lead.Outgoing) bool { return o.Topic == "clock.risk" })
	if d := cmp.Diff(map[string]any{"clock": sla.Claim, "owner": "", "team": "emea"}, s.outbox[i].Data, cmpopts.IgnoreMapEntries(func(k string, _ any) bool { return k == "due" })); d != "" {
		t.Error(d)
	}
}
