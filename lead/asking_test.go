package lead_test

import (
	"testing"
	"time"

	"hotleads/lead"
)

// called brings a lead to Sam, who has called it.
func called(t *testing.T) *story {
	t.Helper()
	s := bring(t, lead.SAL)
	s.now = s.now.Add(time.Minute)
	s.move(person(sam), callIt)
	s.news = nil
	s.pass(2 * time.Hour)
	return s
}

var callIt = lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"}

// Whoever has touched a lead is told when it asks again, once until somebody acts.
func TestWhoIsToldOfALeadThatAsksAgain(t *testing.T) {
	s := called(t)
	s.does("Page Viewed", "Email Opened")
	s.heard() // no buyer's doing
	s.does("Pricing Viewed")
	s.heard("lead.intent: sam")
	s.does("Pricing Viewed")
	s.pass(3 * time.Hour)
	s.does("Products Compared")
	s.heard() // they know
	s.does("Trial Started")
	s.heard("lead.hot: sam")
	s.does("Demo Requested")
	s.heard("lead.asked: sam")
	s.does("Demo Requested", "Trial Started")
	s.heard()
	s.pass(time.Hour)
	s.does("Demo Requested")
	s.heard("lead.asked: sam") // and nobody answers
	s.move(person(sam), callIt)
	s.does("Pricing Viewed")
	s.heard("lead.intent: sam")
	s.pass(24 * time.Hour)
	s.does("Products Compared")
	s.heard("lead.intent: sam")
	s.move(person(mia), lead.Request{Move: lead.Reassign, To: &rosa})
	s.heard("lead.intent: rosa")
	s.move(person(rosa), lead.Request{Move: lead.Opportunity})
	s.move(person(mia), lead.Request{Move: lead.Reassign, To: &sam})
	s.heard("lead.given: sam")
	s.does("Pricing Viewed")
	s.heard("lead.intent: sam")
	s.move(person(sam), lead.Request{Move: lead.Win, Amount: 100})
	s.does("Contact Sales Requested")
	s.heard("lead.asked: sam")
}

// What is old news asks nothing: it came late, or its rep has acted since.
func TestWhatCameLateAsksNothing(t *testing.T) {
	s := called(t)
	s.doesAt(s.l.TouchedAt.Add(-time.Minute), "Pricing Viewed")
	s.pass(48 * time.Hour)
	s.doesAt(s.now.Add(-25*time.Hour), "Chat Started")
	s.heard()
	s.consider(lead.ByTrait, map[string]any{"title": "CEO", "employees": 100.0})
	s.heard() // hotter, but by nothing that it did
	s.does("Chat Started")
	s.heard("lead.intent: sam")
}

// While its rep is away, or may hold it no more, the managers hear that it asks for sales.
func TestALeadThatAsksAgainReachesSomebody(t *testing.T) {
	s := called(t)
	away := sam
	away.AwayUntil = s.now.Add(48 * time.Hour)
	s.book = newBook(away, rosa, otto, mia, kim, boss, ines, anna)
	s.does("Pricing Viewed")
	s.heard("lead.intent: (sam)")
	s.does("Demo Requested")
	s.heard("lead.asked: boss mia (sam)")
	gone := sam
	gone.DisabledAt = s.now
	s.book = newBook(gone, rosa, mia, boss)
	s.pass(time.Hour)
	s.does("Demo Requested")
	s.heard("lead.asked: boss mia")
}

// What a lead asks is over when somebody acts on it, and open again where that is undone.
func TestWhatALeadAsksIsOverAndUndone(t *testing.T) {
	s := called(t)
	asking := func() lead.Occasion {
		return lead.Occasion{ClockID: lead.AskPrefix + s.l.ID + " " + s.l.AskedAt.Format(time.RFC3339Nano), At: s.l.AskedAt}
	}
	runs := func(what string, o lead.Occasion, want bool) {
		t.Helper()
		if got := o.Asking(&s.l); got.Running() != want {
			t.Errorf("%s: %+v runs: %v, want %v", what, got, got.Running(), want)
		}
	}
	s.does("Demo Requested")
	first := asking()
	runs("asked", first, true)
	if c := first.Answered(&s.l, s.history); !c.Running() {
		t.Errorf("answered by %+v", c)
	}
	s.pass(time.Minute)
	s.move(person(sam), callIt)
	runs("called", first, false)
	if c := first.Asking(&s.l); !c.StoppedAt.Equal(s.now) {
		t.Errorf("an undo is waited for from %v on, want %v", c.StoppedAt, s.now)
	}
	s.now = s.now.Add(time.Second)
	s.move(person(sam), lead.Request{Move: lead.UndoMove})
	runs("undone", first, true)
	s.pass(time.Minute)
	s.does("Demo Requested")
	if s.l.AskedAt.Equal(first.At) {
		s.pass(time.Hour)
		s.does("Demo Requested")
	}
	runs("asked again", first, false)
	if c := first.Answered(&s.l, s.history); c.Running() || c.Stopped != (lead.Stopped{}) {
		t.Errorf("nobody acted on it, but it is told that %+v did", c.Stopped)
	}
	second := asking()
	s.pass(time.Minute)
	s.move(person(sam), callIt)
	c := second.Answered(&s.l, s.history)
	want := lead.Stopped{Kind: lead.ByPerson, By: sam.ID, Via: "page", Move: lead.Touch, Seq: s.last().Seq}
	if c.Stopped != want || !c.StoppedAt.Equal(s.now) {
		t.Errorf("answered by %+v at %v, want %+v at %v", c.Stopped, c.StoppedAt, want, s.now)
	}
	if c := first.Answered(&s.l, s.history); c.Stopped.Seq != want.Seq {
		t.Errorf("the first was answered by %+v", c.Stopped)
	}
}
