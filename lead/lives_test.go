package lead_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// Whatever people, programs and time do to a lead in whatever order, its
// stage, owner, clocks and history fit together.
func TestRandomLives(t *testing.T) {
	events := []string{"Demo Requested", "Products Compared", "Pricing Viewed", "Trial Started", "Webinar Viewed", "Unsubscribed", "Page Viewed"}
	reasons := []string{"not_now", "no_answer", "researching", "wrong_person", "wrong_fit", "bad_data", "customer", ""}
	people := askers()
	names := make([]string, 0, len(people))
	for n := range people {
		names = append(names, n)
	}
	slices.Sort(names)
	made := map[lead.Move]int{}
	for seed := range uint64(25) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		s := begin(t, func(a *lead.Agreement) { a.SLA.ReleaseOnBreach = seed%2 == 0 })
		for range 80 {
			s.now = s.now.Add([]time.Duration{time.Second, minute, time.Hour, 5 * time.Hour, 2 * day, 12 * day}[min(rnd.IntN(12), 5)])
			if rnd.IntN(3) > 0 {
				s.wake()
			}
			if rnd.IntN(3) == 0 {
				s.doesAt(s.now.Add(-time.Duration(rnd.Int64N(int64(2*day)))), events[rnd.IntN(len(events))])
				checkLife(s)
				continue
			}
			who := names[rnd.IntN(len(names))]
			if rnd.IntN(2) == 0 {
				who = []string{"sam", "rosa", "mia"}[rnd.IntN(3)]
			}
			r := asked(lead.PersonMoves[rnd.IntN(len(lead.PersonMoves))], who)
			if r.Move == lead.Return {
				r.Reason, r.Date = reasons[rnd.IntN(len(reasons))], s.now.AddDate(0, 0, 3).Format(time.DateOnly)
			}
			if r.Move == lead.Disqualify && rnd.IntN(8) > 0 {
				continue
			}
			if err := s.try(people[who], r); err == nil {
				made[r.Move]++
				if checkLife(s); rnd.IntN(3) == 0 && s.try(people[who], lead.Request{Move: lead.UndoMove}) == nil {
					made[lead.UndoMove]++
				}
			} else if refusal := new(lead.Refusal); !errors.As(err, &refusal) {
				t.Fatalf("%s by %s: %v", r.Move, who, err)
			}
			checkLife(s)
		}
	}
	for _, m := range lead.PersonMoves {
		if made[m] == 0 && m != lead.Qualify { // these lives know no backlog
			t.Errorf("%s was never made", m)
		}
	}
}

// checkLife holds a lead's parts against each other.
func checkLife(s *story) {
	s.t.Helper()
	l := s.l
	var want []sla.Kind
	switch {
	case l.Stage == lead.MQL:
		want = []sla.Kind{sla.Claim, sla.Response}
	case l.Stage == lead.Claimed:
		want = []sla.Kind{sla.Decision, sla.Response}
	case l.Stage == lead.SAL && l.TouchedAt.IsZero():
		want = []sla.Kind{sla.Response, sla.Touch}
	}
	if got := s.running(); !slices.Equal(got, want) {
		s.t.Fatalf("%s after %s: running clocks %v, want %v", l.Stage, s.last().Move, got, want)
	}
	for _, c := range s.clocks {
		if c.Running() && !c.Current {
			s.t.Fatalf("a %s clock of an old hand-off runs", c.Kind)
		}
		if !c.BreachedAt.IsZero() && !c.Running() && c.Outcome != sla.Missed && c.Outcome != sla.Unrecorded {
			s.t.Fatalf("a breach is hidden: %+v", c)
		}
	}
	switch held := l.Stage == lead.Claimed || (l.Stage == lead.SAL && s.last().ActorKind != lead.ByKey); {
	case held && l.OwnerID == "":
		s.t.Fatalf("%s and nobody's", l.Stage)
	case (l.Stage == lead.Nurture || l.Stage == lead.MQL || l.Stage == lead.Disqualified) && l.OwnerID != "":
		s.t.Fatalf("%s and %s's", l.Stage, l.OwnerID)
	}
	if (l.Stage == lead.Lost) == l.ReactivatesAt.IsZero() {
		s.t.Fatalf("%s and nurture again at %v", l.Stage, l.ReactivatesAt)
	}
	if l.Stage != lead.Nurture && l.Stage != lead.Disqualified && (l.Backlog || l.HeldBack != "" || !l.CallbackAt.IsZero()) {
		s.t.Fatalf("%s, but backlog %v, held back %q, callback %v", l.Stage, l.Backlog, l.HeldBack, l.CallbackAt)
	}
	if l.Stage == lead.Nurture && l.Undo != nil && l.Undo.Move != lead.Return {
		s.t.Fatalf("in nurture a %s can be undone", l.Undo.Move)
	}
	checkHold(s)
	if w := (lead.Work{Lead: &l, Clocks: s.current()}); l.Stage == lead.MQL && l.HandRaisedAt.IsZero() && w.WakeAt().IsZero() {
		s.t.Fatal("on the board and never due")
	}
}

// checkHold: what is said to keep a lead off the board does, and nothing else.
func checkHold(s *story) {
	s.t.Helper()
	l := reread(s.t, s.l)
	sc := s.scene(lead.System)
	hold := s.rules.Hold(&l, s.now)
	absence, there := sc.WhyNot(&l)
	if there != (hold != "") || absence.Hold != hold || there && (absence.Text == "" || absence.Way == "") {
		s.t.Fatalf("on hold %q it is told %+v", hold, absence)
	}
	if ends := s.rules.HoldEnds(&l, s.now); hold != "" && !ends.IsZero() && (!ends.After(s.now) || s.rules.Hold(&l, ends) != "" || s.rules.Hold(&l, ends.Add(-2*time.Millisecond)) == "") {
		s.t.Fatalf("the hold %s does not end at %v", hold, ends)
	}
	if l.Stage != lead.Nurture {
		if hold != "" && l.Stage != lead.Lost && l.Stage != lead.Disqualified {
			s.t.Fatalf("%s, and on hold: %s", l.Stage, hold)
		}
		return
	}
	w := &lead.Work{Lead: &l}
	if err := w.Consider(sc, lead.ByTrait); err != nil {
		s.t.Fatal(err)
	}
	if (l.Stage == lead.MQL) != (hold == lead.HoldWaits) {
		s.t.Fatalf("on hold %q, and considered it is %s: %+v", hold, l.Stage, s.l.Life)
	}
}
