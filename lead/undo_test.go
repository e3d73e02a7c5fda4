package lead_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/sla"
)

// asItWas compares leads but for what an undo rightly changes. Ledgers are
// derived again: the same up to rounding.
var asItWas = cmp.Options{
	cmpopts.IgnoreFields(lead.Lead{}, "UpdatedAt", "ListedAt", "Undo"),
	cmpopts.IgnoreFields(lead.Life{}, "HistorySeq"),
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }),
	cmpopts.EquateApproxTime(2 * time.Millisecond),
}

func TestUndoPutsEverythingBack(t *testing.T) {
	touch := lead.Request{Move: lead.Touch, Outcome: "reached"}
	for _, c := range []struct {
		name  string
		stage lead.Stage
		r     lead.Request
	}{
		{"claim", lead.MQL, lead.Request{Move: lead.Claim}},
		{"accept what was claimed", lead.Claimed, lead.Request{Move: lead.Accept}},
		{"accept from the board", lead.MQL, lead.Request{Move: lead.Accept}},
		{"first touch", lead.SAL, touch},
		{"log call", lead.MQL, touch},
		{"log call on a claim", lead.Claimed, touch},
		{"return from the board", lead.MQL, lead.Request{Move: lead.Return, Reason: "wrong_fit"}},
		{"return of a claim, engagement to nought", lead.Claimed, lead.Request{Move: lead.Return, Reason: "researching"}},
		{"return of an accepted lead, with a date", lead.SAL, lead.Request{Move: lead.Return, Reason: "not_now", Date: "2026-04-01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bring(t, c.stage)
			s.does("Contact Sales Requested") // asked for sales: a touch or return forgets it
			s.pass(200 * minute)              // a clock is at risk
			before := *s
			before.clocks, before.outbox = slices.Clone(s.clocks), slices.Clone(s.outbox)
			rows := len(s.history)
			s.move(person(sam), c.r)
			moved := len(s.history)
			s.now = s.now.Add(9 * time.Second)
			s.move(person(sam), lead.Request{Move: lead.UndoMove})
			if d := cmp.Diff(before.l, s.l, asItWas); d != "" {
				t.Errorf("the lead (-before +after undo):\n%s", d)
			}
			if d := cmp.Diff(before.clocks, s.clocks); d != "" {
				t.Errorf("the clocks (-before +after undo):\n%s", d)
			}
			if d := cmp.Diff(before.outbox, s.outbox); d != "" {
				t.Errorf("the outbox (-before +after undo):\n%s", d)
			}
			if len(s.history) != moved+1 {
				t.Fatalf("undo appends one row: %d after %d", len(s.history), moved)
			}
			if h := s.last(); h.Move != lead.UndoMove || h.UndoOf != int64(rows+1) || h.To != c.stage || h.ActorID != "sam" || h.Cause != string(c.r.Move) {
				t.Errorf("history: %+v", h)
			}
			s.refused(person(sam), lead.Request{Move: lead.UndoMove}, lead.ErrConflict) // once
			if c.stage == lead.MQL {
				s.move(person(rosa), lead.Request{Move: lead.Claim}) // and anybody may go on
			}
		})
	}
}

// A breach that the move was the first to find is one, and is told once, however
// often it is undone; the claim expires then where it would have.
func TestWhatBreachedBeforeAnUndoneMoveIsToldOnce(t *testing.T) {
	for _, c := range []struct {
		stage    lead.Stage
		kind     sla.Kind
		r        lead.Request
		releases bool
		want     lead.Stage
	}{
		{lead.MQL, sla.Claim, lead.Request{Move: lead.Claim}, false, lead.MQL},
		{lead.MQL, sla.Claim, lead.Request{Move: lead.Return, Reason: "wrong_fit"}, false, lead.MQL},
		{lead.Claimed, sla.Decision, lead.Request{Move: lead.Return, Reason: "wrong_fit"}, false, lead.Claimed},
		{lead.Claimed, sla.Decision, lead.Request{Move: lead.Return, Reason: "wrong_fit"}, true, lead.MQL},
		{lead.SAL, sla.Touch, lead.Request{Move: lead.Return, Reason: "wrong_fit"}, false, lead.SAL},
	} {
		s := bring(t, c.stage, func(a *lead.Agreement) { a.SLA.ReleaseOnBreach = c.releases })
		s.now = s.clock(c.kind).DueAt.Add(time.Second)
		found := s.now
		s.move(person(sam), c.r)
		s.now = s.now.Add(time.Second)
		s.move(person(sam), lead.Request{Move: lead.UndoMove})
		s.pass(time.Second)
		s.wantStage(c.want)
		if n := s.topics("clock.breached"); n != 1 || !s.clock(c.kind).BreachNotedAt.Equal(found) {
			t.Errorf("%s of a lead that is %s, undone: %d breaches are told, noted at %v", c.r.Move, c.stage, n, s.clock(c.kind).BreachNotedAt)
		}
	}
}

func TestUndoOfASecondReturnRestoresTheSecondLedger(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "researching"})
	s.pass(day)
	s.does("Products Compared", "Products Compared", "Pricing Viewed")
	s.move(person(sam), lead.Request{Move: lead.Claim})
	before := s.l
	s.pass(minute)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "researching"})
	if s.score().Engagement != 0 {
		t.Fatalf("engagement %v", s.score().Engagement)
	}
	s.move(person(sam), lead.Request{Move: lead.UndoMove})
	if d := cmp.Diff(before, s.l, asItWas); d != "" {
		t.Errorf("the lead (-before +after undo):\n%s", d)
	}
	if got := s.score().Engagement; got < 49 || got > 50 {
		t.Errorf("engagement %v: what was cleared by the first return came back", got)
	}
}

func TestUndoIsOnesOwnAndForTenSeconds(t *testing.T) {
	undo := lead.Request{Move: lead.UndoMove}
	s := bring(t, lead.MQL)
	s.refused(person(sam), undo, lead.ErrConflict)
	s.move(person(sam), lead.Request{Move: lead.Claim})
	for _, a := range []lead.Actor{person(rosa), person(mia), person(ines), person(anna), crm, lead.System} {
		s.refused(a, undo, lead.ErrForbidden)
	}
	late := *s
	late.now = late.now.Add(lead.UndoFor)
	late.refused(person(sam), undo, lead.ErrConflict)
	if s.l.Undo.Until.Sub(s.now) != lead.UndoFor {
		t.Errorf("until %v", s.l.Undo.Until)
	}
	for _, o := range s.outbox {
		if o.Seq == s.l.HistorySeq && o.NotBefore.Before(s.l.Undo.Until) {
			t.Errorf("%s goes out before it can be undone no more", o.Topic)
		}
	}
	s.now = s.now.Add(lead.UndoFor - time.Microsecond)
	s.move(person(sam), undo)
	s.wantStage(lead.MQL)

	// The manager's own claim on behalf.
	s = bring(t, lead.MQL)
	to := rosa
	s.move(person(mia), lead.Request{Move: lead.Claim, To: &to})
	s.refused(person(rosa), undo, lead.ErrForbidden)
	s.move(person(mia), undo)
	s.wantStage(lead.MQL)
}

func TestWhatAnotherMovedSinceIsNotUndone(t *testing.T) {
	to := rosa
	for _, c := range []struct {
		by lead.Actor
		r  lead.Request
	}{
		{person(mia), lead.Request{Move: lead.Release}},
		{person(mia), lead.Request{Move: lead.Reassign, To: &to}},
		{crm, lead.Request{Move: lead.Opportunity}},
		{person(ines), lead.Request{Move: lead.Disqualify, Reason: "erasure"}},
	} {
		s := bring(t, lead.MQL)
		s.move(person(sam), lead.Request{Move: lead.Claim})
		s.move(c.by, c.r)
		s.refused(person(sam), lead.Request{Move: lead.UndoMove}, lead.ErrConflict)
	}
	// Only the last of one's own moves, and none of those that are not undone.
	s := bring(t, lead.MQL)
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.move(person(sam), lead.Request{Move: lead.Release})
	s.refused(person(sam), lead.Request{Move: lead.UndoMove}, lead.ErrConflict)
	s = bring(t, lead.MQL)
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.move(person(sam), lead.Request{Move: lead.Accept})
	s.move(person(sam), lead.Request{Move: lead.UndoMove})
	s.wantStage(lead.Claimed)
	s.refused(person(sam), lead.Request{Move: lead.UndoMove}, lead.ErrConflict)
	// It qualified anew by itself.
	s = bring(t, lead.Claimed)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "researching"})
	s.does("Demo Requested")
	s.wantStage(lead.MQL)
	s.refused(person(sam), lead.Request{Move: lead.UndoMove}, lead.ErrConflict)
}

func TestActivitiesHeardMeanwhileStayHeard(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.pass(minute)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "researching"})
	s.now = s.now.Add(time.Second)
	s.does("Trial Started")
	s.wantStage(lead.Nurture)
	heard := s.l.LastActivityAt
	s.move(person(sam), lead.Request{Move: lead.UndoMove})
	if got := s.score().Engagement; got < 79 || !s.l.LastActivityAt.Equal(heard) {
		t.Errorf("engagement %v, last activity %v", got, s.l.LastActivityAt)
	}
	if left := s.clock("decision").DueAt.Sub(s.now); !near(left, 60*minute) {
		t.Errorf("it got hot meanwhile: %v left to decide", left)
	}
	// So does asking for sales.
	s = bring(t, lead.MQL)
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.does("Demo Requested")
	s.move(person(sam), lead.Request{Move: lead.UndoMove})
	if s.l.HandRaisedAt.IsZero() || s.tier() != "hot" || !s.l.CoolAt.IsZero() {
		t.Errorf("raised %v, tier %s, cools %v", s.l.HandRaisedAt, s.tier(), s.l.CoolAt)
	}
}

// What the hours of another team did to a clock whose rep took the lead is undone with
// that; and a step that claims and touches at once leaves the response to the same team
// as one after the other.
func TestUndoOfWhatAnotherTeamTook(t *testing.T) {
	aroundTheClock, err := sla.ParseCalendar([]byte(`{"time_zone":"Asia/Tokyo"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, touch := range []bool{false, true} {
		s := begin(t, func(a *lead.Agreement) { a.SLA.Escalation = &sla.Escalation{EveryShare: .02} })
		s.book.Teams[1].Calendar = aroundTheClock
		s.now = time.Date(2026, 3, 6, 16, 0, 0, 0, time.UTC) // half an hour before the weekend
		s.hot()
		s.pass(10 * minute)
		before := s.clock(sla.Response)
		s.now = s.now.Add(36 * time.Hour)
		move := lead.Request{Move: lead.Claim}
		if touch {
			move = callIt
		}
		s.move(person(otto), move)
		if c := s.clock(sla.Response); c.TeamID != "apac" || c.Running() == touch || touch && c.Outcome != sla.Missed {
			t.Errorf("touched %v: the response is %s's, %q", touch, c.TeamID, c.Outcome)
		}
		s.now = s.now.Add(3 * time.Second)
		s.wake()
		s.move(person(otto), lead.Request{Move: lead.UndoMove})
		if d := cmp.Diff(before, s.clock(sla.Response)); d != "" {
			t.Errorf("touched %v, once undone the response is another (-want +got):\n%s", touch, d)
		}
	}
}
