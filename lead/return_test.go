package lead_test

import (
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// day is 24 hours.
const day = 24 * time.Hour

func TestReturnNeedsAReasonOfTheAgreement(t *testing.T) {
	s := bring(t, lead.Claimed)
	for _, r := range []lead.Request{
		{}, {Reason: "boring"}, {Reason: "not_now"}, {Reason: "not_now", Date: "tomorrow"}, {Reason: "not_now", Date: "2026-02-30"},
		{Reason: "not_now", Date: "2026-03-02"}, {Reason: "not_now", Date: "2025-12-01"}, {Reason: "not_now", Date: "2031-01-01"},
		{Reason: "no_answer"},
	} {
		r.Move = lead.Return
		s.refused(person(sam), r, lead.ErrInvalid)
	}
	if text := s.refused(person(sam), lead.Request{Move: lead.Return}, lead.ErrInvalid); !strings.Contains(text, "not_now") {
		t.Errorf("%q does not list the reasons", text)
	}
}

func TestReturnRecordsWhoseItWas(t *testing.T) {
	s := bring(t, lead.MQL)
	s.pass(10 * minute)
	s.move(person(rosa), lead.Request{Move: lead.Return, Reason: "wrong_person", Note: "left in May"})
	h := s.last()
	if h.From != lead.MQL || h.OwnerBefore != "rosa" || h.Reason != "wrong_person" || h.Note != "left in May" || s.l.ReturnedBy != "rosa" || s.l.ReturnSeq != h.Seq {
		t.Errorf("from the board it counts as that rep's: %+v", h)
	}
	if c := s.clock(sla.Claim); c.Outcome != sla.Met {
		t.Errorf("the claim clock: %s", c.Outcome)
	}
	if c := s.clock(sla.Response); c.Outcome != sla.Cancelled {
		t.Errorf("the response clock: %s", c.Outcome)
	}
	s = bring(t, lead.SAL)
	s.move(person(mia), lead.Request{Move: lead.Return, Reason: "customer"})
	if s.l.ReturnedBy != "sam" || s.last().OwnerBefore != "sam" || s.last().ActorID != "mia" || s.l.OwnerID != "" {
		t.Errorf("a manager's return of Sam's lead: by %q, %+v", s.l.ReturnedBy, s.last())
	}
	s.wantRunning()
	if len(s.current()) > 0 {
		t.Error("clocks of a hand-off that ended are current")
	}
}

func TestNotNowComesBackThatMorningWhateverTheScore(t *testing.T) {
	for _, c := range []struct {
		date    string
		morning time.Time // UTC
	}{
		{"2026-03-17", time.Date(2026, 3, 17, 8, 0, 0, 0, time.UTC)},
		{"2026-03-14", time.Date(2026, 3, 16, 8, 0, 0, 0, time.UTC)}, // a Saturday: Monday
		{"2026-03-30", time.Date(2026, 3, 30, 7, 0, 0, 0, time.UTC)}, // summer time by then
		{"2027-06-01", time.Date(2027, 6, 1, 7, 0, 0, 0, time.UTC)},  // no points are left
	} {
		s := bring(t, lead.Claimed)
		s.move(person(sam), lead.Request{Move: lead.Return, Reason: "not_now", Date: c.date})
		s.wantStage(lead.Nurture)
		if !s.l.CallbackAt.Equal(c.morning) {
			t.Errorf("%s: comes back at %v, want the morning %v", c.date, s.l.CallbackAt, c.morning)
		}
		s.now = c.morning.Add(-time.Second)
		s.wake()
		s.wantStage(lead.Nurture)
		s.now = c.morning
		s.wake()
		s.wantStage(lead.MQL)
		if h := s.last(); h.Cause != lead.CauseCallback || h.ActorKind != lead.BySystem {
			t.Errorf("history: %+v", h)
		}
		if s.l.OfferedTo != "sam" || !s.l.BackAgain() || s.l.ReturnReason != "not_now" || !s.l.CallbackAt.IsZero() {
			t.Errorf("offered to %q, back again %v for %q", s.l.OfferedTo, s.l.BackAgain(), s.l.ReturnReason)
		}
		s.wantRunning(sla.Claim, sla.Response)
	}
}

func TestACallbackThatIsHeldBackWaits(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "not_now", Date: "2026-03-17"})
	s.rules.Excluded = lead.Exclusions{lead.CustomerDomains: {"engines.example": true}}
	s.pass(20 * day)
	s.wantStage(lead.Nurture)
	if s.l.HeldBack == "" {
		t.Error("the reason is not shown")
	}
	s.rules.Excluded = nil
	s.consider(lead.ByTrait, map[string]any{"title": "CTO"})
	s.wantStage(lead.MQL)
	if s.last().Cause != lead.CauseCallback {
		t.Errorf("cause %q", s.last().Cause)
	}
}

// What each reason does next.
func TestReasonsAndWhatTheyDo(t *testing.T) {
	for _, c := range []struct {
		reason  string
		cleared bool // engagement → 0
		blocked string
		offered bool // when it comes back, its last rep has the first turn
	}{
		{"no_answer", true, "", true},
		{"researching", true, "", true},
		{"wrong_person", false, "", false},
		{"wrong_fit", false, lead.BlockedFit, false},
		{"bad_data", false, lead.BlockedData, true},
		{"customer", false, lead.BlockedProposal, false},
		{"not_a_buyer", false, lead.BlockedProposal, false},
		{"duplicate", false, lead.BlockedProposal, false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			s := bring(t, lead.SAL)
			s.move(person(sam), lead.Request{Move: lead.Touch, Outcome: "no answer"})
			s.move(person(sam), lead.Request{Move: lead.Return, Reason: c.reason})
			if got := s.score().Engagement == 0; got != c.cleared {
				t.Errorf("engagement is %v", s.score().Engagement)
			}
			if s.l.Blocked != c.blocked {
				t.Errorf("blocked by %q, want %q", s.l.Blocked, c.blocked)
			}
			// Everything but a hand-raise: 85 points of fresh engagement.
			s.now = s.now.Add(day)
			s.does("Products Compared", "Products Compared", "Pricing Viewed", "Trial Started", "Webinar Viewed")
			if c.blocked != "" {
				s.wantStage(lead.Nurture)
				s.does("Contact Sales Requested") // lifts every block
			}
			s.wantStage(lead.MQL)
			if got := s.l.OfferedTo == "sam"; got != c.offered {
				t.Errorf("offered to %q", s.l.OfferedTo)
			}
			if s.l.Blocked != "" || s.l.ReturnReason != c.reason || !s.l.BackAgain() {
				t.Errorf("%+v", s.l.Life)
			}
		})
	}
}

func TestNoAnswerNeedsAnAttemptOfThisHandOff(t *testing.T) {
	s := bring(t, lead.SAL)
	s.refused(person(sam), lead.Request{Move: lead.Return, Reason: "no_answer"}, lead.ErrInvalid)
	s.move(person(sam), lead.Request{Move: lead.Touch, Outcome: "no answer"})
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "no_answer"})
	s.pass(day)
	s.does("Demo Requested")
	s.move(person(sam), lead.Request{Move: lead.Accept})
	s.refused(person(sam), lead.Request{Move: lead.Return, Reason: "no_answer"}, lead.ErrInvalid)
}

// Blocked by wrong fit until a trait changes; then the usual bars hold.
func TestAReturnedLeadDoesNotBounce(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "wrong_person"})
	s.does("Pricing Viewed") // 60 in all, but only 10 since the return
	s.wantStage(lead.Nurture)
	s.pass(31 * minute)
	s.does("Webinar Viewed") // 15 since
	s.wantStage(lead.Nurture)
	s.does("Products Compared") // 35 since
	s.wantStage(lead.MQL)

	// Caps afresh: at the cap of the first ledger, the second still counts.
	s = bring(t, lead.Claimed)
	s.does("Trial Started") // 80
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "wrong_person"})
	s.does("Trial Started")
	s.wantStage(lead.MQL)
	if got := s.score().Total; got < 84 || got > 86 {
		t.Errorf("score %v: the cap of the first ledger does not hold", got)
	}

	// Under the threshold, points since the return are not enough.
	s = bring(t, lead.Claimed)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "researching"})
	s.does("Trial Started")
	s.wantStage(lead.Nurture)
	s.does("Products Compared") // 50
	s.wantStage(lead.MQL)

	// What was done before the return and arrives after it does not count since.
	s = bring(t, lead.Claimed)
	before := s.now
	s.pass(minute)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "wrong_person"})
	s.pass(minute)
	s.doesAt(before, "Trial Started")
	s.wantStage(lead.Nurture)
	if len(s.l.Since) != 0 || s.score().Engagement < 79 {
		t.Errorf("since %v, engagement %v", s.l.Since, s.score().Engagement)
	}
}

func TestTheLastRepHasTheFirstTurn(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "not_now", Date: "2026-03-17"})
	s.now = s.l.CallbackAt
	s.wake()
	until := s.l.OfferedUntil
	if got := until.Sub(s.now); got != 60*minute { // a quarter of the warm tier's 240
		t.Errorf("offered for %v", got)
	}
	for _, r := range []lead.Request{{Move: lead.Claim}, {Move: lead.Accept}, {Move: lead.Touch, Outcome: "reached"}, {Move: lead.Return, Reason: "researching"}} {
		if text := s.refused(person(rosa), r, lead.ErrConflict); !strings.Contains(text, "Sam") {
			t.Errorf("%s: %q does not say whose turn it is", r.Move, text)
		}
	}
	to := rosa
	s.refused(person(mia), lead.Request{Move: lead.Claim, To: &to}, lead.ErrConflict)
	later := *s
	later.now = until
	later.move(person(rosa), lead.Request{Move: lead.Claim})
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.move(person(sam), lead.Request{Move: lead.Release})
	s.move(person(rosa), lead.Request{Move: lead.Claim}) // released: anyone may, at once

	// Not to one who is gone.
	for name, change := range map[string]func(*lead.User){
		"away": func(u *lead.User) { u.AwayUntil = s.now.Add(day) }, "disabled": func(u *lead.User) { u.DisabledAt = s.now },
		"of another team now": func(u *lead.User) { u.Teams = []string{"apac"} },
	} {
		s := bring(t, lead.Claimed)
		s.move(person(sam), lead.Request{Move: lead.Return, Reason: "not_now", Date: "2026-03-17"})
		u := sam
		change(&u)
		s.book = newBook(u, rosa, mia)
		s.now = s.l.CallbackAt
		s.wake()
		if s.l.OfferedTo != "" {
			t.Errorf("offered to one who is %s", name)
		}
		s.move(person(rosa), lead.Request{Move: lead.Claim})
	}
}

func TestWhatWasClearedStaysCleared(t *testing.T) {
	s := bring(t, lead.Claimed)
	before := s.now
	s.pass(minute)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "researching"})
	s.doesAt(before, "Trial Started") // done before the return, heard after it
	if got := s.score().Engagement; got != 0 {
		t.Errorf("engagement %v", got)
	}
}

func TestAnOfferEndsWhenItsRepGoesAway(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "not_now", Date: "2026-03-17"})
	s.now = s.l.CallbackAt
	s.wake()
	away := sam
	away.AwayUntil = s.now.Add(day)
	s.book = newBook(away, rosa, mia)
	s.move(person(rosa), lead.Request{Move: lead.Claim})
}
